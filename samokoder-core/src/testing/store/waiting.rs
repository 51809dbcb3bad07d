//! Waiting for records and signals.

use std::sync::Arc;

use futures::{FutureExt as _, future::join_all};
use tokio::task::JoinSet;

use super::{
    Store,
    fixture::{branch, leased, notes, open_signals, post},
};
use crate::{
    id::BranchId,
    store::{Batch, Branch, Seq},
};

pub(super) async fn what_is_there_is_not_waited_for(store: Store) {
    let (branch, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes(["a", "b", "c"])).await.unwrap();
    assert_eq!(store.wait(&branch, Seq(0)).await.unwrap(), Seq(3));
    assert_eq!(store.wait(&branch, Seq(2)).await.unwrap(), Seq(3));
}

pub(super) async fn an_append_wakes_all_who_wait(store: Store) {
    let (branch, lease) = leased(&store).await;
    let mut waiting: Vec<_> = (0..16).map(|_| store.wait(&branch, Seq(0))).collect();
    for wait in &mut waiting {
        assert!(wait.now_or_never().is_none(), "there is nothing yet");
    }
    let (woken, appended) =
        futures::join!(join_all(waiting), store.append(&lease, Seq(0), notes(["a", "b"])));
    appended.unwrap();
    assert!(woken.into_iter().all(|seq| seq.unwrap() == Seq(2)));
}

pub(super) async fn no_append_is_missed(store: Store) {
    const ROUNDS: u64 = 200;
    let (branch, lease) = leased(&store).await;
    // Each side goes on only when it saw the other: a wake-up that got lost would stop both.
    let other = beside(&store, &branch).await;
    let answering = {
        let (store, branch, other) = (Arc::clone(&store), branch.clone(), other.clone());
        async move {
            let lease = store.acquire(&other).await.unwrap();
            for n in 0..ROUNDS {
                store.wait(&branch, Seq(n)).await.unwrap();
                store.append(&lease, Seq(n), notes(["pong"])).await.unwrap();
            }
        }
    };
    let mut tasks = JoinSet::new();
    tasks.spawn(answering);
    for n in 0..ROUNDS {
        store.append(&lease, Seq(n), notes(["ping"])).await.unwrap();
        store.wait(&other, Seq(n)).await.unwrap();
    }
    tasks.join_all().await;
}

/// Another branch beside this one.
async fn beside(store: &Store, branch: &Branch) -> Branch {
    let branch = Branch { id: BranchId::fresh(), ..branch.clone() };
    store.create(&branch).await.unwrap();
    branch
}

pub(super) async fn who_waits_is_told_the_last_number(store: Store) {
    let (branch, lease) = leased(&store).await;
    for n in 0..10 {
        store.append(&lease, Seq(n), notes(["a"])).await.unwrap();
        assert_eq!(store.wait(&branch, Seq(0)).await.unwrap(), Seq(n + 1));
    }
}

pub(super) async fn a_wait_may_be_dropped_and_begun_again(store: Store) {
    let (branch, lease) = leased(&store).await;
    for _ in 0..8 {
        assert!(store.wait(&branch, Seq(0)).now_or_never().is_none());
        assert!(store.wait_signal(&branch).now_or_never().is_none());
    }
    store.append(&lease, Seq(0), notes(["a"])).await.unwrap();
    let signal = post(&store, &branch).await;
    assert_eq!(store.wait(&branch, Seq(0)).await.unwrap(), Seq(1));
    store.wait_signal(&branch).await.unwrap();
    assert_eq!(open_signals(&store, &branch).await, [signal]);
}

pub(super) async fn a_signal_that_is_there_is_not_waited_for(store: Store) {
    let branch = branch(&store).await;
    post(&store, &branch).await;
    // It stays until it is taken, so every wait for it ends.
    for _ in 0..3 {
        store.wait_signal(&branch).await.unwrap();
    }
}

pub(super) async fn a_post_wakes_all_who_wait(store: Store) {
    let (branch, _lease) = leased(&store).await;
    let mut waiting: Vec<_> = (0..16).map(|_| store.wait_signal(&branch)).collect();
    for wait in &mut waiting {
        assert!(wait.now_or_never().is_none(), "there is nothing yet");
    }
    let (woken, _) = futures::join!(join_all(waiting), post(&store, &branch));
    assert!(woken.into_iter().all(|woken| woken.is_ok()));
}

pub(super) async fn no_signal_is_missed(store: Store) {
    const ROUNDS: u64 = 100;
    let (branch, lease) = leased(&store).await;
    let holding = {
        let (store, branch) = (Arc::clone(&store), branch.clone());
        async move {
            for n in 0..ROUNDS {
                store.wait_signal(&branch).await.unwrap();
                let taken = open_signals(&store, &branch).await;
                assert_eq!(taken.len(), 1);
                store.append(&lease, Seq(n), Batch { taken, ..notes(["taken"]) }).await.unwrap();
            }
        }
    };
    let mut tasks = JoinSet::new();
    tasks.spawn(holding);
    for n in 0..ROUNDS {
        post(&store, &branch).await;
        store.wait(&branch, Seq(n)).await.unwrap();
    }
    tasks.join_all().await;
}

pub(super) async fn a_signal_that_was_taken_is_waited_for_no_more(store: Store) {
    let (branch, lease) = leased(&store).await;
    let taken = vec![post(&store, &branch).await];
    store.append(&lease, Seq(0), Batch { taken, ..notes(["a"]) }).await.unwrap();
    let mut waiting = store.wait_signal(&branch);
    assert!((&mut waiting).now_or_never().is_none(), "the signal is gone");
    let (woken, _) = futures::join!(waiting, post(&store, &branch));
    woken.unwrap();
}

pub(super) async fn only_the_branchs_own_news_end_a_wait(store: Store) {
    let (branch, lease) = leased(&store).await;
    let other = beside(&store, &branch).await;
    let others_lease = store.acquire(&other).await.unwrap();
    let mut record = store.wait(&branch, Seq(0));
    let mut signal = store.wait_signal(&branch);
    store.append(&others_lease, Seq(0), notes(["theirs"])).await.unwrap();
    post(&store, &other).await;
    assert!((&mut record).now_or_never().is_none());
    assert!((&mut signal).now_or_never().is_none());
    store.append(&lease, Seq(0), notes(["ours"])).await.unwrap();
    post(&store, &branch).await;
    assert_eq!(record.await.unwrap(), Seq(1));
    signal.await.unwrap();
}
