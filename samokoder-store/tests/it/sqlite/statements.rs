use std::sync::{Arc, Mutex};

use samokoder_core::{
    id::{BranchId, ProjectId},
    store::{Branch, CallQuery, Page, Scope, Seq, StateStore},
};
use sqlx::{ConnectOptions as _, Row as _, sqlite::SqliteConnectOptions};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span,
};

use super::{child, fixture::branch, tables::run, workload};

/// Writes down the statements of this process, which sqlx says in its log.
#[derive(Debug, Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

impl Statements {
    /// Those since it was asked last, but for the frame of a transaction.
    fn take(&self) -> Vec<String> {
        let mut statements = std::mem::take(&mut *self.0.lock().unwrap());
        statements.retain(|sql| sql != "BEGIN" && sql != "COMMIT");
        statements
    }
}

impl Subscriber for Statements {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut found = Statement::default();
        event.record(&mut found);
        let sql = if found.sql.trim().is_empty() { found.summary } else { found.sql.trim().to_owned() };
        self.0.lock().unwrap().push(sql);
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[derive(Default)]
struct Statement {
    summary: String,
    sql: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.sql),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Waits until the log says how a question was answered: the connection's thread may be a little behind.
async fn asked(statements: &Statements, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..100_000 {
        found.extend(statements.take());
        if found.len() >= count {
            break;
        }
        tokio::task::yield_now().await;
    }
    found
}

#[tokio::test]
async fn child_asks_everything() {
    let Some(path) = child::file() else { return };
    let store = run(&path, &branch(), 20).await;
    for project in 0..30 {
        let id = ProjectId::derive([project.to_string().as_str()]);
        let branch = Branch { project: id, id: BranchId::fresh(), ..branch() };
        store.create(&branch).await.unwrap();
        let lease = store.acquire(&branch).await.unwrap();
        store.append(&lease, Seq::START, workload::batch(Seq::START, workload::plan(1))).await.unwrap();
    }
    let scope = Scope::default();
    let lease = store.acquire(&branch()).await.unwrap();
    let head = store.info(&branch()).await.unwrap().head;
    store.append(&lease, head, workload::batch(head, workload::files(10_000))).await.unwrap();
    let statements = Statements::default();
    tracing::subscriber::set_global_default(statements.clone()).unwrap();

    let mut all = Vec::new();
    assert_eq!(store.projects(&scope, Page::default()).await.unwrap().len(), 31);
    let listing = asked(&statements, 1).await;
    assert_eq!(listing.len(), 1, "{listing:#?}");
    let detail = store.project(&branch()).await.unwrap();
    assert!(detail.files.len() > 10_000);
    let details = asked(&statements, 3).await;
    assert_eq!(details.len(), 3, "{details:#?}");
    all.extend(listing.into_iter().chain(details));
    let of_project = CallQuery { project: Some(branch().project), ..CallQuery::default() };
    for query in [CallQuery::default(), of_project] {
        assert!(!store.calls(&scope, query).await.unwrap().is_empty());
        all.extend(asked(&statements, 1).await);
    }
    assert!(!store.spending(&scope, 0, u64::MAX).await.unwrap().is_empty());
    all.extend(asked(&statements, 1).await);
    assert_eq!(all.len(), 7, "{all:#?}");

    let mut other = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    for sql in all {
        let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
        for row in sqlx::query(explain).fetch_all(&mut other).await.unwrap() {
            let step: &str = row.try_get("detail").unwrap();
            // The page of projects, which a limit bounds.
            let is_page = step == "SCAN p";
            assert!(is_page || !step.starts_with("SCAN") || step == "SCAN CONSTANT ROW", "{step}\n{sql}");
            assert!(!step.contains("TEMP B-TREE"), "{step}\n{sql}");
            assert!(!step.contains("AUTOMATIC"), "{step}\n{sql}");
        }
    }
}

/// In a process of its own: the log is one for all.
#[test]
fn questions_take_few_statements_and_each_runs_on_an_index() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    assert!(child::start(&[], "sqlite::statements::child_asks_everything", &path).passed());
}
