//! The hash of a log.

use super::{
    Store,
    fixture::{ALL, branch, kind, leased, log, note, notes, scope},
};
use crate::{
    digest::Digest,
    id::BranchId,
    store::{Batch, Branch, Link, Seq, StoreErrorKind},
};

async fn tip(store: &Store, branch: &Branch) -> Digest {
    store.info(branch).await.unwrap().tip
}

/// What the tip must be, by what is read.
async fn link(store: &Store, origin: &Branch, branch: &Branch) -> Digest {
    let records = store.read(branch, Seq::START, ALL).await.unwrap();
    Link::first(origin.project, origin.id).after(&records).unwrap().digest()
}

fn stamped(texts: &[&str], stamps: &[u64]) -> Batch {
    Batch { stamps: stamps.to_vec(), ..notes(texts.iter().copied()) }
}

pub(super) async fn the_tip_of_an_empty_log_is_the_first_link(store: Store) {
    let branch = branch(&store).await;
    assert_eq!(tip(&store, &branch).await, Link::first(branch.project, branch.id).digest());
}

pub(super) async fn the_tip_is_the_link_of_what_is_read(store: Store) {
    let (branch, lease) = leased(&store).await;
    for n in 0..5 {
        store.append(&lease, Seq(2 * n), notes([n.to_string(), "ё\0'".into()])).await.unwrap();
        assert_eq!(tip(&store, &branch).await, link(&store, &branch, &branch).await);
    }
}

pub(super) async fn an_append_without_records_leaves_the_tip(store: Store) {
    let (branch, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes(["a"])).await.unwrap();
    let before = tip(&store, &branch).await;
    store.append(&lease, Seq(1), Batch { blobs: vec!["content".into()], ..Batch::default() }).await.unwrap();
    assert_eq!(kind(store.append(&lease, Seq(0), notes(["lost"])).await), StoreErrorKind::Conflict);
    assert_eq!(tip(&store, &branch).await, before);
}

pub(super) async fn equal_logs_of_one_branch_have_one_tip(store: Store) {
    let (mine, lease) = leased(&store).await;
    let theirs = Branch { scope: scope(), ..mine.clone() };
    store.create(&theirs).await.unwrap();
    let other = store.acquire(&theirs).await.unwrap();
    store.append(&lease, Seq(0), stamped(&["a", "b", "c"], &[5, 6, 7])).await.unwrap();
    // In other batches, which is no difference.
    store.append(&other, Seq(0), stamped(&["a"], &[5])).await.unwrap();
    store.append(&other, Seq(1), stamped(&["b", "c"], &[6, 7])).await.unwrap();
    assert_eq!(tip(&store, &mine).await, tip(&store, &theirs).await);
}

pub(super) async fn logs_that_differ_have_other_tips(store: Store) {
    let (first, lease) = leased(&store).await;
    store.append(&lease, Seq(0), stamped(&["a", "b"], &[5, 6])).await.unwrap();
    let mut tips = vec![tip(&store, &first).await];
    for batch in [
        stamped(&["a", "b"], &[5, 7]),
        stamped(&["b", "a"], &[5, 6]),
        stamped(&["a"], &[5]),
        stamped(&["a", "b", "c"], &[5, 6, 7]),
        stamped(&["ab"], &[5]),
        Batch { records: vec![note("a"), note("b ")], stamps: vec![5, 6], ..Batch::default() },
    ] {
        let other = Branch { scope: scope(), ..first.clone() };
        store.create(&other).await.unwrap();
        let lease = store.acquire(&other).await.unwrap();
        store.append(&lease, Seq(0), batch).await.unwrap();
        tips.push(tip(&store, &other).await);
    }
    let beside = Branch { id: BranchId::fresh(), ..first.clone() };
    store.create(&beside).await.unwrap();
    let lease = store.acquire(&beside).await.unwrap();
    store.append(&lease, Seq(0), stamped(&["a", "b"], &[5, 6])).await.unwrap();
    tips.push(tip(&store, &beside).await);
    let count = tips.len();
    tips.sort();
    tips.dedup();
    assert_eq!(tips.len(), count);
}

pub(super) async fn a_forks_tip_is_at_first_its_parents_link_there(store: Store) {
    let (main, lease) = leased(&store).await;
    let mut tips = vec![tip(&store, &main).await];
    for n in 0..4 {
        store.append(&lease, Seq(n), notes([n.to_string()])).await.unwrap();
        tips.push(tip(&store, &main).await);
    }
    for (at, expected) in tips.into_iter().enumerate() {
        let side = store.fork(&main, Seq::START.after(at), BranchId::fresh(), "side").await.unwrap();
        assert_eq!(tip(&store, &side).await, expected, "at {at}");
    }
}

pub(super) async fn a_fork_goes_on_with_its_parents_chain(store: Store) {
    let (main, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes(["a", "b", "c"])).await.unwrap();
    let mut branch = main.clone();
    for depth in 1..4 {
        branch = store.fork(&branch, Seq(depth), BranchId::fresh(), "side").await.unwrap();
        let lease = store.acquire(&branch).await.unwrap();
        store.append(&lease, Seq(depth), notes([format!("fork {depth}"), "more".into()])).await.unwrap();
        assert_eq!(tip(&store, &branch).await, link(&store, &main, &branch).await);
    }
    assert_eq!(log(&store, &branch).await, ["a", "fork 1", "fork 2", "fork 3", "more"]);
    assert_eq!(tip(&store, &main).await, link(&store, &main, &main).await);
}

pub(super) async fn forks_that_record_the_same_have_one_tip(store: Store) {
    let (main, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes(["a", "b"])).await.unwrap();
    let mut tips = Vec::new();
    for _ in 0..2 {
        let side = store.fork(&main, Seq(1), BranchId::fresh(), "side").await.unwrap();
        let lease = store.acquire(&side).await.unwrap();
        store.append(&lease, Seq(1), stamped(&["c"], &[9])).await.unwrap();
        tips.push(tip(&store, &side).await);
    }
    assert_eq!(tips[0], tips[1]);
}
