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
    Batch, Branch, BranchInfo, Collect, Collected, ForkPoint, Lease, Link, Record, Scope, Seq, Signal,
    StateStore, StoreError, StoreErrorKind, Stored, kept,
};
use crate::{
    digest::Digest,
    id::{BranchId, SignalId},
};

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
    blobs: BTreeMap<(Scope, Digest), Content>,
}

#[derive(Debug)]
struct Content {
    bytes: Bytes,
    at_ms: u64,
}

#[derive(Debug)]
struct Entry {
    at_ms: u64,
    record: Record,
    /// The chain until here.
    link: Link,
}

#[derive(Debug, Default)]
struct Log {
    name: String,
    parent: Option<ForkPoint>,
    /// Those of its own: the first one follows where it leaves its parent.
    records: Vec<Entry>,
    snapshots: BTreeMap<Seq, Bytes>,
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

    /// The log of a branch whose lease this is.
    fn writable(&mut self, lease: &Lease, operation: &'static str) -> Result<&mut Log, StoreError> {
        let log = self.log(lease.branch(), operation)?;
        if log.epoch == lease.epoch() {
            return Ok(log);
        }
        let message = "another run has taken this project over; this one may not write any more";
        Err(StoreError::new(StoreErrorKind::Fenced, operation, message))
    }
}

impl Data {
    /// At most `limit` records after number `after`, and not after `last`.
    fn read(
        &mut self,
        branch: &Branch,
        after: Seq,
        last: Seq,
        limit: usize,
    ) -> Result<Vec<Stored>, StoreError> {
        let (start, parent) = {
            let log = self.log(branch, "read")?;
            (log.start(), log.parent)
        };
        let mut found = match parent.filter(|_| after < start) {
            Some(parent) => {
                let of = Branch { id: parent.branch, ..branch.clone() };
                self.read(&of, after, last.min(start), limit)?
            }
            None => Vec::new(),
        };
        let skipped = usize::try_from(after.0.saturating_sub(start.0)).unwrap_or(usize::MAX);
        let left = limit - found.len();
        let records = self.log(branch, "read")?.records.iter().enumerate().skip(skipped).take(left);
        let stored = records.map(|(at, entry)| Stored {
            seq: start.after(at + 1),
            at_ms: entry.at_ms,
            record: entry.record.clone(),
        });
        found.extend(stored.take_while(|stored| stored.seq <= last));
        Ok(found)
    }

    /// The link after record `until`, which is there.
    fn link(&mut self, branch: &Branch, until: Seq) -> Result<Link, StoreError> {
        let log = self.log(branch, "info")?;
        let own = until.0.checked_sub(log.start().0 + 1).and_then(|at| usize::try_from(at).ok());
        if let Some(entry) = own.and_then(|at| log.records.get(at)) {
            return Ok(entry.link);
        }
        match log.parent {
            None => Ok(Link::first(branch.project, branch.id)),
            Some(parent) => {
                let until = until.min(parent.at);
                self.link(&Branch { id: parent.branch, ..branch.clone() }, until)
            }
        }
    }
}

impl Log {
    /// Where it leaves its parent.
    fn start(&self) -> Seq {
        self.parent.map_or(Seq::START, |parent| parent.at)
    }

    fn head(&self) -> Seq {
        self.start().after(self.records.len())
    }
}

fn conflict(operation: &'static str, message: String) -> StoreError {
    StoreError::new(StoreErrorKind::Conflict, operation, message)
}

#[async_trait]
impl StateStore for MemoryStore {
    async fn create(&self, branch: &Branch) -> Result<(), StoreError> {
        let mut data = self.data();
        if !data.logs.contains_key(branch) {
            data.logs.insert(branch.clone(), Log { name: BranchInfo::MAIN.into(), ..Log::default() });
            data.order.push(branch.clone());
        }
        Ok(())
    }

    async fn info(&self, branch: &Branch) -> Result<BranchInfo, StoreError> {
        let mut data = self.data();
        let log = data.log(branch, "info")?;
        let (name, parent, head) = (log.name.clone(), log.parent, log.head());
        let tip = data.link(branch, head)?;
        Ok(BranchInfo { head, ..BranchInfo::new(branch.clone(), name, parent, tip) })
    }

    async fn fork(&self, from: &Branch, at: Seq, to: BranchId, name: &str) -> Result<Branch, StoreError> {
        let mut data = self.data();
        let head = data.log(from, "fork")?.head();
        if head < at {
            return Err(conflict("fork", format!("the log ends at {head}, before {at}")));
        }
        let branch = Branch { id: to, ..from.clone() };
        let parent = Some(ForkPoint { branch: from.id, at });
        match data.logs.get(&branch) {
            Some(log) if log.parent == parent => {}
            Some(_) => return Err(conflict("fork", format!("there is a branch {to} already"))),
            None => {
                data.logs.insert(branch.clone(), Log { name: name.into(), parent, ..Log::default() });
                data.order.push(branch.clone());
            }
        }
        Ok(branch)
    }

    async fn put_snapshot(&self, lease: &Lease, at: Seq, snapshot: Bytes) -> Result<(), StoreError> {
        let mut data = self.data();
        let log = data.writable(lease, "put_snapshot")?;
        if log.head() < at {
            return Err(conflict("put_snapshot", format!("the log ends at {}, before {at}", log.head())));
        }
        log.snapshots.insert(at, snapshot);
        Ok(())
    }

    async fn snapshot(&self, branch: &Branch, until: Seq) -> Result<Option<(Seq, Bytes)>, StoreError> {
        let mut data = self.data();
        let (mut branch, mut until) = (branch.clone(), until);
        let mut latest: Option<(Seq, Bytes)> = None;
        loop {
            let log = data.log(&branch, "snapshot")?;
            let found = log.snapshots.range(..=until).next_back();
            if let Some((at, snapshot)) =
                found.filter(|(at, _)| latest.as_ref().is_none_or(|(seen, _)| *at > seen))
            {
                latest = Some((*at, snapshot.clone()));
            }
            let Some(parent) = log.parent else { return Ok(latest) };
            (branch.id, until) = (parent.branch, until.min(parent.at));
        }
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
            let head = data.writable(lease, "append")?.head();
            if head != after {
                return Err(conflict("append", format!("the log ends at {head}, not at {after}")));
            }
            let now = now_ms();
            let stamps = batch.stamps.into_iter().chain(std::iter::repeat(now));
            let mut link = data.link(lease.branch(), head)?;
            let mut entries = Vec::with_capacity(batch.records.len());
            for (at_ms, record) in stamps.zip(batch.records) {
                link = link.next(head.after(entries.len() + 1), at_ms, &record.encode()?);
                entries.push(Entry { at_ms, record, link });
            }
            let log = data.writable(lease, "append")?;
            log.records.extend(entries);
            log.signals.retain(|(id, _)| !batch.taken.contains(id));
            let head = log.head();
            for blob in batch.blobs {
                let name = (lease.branch().scope.clone(), Digest::of(&blob));
                data.blobs.insert(name, Content { bytes: blob, at_ms: now });
            }
            head
        };
        self.0.changed.notify_waiters();
        Ok(head)
    }

    async fn read(&self, branch: &Branch, after: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.data().read(branch, after, Seq(u64::MAX), limit)
    }

    async fn wait(&self, branch: &Branch, after: Seq) -> Result<Seq, StoreError> {
        self.until(|store| {
            let head = store.data().log(branch, "wait")?.head();
            Ok((head > after).then_some(head))
        })
        .await
    }

    async fn blob(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        let data = self.data();
        data.blobs.get(&(scope.clone(), digest)).map(|content| content.bytes.clone()).ok_or_else(|| {
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

    async fn collect(&self, scope: &Scope, what: Collect) -> Result<Collected, StoreError> {
        let mut data = self.data();
        let mut kept = kept::Kept::new(what.calls_before_ms);
        for branch in data.order.clone().iter().filter(|branch| branch.scope == *scope) {
            kept.branch();
            data.read(branch, Seq::START, Seq(u64::MAX), usize::MAX)?
                .iter()
                .for_each(|stored| kept.add(stored));
        }
        let kept = kept.contents();
        let mut collected = Collected::default();
        data.blobs.retain(|(of, digest), content| {
            let stays = of != scope || content.at_ms >= what.stored_before_ms || kept.contains(digest);
            if !stays {
                collected.contents += 1;
                collected.bytes += content.bytes.len() as u64;
            }
            stays || what.dry_run
        });
        Ok(collected)
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
