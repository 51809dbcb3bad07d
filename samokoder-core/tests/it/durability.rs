//! What is durable when, and what a store that fails does to a run.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use samokoder_core::{
    agent::{Agent, AgentContext, AgentError, Assignment, Proposal, Resource, Role, Subject},
    pipeline::{NewProject, Next, Pipeline, PipelineError, Workflow, WorkflowError},
    project::{ProjectState, WorkspacePath},
    store::{Branch, MemoryStore, Record, RunEnd, Seq, StateStore as _, StoreErrorKind},
};

use crate::{
    script::{build, good_model, options, pipeline, sandbox, state},
    watched_store::WatchedStore,
};

const ROLE: Role = Role::from_static("looker");
const STEPS: usize = 5;

/// Writes one file after another. Each step looks at what is durable before, and after it does something outside, three times.
#[derive(Debug, Clone)]
struct Looker {
    store: MemoryStore,
    branch: Branch,
    /// Bytes in a file.
    size: usize,
}

fn path(step: usize) -> WorkspacePath {
    format!("{step}.txt").parse().unwrap()
}

#[async_trait]
impl Workflow for Looker {
    async fn next(&self, state: &ProjectState) -> Result<Next, WorkflowError> {
        let done = state.files().count();
        let step = Assignment::new(ROLE, Subject::of("step", done)).writes([Resource::File(path(done))]);
        Ok(if done < STEPS { Next::Run(vec![step]) } else { Next::Done })
    }
}

impl Looker {
    async fn durable(&self) -> Vec<Record> {
        let records = self.store.read(&self.branch, Seq::START, usize::MAX).await.unwrap();
        records.into_iter().map(|stored| stored.record).collect()
    }
}

#[async_trait]
impl Agent for Looker {
    fn role(&self) -> Role {
        ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let step = context.state().files().count();
        if step > 0 {
            let before = context.read(&path(step - 1)).await?;
            assert_eq!(
                before.map(|text| text.len()),
                Some(self.size),
                "an agent sees what it begins on, whole"
            );
        }
        let commits = |record: &Record| matches!(record, Record::Commit(_));
        let outcomes = |record: &Record| matches!(record, Record::Outcome { .. });
        let count = |durable: &[Record], kind: fn(&Record) -> bool| {
            durable.iter().filter(|record| kind(record)).count()
        };
        let looking = |earlier: usize| async move {
            let durable = self.durable().await;
            assert!(matches!(durable.last(), Some(Record::Intent { .. })), "{:?}", durable.last());
            assert_eq!(
                count(&durable, commits),
                1 + step,
                "the description, and a commit for each step before"
            );
            assert_eq!(count(&durable, outcomes), 3 * step + earlier, "of each effect before");
            Ok::<_, String>(step)
        };
        context.effect("look", &step, looking(0)).await?;
        context.effect("look again", &step, looking(1)).await?;
        context.effect("look once more", &step, looking(2)).await?;
        if step + 1 == STEPS {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let durable = self.durable().await;
            assert!(outcomes(durable.last().unwrap()), "what nothing follows from is written all the same");
        }
        Ok(Proposal::new().write(context.state(), path(step), "x".repeat(self.size), None))
    }
}

async fn look(size: usize) {
    let store = MemoryStore::new();
    let project = NewProject::new("Look");
    let looker = Looker { store: store.clone(), branch: project.branch.clone(), size };
    let pipeline = Pipeline::empty(Arc::new(store)).agent(looker.clone()).workflow(looker).build().unwrap();
    let report = pipeline.start(project, options(&good_model())).await.unwrap().finish().await.unwrap();
    assert_eq!(report.end, RunEnd::Done { verified: false });
}

#[tokio::test(start_paused = true)]
async fn an_effect_is_begun_when_all_it_stands_on_is_durable_outcomes_too() {
    look(10).await;
}

#[tokio::test(start_paused = true)]
async fn a_content_too_large_to_keep_at_hand_is_there_for_the_next_agent_too() {
    look(2 << 20).await;
}

/// The error of a run whose store has room for so many appends; `None` when that was enough.
async fn build_with_room(store: &WatchedStore, project: NewProject) -> Option<PipelineError> {
    let builder = Pipeline::builder(Arc::new(store.clone())).sandbox(Arc::new(sandbox()));
    let run = builder.build().unwrap().start(project, options(&good_model()).parallel(2)).await.unwrap();
    run.finish().await.err()
}

#[tokio::test]
async fn a_run_whose_store_fails_says_why_and_goes_on_from_what_is_durable() {
    let (reference_store, reference) = pipeline();
    let (branch, _) = build(&reference, options(&good_model())).await;
    let expected = state(&reference_store, &branch).await;
    for room in 0.. {
        let project = NewProject::new("A tiny app");
        let branch = project.branch.clone();
        let full = WatchedStore::with_room_for(room);
        let Some(error) = build_with_room(&full, project).await else {
            assert!(room > 10, "a run is many appends");
            return;
        };
        let PipelineError::Store(error) = error else { panic!("{error}") };
        assert_eq!(error.kind, StoreErrorKind::Full, "with room for {room}: {error}");
        if room == 0 {
            continue;
        }
        let builder = Pipeline::builder(Arc::new(full.inner.clone())).sandbox(Arc::new(sandbox()));
        let run = builder.build().unwrap().resume(&branch, options(&good_model())).await.unwrap();
        assert_eq!(run.finish().await.unwrap().end, RunEnd::Done { verified: true }, "room for {room}");
        assert!(state(&full.inner, &branch).await.files().eq(expected.files()), "room for {room}");
        let mut finished = BTreeSet::new();
        for stored in full.inner.read(&branch, Seq::START, usize::MAX).await.unwrap() {
            if let Record::Outcome { effect, .. } = stored.record {
                assert!(finished.insert(effect), "room for {room}: paid twice");
            }
        }
    }
}
