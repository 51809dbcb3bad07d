//! What people tell a run.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{
    Store,
    fixture::{branch, kind, leased, notes, open_signals, post, scope},
};
use crate::{
    id::{BranchId, QuestionId, SignalId},
    store::{Batch, Branch, Seq, Signal, StoreErrorKind},
};

fn answer(text: &str) -> Signal {
    Signal::Answer { question: QuestionId::derive(["which"]), answer: text.into() }
}

pub(super) async fn anyone_may_post_while_someone_holds_the_lease(store: Store) {
    let branch = branch(&store).await;
    let before = post(&store, &branch).await;
    let _lease = store.acquire(&branch).await.unwrap();
    let during = post(&store, &branch).await;
    assert_eq!(open_signals(&store, &branch).await, [before, during]);
}

pub(super) async fn signals_come_in_the_order_in_which_they_were_posted(store: Store) {
    let branch = branch(&store).await;
    let mut ids: Vec<_> = (0..10).map(|_| SignalId::fresh()).collect();
    // The ids sort by time; posted in another order, that is the order they come in.
    ids.rotate_left(3);
    for id in &ids {
        store.post(&branch, *id, answer(&id.to_string())).await.unwrap();
    }
    let expected: Vec<_> = ids.iter().map(|id| (*id, answer(&id.to_string()))).collect();
    assert_eq!(store.signals(&branch).await.unwrap(), expected);
}

pub(super) async fn an_id_counts_once(store: Store) {
    let branch = branch(&store).await;
    let (id, other) = (SignalId::fresh(), SignalId::fresh());
    store.post(&branch, id, answer("first")).await.unwrap();
    store.post(&branch, other, Signal::Cancel).await.unwrap();
    store.post(&branch, id, answer("second")).await.unwrap();
    let expected = [(id, answer("first")), (other, Signal::Cancel)];
    assert_eq!(store.signals(&branch).await.unwrap(), expected);
}

pub(super) async fn an_id_counts_once_even_after_it_was_taken(store: Store) {
    let (branch, lease) = leased(&store).await;
    let id = post(&store, &branch).await;
    let batch = Batch { taken: vec![id], ..notes(["taken"]) };
    store.append(&lease, Seq(0), batch).await.unwrap();
    store.post(&branch, id, answer("again")).await.unwrap();
    assert_eq!(open_signals(&store, &branch).await, []);
}

pub(super) async fn a_batch_takes_signals_once(store: Store) {
    let (branch, lease) = leased(&store).await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(post(&store, &branch).await);
    }
    let batch = Batch { taken: vec![ids[2], ids[0]], ..notes(["two"]) };
    store.append(&lease, Seq(0), batch).await.unwrap();
    assert_eq!(open_signals(&store, &branch).await, [ids[1], ids[3]]);
    // Without a record, and one of them a second time.
    let batch = Batch { taken: vec![ids[0], ids[1]], ..Batch::default() };
    assert_eq!(store.append(&lease, Seq(1), batch).await.unwrap(), Seq(1));
    assert_eq!(open_signals(&store, &branch).await, [ids[3]]);
    // The next holder gets what is left.
    drop(lease);
    store.acquire(&branch).await.unwrap();
    assert_eq!(open_signals(&store, &branch).await, [ids[3]]);
}

pub(super) async fn a_refused_batch_takes_none(store: Store) {
    let (branch, lease) = leased(&store).await;
    let id = post(&store, &branch).await;
    let batch = Batch { taken: vec![id], ..notes(["lost"]) };
    assert_eq!(kind(store.append(&lease, Seq(7), batch).await), StoreErrorKind::Conflict);
    assert_eq!(open_signals(&store, &branch).await, [id]);
}

pub(super) async fn taking_what_is_not_there_does_nothing(store: Store) {
    let (branch, lease) = leased(&store).await;
    let id = SignalId::fresh();
    let batch = Batch { taken: vec![id], ..notes(["a"]) };
    assert_eq!(store.append(&lease, Seq(0), batch).await.unwrap(), Seq(1));
    // It was not there yet, so it was not taken.
    store.post(&branch, id, Signal::Cancel).await.unwrap();
    assert_eq!(open_signals(&store, &branch).await, [id]);
}

pub(super) async fn branches_have_signals_of_their_own(store: Store) {
    let (main, lease) = leased(&store).await;
    let side = Branch { id: BranchId::fresh(), ..main.clone() };
    let theirs = Branch { scope: scope(), ..main.clone() };
    let id = SignalId::fresh();
    for branch in [&main, &side, &theirs] {
        store.create(branch).await.unwrap();
        assert_eq!(open_signals(&store, branch).await, []);
        store.post(branch, id, Signal::Cancel).await.unwrap();
    }
    store.append(&lease, Seq(0), Batch { taken: vec![id], ..notes(["a"]) }).await.unwrap();
    assert_eq!(open_signals(&store, &main).await, []);
    assert_eq!(open_signals(&store, &side).await, [id]);
    assert_eq!(open_signals(&store, &theirs).await, [id]);
}

pub(super) async fn signals_posted_at_once_are_all_there(store: Store) {
    let (branch, lease) = leased(&store).await;
    let ids: Vec<_> = (0..16).map(|_| SignalId::fresh()).collect();
    let mut posting = JoinSet::new();
    // Each of them twice, while the holder writes.
    for id in ids.iter().chain(&ids).copied() {
        let (store, branch) = (Arc::clone(&store), branch.clone());
        posting.spawn(async move { store.post(&branch, id, Signal::Cancel).await });
    }
    for n in 0..8 {
        store.append(&lease, Seq(n), notes(["meanwhile"])).await.unwrap();
    }
    for posted in posting.join_all().await {
        posted.unwrap();
    }
    let mut open = open_signals(&store, &branch).await;
    open.sort();
    assert_eq!(open, ids);
}
