//! The one writer of a run's log.
//!
//! Everything that is recorded goes through a channel to one task, which appends what has come in as one batch
//! (group commit). So an agent may be dropped anywhere: what it handed over is written, whole.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::{
    id::SignalId,
    store::{Batch, Lease, Record, Seq, StateStore, StoreError, StoreErrorKind},
};

/// The way to the writer. Clones lead to the same one.
#[derive(Debug, Clone)]
pub(crate) struct Journal(mpsc::UnboundedSender<Message>);

#[derive(Debug)]
struct Message {
    entry: Entry,
    /// Told the number of the entry's first record once it is durable. Without one, the entry may wait for the next.
    durable: Option<oneshot::Sender<Result<Seq, StoreError>>>,
}

/// What is recorded together.
#[derive(Debug, Default)]
pub(crate) struct Entry {
    pub(crate) records: Vec<Record>,
    pub(crate) blobs: Vec<Bytes>,
    pub(crate) taken: Vec<SignalId>,
}

impl Entry {
    pub(crate) fn new(records: Vec<Record>) -> Self {
        Self { records, ..Self::default() }
    }

    pub(crate) fn blobs(mut self, blobs: Vec<Bytes>) -> Self {
        self.blobs = blobs;
        self
    }
}

impl Journal {
    /// A journal and its writer, which must be polled and ends when the last clone of the journal is dropped.
    pub(crate) fn new(
        store: Arc<dyn StateStore>,
        lease: Lease,
        head: Seq,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), write(store, lease, head, receiver))
    }

    /// Records an entry and waits until it is durable. Returns the number of its first record.
    pub(crate) async fn append(&self, entry: Entry) -> Result<Seq, StoreError> {
        let (durable, written) = oneshot::channel();
        let closed = || StoreError::new(StoreErrorKind::Unavailable, "append", "the run has ended");
        self.0.send(Message { entry, durable: Some(durable) }).map_err(|_| closed())?;
        written.await.map_err(|_| closed())?
    }

    /// Records something that needs to be durable no earlier than what is appended next.
    pub(crate) fn note(&self, record: Record) {
        // The writer is gone only when the run is over, and the next append says so.
        let _ = self.0.send(Message { entry: Entry::new(vec![record]), durable: None });
    }
}

async fn write(
    store: Arc<dyn StateStore>,
    lease: Lease,
    mut head: Seq,
    mut receiver: mpsc::UnboundedReceiver<Message>,
) {
    let mut batch = Batch::default();
    let mut waiting = Vec::new();
    loop {
        let message = receiver.recv().await;
        let ended = message.is_none();
        for Message { entry, durable } in
            message.into_iter().chain(std::iter::from_fn(|| receiver.try_recv().ok()))
        {
            if let Some(durable) = durable {
                waiting.push((head.after(batch.records.len() + 1), durable));
            }
            batch.records.extend(entry.records);
            batch.blobs.extend(entry.blobs);
            batch.taken.extend(entry.taken);
        }
        if !waiting.is_empty() || (ended && !batch.records.is_empty()) {
            let written = store.append(&lease, head, std::mem::take(&mut batch)).await;
            if let Ok(end) = &written {
                head = *end;
            }
            for (first, durable) in waiting.drain(..) {
                // Who does not wait any more does not need to know.
                let _ = durable.send(written.clone().map(|_| first));
            }
            if written.is_err() {
                return;
            }
        }
        if ended {
            return;
        }
    }
}
