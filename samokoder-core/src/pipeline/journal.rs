//! The one writer of a run's log.
//!
//! Everything that is recorded goes through a channel to one task, which appends what has come in as one batch
//! (group commit). So an agent may be dropped anywhere: what it handed over is written, whole.
//!
//! Records get their numbers when they are handed over and become durable in that order. Whoever waits for one waits
//! for all before it: an effect that is begun on the ground of a commit, or of another effect's outcome, is recorded
//! after it. So an outcome is not waited for: nothing that follows from it leaves the process before it is durable.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use futures::{
    FutureExt as _,
    future::{BoxFuture, Fuse},
};
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, error::Elapsed, timeout_at},
};

use super::{Clock, History};
use crate::{
    id::SignalId,
    store::{Batch, Lease, Record, Seq, StateStore, StoreError, StoreErrorKind},
};

/// A snapshot is stored after so many records: reading them takes some milliseconds, storing it about a byte a record.
const SNAPSHOT_EVERY: u64 = 512;

/// The way to the writer. Clones lead to the same one.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    queue: Arc<Mutex<Queue>>,
    /// What is durable, or why there will be nothing more.
    written: watch::Receiver<Result<Place, StoreError>>,
}

/// What is on its way to the writer.
#[derive(Debug)]
struct Queue {
    sender: mpsc::UnboundedSender<Message>,
    end: Place,
}

/// How far the log has come.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The last record.
    head: Seq,
    /// Entries that were handed over until there. Not every entry has records.
    entries: u64,
}

#[derive(Debug)]
struct Message {
    entry: Entry,
    urgency: Urgency,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Urgency {
    /// Someone waits for it.
    Now,
    /// It can wait for what comes next, if that comes soon.
    Soon,
    /// It can wait for what comes next.
    WithNext,
}

/// How soon. An agent that makes a proposal of an answer takes less.
const SOON: Duration = Duration::from_millis(2);

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
    /// A journal whose log ends at `head` and whose last snapshot is one of `snapshot`, and its writer, which must be polled and ends when the last clone of the journal is dropped.
    pub(crate) fn new(
        store: Arc<dyn StateStore>,
        lease: Lease,
        head: Seq,
        snapshot: Seq,
        clock: Option<Arc<dyn Clock>>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let start = Place { head, entries: 0 };
        let (durable, written) = watch::channel(Ok(start));
        let queue = Arc::new(Mutex::new(Queue { sender, end: start }));
        let snapshots = Snapshots { store, lease, last: snapshot, saving: Fuse::terminated() };
        (Self { queue, written }, write(snapshots, start, receiver, durable, clock))
    }

    /// Records an entry and waits until it is durable.
    pub(crate) async fn append(&self, entry: Entry) -> Result<(), StoreError> {
        let (_, end) = self.send(entry, Urgency::Now)?;
        self.until(|written| written.entries >= end.entries).await
    }

    /// Records an entry without waiting, and says which number its first record gets. It is durable no later than what
    /// is appended next, and earlier when someone waits for it.
    pub(crate) fn submit(&self, entry: Entry) -> Result<Seq, StoreError> {
        self.send(entry, Urgency::WithNext).map(|(first, _)| first)
    }

    /// As [`submit`](Self::submit), for what has been paid for: it is written after a moment even when nothing comes next.
    pub(crate) fn submit_soon(&self, entry: Entry) -> Result<(), StoreError> {
        self.send(entry, Urgency::Soon).map(drop)
    }

    /// Records something that needs to be durable no earlier than what is appended next.
    pub(crate) fn note(&self, record: Record) {
        // The writer is gone only when the run is over, and the next append says so.
        let _ = self.submit(Entry::new(vec![record]));
    }

    /// Waits until record `seq` is durable, and with it all before.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    pub(crate) async fn durable(&self, seq: Seq) -> Result<(), StoreError> {
        self.reach(seq, Urgency::Now).await
    }

    /// As [`durable`](Self::durable), but lets it wait a moment for what comes next.
    pub(crate) async fn durable_soon(&self, seq: Seq) -> Result<(), StoreError> {
        self.reach(seq, Urgency::Soon).await
    }

    async fn reach(&self, seq: Seq, urgency: Urgency) -> Result<(), StoreError> {
        let is_durable = |written: &Place| written.head >= seq;
        if !self.written.borrow().as_ref().is_ok_and(is_durable) {
            self.send(Entry::default(), urgency)?;
        }
        self.until(is_durable).await
    }

    async fn until(&self, reached: impl Fn(&Place) -> bool) -> Result<(), StoreError> {
        let mut written = self.written.clone();
        let outcome = written.wait_for(|written| written.as_ref().map_or(true, &reached)).await;
        outcome.map_err(|_| closed())?.clone().map(drop)
    }

    /// Hands an entry over. Returns the number of its first record and where the log ends with it.
    fn send(&self, entry: Entry, urgency: Urgency) -> Result<(Seq, Place), StoreError> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let Place { head, entries } = queue.end;
        let end = Place { head: head.after(entry.records.len()), entries: entries + 1 };
        queue.sender.send(Message { entry, urgency }).map_err(|_| self.failure())?;
        queue.end = end;
        Ok((head.after(1), end))
    }

    /// Why the writer is gone.
    fn failure(&self) -> StoreError {
        self.written.borrow().clone().err().unwrap_or_else(closed)
    }
}

fn closed() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "append", "the run has ended")
}

/// What the log adds up to, stored now and then beside the writing.
struct Snapshots {
    store: Arc<dyn StateStore>,
    lease: Lease,
    last: Seq,
    saving: Fuse<BoxFuture<'static, ()>>,
}

impl Snapshots {
    /// Begins with one if it is time.
    fn keep_up(&mut self, head: Seq) {
        if head.0 - self.last.0 < SNAPSHOT_EVERY {
            return;
        }
        self.last = head;
        let (store, lease) = (Arc::clone(&self.store), self.lease.clone());
        let saving = async move {
            if let Err(error) = History::save(&*store, &lease, head).await {
                tracing::warn!(%error, "no snapshot was stored; reading the history will take longer");
            }
        };
        self.saving = saving.boxed().fuse();
    }

    /// The next message, or none before `deadline`; snapshots are stored meanwhile.
    async fn receive(
        &mut self,
        receiver: &mut mpsc::UnboundedReceiver<Message>,
        deadline: Option<Instant>,
    ) -> Result<Option<Message>, Elapsed> {
        let message = async {
            loop {
                tokio::select! {
                    biased;
                    message = receiver.recv() => return message,
                    () = &mut self.saving => {}
                }
            }
        };
        match deadline {
            Some(deadline) => timeout_at(deadline, message).await,
            None => Ok(message.await),
        }
    }
}

async fn write(
    mut snapshots: Snapshots,
    mut end: Place,
    mut receiver: mpsc::UnboundedReceiver<Message>,
    durable: watch::Sender<Result<Place, StoreError>>,
    clock: Option<Arc<dyn Clock>>,
) {
    let mut batch = Batch::default();
    // When what has come in is written at the latest.
    let mut deadline = None;
    loop {
        let received = snapshots.receive(&mut receiver, deadline).await;
        let ended = matches!(received, Ok(None));
        let mut is_due = ended || received.is_err();
        let message = received.ok().flatten();
        for Message { entry, urgency } in
            message.into_iter().chain(std::iter::from_fn(|| receiver.try_recv().ok()))
        {
            end.entries += 1;
            is_due |= urgency == Urgency::Now;
            if urgency == Urgency::Soon {
                deadline.get_or_insert_with(|| Instant::now() + SOON);
            }
            batch.records.extend(entry.records);
            batch.blobs.extend(entry.blobs);
            batch.taken.extend(entry.taken);
        }
        if is_due && !(batch.records.is_empty() && batch.taken.is_empty()) {
            let mut batch = std::mem::take(&mut batch);
            if let Some(clock) = &clock {
                batch.stamps = vec![clock.now_ms(); batch.records.len()];
            }
            match snapshots.store.append(&snapshots.lease, end.head, batch).await {
                Ok(head) => end.head = head,
                Err(error) => {
                    drop(durable.send_replace(Err(error)));
                    return;
                }
            }
        }
        if is_due {
            deadline = None;
            drop(durable.send_replace(Ok(end)));
        }
        if ended {
            return;
        }
        snapshots.keep_up(end.head);
    }
}
