//! What a step costs, counted: unlike time it is the same on every machine.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use samokoder_core::{
    agent::{Agent, AgentContext, AgentError, Assignment, Proposal, Resource, Role, Subject},
    llm::{ChatRequest, Message, ModelRole},
    pipeline::{NewProject, Next, Pipeline, Workflow, WorkflowError},
    project::{Change, ProjectState, WorkspacePath},
    store::RunEnd,
    testing::ScriptedModel,
};

use crate::{
    script::options,
    watched_store::{Count, WatchedStore},
};

const ROLE: Role = Role::from_static("writer");

/// Writes all files at once, then rounds of steps side by side, each of which reads a file and writes it anew.
#[derive(Debug, Clone, Copy)]
struct Work {
    files: usize,
    rounds: usize,
    abreast: usize,
}

impl Work {
    fn path(self, step: usize) -> WorkspacePath {
        format!("src/{}.mjs", step % self.files).parse().unwrap()
    }

    fn assignment(self, step: Option<usize>) -> Assignment {
        let name = name(step);
        let files = step.map_or(Resource::Files, |step| Resource::File(self.path(step)));
        let resources = [Resource::Extension(name.clone()), files];
        Assignment::new(ROLE, Subject::new(name)).reads(resources.clone()).writes(resources)
    }
}

/// What is about all files when it is about no step.
fn name(step: Option<usize>) -> String {
    step.map_or("files".into(), |step| format!("step:{step}"))
}

fn is_finished(state: &ProjectState, step: Option<usize>) -> bool {
    state.extension(&name(step), "done").is_some()
}

fn finished(step: Option<usize>) -> Change {
    Change::Extension { namespace: name(step), key: "done".into(), value: true.into() }
}

#[async_trait]
impl Workflow for Work {
    async fn next(&self, state: &ProjectState) -> Result<Next, WorkflowError> {
        if !is_finished(state, None) {
            return Ok(Next::Run(vec![self.assignment(None)]));
        }
        let mut rounds = (0..self.rounds).map(|round| round * self.abreast..(round + 1) * self.abreast);
        let round = rounds.find_map(|steps| {
            let unfinished = steps.filter(|step| !is_finished(state, Some(*step)));
            let wanted: Vec<_> = unfinished.map(|step| self.assignment(Some(step))).collect();
            (!wanted.is_empty()).then_some(wanted)
        });
        Ok(round.map_or(Next::Done, Next::Run))
    }
}

#[async_trait]
impl Agent for Work {
    fn role(&self) -> Role {
        ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let state = context.state();
        let Some(step) = context.assignment().subject.id::<usize>("step") else {
            let write = |all: Proposal, file| all.write(state, self.path(file), format!("// {file}"), None);
            return Ok((0..self.files).fold(Proposal::new(), write).change(finished(None)));
        };
        let current = context.read(&self.path(step)).await?.unwrap();
        let message = Message::new(ModelRole::User, format!("go on after {current:9.9}"));
        let answer = context.call("write", ChatRequest::new(context.model().clone(), vec![message])).await?;
        let content = format!("// {step:04}\n{}", answer.text());
        Ok(Proposal::new().write(state, self.path(step), content, None).change(finished(Some(step))))
    }
}

const LATENCY: Duration = Duration::from_millis(50);

/// What is done with the store in a sitting that finds all files written.
async fn cost(work: Work) -> Count {
    let store = WatchedStore::default();
    let model = ScriptedModel::new(|_| Ok("const x = 1;\n".into())).latency(LATENCY);
    let pipeline =
        |work| Pipeline::empty(Arc::new(store.clone())).agent(work).workflow(work).build().unwrap();
    let project = NewProject::new("Work");
    let branch = project.branch.clone();
    let options = options(&model).parallel(16);
    let before = pipeline(Work { rounds: 0, ..work });
    before.start(project, options.clone()).await.unwrap().finish().await.unwrap();
    store.take_count();
    let report = pipeline(work).resume(&branch, options).await.unwrap().finish().await.unwrap();
    let calls = (work.rounds * work.abreast) as u64;
    assert_eq!((report.end, report.spent.calls), (RunEnd::Done { verified: false }, calls));
    store.take_count()
}

const IDLE: Work = Work { files: 20, rounds: 0, abreast: 1 };
const ONE_AFTER_ANOTHER: Work = Work { rounds: 10, ..IDLE };

#[tokio::test(start_paused = true)]
async fn a_step_with_one_call_is_one_append() {
    let (idle, busy) = (cost(IDLE).await, cost(ONE_AFTER_ANOTHER).await);
    let appends = busy.appends.len() - idle.appends.len();
    assert_eq!(appends, 10 + 1, "the outcome before with its commit, and the intent; then the last commit");
}

#[tokio::test(start_paused = true)]
async fn steps_side_by_side_share_their_appends() {
    let one = cost(ONE_AFTER_ANOTHER).await;
    let sixteen = cost(Work { abreast: 16, ..ONE_AFTER_ANOTHER }).await;
    assert_eq!(sixteen.appends.len(), one.appends.len());
}

#[tokio::test(start_paused = true)]
async fn what_a_step_appends_does_not_grow_with_the_project() {
    let small = cost(ONE_AFTER_ANOTHER).await;
    let large = cost(Work { files: 2000, ..ONE_AFTER_ANOTHER }).await;
    assert_eq!(small.appends.len(), large.appends.len());
    for (small, large) in small.appends.iter().zip(&large.appends) {
        assert!(large.abs_diff(*small) <= 8, "{small} and {large} bytes: only numbers may be longer");
    }
}

#[tokio::test(start_paused = true)]
async fn a_content_is_read_from_the_store_once_and_one_that_was_just_written_never() {
    let all_once = Work { rounds: 2, abreast: 10, ..IDLE };
    assert_eq!(cost(all_once).await.blobs, 20, "each file was written in the sitting before");
    assert_eq!(cost(Work { rounds: 20, ..all_once }).await.blobs, 20);
    let many = Work { files: 2000, ..all_once };
    assert_eq!(cost(many).await.blobs, 20, "only what is shown is read");
}

/// Enough for two snapshots.
const LONG: Work = Work { rounds: 250, ..IDLE };

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_stored_every_512_records_and_costs_the_steps_nothing() {
    let (few, many) = (cost(ONE_AFTER_ANOTHER).await, cost(LONG).await);
    assert_eq!(few.snapshots, []);
    let ends: Vec<_> = many.snapshots.iter().map(|(at, _)| at.0 / 512).collect();
    assert_eq!(ends, [1, 2]);
    assert_eq!(many.appends.len() - few.appends.len(), (LONG.rounds - ONE_AFTER_ANOTHER.rounds));
    assert_eq!(many.signals, few.signals);
    let a_step: usize = few.appends.iter().sum::<usize>() / ONE_AFTER_ANOTHER.rounds;
    assert!(many.appends.iter().sum::<usize>() <= (a_step + 16) * LONG.rounds, "only numbers are longer");
}

#[tokio::test(start_paused = true)]
async fn a_snapshot_is_as_large_as_the_project_and_what_was_begun() {
    const A_FILE: usize = 140;
    const AN_ASSIGNMENT: usize = 200;
    let snapshots = cost(LONG).await.snapshots;
    for (at, bytes) in snapshots {
        let begun = usize::try_from(at.0).unwrap() / 5;
        assert!(bytes <= LONG.files * A_FILE + begun * AN_ASSIGNMENT + 1000, "{bytes} bytes at {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_nobody_disturbs_reads_no_signals() {
    let (idle, busy) = (cost(IDLE).await, cost(ONE_AFTER_ANOTHER).await);
    assert_eq!(idle.signals, busy.signals);
}
