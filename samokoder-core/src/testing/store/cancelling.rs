//! Futures that are dropped before they are ready, after every number of polls.

use bytes::Bytes;

use super::{
    Store,
    fixture::{
        ALL, append_at_end, branch, branch_in, head, leased, log, notes, open_signals, poll_and_drop, post,
        scope,
    },
};
use crate::{
    digest::Digest,
    id::SignalId,
    store::{Batch, Seq, Signal},
};

/// A future that needs more polls than this to be ready asks for them in a loop.
const MOST_POLLS: usize = 10_000;

/// Each number of polls that is not enough is tried this often: where a drop falls is a matter of luck.
const ROUNDS: usize = 8;

pub(super) async fn a_dropped_append_writes_all_or_nothing(store: Store) {
    let (branch, lease) = leased(&store).await;
    let mut expected = Vec::new();
    for polls in 0..MOST_POLLS {
        let mut ready = 0;
        for round in 0..ROUNDS {
            let name = format!("{polls}.{round}");
            let (taken, content) = (vec![post(&store, &branch).await], Bytes::from(name.clone()));
            let batch = Batch {
                blobs: vec![content.clone()],
                taken: taken.clone(),
                ..notes([format!("{name} begins"), format!("{name} ends")])
            };
            let after = head(&store, &branch).await;
            let outcome = poll_and_drop(polls, store.append(&lease, after, batch)).await;
            ready += usize::from(outcome.is_some_and(|outcome| outcome.is_ok()));
            // The next append comes after whatever became of it.
            append_at_end(&store, &lease, notes([format!("after {name}")])).await;

            let log = log(&store, &branch).await;
            let written = log.len() == expected.len() + 3;
            if written {
                expected.extend([format!("{name} begins"), format!("{name} ends")]);
            }
            expected.push(format!("after {name}"));
            assert_eq!(log, expected);
            let is_open = open_signals(&store, &branch).await == taken;
            let is_stored = store.blob(&branch.scope, Digest::of(&content)).await.is_ok();
            assert_eq!((is_open, is_stored), (!written, written), "all of a batch or nothing");
            if is_open {
                let batch = Batch { taken, ..Batch::default() };
                append_at_end(&store, &lease, batch).await;
            }
        }
        if ready == ROUNDS {
            return;
        }
    }
    unreachable!("append is never ready");
}

pub(super) async fn a_dropped_append_is_settled_before_the_next_lease(store: Store) {
    let (branch, mut lease) = leased(&store).await;
    for polls in 0..MOST_POLLS {
        let mut ready = 0;
        for _ in 0..ROUNDS {
            let after = head(&store, &branch).await;
            let outcome = poll_and_drop(polls, store.append(&lease, after, notes(["old"]))).await;
            ready += usize::from(outcome.is_some());
            drop(lease);
            lease = store.acquire(&branch).await.unwrap();
            // What the older holder left in flight can't come in between any more.
            let after = head(&store, &branch).await;
            store.append(&lease, after, notes(["new"])).await.unwrap();
        }
        if ready == ROUNDS {
            return;
        }
    }
    unreachable!("append is never ready");
}

pub(super) async fn a_dropped_acquire_takes_nothing(store: Store) {
    let branch = branch(&store).await;
    for polls in 0..MOST_POLLS {
        let mut ready = 0;
        for _ in 0..ROUNDS {
            let outcome = poll_and_drop(polls, store.acquire(&branch)).await;
            ready += usize::from(outcome.is_some_and(|outcome| outcome.is_ok()));
            let lease = store.acquire(&branch).await.unwrap();
            let after = head(&store, &branch).await;
            store.append(&lease, after, notes(["a"])).await.unwrap();
        }
        if ready == ROUNDS {
            return;
        }
    }
    unreachable!("acquire is never ready");
}

pub(super) async fn a_dropped_post_can_be_posted_again(store: Store) {
    let branch = branch(&store).await;
    let mut expected = Vec::new();
    for polls in 0..MOST_POLLS {
        let id = SignalId::fresh();
        let outcome = poll_and_drop(polls, store.post(&branch, id, Signal::Cancel)).await;
        store.post(&branch, id, Signal::Cancel).await.unwrap();
        expected.push(id);
        assert_eq!(open_signals(&store, &branch).await, expected);
        if outcome.is_some() {
            return;
        }
    }
    unreachable!("post is never ready");
}

pub(super) async fn a_dropped_create_can_be_made_again(store: Store) {
    let scope = scope();
    let mut expected = Vec::new();
    for polls in 0..MOST_POLLS {
        let branch = branch_in(&scope);
        let outcome = poll_and_drop(polls, store.create(&branch)).await;
        store.create(&branch).await.unwrap();
        expected.push(branch);
        assert_eq!(store.branches(&scope).await.unwrap(), expected);
        if outcome.is_some() {
            return;
        }
    }
    unreachable!("create is never ready");
}

pub(super) async fn a_dropped_read_leaves_the_store_usable(store: Store) {
    let (branch, lease) = leased(&store).await;
    let content = Bytes::from(vec![7; 100_000]);
    let batch = Batch { blobs: vec![content.clone()], ..notes((0..200).map(|n| n.to_string())) };
    store.append(&lease, Seq(0), batch).await.unwrap();
    for polls in 0..MOST_POLLS {
        let read = poll_and_drop(polls, store.read(&branch, Seq(0), ALL)).await;
        let blob = poll_and_drop(polls, store.blob(&branch.scope, Digest::of(&content))).await;
        let signals = poll_and_drop(polls, store.signals(&branch)).await;
        let branches = poll_and_drop(polls, store.branches(&branch.scope)).await;
        if read.is_some() && blob.is_some() && signals.is_some() && branches.is_some() {
            assert_eq!(log(&store, &branch).await.len(), 200);
            store.append(&lease, Seq(200), notes(["writable"])).await.unwrap();
            return;
        }
    }
    unreachable!("read is never ready");
}
