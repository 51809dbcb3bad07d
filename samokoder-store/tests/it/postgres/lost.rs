use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use samokoder_core::store::{Seq, StateStore, StoreErrorKind};
use samokoder_store::{PostgresStore, postgres::PostgresOptions};
use tokio::task::JoinSet;

use super::fixture::{Database, leased, log, note, notes};

const WRITERS: u64 = 4;
const APPENDS: u64 = 150;

/// Ends every connection of the stores after each few appends, wherever the others are then.
async fn end_connections(database: Database, appended: Arc<AtomicU64>) -> u64 {
    let (mut ended, mut seen) = (0, 0);
    while seen < WRITERS * APPENDS {
        let now = appended.load(Ordering::Relaxed);
        if now < seen + 3 && now < WRITERS * APPENDS {
            tokio::task::yield_now().await;
            continue;
        }
        seen = now;
        ended += database
            .number(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                 WHERE datname = current_database() AND application_name <> 'test'",
            )
            .await
            .unsigned_abs();
    }
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn appends_whose_connections_are_cut_are_neither_lost_nor_doubled_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let patient = PostgresOptions::default().patience(std::time::Duration::from_mins(1));
    let store = database.store_with(patient).await;
    let appended = Arc::new(AtomicU64::new(0));
    let ending = JoinSet::from_iter([end_connections(database.clone(), Arc::clone(&appended))]);
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let (store, appended) = (store.clone(), Arc::clone(&appended));
        writers.spawn(async move {
            let (branch, lease) = leased(&store).await;
            for n in 0..APPENDS {
                // Had an earlier attempt been written without our knowing, this would be a conflict.
                store.append(&lease, Seq(n), notes(n.to_string())).await.unwrap();
                appended.fetch_add(1, Ordering::Relaxed);
            }
            assert_eq!(
                log(&store, &branch).await.unwrap(),
                (0..APPENDS).map(|n| note(n.to_string())).collect::<Vec<_>>()
            );
        });
    }
    writers.join_all().await;
    let ended: u64 = ending.join_all().await.into_iter().sum();
    assert!(ended > 100, "only {ended} connections were cut");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_given_up_after_a_while_on_postgres() {
    if Database::new().await.is_none() {
        return;
    }
    let impatient = PostgresOptions::default().patience(std::time::Duration::from_millis(50));
    let error = PostgresStore::open_with("postgres://nobody@127.0.0.1:9/none", impatient).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(error.is_retryable());
}

#[tokio::test]
async fn altered_records_are_reported_on_postgres() {
    for sql in [
        "UPDATE record SET at_ms = at_ms + 1 WHERE seq = 2",
        "UPDATE record SET body = set_byte(body, 9, get_byte(body, 9) # 1) WHERE seq = 2",
        "UPDATE record SET link = set_byte(link, 0, get_byte(link, 0) # 1) WHERE seq = 2",
        "DELETE FROM record WHERE seq = 2",
        "DELETE FROM record WHERE seq = 3",
        "UPDATE branch SET tip = set_byte(tip, 0, get_byte(tip, 0) # 1)",
    ] {
        let Some(database) = Database::new().await else { return };
        let store = database.store().await;
        let (branch, lease) = leased(&store).await;
        for n in 0..3 {
            store.append(&lease, Seq(n), notes("a".repeat(20))).await.unwrap();
        }
        assert_eq!(log(&store, &branch).await.unwrap().len(), 3);
        database.run(sql).await;
        assert_eq!(log(&store, &branch).await.unwrap_err().kind, StoreErrorKind::Damaged, "{sql}");
    }
}
