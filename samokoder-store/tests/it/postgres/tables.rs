use std::sync::Arc;

use bytes::Bytes;
use samokoder_core::{
    agent::{Role, Subject},
    budget::Spend,
    digest::Digest,
    id::{AssignmentId, BranchId, EpicId, RunId, StepId, TaskId},
    llm::{Money, Usage},
    project::{Change, Epic, Step, Task, WorkspacePath},
    store::{
        AttemptId, Author, Batch, Branch, CallQuery, Commit, EffectId, EffectKind, EffectResult, MemoryStore,
        Page, Record, RunEnd, Scope, Seq, StateStore,
    },
};
use samokoder_store::PostgresStore;

use super::fixture::Database;

/// Text that is hard on whoever quotes or cuts.
const TITLE: &str = "Библиотека\0 'книг'; --";

fn attempt() -> AttemptId {
    AttemptId { assignment: AssignmentId::derive(["code-monkey"]), attempt: 1 }
}

fn spend(money: u64) -> Spend {
    Spend { money: Money::from_picodollars(money), tokens: money * 2, calls: 1 }
}

fn path(text: &str) -> WorkspacePath {
    text.parse().unwrap()
}

fn written(name: &str, finishes: Option<StepId>) -> Change {
    Change::FileWritten {
        path: path(name),
        content: Digest::of(name.as_bytes()),
        size: 7,
        replaces: None,
        finishes,
    }
}

/// A log with a row for every table.
pub(crate) fn records() -> Vec<Record> {
    let (epic, task, step) = (EpicId::derive(["e"]), TaskId::derive(["t"]), StepId::derive(["s"]));
    let commit = |changes| Record::Commit(Commit { author: Author::Person, changes });
    let task_of_plan = Task {
        id: task,
        epic,
        title: TITLE.into(),
        description: String::new(),
        depends_on: Vec::new(),
        files: vec![path("a.mjs")],
    };
    let effect = |name: &str| EffectId { attempt: attempt(), name: name.into(), nth: 0 };
    let intent = |name: &str, kind| Record::Intent {
        effect: effect(name),
        kind,
        request: Digest::of(b"request"),
        reserved: spend(100),
    };
    let call = |template: Option<&str>| EffectKind::Call {
        model: "openai:gpt".parse().unwrap(),
        template: template.map(Into::into),
    };
    let usage = Some(Usage { input: 10, output: 5, ..Usage::default() });
    let done = EffectResult::Done { payload: Digest::of(b"answer"), usage, duration_ms: 30 };
    vec![
        commit(vec![Change::Described { description: TITLE.into(), name: None, toolchains: Vec::new() }]),
        Record::RunStarted { run: RunId::derive(["run"]), labels: std::collections::BTreeMap::new() },
        commit(vec![Change::PlanMade {
            epics: vec![Epic { id: epic, title: TITLE.into(), description: String::new() }],
            tasks: vec![task_of_plan],
        }]),
        commit(vec![Change::StepsPlanned {
            task,
            steps: vec![Step { id: step, path: path("a.mjs"), instruction: "write it".into() }],
        }]),
        Record::Started {
            id: attempt(),
            role: Role::new("code-monkey"),
            subject: Subject::new("file:a"),
            base: Seq(3),
            input: Digest::of(b"input"),
        },
        intent("ask", call(Some("code"))),
        intent("check", EffectKind::Exec { command: vec!["node".into(), "--test".into()] }),
        Record::Outcome { effect: effect("ask"), result: done, spent: spend(60) },
        Record::Outcome {
            effect: effect("check"),
            result: EffectResult::Failed { message: "no\0pe".into() },
            spent: Spend::default(),
        },
        intent("cut off", call(None)),
        commit(vec![written("a.mjs", Some(step)), written("b.mjs", None)]),
        commit(vec![written("a.mjs", None)]),
        Record::RunEnded { run: RunId::derive(["run"]), end: RunEnd::Done { verified: true } },
    ]
}

/// The same history in any store: a branch, two forks of it, one of them with records of its own, and another project.
async fn fill(store: &dyn StateStore) -> Vec<Branch> {
    let scope = Scope::new(TITLE);
    let branch = |name: &str| Branch {
        scope: scope.clone(),
        project: samokoder_core::id::ProjectId::derive([name]),
        id: BranchId::derive([name]),
    };
    let (main, other) = (branch("main"), branch("other"));
    for of in [&main, &other] {
        store.create(of).await.unwrap();
    }
    append(store, &main, Seq(0), &records(), 1_000).await;
    let end = Seq::START.after(records().len());
    let side = store.fork(&main, Seq(8), BranchId::derive(["side"]), TITLE).await.unwrap();
    let still = store.fork(&side, Seq(5), BranchId::derive(["still"]), "still").await.unwrap();
    append(store, &side, Seq(8), &records()[8..], 3_000).await;
    append(store, &other, Seq(0), &records()[..2], 2_000).await;
    append(store, &main, end, &records()[..1], 9_000).await;
    vec![main, other, side, still]
}

/// Appends records one by one, at times that are always the same.
async fn append(store: &dyn StateStore, branch: &Branch, after: Seq, records: &[Record], at_ms: u64) {
    let lease = store.acquire(branch).await.unwrap();
    for (n, record) in records.iter().enumerate() {
        let batch = Batch {
            records: vec![record.clone()],
            stamps: vec![at_ms + n as u64],
            blobs: vec![Bytes::from_static(b"content")],
            ..Batch::default()
        };
        store.append(&lease, after.after(n), batch).await.unwrap();
    }
}

/// Everything that can be asked, of both.
async fn assert_same(store: &PostgresStore, reference: &MemoryStore, branches: &[Branch]) {
    let scope = &branches[0].scope;
    let pages = [Page::default(), Page { limit: 1, ..Page::default() }];
    for page in pages {
        let listed = store.projects(scope, page).await.unwrap();
        assert_eq!(listed, reference.projects(scope, page).await.unwrap());
        let next = Page { before: listed.last().map(|last| (last.created_ms, last.project)), limit: 5 };
        assert_eq!(
            store.projects(scope, next).await.unwrap(),
            reference.projects(scope, next).await.unwrap()
        );
    }
    for branch in branches {
        assert_eq!(store.info(branch).await.unwrap(), reference.info(branch).await.unwrap());
        assert_eq!(store.project(branch).await.unwrap(), reference.project(branch).await.unwrap());
        let query = CallQuery { project: Some(branch.project), limit: 1, ..CallQuery::default() };
        assert_eq!(store.calls(scope, query).await.unwrap(), reference.calls(scope, query).await.unwrap());
    }
    let all = CallQuery::default();
    assert_eq!(store.calls(scope, all).await.unwrap(), reference.calls(scope, all).await.unwrap());
    for (since, until) in [(0, u64::MAX), (1_006, 3_001)] {
        assert_eq!(
            store.spending(scope, since, until).await.unwrap(),
            reference.spending(scope, since, until).await.unwrap()
        );
    }
}

#[tokio::test]
async fn the_tables_say_what_the_reference_says_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let (store, reference) = (database.store().await, MemoryStore::new());
    let branches = fill(&store).await;
    assert_eq!(fill(&reference).await, branches);
    assert_same(&store, &reference, &branches).await;
    let nothing = Scope::new("nobody's");
    assert_eq!(store.projects(&nothing, Page::default()).await.unwrap(), []);
    assert_eq!(store.calls(&nothing, CallQuery::default()).await.unwrap(), []);
}

#[tokio::test]
async fn tables_that_were_altered_are_reported_and_can_be_made_again_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let (store, reference) = (database.store().await, MemoryStore::new());
    let branches = fill(&store).await;
    fill(&reference).await;
    for sql in [
        "UPDATE summary SET files = files + 1",
        "UPDATE summary SET title = 'another'",
        "UPDATE file SET size = 8",
        "DELETE FROM file",
        "DELETE FROM task",
        "UPDATE step SET nth = 1",
    ] {
        database.run(sql).await;
        assert!(store.project(&branches[0]).await.is_err(), "{sql}");
        store.rebuild(&branches[0].scope).await.unwrap();
        assert_same(&store, &reference, &branches).await;
    }
    database.run("TRUNCATE summary, epic, task, step, finished_step, file, attempt, open_effect, llm_call, exec_log").await;
    store.rebuild(&branches[0].scope).await.unwrap();
    assert_same(&store, &reference, &branches).await;
}

#[tokio::test]
async fn a_store_can_be_shared_as_a_trait_object_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let store: Arc<dyn StateStore> = Arc::new(database.store().await);
    let branches = fill(&*store).await;
    assert_eq!(store.branches(&branches[0].scope).await.unwrap(), branches);
}
