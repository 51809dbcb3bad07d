use samokoder_core::{
    id::SignalId,
    store::{Batch, CallQuery, Collect, Page, Scope, Seq, Signal, StateStore},
};
use sqlx::{AssertSqlSafe, Row as _};

use super::fixture::{Database, branch, leased, notes};

/// Of this database, without those of tests.
const STATEMENTS: &str = "FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid
    WHERE d.datname = current_database() AND s.query NOT LIKE '%pg_stat_statements%'
      AND s.query NOT LIKE 'EXPLAIN%' AND s.query NOT LIKE 'PREPARE%'";

/// So that a plan has a sequential scan only where there is no other way.
const ONLY_WITHOUT_AN_INDEX: &str = "enable_seqscan = off";

const OTHERS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name <> 'test'";

async fn count(database: &Database) -> i64 {
    // What the connections' pool asks to see whether one is alive is an empty query, which does not count.
    database.number(&format!("SELECT coalesce(sum(s.calls), 0)::bigint {STATEMENTS}")).await
}

#[tokio::test]
async fn a_list_and_a_detail_are_at_most_three_statements_at_10000_files_on_postgres() {
    let Some(database) = Database::new().await else { return };
    database.run("CREATE EXTENSION pg_stat_statements").await;
    let store = database.store().await;
    let mut last = branch();
    for _ in 0..20 {
        let (made, lease) = leased(&store).await;
        store.append(&lease, Seq::START, notes("a")).await.unwrap();
        last = made;
    }
    store.fork(&last, Seq(1), samokoder_core::id::BranchId::fresh(), "side").await.unwrap();
    let files = (0..10_000).map(|n| samokoder_core::project::Change::FileWritten {
        path: format!("src/{n}.mjs").parse().unwrap(),
        content: samokoder_core::digest::Digest::of(b"content"),
        size: 7,
        replaces: None,
        finishes: None,
    });
    let lease = store.acquire(&last).await;
    let record = samokoder_core::store::Record::Commit(samokoder_core::store::Commit {
        author: samokoder_core::store::Author::Person,
        changes: files.collect(),
    });
    // The lease of the last one was given back.
    let batch = Batch { records: vec![record], ..Batch::default() };
    store.append(&lease.unwrap(), Seq(1), batch).await.unwrap();
    // The fork's tables are made when it is listed first.
    store.projects(&last.scope, Page::default()).await.unwrap();

    let before = count(&database).await;
    assert_eq!(store.projects(&last.scope, Page::default()).await.unwrap().len(), 20);
    let between = count(&database).await;
    assert_eq!(store.project(&last).await.unwrap().files.len(), 10_000);
    let after = count(&database).await;
    assert!((1..=3).contains(&(between - before)), "{} statements for the list", between - before);
    assert!((1..=3).contains(&(after - between)), "{} statements for the detail", after - between);
}

#[tokio::test]
async fn every_statement_has_an_index_on_postgres() {
    let Some(database) = Database::new().await else { return };
    database.run("CREATE EXTENSION pg_stat_statements").await;
    let store = database.store().await;
    database.run(&database.set(ONLY_WITHOUT_AN_INDEX)).await;
    store.close().await.unwrap();
    let (branch, lease) = leased(&store).await;
    let scope = Scope::default();
    store.append(&lease, Seq::START, notes("a")).await.unwrap();
    store.append(&lease, Seq(1), Batch { blobs: vec!["b".into()], ..Batch::default() }).await.unwrap();
    let every_kind = Batch { records: super::tables::records(), ..Batch::default() };
    store.append(&lease, Seq(1), every_kind).await.unwrap();
    store.post(&branch, SignalId::fresh(), Signal::Cancel).await.unwrap();
    store.signals(&branch).await.unwrap();
    store.wait_signal(&branch).await.unwrap();
    store.wait(&branch, Seq::START).await.unwrap();
    store.put_snapshot(&lease, Seq(1), "state".into()).await.unwrap();
    store.snapshot(&branch, Seq(1)).await.unwrap();
    store.fork(&branch, Seq(1), samokoder_core::id::BranchId::fresh(), "side").await.unwrap();
    store.read(&branch, Seq::START, 10).await.unwrap();
    store.info(&branch).await.unwrap();
    store.branches(&scope).await.unwrap();
    store.projects(&scope, Page::default()).await.unwrap();
    store.project(&branch).await.unwrap();
    let of_project = CallQuery { project: Some(branch.project), ..CallQuery::default() };
    for query in [CallQuery::default(), of_project] {
        store.calls(&scope, query).await.unwrap();
    }
    store.spending(&scope, 0, u64::MAX).await.unwrap();
    store
        .collect(&scope, Collect { stored_before_ms: 0, calls_before_ms: None, dry_run: true })
        .await
        .unwrap();
    drop(lease);
    store.close().await.unwrap();

    let mut connection = database.connect().await;
    let asked = format!("SELECT s.query {STATEMENTS} AND s.query ~ 'SELECT|INSERT|UPDATE|DELETE'");
    let queries = sqlx::query(AssertSqlSafe(asked)).fetch_all(&mut connection).await.unwrap();
    sqlx::raw_sql("SET plan_cache_mode = force_generic_plan").execute(&mut connection).await.unwrap();
    let (mut seen, mut without) = (0, Vec::new());
    for query in &queries {
        let query: &str = query.get(0);
        if ["samokoder_form", "pg_catalog", "CREATE FUNCTION"].iter().any(|other| query.contains(other)) {
            continue;
        }
        seen += 1;
        let plan = plan(&mut connection, query, seen).await;
        if plan.contains("Seq Scan") {
            without.push(plan);
        }
    }
    assert!(seen > 25, "only {seen} statements were seen");
    assert!(without.is_empty(), "{}", without.join("\n\n"));
    // What functions ran is only known by what it did. Connections that end count last what they did.
    while database.number(OTHERS).await > 0 {
        tokio::task::yield_now().await;
    }
    let scanned = "SELECT relname::text, seq_scan FROM pg_stat_user_tables
                   WHERE relname <> 'samokoder_form' AND seq_tup_read > 0";
    let scanned = sqlx::query(scanned).fetch_all(&mut connection).await.unwrap();
    let scanned: Vec<(String, i64)> = scanned.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert!(scanned.is_empty(), "{scanned:?}");
}

/// The plan of a statement with parameters.
async fn plan(connection: &mut sqlx::PgConnection, query: &str, nth: usize) -> String {
    let parameters = (1..100).take_while(|n| query.contains(&format!("${n}"))).count();
    let nulls = vec!["NULL"; parameters].join(", ");
    let arguments = if parameters == 0 { String::new() } else { format!("({nulls})") };
    // Literals come as parameters after the real ones; all of them are numbers.
    let mut prepared = Ok(());
    for real in (0..=parameters).rev() {
        let types = [vec!["unknown"; real], vec!["bigint"; parameters - real]].concat().join(", ");
        let types = if types.is_empty() { types } else { format!("({types})") };
        let prepare = format!("PREPARE p{nth} {types} AS {query}");
        prepared = sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.map(drop);
        if prepared.is_ok() {
            break;
        }
    }
    assert!(prepared.is_ok(), "{prepared:?}: {query}");
    let explain = format!("EXPLAIN EXECUTE p{nth}{arguments}");
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(connection).await.unwrap();
    let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    format!("{query}\n{}", lines.join("\n"))
}
