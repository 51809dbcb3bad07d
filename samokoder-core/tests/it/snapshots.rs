//! Runs that are long enough for snapshots.

use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt as _;
use samokoder_core::{
    agent::{Agent, AgentContext, AgentError, Assignment, Proposal, Resource, Role, Subject},
    pipeline::{History, NewProject, Next, Pipeline, Run, Workflow, WorkflowError},
    project::{Change, ProjectState},
    store::{Batch, Branch, MemoryStore, Record, RunEnd, Seq, StateStore},
};

use crate::{
    script::{good_model, options},
    watched_store::WatchedStore,
};

const ROLE: Role = Role::from_static("counter");

/// Does one thing after another, and one long thing with many effects beside them.
#[derive(Debug, Clone, Copy)]
struct Counting {
    steps: usize,
    effects: usize,
}

fn namespace(subject: &str) -> String {
    format!("counting {subject}")
}

fn is_done(state: &ProjectState, subject: &str) -> bool {
    state.extension(&namespace(subject), "done").is_some()
}

fn assignment(subject: String) -> Assignment {
    let writes = [Resource::Extension(namespace(&subject))];
    Assignment::new(ROLE, Subject::new(subject)).writes(writes)
}

#[async_trait]
impl Workflow for Counting {
    async fn next(&self, state: &ProjectState) -> Result<Next, WorkflowError> {
        let mut wanted: Vec<_> = (0..self.steps).map(|step| format!("step:{step}")).collect();
        wanted.retain(|subject| !is_done(state, subject));
        wanted.truncate(1);
        wanted.extend((!is_done(state, "long")).then(|| "long".to_owned()));
        let wanted: Vec<_> = wanted.into_iter().map(assignment).collect();
        Ok(if wanted.is_empty() { Next::Done } else { Next::Run(wanted) })
    }
}

#[async_trait]
impl Agent for Counting {
    fn role(&self) -> Role {
        ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let subject = context.assignment().subject.as_str().to_owned();
        let effects = if subject == "long" { self.effects } else { 1 };
        let mut value = 0;
        for nth in 0..effects {
            value = context.effect("count", &(nth, value), async { Ok::<_, String>(value + 1) }).await?;
        }
        Ok(Change::Extension { namespace: namespace(&subject), key: "done".into(), value: value.into() }
            .into())
    }
}

fn counting(store: impl StateStore + 'static, work: Counting) -> Pipeline {
    Pipeline::empty(Arc::new(store)).agent(work).workflow(work).build().unwrap()
}

async fn records(store: &MemoryStore, branch: &Branch) -> Vec<Record> {
    let stored = store.read(branch, Seq::START, usize::MAX).await.unwrap();
    stored.into_iter().map(|stored| stored.record).collect()
}

/// A copy of a log in a store without snapshots, and what it adds up to.
async fn read_from_the_start(store: &MemoryStore, branch: &Branch) -> History {
    let copy = MemoryStore::new();
    copy.create(branch).await.unwrap();
    let lease = copy.acquire(branch).await.unwrap();
    let records = records(store, branch).await;
    copy.append(&lease, Seq::START, Batch { records, ..Batch::default() }).await.unwrap();
    History::load(&copy, branch).await.unwrap()
}

/// Ends the run as a crash would, once this record is there, and waits until its lease is free.
async fn crash_after(run: Run, store: &MemoryStore, count: u64) {
    let branch = run.branch().clone();
    let mut events = Box::pin(run.events(Seq::START));
    while events.next().await.is_some_and(|event| event.unwrap().seq.0 < count) {}
    drop(run);
    while store.acquire(&branch).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_long_run_stores_snapshots_that_say_what_its_log_says() {
    let store = WatchedStore::default();
    let project = NewProject::new("Count");
    let branch = project.branch.clone();
    let work = Counting { steps: 250, effects: 1 };
    let run = counting(store.clone(), work).start(project, options(&good_model())).await.unwrap();
    assert_eq!(run.finish().await.unwrap().end, RunEnd::Done { verified: false });
    let head = store.inner.info(&branch).await.unwrap().head;
    let snapshots = store.take_count().snapshots;
    assert_eq!(snapshots.len() as u64, head.0 / 512, "of {head} records");
    let history = History::load(&store.inner, &branch).await.unwrap();
    let expected = read_from_the_start(&store.inner, &branch).await;
    assert_eq!(history.state(), expected.state());
    assert_eq!((history.spent(), history.end()), (expected.spent(), expected.end()));
}

#[tokio::test]
async fn a_run_that_is_killed_after_a_snapshot_goes_on_with_the_same_effects() {
    let work = Counting { steps: 120, effects: 200 };
    for kill_at in [520, 700, 900] {
        let store = WatchedStore::default();
        let project = NewProject::new("Count");
        let branch = project.branch.clone();
        let pipeline = counting(store.clone(), work);
        let run = pipeline.start(project, options(&good_model()).parallel(2)).await.unwrap();
        crash_after(run, &store.inner, kill_at).await;
        let at = store.inner.snapshot(&branch, Seq(u64::MAX)).await.unwrap().map(|(at, _)| at);
        let report =
            pipeline.resume(&branch, options(&good_model()).parallel(2)).await.unwrap().finish().await;
        assert_eq!(report.unwrap().end, RunEnd::Done { verified: false }, "killed at {kill_at}");

        let records = records(&store.inner, &branch).await;
        let mut finished = std::collections::BTreeSet::new();
        for record in &records {
            if let Record::Outcome { effect, .. } = record {
                assert!(finished.insert(effect.clone()), "killed at {kill_at}: {effect:?} was done twice");
            }
        }
        let attempts = |record: &&Record| matches!(record, Record::Started { subject, .. } if subject.as_str() == "long");
        assert_eq!(records.iter().filter(attempts).count(), 1, "killed at {kill_at}, a snapshot at {at:?}");
        assert_eq!(finished.len(), work.steps + work.effects);
        let state = read_from_the_start(&store.inner, &branch).await.state().clone();
        assert_eq!(state.extension(&namespace("long"), "done"), Some(&work.effects.into()));
    }
}
