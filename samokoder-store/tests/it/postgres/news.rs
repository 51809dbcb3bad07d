use std::time::Duration;

use samokoder_core::{
    id::SignalId,
    store::{Seq, Signal, StateStore},
};
use samokoder_store::postgres::PostgresOptions;

use super::fixture::{Database, leased, notes};

/// Whoever waits learns of news only by being told.
fn never_looks() -> PostgresOptions {
    PostgresOptions::default().poll(Duration::from_hours(1))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_reach_other_processes_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let (one, other) = (database.store_with(never_looks()).await, database.store_with(never_looks()).await);
    let (branch, lease) = leased(&one).await;
    for n in 0..50 {
        let (appended, head) =
            tokio::join!(one.append(&lease, Seq(n), notes("a")), other.wait(&branch, Seq(n)));
        assert_eq!((appended.unwrap(), head.unwrap()), (Seq(n + 1), Seq(n + 1)));
        // The holder learns of a signal that another process posts.
        let (posted, woken) =
            tokio::join!(other.post(&branch, SignalId::fresh(), Signal::Cancel), one.wait_signal(&branch));
        posted.unwrap();
        woken.unwrap();
        let taken = one.signals(&branch).await.unwrap().into_iter().map(|(id, _)| id).collect();
        let batch = samokoder_core::store::Batch { taken, ..Default::default() };
        one.append(&lease, Seq(n + 1), batch).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_lost_its_connection_listens_again_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let (one, other) = (database.store_with(never_looks()).await, database.store_with(never_looks()).await);
    let (branch, lease) = leased(&one).await;
    for n in 0..5 {
        let waiting = other.wait(&branch, Seq(n));
        tokio::pin!(waiting);
        tokio::select! {
            biased;
            _ = &mut waiting => unreachable!("there is nothing yet"),
            () = database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'") => {}
        }
        let (appended, head) = tokio::join!(one.append(&lease, Seq(n), notes("a")), waiting);
        assert_eq!((appended.unwrap(), head.unwrap()), (Seq(n + 1), Seq(n + 1)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_that_get_lost_only_make_late_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let store = database.store().await;
    let (branch, _lease) = leased(&store).await;
    let waiting = store.wait_signal(&branch);
    // Another program writes it, and tells nobody.
    let silently = "INSERT INTO signal (branch, id, at_ms, body)
         SELECT id, '018f0000-0000-7000-8000-000000000000', 0, '{\"v\":1,\"signal\":\"cancel\"}' FROM branch";
    let (woken, ()) = tokio::join!(waiting, database.run(silently));
    woken.unwrap();
    assert_eq!(store.signals(&branch).await.unwrap()[0].1, Signal::Cancel);
}
