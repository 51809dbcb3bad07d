use std::path::Path;

use samokoder_core::{
    id::{BranchId, ProjectId},
    store::{Branch, Scope, Seq, StateStore, StoreErrorKind},
};
use samokoder_store::SqliteStore;
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use super::{fixture::branch, oracle, workload};

/// A store with a run of so many steps, each appended as a whole.
pub(crate) async fn run(path: &Path, branch: &Branch, steps: u64) -> SqliteStore {
    let store = SqliteStore::open(path).await.unwrap();
    store.create(branch).await.unwrap();
    go_on(&store, branch, std::iter::once(workload::plan(20)).chain((0..steps).map(workload::step))).await;
    store
}

async fn go_on(
    store: &SqliteStore,
    branch: &Branch,
    batches: impl Iterator<Item = Vec<samokoder_core::store::Record>>,
) {
    let lease = store.acquire(branch).await.unwrap();
    let mut head = store.info(branch).await.unwrap().head;
    for records in batches {
        head = store.append(&lease, head, workload::batch(head, records)).await.unwrap();
    }
}

fn other(project: &str, name: &str) -> Branch {
    Branch { scope: Scope::default(), project: ProjectId::derive([project]), id: BranchId::derive([name]) }
}

#[tokio::test]
async fn what_is_answered_is_what_the_logs_say() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = run(&path, &branch(), 0).await;
    oracle::agrees(&store, &Scope::default()).await.unwrap();
    for steps in (0..45).collect::<Vec<_>>().chunks(15) {
        go_on(&store, &branch(), steps.iter().copied().map(workload::step)).await;
        oracle::agrees(&store, &Scope::default()).await.unwrap();
    }
    go_on(&store, &branch(), std::iter::once(workload::end())).await;
    oracle::agrees(&store, &Scope::default()).await.unwrap();
}

#[tokio::test]
async fn a_whole_log_in_one_batch_gives_the_same_tables() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("state.db")).await.unwrap();
    store.create(&branch()).await.unwrap();
    let steps = (0..30).flat_map(workload::step);
    let all: Vec<_> = workload::plan(20).into_iter().chain(steps).chain(workload::end()).collect();
    go_on(&store, &branch(), std::iter::once(all)).await;
    oracle::agrees(&store, &Scope::default()).await.unwrap();
}

#[tokio::test]
async fn scopes_and_projects_and_branches_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = run(&path, &branch(), 10).await;
    let elsewhere = Branch { scope: Scope::new("another"), ..branch() };
    for (branch, steps) in [(other("a", "main"), 3), (other("a", "second"), 5), (elsewhere.clone(), 4)] {
        store.create(&branch).await.unwrap();
        go_on(&store, &branch, std::iter::once(workload::plan(2)).chain((0..steps).map(workload::step)))
            .await;
    }
    store.create(&other("empty", "main")).await.unwrap();
    oracle::agrees(&store, &Scope::default()).await.unwrap();
    oracle::agrees(&store, &elsewhere.scope).await.unwrap();
}

#[tokio::test]
async fn a_fork_has_the_tables_of_what_it_shares_and_what_it_did_itself() {
    let folder = tempfile::tempdir().unwrap();
    let store = run(&folder.path().join("state.db"), &branch(), 20).await;
    let scope = Scope::default();
    for (at, name) in [(0, "empty"), (30, "past"), (90, "later")] {
        let fork = store.fork(&branch(), Seq(at), BranchId::derive([name]), name).await.unwrap();
        oracle::agrees(&store, &scope).await.unwrap();
        go_on(&store, &fork, (50..54).map(workload::step)).await;
        oracle::agrees(&store, &scope).await.unwrap();
        let deeper =
            store.fork(&fork, Seq(at + 3), BranchId::derive([name, "deeper"]), "deeper").await.unwrap();
        go_on(&store, &deeper, std::iter::once(workload::end())).await;
        oracle::agrees(&store, &scope).await.unwrap();
    }
}

#[tokio::test]
async fn tables_that_are_made_again_are_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let store = run(&path, &branch(), 25).await;
    let fork = store.fork(&branch(), Seq(60), BranchId::derive(["fork"]), "fork").await.unwrap();
    go_on(&store, &fork, (50..60).map(workload::step)).await;
    let before = dump(&path).await;
    store.rebuild(&Scope::default()).await.unwrap();
    assert_eq!(dump(&path).await, before);
    oracle::agrees(&store, &Scope::default()).await.unwrap();
}

const TABLES: [&str; 13] = [
    "project",
    "summary",
    "epic",
    "task",
    "step",
    "finished_step",
    "iteration",
    "iteration_step",
    "file",
    "attempt",
    "open_effect",
    "llm_call",
    "exec_log",
];

/// Every row of the tables beside the logs, as text.
async fn dump(path: &Path) -> Vec<String> {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    let mut rows = Vec::new();
    for table in TABLES {
        let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
            .bind(table)
            .fetch_all(&mut connection)
            .await
            .unwrap();
        let columns: Vec<_> = columns.iter().map(|name| format!("quote({name})")).collect();
        let sql = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(" || ',' || "));
        rows.extend(
            sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .unwrap(),
        );
    }
    connection.close().await.unwrap();
    rows
}

#[tokio::test]
async fn a_table_that_was_altered_is_reported_and_can_be_made_again() {
    let folder = tempfile::tempdir().unwrap();
    for (nth, sql) in [
        "UPDATE summary SET money = money + 1",
        "UPDATE summary SET title = 'Librarx'",
        "UPDATE summary SET files = files - 1",
        "UPDATE project SET created_ms = created_ms + 1",
        "UPDATE file SET size = 7 WHERE path = 'src/1-0.mjs'",
        "DELETE FROM file WHERE path = 'src/1-0.mjs'",
        "UPDATE task SET title = 'x' WHERE nth = 3",
        "DELETE FROM task WHERE nth = 3",
        "UPDATE finished_step SET step = replace(step, '1001', '1999')",
        "UPDATE llm_call SET model = 'openai:gpt-4' WHERE seq = 26",
        "UPDATE llm_call SET role = 'tester' WHERE seq = 26",
        "UPDATE llm_call SET tokens = 1 WHERE seq = 26",
    ]
    .into_iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{nth}.db"));
        let store = run(&path, &branch(), 5).await;
        let mut other = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
        let changed = sqlx::query(sql).execute(&mut other).await.unwrap();
        assert!(changed.rows_affected() > 0, "{sql}");
        let error = oracle::agrees(&store, &Scope::default()).await.expect_err(sql);
        assert_eq!(error.kind, StoreErrorKind::Damaged, "{sql}");
        store.rebuild(&Scope::default()).await.unwrap();
        oracle::agrees(&store, &Scope::default()).await.unwrap();
    }
}
