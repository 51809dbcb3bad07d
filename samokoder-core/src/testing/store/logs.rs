//! Appending to logs and reading them.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::JoinSet;

use super::{
    Store,
    fixture::{ALL, kind, leased, log, notes, open_signals, post, text},
};
use crate::{
    digest::Digest,
    id::BranchId,
    store::{Batch, Branch, Collect, Lease, Seq, StoreErrorKind},
};

pub(super) async fn records_are_numbered_from_one_without_gaps(store: Store) {
    let (branch, lease) = leased(&store).await;
    assert_eq!(store.append(&lease, Seq(0), notes(["a", "b"])).await.unwrap(), Seq(2));
    assert_eq!(store.append(&lease, Seq(2), notes(["c"])).await.unwrap(), Seq(3));
    drop(lease);
    let lease = store.acquire(&branch).await.unwrap();
    assert_eq!(store.append(&lease, Seq(3), notes(["d"])).await.unwrap(), Seq(4));
    assert_eq!(log(&store, &branch).await, ["a", "b", "c", "d"]);
}

pub(super) async fn an_empty_batch_changes_nothing(store: Store) {
    let (branch, lease) = leased(&store).await;
    assert_eq!(store.append(&lease, Seq(0), Batch::default()).await.unwrap(), Seq(0));
    store.append(&lease, Seq(0), notes(["a"])).await.unwrap();
    assert_eq!(store.append(&lease, Seq(1), Batch::default()).await.unwrap(), Seq(1));
    assert_eq!(kind(store.append(&lease, Seq(0), Batch::default()).await), StoreErrorKind::Conflict);
    assert_eq!(log(&store, &branch).await, ["a"]);
}

pub(super) async fn an_append_that_does_not_follow_the_last_record_is_a_conflict(store: Store) {
    let (branch, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes(["a", "b"])).await.unwrap();
    for after in [Seq(0), Seq(1), Seq(3), Seq(u64::MAX)] {
        let refused = store.append(&lease, after, notes(["lost"])).await;
        assert_eq!(kind(refused), StoreErrorKind::Conflict, "after {after}");
    }
    assert_eq!(log(&store, &branch).await, ["a", "b"]);
}

pub(super) async fn a_refused_batch_leaves_nothing_behind(store: Store) {
    let (branch, lease) = leased(&store).await;
    let signal = post(&store, &branch).await;
    let content = Bytes::from_static(b"refused");
    let digest = Digest::of(&content);
    let batch = Batch { blobs: vec![content], taken: vec![signal], ..notes(["lost"]) };
    let stale = Lease::new(branch.clone(), lease.epoch() + 1, ());

    assert_eq!(kind(store.append(&lease, Seq(1), batch.clone()).await), StoreErrorKind::Conflict);
    assert_eq!(kind(store.append(&stale, Seq(0), batch).await), StoreErrorKind::Fenced);

    assert_eq!(log(&store, &branch).await, [""; 0]);
    assert_eq!(open_signals(&store, &branch).await, [signal]);
    // Its content may be there: nothing refers to it, and who collects contents takes it.
    let all = Collect { stored_before_ms: u64::MAX, calls_before_ms: None, dry_run: false };
    store.collect(&branch.scope, all).await.unwrap();
    assert_eq!(kind(store.blob(&branch.scope, digest).await), StoreErrorKind::NotFound);
}

pub(super) async fn pages_follow_each_other(store: Store) {
    let (branch, lease) = leased(&store).await;
    let texts: Vec<_> = (1..=10).map(|n| n.to_string()).collect();
    store.append(&lease, Seq(0), notes(texts.clone())).await.unwrap();
    let (mut after, mut seen) = (Seq::START, Vec::new());
    loop {
        let page = store.read(&branch, after, 3).await.unwrap();
        assert!(page.len() <= 3);
        let Some(last) = page.last() else { break };
        after = last.seq;
        seen.extend(page.iter().map(|stored| text(&stored.record).to_owned()));
    }
    assert_eq!((seen, after), (texts, Seq(10)));
}

pub(super) async fn a_page_beyond_the_end_is_empty(store: Store) {
    let (branch, lease) = leased(&store).await;
    assert_eq!(store.read(&branch, Seq::START, ALL).await.unwrap(), []);
    store.append(&lease, Seq(0), notes(["a", "b"])).await.unwrap();
    for after in [Seq(2), Seq(3), Seq(u64::MAX)] {
        assert_eq!(store.read(&branch, after, ALL).await.unwrap(), []);
    }
    assert_eq!(store.read(&branch, Seq(0), 0).await.unwrap(), []);
}

pub(super) async fn records_do_not_change(store: Store) {
    let (branch, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes(["a"])).await.unwrap();
    let first = store.read(&branch, Seq(0), 1).await.unwrap();
    assert!(first[0].at_ms > 0, "a record has a stamp");
    store.append(&lease, Seq(1), notes(["b"])).await.unwrap();
    drop(lease);
    store.acquire(&branch).await.unwrap();
    assert_eq!(store.read(&branch, Seq(0), 1).await.unwrap(), first);
}

pub(super) async fn a_batch_may_be_large(store: Store) {
    let (branch, lease) = leased(&store).await;
    let texts: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
    let blobs = texts.iter().map(|text| Bytes::from(text.clone())).collect();
    let batch = Batch { blobs, ..notes(texts.clone()) };
    assert_eq!(store.append(&lease, Seq(0), batch).await.unwrap(), Seq(1000));
    assert_eq!(log(&store, &branch).await, texts);
    assert_eq!(store.blob(&branch.scope, Digest::of(b"999")).await.unwrap(), "999");
}

pub(super) async fn branches_have_logs_of_their_own(store: Store) {
    let (main, lease) = leased(&store).await;
    let side = Branch { id: BranchId::fresh(), ..main.clone() };
    store.create(&side).await.unwrap();
    let other = store.acquire(&side).await.unwrap();
    store.append(&lease, Seq(0), notes(["main 1", "main 2"])).await.unwrap();
    store.append(&other, Seq(0), notes(["side 1"])).await.unwrap();
    store.append(&lease, Seq(2), notes(["main 3"])).await.unwrap();
    assert_eq!(log(&store, &main).await, ["main 1", "main 2", "main 3"]);
    assert_eq!(log(&store, &side).await, ["side 1"]);
}

pub(super) async fn sixteen_writers_lose_no_update(store: Store) {
    let (branch, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes(["begin"])).await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..16 {
        let (store, lease) = (Arc::clone(&store), lease.clone());
        writers.spawn(async move {
            for n in 0..8 {
                append_somehow(&store, &lease, &format!("{writer}.{n}")).await;
            }
        });
    }
    writers.join_all().await;
    let log = log(&store, &branch).await;
    assert_eq!(log.len(), 1 + 16 * 8);
    for writer in 0..16 {
        let prefix = format!("{writer}.");
        let of_writer: Vec<_> = log.iter().filter(|text| text.starts_with(&prefix)).cloned().collect();
        let expected: Vec<_> = (0..8).map(|n| format!("{writer}.{n}")).collect();
        assert_eq!(of_writer, expected);
    }
}

/// Appends wherever a log that is not empty ends, while others do the same.
async fn append_somehow(store: &Store, lease: &Lease, text: &str) {
    loop {
        let after = store.wait(lease.branch(), Seq(0)).await.unwrap();
        match store.append(lease, after, notes([text])).await {
            Err(error) if error.kind == StoreErrorKind::Conflict => {}
            other => return assert_eq!(other.unwrap(), after.after(1)),
        }
    }
}

pub(super) async fn readers_see_a_batch_as_a_whole(store: Store) {
    const BATCHES: usize = 40;
    let (branch, lease) = leased(&store).await;
    let mut readers = JoinSet::new();
    for _ in 0..4 {
        let (store, branch) = (Arc::clone(&store), branch.clone());
        readers.spawn(async move {
            let mut seen = 0;
            while seen < BATCHES * 3 {
                let log = log(&store, &branch).await;
                assert_eq!(log.len() % 3, 0, "a part of a batch was seen");
                assert!(log.len() >= seen, "what was seen is gone");
                seen = log.len();
            }
        });
    }
    for n in 0..BATCHES {
        store.append(&lease, Seq::START.after(3 * n), notes(["a", "b", "c"])).await.unwrap();
    }
    readers.join_all().await;
}
