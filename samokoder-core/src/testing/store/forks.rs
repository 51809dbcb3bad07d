//! Branches that begin as another one is.

use std::sync::Arc;

use bytes::Bytes;
use futures::{FutureExt as _, future::join_all};

use super::{
    Store,
    fixture::{ALL, branch, branch_in, kind, leased, log, notes, open_signals, post, scope, text},
};
use crate::{
    digest::Digest,
    id::BranchId,
    store::{Batch, Branch, BranchInfo, ForkPoint, Lease, Seq, StoreErrorKind},
};

/// A branch with these records.
async fn noted(store: &Store, texts: &[&str]) -> (Branch, Lease) {
    let (branch, lease) = leased(store).await;
    store.append(&lease, Seq::START, notes(texts.iter().copied())).await.unwrap();
    (branch, lease)
}

async fn fork(store: &Store, from: &Branch, at: u64) -> Branch {
    store.fork(from, Seq(at), BranchId::fresh(), "side").await.unwrap()
}

/// Appends to a branch whose lease nobody has.
async fn go_on(store: &Store, branch: &Branch, text: &str) {
    let lease = store.acquire(branch).await.unwrap();
    let head = store.info(branch).await.unwrap().head;
    store.append(&lease, head, notes([text])).await.unwrap();
}

pub(super) async fn a_fork_begins_as_its_parent_is_up_to_the_point(store: Store) {
    let (main, _lease) = noted(&store, &["a", "b", "c"]).await;
    let side = fork(&store, &main, 2).await;
    assert_eq!((&side.scope, side.project), (&main.scope, main.project));
    assert_eq!(log(&store, &side).await, ["a", "b"]);
    let shared = store.read(&main, Seq::START, 2).await.unwrap();
    assert_eq!(store.read(&side, Seq::START, ALL).await.unwrap(), shared, "stamps and all");
}

pub(super) async fn a_fork_and_its_parent_go_on_apart(store: Store) {
    let (main, lease) = noted(&store, &["a", "b"]).await;
    let side = fork(&store, &main, 2).await;
    store.append(&lease, Seq(2), notes(["main 3", "main 4"])).await.unwrap();
    assert_eq!(log(&store, &side).await, ["a", "b"]);
    go_on(&store, &side, "side 3").await;
    assert_eq!(log(&store, &side).await, ["a", "b", "side 3"]);
    assert_eq!(log(&store, &main).await, ["a", "b", "main 3", "main 4"]);
}

pub(super) async fn a_fork_goes_on_after_its_point_and_nowhere_else(store: Store) {
    let (main, _lease) = noted(&store, &["a", "b", "c", "d"]).await;
    let side = fork(&store, &main, 2).await;
    let lease = store.acquire(&side).await.unwrap();
    for after in [0, 1, 3, 4] {
        let refused = store.append(&lease, Seq(after), notes(["lost"])).await;
        assert_eq!(kind(refused), StoreErrorKind::Conflict, "after {after}");
    }
    assert_eq!(store.append(&lease, Seq(2), notes(["side 3"])).await.unwrap(), Seq(3));
    assert_eq!(log(&store, &side).await, ["a", "b", "side 3"]);
}

pub(super) async fn a_fork_of_a_fork_begins_as_both_are(store: Store) {
    let (main, _lease) = noted(&store, &["a", "b", "c"]).await;
    let side = fork(&store, &main, 2).await;
    go_on(&store, &side, "side 3").await;
    go_on(&store, &side, "side 4").await;
    let third = fork(&store, &side, 3).await;
    go_on(&store, &third, "third 4").await;
    assert_eq!(log(&store, &third).await, ["a", "b", "side 3", "third 4"]);
    assert_eq!(log(&store, &side).await, ["a", "b", "side 3", "side 4"]);
    assert_eq!(log(&store, &main).await, ["a", "b", "c"]);
}

pub(super) async fn a_fork_may_leave_where_its_parent_was_still_the_same_as_another(store: Store) {
    let (main, _lease) = noted(&store, &["a", "b", "c"]).await;
    let side = fork(&store, &main, 2).await;
    go_on(&store, &side, "side 3").await;
    let third = fork(&store, &side, 1).await;
    assert_eq!(log(&store, &third).await, ["a"]);
    go_on(&store, &third, "third 2").await;
    assert_eq!(log(&store, &third).await, ["a", "third 2"]);
    assert_eq!(log(&store, &side).await, ["a", "b", "side 3"]);
}

pub(super) async fn a_fork_at_the_start_is_empty(store: Store) {
    let (main, _lease) = noted(&store, &["a"]).await;
    let side = fork(&store, &main, 0).await;
    assert_eq!(log(&store, &side).await, [""; 0]);
    go_on(&store, &side, "side 1").await;
    assert_eq!(log(&store, &side).await, ["side 1"]);
    let empty = branch(&store).await;
    assert_eq!(log(&store, &fork(&store, &empty, 0).await).await, [""; 0]);
}

pub(super) async fn a_fork_beyond_the_end_is_a_conflict(store: Store) {
    let (main, _lease) = noted(&store, &["a", "b"]).await;
    for at in [3, 4, u64::MAX] {
        let refused = store.fork(&main, Seq(at), BranchId::fresh(), "side").await;
        assert_eq!(kind(refused), StoreErrorKind::Conflict, "at {at}");
    }
    let side = fork(&store, &main, 1).await;
    assert_eq!(kind(store.fork(&side, Seq(2), BranchId::fresh(), "x").await), StoreErrorKind::Conflict);
    assert_eq!(store.branches(&main.scope).await.unwrap(), [main, side], "a refused fork is not there");
}

pub(super) async fn making_a_fork_again_changes_nothing(store: Store) {
    let (main, lease) = noted(&store, &["a", "b"]).await;
    let side = fork(&store, &main, 1).await;
    go_on(&store, &side, "side 2").await;
    store.append(&lease, Seq(2), notes(["c"])).await.unwrap();
    let info = store.info(&side).await.unwrap();
    assert_eq!(store.fork(&main, Seq(1), side.id, "another name").await.unwrap(), side);
    store.create(&side).await.unwrap();
    assert_eq!(store.info(&side).await.unwrap(), info);
    assert_eq!(log(&store, &side).await, ["a", "side 2"]);
    assert_eq!(store.branches(&main.scope).await.unwrap(), [main, side]);
}

pub(super) async fn a_fork_that_was_made_otherwise_is_a_conflict(store: Store) {
    let (main, _lease) = noted(&store, &["a", "b"]).await;
    let (side, other) = (fork(&store, &main, 1).await, fork(&store, &main, 1).await);
    let beside = Branch { id: BranchId::fresh(), ..main.clone() };
    store.create(&beside).await.unwrap();
    for (from, at, to) in [
        (&main, 2, side.id),
        (&other, 1, side.id),
        (&main, 0, beside.id),
        (&main, 2, main.id),
        (&side, 1, main.id),
        (&side, 1, side.id),
    ] {
        let refused = store.fork(from, Seq(at), to, "side").await;
        assert_eq!(kind(refused), StoreErrorKind::Conflict, "{to} at {at}");
    }
    assert_eq!(log(&store, &side).await, ["a"]);
    assert_eq!(log(&store, &beside).await, [""; 0]);
}

pub(super) async fn a_fork_of_what_is_not_there_is_not_found(store: Store) {
    let missing = branch_in(&scope());
    let refused = store.fork(&missing, Seq::START, BranchId::fresh(), "side").await;
    assert_eq!(kind(refused), StoreErrorKind::NotFound);
    assert_eq!(kind(store.info(&missing).await), StoreErrorKind::NotFound);
    assert_eq!(store.branches(&missing.scope).await.unwrap(), []);
}

pub(super) async fn pages_cross_the_points_where_forks_leave(store: Store) {
    let (main, _lease) = noted(&store, &["a", "b", "c"]).await;
    let side = fork(&store, &main, 2).await;
    for text in ["d", "e"] {
        go_on(&store, &side, text).await;
    }
    let third = fork(&store, &side, 4).await;
    go_on(&store, &third, "f").await;
    let all = ["a", "b", "d", "e", "f"];
    for after in 0..7 {
        for limit in 0..7 {
            let page = store.read(&third, Seq::START.after(after), limit).await.unwrap();
            let texts: Vec<_> = page.iter().map(|stored| text(&stored.record)).collect();
            let expected: Vec<_> = all.iter().skip(after).take(limit).copied().collect();
            assert_eq!(texts, expected, "{limit} after {after}");
            let numbers =
                page.iter().enumerate().map(|(at, stored)| (stored.seq, Seq::START.after(after + at + 1)));
            assert!(
                numbers.clone().all(|(seq, expected)| seq == expected),
                "{:?}",
                numbers.collect::<Vec<_>>()
            );
        }
    }
}

pub(super) async fn what_is_known_of_a_fork_is_its_name_its_parent_and_its_end(store: Store) {
    let (main, _lease) = noted(&store, &["a", "b"]).await;
    let side = store.fork(&main, Seq(1), BranchId::fresh(), "Проба \0 'x'").await.unwrap();
    let info = store.info(&main).await.unwrap();
    assert_eq!((info.branch, info.parent, info.head), (main.clone(), None, Seq(2)));
    assert_eq!(info.name, BranchInfo::MAIN);
    let info = store.info(&side).await.unwrap();
    let parent = ForkPoint { branch: main.id, at: Seq(1) };
    assert_eq!((info.branch, info.parent, info.head), (side.clone(), Some(parent), Seq(1)));
    assert_eq!(info.name, "Проба \0 'x'");
    go_on(&store, &side, "more").await;
    assert_eq!(store.info(&side).await.unwrap().head, Seq(2));
}

pub(super) async fn branches_may_have_one_name(store: Store) {
    let (main, _lease) = noted(&store, &["a"]).await;
    for name in ["side", "side", BranchInfo::MAIN, ""] {
        let side = store.fork(&main, Seq(1), BranchId::fresh(), name).await.unwrap();
        assert_eq!(store.info(&side).await.unwrap().name, name);
    }
    assert_eq!(store.branches(&main.scope).await.unwrap().len(), 5);
}

pub(super) async fn forks_are_listed_in_the_order_in_which_they_were_made(store: Store) {
    let (main, _lease) = noted(&store, &["a", "b", "c"]).await;
    let mut ids: Vec<_> = (0..4).map(|_| BranchId::fresh()).collect();
    // The ids sort by time; made in another order, that is the order of the list.
    ids.rotate_left(2);
    let mut expected = vec![main.clone()];
    for (id, at) in ids.into_iter().zip([3, 0, 2, 1]) {
        expected.push(store.fork(&main, Seq(at), id, "side").await.unwrap());
    }
    assert_eq!(store.branches(&main.scope).await.unwrap(), expected);
}

pub(super) async fn forks_have_leases_of_their_own(store: Store) {
    let (main, lease) = noted(&store, &["a"]).await;
    let side = fork(&store, &main, 1).await;
    let other = store.acquire(&side).await.unwrap();
    assert_eq!(kind(store.acquire(&side).await), StoreErrorKind::LeaseHeld);
    store.append(&other, Seq(1), notes(["side 2"])).await.unwrap();
    store.append(&lease, Seq(1), notes(["main 2"])).await.unwrap();
    drop(lease);
    let newer = store.acquire(&main).await.unwrap();
    store.append(&newer, Seq(2), notes(["main 3"])).await.unwrap();
    store.append(&other, Seq(2), notes(["side 3"])).await.unwrap();
}

pub(super) async fn forks_have_signals_of_their_own(store: Store) {
    let (main, lease) = noted(&store, &["a"]).await;
    let before = post(&store, &main).await;
    let side = fork(&store, &main, 1).await;
    assert_eq!(open_signals(&store, &side).await, [], "what was said to the parent is not said to the fork");
    let after = post(&store, &side).await;
    assert_eq!(open_signals(&store, &main).await, [before]);
    store.append(&lease, Seq(1), Batch { taken: vec![before, after], ..Batch::default() }).await.unwrap();
    assert_eq!(open_signals(&store, &main).await, []);
    assert_eq!(open_signals(&store, &side).await, [after]);
}

pub(super) async fn forks_share_contents(store: Store) {
    let (main, lease) = leased(&store).await;
    let content = Bytes::from_static(b"shared");
    store.append(&lease, Seq(0), Batch { blobs: vec![content.clone()], ..notes(["a"]) }).await.unwrap();
    let side = fork(&store, &main, 1).await;
    assert_eq!(store.blob(&side.scope, Digest::of(&content)).await.unwrap(), content);
}

pub(super) async fn who_waits_on_a_fork_is_told_of_its_own_records(store: Store) {
    let (main, lease) = noted(&store, &["a", "b"]).await;
    let side = fork(&store, &main, 2).await;
    assert_eq!(store.wait(&side, Seq(1)).await.unwrap(), Seq(2), "what it shares is there");
    let mut waiting = store.wait(&side, Seq(2));
    store.append(&lease, Seq(2), notes(["main 3"])).await.unwrap();
    assert!((&mut waiting).now_or_never().is_none(), "its parent's news are not its own");
    let (woken, ()) = futures::join!(waiting, go_on(&store, &side, "side 3"));
    assert_eq!(woken.unwrap(), Seq(3));
}

pub(super) async fn forks_may_be_many_and_deep(store: Store) {
    const DEPTH: usize = 40;
    let (main, _lease) = noted(&store, &["0"]).await;
    let (mut branch, mut expected) = (main.clone(), vec!["0".to_owned()]);
    for depth in 1..DEPTH {
        branch = fork(&store, &branch, depth as u64).await;
        go_on(&store, &branch, &depth.to_string()).await;
        fork(&store, &main, 1).await;
        expected.push(depth.to_string());
    }
    assert_eq!(log(&store, &branch).await, expected);
    assert_eq!(log(&store, &main).await, ["0"]);
}

pub(super) async fn of_forks_made_at_once_each_is_there_once(store: Store) {
    let (main, _lease) = noted(&store, &["a"]).await;
    let ids: Vec<_> = (0..8).map(|_| BranchId::fresh()).collect();
    let forks = ids.iter().chain(&ids).map(|id| store.fork(&main, Seq(1), *id, "side"));
    for forked in join_all(forks).await {
        assert_eq!(log(&store, &forked.unwrap()).await, ["a"]);
    }
    let mut listed: Vec<_> = store.branches(&main.scope).await.unwrap();
    listed.retain(|branch| *branch != main);
    listed.sort();
    assert_eq!(listed.iter().map(|branch| branch.id).collect::<Vec<_>>(), ids);
}

pub(super) async fn a_fork_is_made_while_its_parent_is_written_to(store: Store) {
    const ROUNDS: u64 = 30;
    let (main, lease) = noted(&store, &["0"]).await;
    let writing = {
        let store = Arc::clone(&store);
        async move {
            for n in 1..ROUNDS {
                store.append(&lease, Seq(n), notes([n.to_string()])).await.unwrap();
            }
        }
    };
    let forking = async {
        for n in 1..ROUNDS {
            let head = store.wait(&main, Seq(n - 1)).await.unwrap();
            let side = fork(&store, &main, head.0).await;
            let expected: Vec<_> = (0..head.0).map(|n| n.to_string()).collect();
            assert_eq!(log(&store, &side).await, expected);
        }
    };
    futures::join!(writing, forking);
}
