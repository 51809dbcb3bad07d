use samokoder_core::store::{Lease, Seq, StateStore, StoreErrorKind};

use super::fixture::{Database, leased, log, note, notes};

#[tokio::test]
async fn a_holder_in_another_process_is_waited_for_until_its_lease_runs_out_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let (one, other) = (database.store().await, database.store().await);
    let (branch, lease) = leased(&one).await;
    assert_eq!(other.acquire(&branch).await.unwrap_err().kind, StoreErrorKind::LeaseHeld);
    database.let_leases_run_out().await;
    let newer = other.acquire(&branch).await.unwrap();
    assert!(newer.epoch() > lease.epoch());
    let refused = one.append(&lease, Seq::START, notes("lost")).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Fenced);
    other.append(&newer, Seq::START, notes("kept")).await.unwrap();
    // The older one gives back what it no longer has.
    drop(lease);
    one.close().await.unwrap();
    assert_eq!(one.acquire(&branch).await.unwrap_err().kind, StoreErrorKind::LeaseHeld);
    assert_eq!(log(&one, &branch).await.unwrap(), [note("kept")]);
}

#[tokio::test]
async fn a_lease_that_ran_out_and_that_nobody_took_is_renewed_by_an_append_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let store = database.store().await;
    let (branch, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes("a")).await.unwrap();
    database.let_leases_run_out().await;
    store.append(&lease, Seq(1), notes("b")).await.unwrap();
    let held = "SELECT count(*) FROM branch WHERE lease_until > clock_timestamp()";
    assert_eq!(database.number(held).await, 1);
    assert_eq!(log(&store, &branch).await.unwrap(), [note("a"), note("b")]);
}

#[tokio::test]
async fn a_lease_is_given_back_at_once_also_to_other_processes_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let (one, other) = (database.store().await, database.store().await);
    let (branch, lease) = leased(&one).await;
    drop(lease);
    one.close().await.unwrap();
    other.acquire(&branch).await.unwrap();
}

#[tokio::test]
async fn a_lease_that_was_given_back_is_not_renewed_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let store = database.store().await;
    let (branch, lease) = leased(&store).await;
    let forged = Lease::new(branch.clone(), lease.epoch(), ());
    drop(lease);
    store.close().await.unwrap();
    let refused = store.append(&forged, Seq::START, notes("lost")).await.unwrap_err();
    assert_eq!(refused.kind, StoreErrorKind::Fenced);
}

/// Lets time pass until something holds.
async fn until(database: &Database, sql: &str) {
    while database.number(sql).await == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_lease_is_renewed_as_long_as_it_is_held_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let options = samokoder_store::postgres::PostgresOptions::default();
    let store = database.store_with(options.lease(std::time::Duration::from_millis(300))).await;
    let (_branch, lease) = leased(&store).await;
    database.let_leases_run_out().await;
    until(&database, "SELECT count(*) FROM branch WHERE lease_until > clock_timestamp()").await;
    drop(lease);
    until(&database, "SELECT count(*) FROM branch WHERE lease_until IS NULL").await;
}
