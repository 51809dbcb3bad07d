//! The reference store: everything in memory, gone with the process.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Notify;

use super::{
    Batch, Branch, Lease, Record, Scope, Seq, Signal, StateStore, StoreError, StoreErrorKind, Stored,
};
use crate::{digest::Digest, id::SignalId};

/// A store that keeps everything in memory. Clones share it.
///
/// It is the reference: what it does is what the other stores must do.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    data: Mutex<Data>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Data {
    order: Vec<Branch>,
    logs: BTreeMap<Branch, Log>,
    blobs: BTreeMap<(Scope, Digest), Bytes>,
}

#[derive(Debug, Default)]
struct Log {
    records: Vec<(u64, Record)>,
    epoch: u64,
    holder: Weak<()>,
    posted: BTreeSet<SignalId>,
    signals: Vec<(SignalId, Signal)>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn data(&self) -> MutexGuard<'_, Data> {
        self.0.data.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `look` whenever something changed until it finds something.
    async fn until<T>(
        &self,
        mut look: impl FnMut(&Self) -> Result<Option<T>, StoreError>,
    ) -> Result<T, StoreError> {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = look(self)? {
                return Ok(found);
            }
            changed.await;
        }
    }
}

impl Data {
    fn log(&mut self, branch: &Branch, operation: &'static str) -> Result<&mut Log, StoreError> {
        self.logs.get_mut(branch).ok_or_else(|| {
            let message = format!("there is no branch {} of project {}", branch.id, branch.project);
            StoreError::new(StoreErrorKind::NotFound, operation, message)
        })
    }
}

impl Log {
    fn head(&self) -> Seq {
        Seq::START.after(self.records.len())
    }
}

#[async_trait]
impl StateStore for MemoryStore {
    async fn create(&self, branch: &Branch) -> Result<(), StoreError> {
        let mut data = self.data();
        if !data.logs.contains_key(branch) {
            data.logs.insert(branch.clone(), Log::default());
            data.order.push(branch.clone());
        }
        Ok(())
    }

    async fn branches(&self, scope: &Scope) -> Result<Vec<Branch>, StoreError> {
        Ok(self.data().order.iter().filter(|branch| branch.scope == *scope).cloned().collect())
    }

    async fn acquire(&self, branch: &Branch) -> Result<Lease, StoreError> {
        let mut data = self.data();
        let log = data.log(branch, "acquire")?;
        if log.holder.strong_count() > 0 {
            let message = "another run is working on this project; wait for it or cancel it";
            return Err(StoreError::new(StoreErrorKind::LeaseHeld, "acquire", message));
        }
        let holder = Arc::new(());
        log.holder = Arc::downgrade(&holder);
        log.epoch += 1;
        Ok(Lease::new(branch.clone(), log.epoch, holder))
    }

    async fn append(&self, lease: &Lease, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        let head = {
            let mut data = self.data();
            let log = data.log(lease.branch(), "append")?;
            if log.epoch != lease.epoch() {
                let message = "another run has taken this project over; this one may not write any more";
                return Err(StoreError::new(StoreErrorKind::Fenced, "append", message));
            }
            if log.head() != after {
                let message = format!("the log ends at {}, not at {after}", log.head());
                return Err(StoreError::new(StoreErrorKind::Conflict, "append", message));
            }
            let at = now_ms();
            log.records.extend(batch.records.into_iter().map(|record| (at, record)));
            log.signals.retain(|(id, _)| !batch.taken.contains(id));
            let head = log.head();
            for blob in batch.blobs {
                data.blobs.insert((lease.branch().scope.clone(), Digest::of(&blob)), blob);
            }
            head
        };
        self.0.changed.notify_waiters();
        Ok(head)
    }

    async fn read(&self, branch: &Branch, after: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let mut data = self.data();
        let log = data.log(branch, "read")?;
        let from = usize::try_from(after.0).unwrap_or(usize::MAX);
        let records = log.records.iter().enumerate().skip(from).take(limit);
        Ok(records
            .map(|(at, (at_ms, record))| Stored {
                seq: Seq::START.after(at + 1),
                at_ms: *at_ms,
                record: record.clone(),
            })
            .collect())
    }

    async fn wait(&self, branch: &Branch, after: Seq) -> Result<Seq, StoreError> {
        self.until(|store| {
            let head = store.data().log(branch, "wait")?.head();
            Ok((head > after).then_some(head))
        })
        .await
    }

    async fn blob(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        self.data().blobs.get(&(scope.clone(), digest)).cloned().ok_or_else(|| {
            StoreError::new(
                StoreErrorKind::NotFound,
                "blob",
                format!("there is no content with hash {digest}"),
            )
        })
    }

    async fn post(&self, branch: &Branch, id: SignalId, signal: Signal) -> Result<(), StoreError> {
        {
            let mut data = self.data();
            let log = data.log(branch, "post")?;
            if log.posted.insert(id) {
                log.signals.push((id, signal));
            }
        }
        self.0.changed.notify_waiters();
        Ok(())
    }

    async fn signals(&self, branch: &Branch) -> Result<Vec<(SignalId, Signal)>, StoreError> {
        Ok(self.data().log(branch, "signals")?.signals.clone())
    }

    async fn wait_signal(&self, branch: &Branch) -> Result<(), StoreError> {
        self.until(|store| Ok((!store.data().log(branch, "signals")?.signals.is_empty()).then_some(()))).await
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the stamp of a record is for people; nothing is decided by it"
)]
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
