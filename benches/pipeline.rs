//! What the pipeline adds to an agent's step: one call to a model, one proposal that writes a file.
//!
//! Targets: at most 0.2 ms on the memory store and 2 ms on SQLite with full sync, however many files the project has.
//! The model answers at once. An iteration is a step of a run of at least 200, over which its start and end are spread.
//!
//! `cargo bench --bench pipeline`

#![expect(clippy::unwrap_used, reason = "a bench ends at the first thing that is not as it should be")]

mod machine;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use criterion::{BenchmarkId, Criterion, SamplingMode};
use samokoder::{
    agent::{Agent, AgentContext, AgentError, Assignment, Proposal, Resource, Role, Subject},
    llm::{ChatRequest, Message, ModelRole},
    pipeline::{Next, Pipeline, RunOptions, Workflow, WorkflowError},
    project::{Change, ProjectState, WorkspacePath},
    store::{MemoryStore, RunEnd, StateStore},
};
use samokoder_core::testing::ScriptedModel;
use tokio::runtime::Runtime;

const ROLE: Role = Role::from_static("writer");
/// A prompt and a file as large as small ones of an app are.
const TEXT: usize = 4000;
/// Steps of a run, at least.
const STEPS: u64 = 200;

fn main() {
    machine::describe();
    let runtime = machine::runtime();
    let mut criterion =
        Criterion::default().warm_up_time(Duration::from_secs(1)).sample_size(15).configure_from_args();
    let mut group = criterion.benchmark_group("pipeline/step");
    group.sampling_mode(SamplingMode::Flat);
    for files in [20, 2000] {
        group.bench_function(BenchmarkId::new("memory", format!("{files} files")), |bench| {
            let store = || Arc::new(MemoryStore::new());
            bench.iter_custom(|steps| runtime.block_on(timed(store(), files, steps)));
        });
        group.bench_function(BenchmarkId::new("sqlite", format!("{files} files")), |bench| {
            bench.iter_custom(|steps| on_disk(&runtime, files, steps));
        });
    }
    group.finish();
    criterion.final_summary();
}

fn on_disk(runtime: &Runtime, files: u64, steps: u64) -> Duration {
    let folder = machine::folder();
    runtime.block_on(async {
        let store = machine::sqlite(folder.path()).await;
        timed(Arc::new(store), files, steps).await
    })
}

/// What so many steps take, at the speed of a run that is long enough.
async fn timed(store: Arc<dyn StateStore>, files: u64, steps: u64) -> Duration {
    let made = steps.max(STEPS);
    let took = run(store, files, made).await;
    #[expect(clippy::cast_precision_loss, reason = "numbers of steps are small")]
    took.mul_f64(steps as f64 / made as f64)
}

/// Makes a project of so many files and times a run of so many steps on it.
async fn run(store: Arc<dyn StateStore>, files: u64, steps: u64) -> Duration {
    let model = ScriptedModel::new(|_| Ok("x".repeat(TEXT)));
    let options = RunOptions::new(Arc::new(model), "scripted".parse().unwrap());
    let pipeline = |steps| {
        let builder = Pipeline::empty(Arc::clone(&store)).agent(Writer { files });
        builder.workflow(Steps { steps }).build().unwrap()
    };
    let project = samokoder::pipeline::NewProject::new("Many files");
    let branch = project.branch.clone();
    pipeline(0).start(project, options.clone()).await.unwrap().finish().await.unwrap();
    let run = pipeline(steps).resume(&branch, options).await.unwrap();
    let began = Instant::now();
    let report = run.finish().await.unwrap();
    let took = began.elapsed();
    assert_eq!((report.end, report.spent.calls), (RunEnd::Done { verified: false }, steps));
    took
}

/// Wants all files written at once, and then so many steps, one after another.
#[derive(Debug)]
struct Steps {
    steps: u64,
}

#[async_trait]
impl Workflow for Steps {
    async fn next(&self, state: &ProjectState) -> Result<Next, WorkflowError> {
        let done = state.extension("steps", "done").and_then(serde_json::Value::as_u64);
        let subject = match done {
            None => Subject::from_static("files"),
            Some(done) if done < self.steps => Subject::of("step", done),
            Some(_) => return Ok(Next::Done),
        };
        let progress = Resource::Extension("steps".into());
        let assignment = Assignment::new(ROLE, subject).reads([progress.clone()]);
        Ok(Next::Run(vec![assignment.writes([progress, Resource::Files])]))
    }
}

#[derive(Debug)]
struct Writer {
    files: u64,
}

impl Writer {
    fn path(&self, number: u64) -> WorkspacePath {
        format!("src/module-{}.mjs", number % self.files).parse().unwrap()
    }
}

fn done(steps: u64) -> Change {
    Change::Extension { namespace: "steps".into(), key: "done".into(), value: steps.into() }
}

#[async_trait]
impl Agent for Writer {
    fn role(&self) -> Role {
        ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let state = context.state();
        let Some(step) = context.assignment().subject.id::<u64>("step") else {
            let files = (0..self.files).map(|number| self.path(number));
            let all = files.fold(Proposal::new(), |all, path| all.write(state, path, "empty", None));
            return Ok(all.change(done(0)));
        };
        let prompt = Message::new(ModelRole::User, format!("step {step} {}", "y".repeat(TEXT)));
        let answer = context.call("write", ChatRequest::new(context.model().clone(), vec![prompt])).await?;
        let content = format!("{step} {}", answer.text());
        Ok(Proposal::new().write(state, self.path(step), content, None).change(done(step + 1)))
    }
}
