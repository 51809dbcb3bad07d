//! How close a run comes to its critical path: the built-in team on a plan of 40 tasks, a model that takes 50 ms for
//! each answer, 16 agents in parallel.
//!
//! Target: wall time at most 1.10 × the critical path, which is the longest chain of calls that wait for each other:
//! specification, architecture, plan, then two for each task of a chain (its developer, its code monkeys side by
//! side). The plan names the tasks of the longest chain last; `plan order` shows what it costs to start tasks as they
//! are named instead of the longest remaining path first.
//!
//! `overhead of a call` is a whole run of a model that answers at once, divided by its calls: what the team's prompts,
//! plans and files add to a step.
//!
//! `cargo bench --bench schedule`

#![expect(clippy::unwrap_used, reason = "a bench ends at the first thing that is not as it should be")]

mod machine;

use std::{
    cell::RefCell,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use criterion::{Criterion, SamplingMode};
use samokoder::{
    agents::TeamWorkflow,
    llm::{CallContext, ChatRequest, ChatStream, LlmError, LlmProvider, ModelCapabilities},
    pipeline::{NewProject, Next, Pipeline, RunOptions, Workflow, WorkflowError},
    project::ProjectState,
    store::{MemoryStore, RunEnd, StateStore},
};
use samokoder_core::testing::ScriptedModel;
use serde_json::{Value, json};

const LATENCY: Duration = Duration::from_millis(50);
const PARALLEL: usize = 16;
/// Tasks that nothing depends on and that depend on nothing.
const SINGLE: usize = 20;
/// Tasks each of which depends on the one before.
const CHAIN: usize = 12;
/// Tasks that hang off the chain.
const SIDE: usize = 8;

fn main() {
    machine::describe();
    let runtime = machine::runtime();
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_secs(15))
        .sample_size(10)
        .configure_from_args();
    let mut group = criterion.benchmark_group("schedule");
    group.sampling_mode(SamplingMode::Flat);
    let measured = RefCell::new(Vec::new());
    let team = TeamWorkflow::default;
    group.bench_function("memory", |bench| {
        let run = || runtime.block_on(in_memory(team(), LATENCY));
        bench.iter_custom(|times| repeat(times, &measured, run));
    });
    report("memory", &measured);
    group.bench_function("sqlite", |bench| {
        let run = || runtime.block_on(on_disk(team(), LATENCY));
        bench.iter_custom(|times| repeat(times, &measured, run));
    });
    report("sqlite", &measured);
    group.bench_function("memory, plan order", |bench| {
        let run = || runtime.block_on(in_memory(PlanOrder(team()), LATENCY));
        bench.iter_custom(|times| repeat(times, &measured, run));
    });
    report("memory, plan order", &measured);
    group.measurement_time(Duration::from_secs(5));
    group.bench_function("memory, overhead of a call", |bench| {
        let run = || runtime.block_on(in_memory(team(), Duration::ZERO));
        bench.iter_custom(|times| repeat(times, &measured, run) / calls());
    });
    group.bench_function("sqlite, overhead of a call", |bench| {
        let run = || runtime.block_on(on_disk(team(), Duration::ZERO));
        bench.iter_custom(|times| repeat(times, &measured, run) / calls());
    });
    group.finish();
    criterion.final_summary();
}

async fn in_memory(workflow: impl Workflow + 'static, latency: Duration) -> Duration {
    run(Arc::new(MemoryStore::new()), workflow, latency).await
}

async fn on_disk(workflow: impl Workflow + 'static, latency: Duration) -> Duration {
    let folder = machine::folder();
    let store = machine::sqlite(folder.path()).await;
    run(Arc::new(store), workflow, latency).await
}

fn repeat(times: u64, measured: &RefCell<Vec<Duration>>, run: impl Fn() -> Duration) -> Duration {
    let all: Vec<_> = (0..times).map(|_| run()).collect();
    measured.borrow_mut().extend(&all);
    all.into_iter().sum()
}

#[expect(clippy::print_stdout, reason = "criterion knows times, not what they are to be compared with")]
fn report(name: &str, measured: &RefCell<Vec<Duration>>) {
    let mut all = measured.take();
    all.sort();
    let Some(median) = all.get(all.len() / 2) else { return };
    let path = critical_path(&plan());
    let ideal = LATENCY * path;
    println!(
        "{name}: {} ms for a critical path of {path} calls, which take {} ms: {:.3} ×",
        median.as_millis(),
        ideal.as_millis(),
        median.as_secs_f64() / ideal.as_secs_f64()
    );
}

/// The calls of the longest chain: three to come to a plan, then two for each task.
fn critical_path(plan: &Value) -> u32 {
    let mut ends: Vec<u32> = Vec::new();
    for task in plan["tasks"].as_array().unwrap() {
        let before = task["depends_on"].as_array().unwrap().iter();
        let begins = before.map(|task| ends[usize::try_from(task.as_u64().unwrap()).unwrap()]).max();
        ends.push(begins.unwrap_or(3) + 2);
    }
    ends.into_iter().max().unwrap()
}

/// The calls of a run: three to come to a plan, one for each task and one for each file.
fn calls() -> u32 {
    let tasks = SINGLE + CHAIN + SIDE;
    u32::try_from(3 + tasks + (0..tasks).flat_map(files_of).count()).unwrap()
}

fn plan() -> Value {
    let chain = |number: usize| SINGLE + number;
    let single = (0..SINGLE).map(|_| Vec::new());
    let chained = (0..CHAIN).map(|number| if number == 0 { Vec::new() } else { vec![chain(number - 1)] });
    let side = (0..SIDE).map(|number| vec![chain(number), number]);
    let tasks = single.chain(chained).chain(side).enumerate().map(|(number, depends_on)| {
        json!({
            "title": format!("Task {number}"), "description": "Write it.",
            "depends_on": depends_on, "files": files_of(number),
        })
    });
    json!({"epics": [{"title": "App", "description": "The app."}], "tasks": tasks.collect::<Vec<_>>()})
}

/// Every third task writes two files.
fn files_of(task: usize) -> Vec<String> {
    (0..=usize::from(task.is_multiple_of(3))).map(|file| format!("src/task-{task}-{file}.mjs")).collect()
}

async fn run(store: Arc<dyn StateStore>, workflow: impl Workflow + 'static, latency: Duration) -> Duration {
    let plan = plan();
    let model = ScriptedModel::new(move |request| Ok(answer(request, &plan)));
    let options =
        RunOptions::new(Arc::new(Punctual(model, latency)), "scripted".parse().unwrap()).parallel(PARALLEL);
    let pipeline = Pipeline::builder(store).workflow(workflow).build().unwrap();
    let began = Instant::now();
    let run = pipeline.start(NewProject::new("An app of 40 tasks"), options).await.unwrap();
    let report = run.finish().await.unwrap();
    let took = began.elapsed();
    assert_eq!(report.end, RunEnd::Done { verified: false });
    assert_eq!(report.spent.calls, u64::from(calls()));
    took
}

/// A model that takes its time to the tenth of a millisecond. The runtime's own timers go by whole ones, and are late by
/// one of them on average: a part in fifty that would count as the engine's.
#[derive(Debug)]
struct Punctual(ScriptedModel, Duration);

#[async_trait]
impl LlmProvider for Punctual {
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        self.0.capabilities(model).await
    }

    async fn stream(&self, request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        let latency = self.1;
        if !latency.is_zero() {
            tokio::task::spawn_blocking(move || std::thread::sleep(latency)).await.unwrap();
        }
        self.0.stream(request, call).await
    }
}

fn answer(request: &ChatRequest, plan: &Value) -> String {
    let prompt = request.prompt.as_ref().unwrap();
    let variables = &prompt.variables;
    let answer = match prompt.template.as_str() {
        "spec_writer/write" => json!({"specification": {
            "name": "Large", "slug": "large", "language": "en", "summary": "A large app.",
            "entities": [], "requirements": ["It works."], "not_understood": [],
        }}),
        "architect/choose" => {
            let files = (0..SINGLE + CHAIN + SIDE).flat_map(files_of);
            let files = files.map(|path| json!({"path": path, "purpose": "Part of the app."}));
            json!({
                "runtime": "node", "summary": "Many modules.", "start": ["node", "src/task-0-0.mjs"],
                "test": ["node", "--test"], "files": files.collect::<Vec<_>>(),
            })
        }
        "tech_lead/plan" => plan.clone(),
        "developer/break_down" => {
            let files = variables["task"]["files"].as_array().unwrap().iter();
            let steps = files.map(|path| json!({"path": path, "instruction": "Write it."}));
            json!({"steps": steps.collect::<Vec<_>>()})
        }
        _ => {
            let path = variables["path"].as_str().unwrap();
            return format!("<file path=\"{path}\">\n// {path}\n</file>");
        }
    };
    answer.to_string()
}

/// The team's workflow without its knowledge of what waits behind a task.
#[derive(Debug)]
struct PlanOrder(TeamWorkflow);

#[async_trait]
impl Workflow for PlanOrder {
    async fn next(&self, state: &ProjectState) -> Result<Next, WorkflowError> {
        Ok(match self.0.next(state).await? {
            Next::Run(wanted) => {
                Next::Run(wanted.into_iter().map(|assignment| assignment.weight(0)).collect())
            }
            other => other,
        })
    }
}
