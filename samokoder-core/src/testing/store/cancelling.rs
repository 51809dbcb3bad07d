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
    id::{BranchId, SignalId},
    store::{Batch, Collect, Seq, Signal},
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

pub(super) async fn a_dropped_fork_can_be_made_again(store: Store) {
    let (main, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes(["a", "b"])).await.unwrap();
    let mut expected = vec![main.clone()];
    for polls in 0..MOST_POLLS {
        let id = BranchId::fresh();
        let outcome = poll_and_drop(polls, store.fork(&main, Seq(1), id, "side")).await;
        let side = store.fork(&main, Seq(1), id, "side").await.unwrap();
        assert_eq!(log(&store, &side).await, ["a"]);
        expected.push(side);
        assert_eq!(store.branches(&main.scope).await.unwrap(), expected);
        if outcome.is_some() {
            return;
        }
    }
    unreachable!("fork is never ready");
}

pub(super) async fn a_dropped_snapshot_is_kept_whole_or_not_at_all(store: Store) {
    let (branch, lease) = leased(&store).await;
    for polls in 0..MOST_POLLS {
        let at = append_at_end(&store, &lease, notes(["more"])).await;
        let snapshot = Bytes::from(polls.to_string().repeat(1000));
        let outcome = poll_and_drop(polls, store.put_snapshot(&lease, at, snapshot.clone())).await;
        let found = store.snapshot(&branch, at).await.unwrap();
        assert!(found.is_none_or(|found| found.0 < at || found == (at, snapshot)));
        if outcome.is_some() {
            append_at_end(&store, &lease, notes(["writable"])).await;
            return;
        }
    }
    unreachable!("put_snapshot is never ready");
}

pub(super) async fn a_dropped_collect_removes_nothing_that_is_needed(store: Store) {
    let (branch, lease) = leased(&store).await;
    let what = Collect { stored_before_ms: u64::MAX, calls_before_ms: Some(u64::MAX), dry_run: false };
    for polls in 0..MOST_POLLS {
        let name = format!("file{polls}");
        let batch = super::work::file(&name, &name, None);
        append_at_end(&store, &lease, batch).await;
        let unused = Batch { blobs: vec![Bytes::from(format!("unused {polls}"))], ..Batch::default() };
        append_at_end(&store, &lease, unused).await;
        let outcome = poll_and_drop(polls, store.collect(&branch.scope, what)).await;
        assert_eq!(store.blob(&branch.scope, Digest::of(name.as_bytes())).await.unwrap(), name);
        append_at_end(&store, &lease, notes(["writable"])).await;
        if outcome.is_some() {
            store.collect(&branch.scope, what).await.unwrap();
            let unused = format!("unused {polls}");
            assert!(store.blob(&branch.scope, Digest::of(unused.as_bytes())).await.is_err());
            return;
        }
    }
    unreachable!("collect is never ready");
}
