//! What a log adds up to, kept beside it. A store may drop any of them, but never gives a wrong one.

use bytes::Bytes;

use super::{
    Store,
    fixture::{branch, kind, leased, log, notes, scope},
};
use crate::{
    id::BranchId,
    store::{Branch, Lease, Seq, StoreErrorKind},
};

fn snapshot(at: u64) -> Bytes {
    Bytes::from(format!("all until {at}"))
}

/// A branch with ten records and snapshots of some of them.
async fn with_snapshots(store: &Store, of: &[u64]) -> (Branch, Lease) {
    let (branch, lease) = leased(store).await;
    store.append(&lease, Seq::START, notes((1..=10).map(|n| n.to_string()))).await.unwrap();
    for at in of {
        store.put_snapshot(&lease, Seq(*at), snapshot(*at)).await.unwrap();
    }
    (branch, lease)
}

/// Asserts that what is found for `until` is none or one of `allowed`, the latest of which is what a store that keeps all finds.
async fn check(store: &Store, branch: &Branch, until: u64, allowed: &[u64]) {
    let Some((at, found)) = store.snapshot(branch, Seq(until)).await.unwrap() else { return };
    assert!(allowed.contains(&at.0), "{at} was found until {until}, of {allowed:?}");
    assert_eq!(found, snapshot(at.0));
}

pub(super) async fn a_branch_has_no_snapshot_at_first(store: Store) {
    let branch = branch(&store).await;
    for until in [0, 1, u64::MAX] {
        assert_eq!(store.snapshot(&branch, Seq(until)).await.unwrap(), None);
    }
}

pub(super) async fn a_snapshot_is_of_a_record_at_or_before_the_one_asked_for(store: Store) {
    let (branch, _lease) = with_snapshots(&store, &[3, 6, 9]).await;
    check(&store, &branch, 2, &[]).await;
    check(&store, &branch, 3, &[3]).await;
    check(&store, &branch, 5, &[3]).await;
    check(&store, &branch, 8, &[3, 6]).await;
    for until in [9, 10, 11, u64::MAX] {
        check(&store, &branch, until, &[3, 6, 9]).await;
    }
}

pub(super) async fn of_two_snapshots_that_are_kept_the_later_one_is_given(store: Store) {
    let (branch, _lease) = with_snapshots(&store, &[6, 3, 9]).await;
    let mut kept = Vec::new();
    for at in [3, 6, 9] {
        let found = store.snapshot(&branch, Seq(at)).await.unwrap();
        kept.extend(found.map(|(found, _)| found).filter(|found| found.0 == at));
    }
    let latest = store.snapshot(&branch, Seq(10)).await.unwrap().map(|(at, _)| at);
    assert_eq!(latest, kept.last().copied());
}

pub(super) async fn a_snapshot_comes_back_as_it_was(store: Store) {
    let (branch, lease) = with_snapshots(&store, &[]).await;
    let bytes: Vec<u8> = (0..=255).collect();
    for (at, snapshot) in
        [(2, Bytes::new()), (4, Bytes::from(bytes.clone())), (8, Bytes::from(bytes.repeat(8192)))]
    {
        store.put_snapshot(&lease, Seq(at), snapshot.clone()).await.unwrap();
        let found = store.snapshot(&branch, Seq(at)).await.unwrap();
        assert!(found.is_none_or(|found| found.0 < Seq(at) || found == (Seq(at), snapshot)), "at {at}");
    }
}

pub(super) async fn a_snapshot_that_is_stored_again_is_one_of_the_two(store: Store) {
    let (branch, lease) = with_snapshots(&store, &[5]).await;
    let again = Bytes::from_static(b"in another form");
    store.put_snapshot(&lease, Seq(5), again.clone()).await.unwrap();
    let found = store.snapshot(&branch, Seq(5)).await.unwrap();
    assert!(found.is_none_or(|(at, found)| at == Seq(5) && (found == again || found == snapshot(5))));
}

pub(super) async fn a_snapshot_changes_nothing_else(store: Store) {
    let (branch, lease) = with_snapshots(&store, &[]).await;
    let before = (store.info(&branch).await.unwrap(), log(&store, &branch).await);
    store.put_snapshot(&lease, Seq(10), snapshot(10)).await.unwrap();
    assert_eq!((store.info(&branch).await.unwrap(), log(&store, &branch).await), before);
    store.append(&lease, Seq(10), notes(["11"])).await.unwrap();
    check(&store, &branch, 11, &[10]).await;
}

pub(super) async fn a_fork_sees_its_parents_snapshots_until_it_leaves(store: Store) {
    let (main, lease) = with_snapshots(&store, &[3, 6]).await;
    let side = store.fork(&main, Seq(5), BranchId::fresh(), "side").await.unwrap();
    let own = store.acquire(&side).await.unwrap();
    store.append(&own, Seq(5), notes((6..=10).map(|n| format!("side {n}")))).await.unwrap();
    for until in [5, 6, 10, u64::MAX] {
        check(&store, &side, until, &[3]).await;
    }
    store.put_snapshot(&lease, Seq(4), snapshot(4)).await.unwrap();
    check(&store, &side, 10, &[3, 4]).await;
    check(&store, &side, 3, &[3]).await;
    check(&store, &side, 2, &[]).await;
}

pub(super) async fn a_parent_sees_none_of_its_forks_snapshots(store: Store) {
    let (main, _lease) = with_snapshots(&store, &[3]).await;
    let side = store.fork(&main, Seq(5), BranchId::fresh(), "side").await.unwrap();
    let own = store.acquire(&side).await.unwrap();
    store.append(&own, Seq(5), notes(["side 6", "side 7"])).await.unwrap();
    store.put_snapshot(&own, Seq(7), Bytes::from_static(b"the fork until 7")).await.unwrap();
    check(&store, &main, 10, &[3]).await;
    let found = store.snapshot(&side, Seq(7)).await.unwrap();
    assert!(found.is_none_or(|(at, found)| match at {
        Seq(3) => found == snapshot(3),
        at => at == Seq(7) && found == "the fork until 7",
    }));
}

pub(super) async fn a_fork_of_a_fork_sees_the_snapshots_of_both(store: Store) {
    let (main, _lease) = with_snapshots(&store, &[2, 4]).await;
    let side = store.fork(&main, Seq(3), BranchId::fresh(), "side").await.unwrap();
    let own = store.acquire(&side).await.unwrap();
    store.append(&own, Seq(3), notes(["4", "5", "6"])).await.unwrap();
    store.put_snapshot(&own, Seq(5), snapshot(5)).await.unwrap();
    store.put_snapshot(&own, Seq(6), snapshot(6)).await.unwrap();
    let third = store.fork(&side, Seq(5), BranchId::fresh(), "third").await.unwrap();
    check(&store, &third, 9, &[2, 5]).await;
    check(&store, &third, 4, &[2]).await;
    let early = store.fork(&side, Seq(2), BranchId::fresh(), "early").await.unwrap();
    check(&store, &early, 9, &[2]).await;
}

pub(super) async fn an_older_lease_may_store_no_snapshot(store: Store) {
    let (branch, lease) = with_snapshots(&store, &[3]).await;
    let older = Lease::new(branch.clone(), lease.epoch(), ());
    drop(lease);
    let newer = store.acquire(&branch).await.unwrap();
    for stale in [older, Lease::new(branch.clone(), newer.epoch() + 1, ())] {
        refused(&store, &stale, 8, StoreErrorKind::Fenced).await;
    }
    check(&store, &branch, 10, &[3]).await;
}

pub(super) async fn a_snapshot_beyond_the_end_is_a_conflict(store: Store) {
    let (branch, lease) = with_snapshots(&store, &[3]).await;
    for at in [11, u64::MAX] {
        refused(&store, &lease, at, StoreErrorKind::Conflict).await;
    }
    store.append(&lease, Seq(10), notes(["11"])).await.unwrap();
    check(&store, &branch, u64::MAX, &[3]).await;
}

/// Stores a snapshot that must be refused. A store that drops all of them need not look at it.
async fn refused(store: &Store, lease: &Lease, at: u64, expected: StoreErrorKind) {
    let outcome = store.put_snapshot(lease, Seq(at), Bytes::from_static(b"wrong")).await;
    let drops_all = store.snapshot(lease.branch(), Seq(u64::MAX)).await.unwrap().is_none();
    assert!(outcome.is_ok() && drops_all || kind(outcome) == expected, "at {at}");
}

pub(super) async fn branches_have_snapshots_of_their_own(store: Store) {
    let (main, _lease) = with_snapshots(&store, &[3]).await;
    let side = Branch { id: BranchId::fresh(), ..main.clone() };
    let theirs = Branch { scope: scope(), ..main };
    for other in [side, theirs] {
        store.create(&other).await.unwrap();
        let lease = store.acquire(&other).await.unwrap();
        store.append(&lease, Seq(0), notes(["1", "2", "3", "4"])).await.unwrap();
        assert_eq!(store.snapshot(&other, Seq(4)).await.unwrap(), None);
    }
}
