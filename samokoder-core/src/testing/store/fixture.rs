//! What the cases start from.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use serde_json::Value;

use super::Store;
use crate::{
    id::{BranchId, ProjectId, SignalId},
    project::Change,
    store::{Author, Batch, Branch, Commit, Lease, Record, Scope, Seq, Signal, StoreError, StoreErrorKind},
};

/// The whole log.
pub(super) const ALL: usize = usize::MAX;

/// A scope that nobody else uses.
pub(super) fn scope() -> Scope {
    Scope::new(format!("scope of {}", ProjectId::fresh()))
}

/// A branch in a scope, not made yet.
pub(super) fn branch_in(scope: &Scope) -> Branch {
    Branch { scope: scope.clone(), project: ProjectId::fresh(), id: BranchId::fresh() }
}

/// A branch that is there, in a scope of its own.
pub(super) async fn branch(store: &Store) -> Branch {
    let branch = branch_in(&scope());
    store.create(&branch).await.unwrap();
    branch
}

/// A branch with its lease.
pub(super) async fn leased(store: &Store) -> (Branch, Lease) {
    let branch = branch(store).await;
    let lease = store.acquire(&branch).await.unwrap();
    (branch, lease)
}

/// A record that can be told from others.
pub(super) fn note(text: impl Into<String>) -> Record {
    commit(vec![Change::Extension {
        namespace: "test".into(),
        key: "note".into(),
        value: Value::String(text.into()),
    }])
}

/// The text of a [`note`].
pub(super) fn text(record: &Record) -> &str {
    match record {
        Record::Commit(Commit { changes, .. }) => match &changes[..] {
            [Change::Extension { value: Value::String(text), .. }] => text,
            _ => "not a note",
        },
        _ => "not a note",
    }
}

/// A commit of a person.
pub(super) fn commit(changes: Vec<Change>) -> Record {
    Record::Commit(Commit { author: Author::Person, changes })
}

/// A batch of notes.
pub(super) fn notes<T: Into<String>>(texts: impl IntoIterator<Item = T>) -> Batch {
    Batch { records: texts.into_iter().map(note).collect(), ..Batch::default() }
}

/// The texts of a log of notes, after checking its numbers.
pub(super) async fn log(store: &Store, branch: &Branch) -> Vec<String> {
    let stored = store.read(branch, Seq::START, ALL).await.unwrap();
    for (at, stored) in stored.iter().enumerate() {
        assert_eq!(stored.seq, Seq::START.after(at + 1), "numbers have no gaps");
    }
    stored.iter().map(|stored| text(&stored.record).to_owned()).collect()
}

/// The number of the last record.
pub(super) async fn head(store: &Store, branch: &Branch) -> Seq {
    store.read(branch, Seq::START, ALL).await.unwrap().last().map_or(Seq::START, |stored| stored.seq)
}

/// Appends wherever the log ends.
pub(super) async fn append_at_end(store: &Store, lease: &Lease, batch: Batch) -> Seq {
    loop {
        let after = head(store, lease.branch()).await;
        match store.append(lease, after, batch.clone()).await {
            Err(error) if error.kind == StoreErrorKind::Conflict => {}
            other => return other.unwrap(),
        }
    }
}

/// The ids of the signals that were not taken.
pub(super) async fn open_signals(store: &Store, branch: &Branch) -> Vec<SignalId> {
    store.signals(branch).await.unwrap().into_iter().map(|(id, _)| id).collect()
}

/// Posts a cancellation.
pub(super) async fn post(store: &Store, branch: &Branch) -> SignalId {
    let id = SignalId::fresh();
    store.post(branch, id, Signal::Cancel).await.unwrap();
    id
}

/// A kind of failure.
pub(super) fn kind<T: std::fmt::Debug>(result: Result<T, StoreError>) -> StoreErrorKind {
    result.unwrap_err().kind
}

/// Polls a future `times` times, whenever it asks for it, and drops it unless it is ready then.
pub(super) async fn poll_and_drop<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Pending if left > 0 => Poll::Pending,
            Poll::Pending => Poll::Ready(None),
            Poll::Ready(output) => Poll::Ready(Some(output)),
        }
    })
    .await
}
