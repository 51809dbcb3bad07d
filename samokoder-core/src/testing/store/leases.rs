//! Who may append.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{
    Store,
    fixture::{branch, kind, leased, log, notes, scope},
};
use crate::{
    id::BranchId,
    store::{Branch, Lease, Seq, StoreErrorKind},
};

pub(super) async fn a_branch_has_one_holder(store: Store) {
    let (branch, lease) = leased(&store).await;
    assert_eq!(lease.branch(), &branch);
    for _ in 0..3 {
        let refused = store.acquire(&branch).await.unwrap_err();
        assert_eq!(refused.kind, StoreErrorKind::LeaseHeld);
        assert!(refused.is_retryable());
    }
    store.append(&lease, Seq(0), notes(["the holder's"])).await.unwrap();
}

pub(super) async fn a_lease_is_given_back_when_its_last_clone_is_dropped(store: Store) {
    let (branch, lease) = leased(&store).await;
    let clone = lease.clone();
    drop(lease);
    assert_eq!(kind(store.acquire(&branch).await), StoreErrorKind::LeaseHeld);
    store.append(&clone, Seq(0), notes(["a"])).await.unwrap();
    drop(clone);
    for n in 1..20 {
        let lease = store.acquire(&branch).await.unwrap();
        store.append(&lease, Seq(n), notes(["b"])).await.unwrap();
    }
}

pub(super) async fn each_lease_has_a_greater_epoch(store: Store) {
    let (branch, lease) = leased(&store).await;
    let mut epoch = lease.epoch();
    drop(lease);
    for _ in 0..3 {
        let next = store.acquire(&branch).await.unwrap().epoch();
        assert!(next > epoch, "{next} came after {epoch}");
        epoch = next;
    }
}

pub(super) async fn an_older_lease_may_not_write(store: Store) {
    let (branch, lease) = leased(&store).await;
    let older = lease.epoch();
    store.append(&lease, Seq(0), notes(["a"])).await.unwrap();
    drop(lease);
    let newer = store.acquire(&branch).await.unwrap();

    // A holder that was asleep while its lease was taken over still believes in it.
    let asleep = Lease::new(branch.clone(), older, ());
    let refused = store.append(&asleep, Seq(1), notes(["lost"])).await.unwrap_err();

    assert_eq!(refused.kind, StoreErrorKind::Fenced);
    assert!(!refused.is_retryable());
    store.append(&newer, Seq(1), notes(["b"])).await.unwrap();
    assert_eq!(log(&store, &branch).await, ["a", "b"]);
}

pub(super) async fn a_lease_that_was_never_given_may_not_write(store: Store) {
    let (branch, lease) = leased(&store).await;
    for epoch in [0, lease.epoch() + 1, u64::MAX] {
        let forged = Lease::new(branch.clone(), epoch, ());
        assert_eq!(kind(store.append(&forged, Seq(0), notes(["lost"])).await), StoreErrorKind::Fenced);
    }
    assert_eq!(log(&store, &branch).await, [""; 0]);
}

pub(super) async fn branches_have_leases_of_their_own(store: Store) {
    let (main, _lease) = leased(&store).await;
    let side = Branch { id: BranchId::fresh(), ..main.clone() };
    let theirs = Branch { scope: scope(), ..main.clone() };
    for other in [side, theirs] {
        store.create(&other).await.unwrap();
        let lease = store.acquire(&other).await.unwrap();
        store.append(&lease, Seq(0), notes(["a"])).await.unwrap();
    }
}

pub(super) async fn of_many_who_ask_at_once_one_gets_it(store: Store) {
    let branch = branch(&store).await;
    let mut asking = JoinSet::new();
    for _ in 0..16 {
        let (store, branch) = (Arc::clone(&store), branch.clone());
        asking.spawn(async move { store.acquire(&branch).await });
    }
    let answers = asking.join_all().await;
    let (given, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(given.len(), 1);
    assert!(refused.into_iter().all(|refused| kind(refused) == StoreErrorKind::LeaseHeld));
}
