//! A memory store that counts what is done with it, and can run out of room.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    id::{BranchId, SignalId},
    store::{
        Batch, Branch, BranchInfo, CallQuery, CallRow, Collect, Collected, Lease, MemoryStore, Page,
        ProjectDetail, ProjectSummary, Scope, Seq, Signal, SpendRow, StateStore, StoreError, StoreErrorKind,
        Stored,
    },
};

/// A memory store that counts what is done with it, and can run out of room. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct WatchedStore {
    pub(crate) inner: MemoryStore,
    /// Appends that there is room for; any number when absent.
    pub(crate) room: Option<usize>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    appends: Mutex<Vec<usize>>,
    snapshots: Mutex<Vec<(Seq, usize)>>,
    signals: AtomicUsize,
    blobs: AtomicUsize,
}

/// What was done with a [`WatchedStore`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Count {
    /// The bytes of each append.
    pub(crate) appends: Vec<usize>,
    /// The record and the bytes of each snapshot.
    pub(crate) snapshots: Vec<(Seq, usize)>,
    /// How often signals were read.
    pub(crate) signals: usize,
    /// How often a content was read.
    pub(crate) blobs: usize,
}

impl WatchedStore {
    /// A store that has room for so many appends.
    pub(crate) fn with_room_for(appends: usize) -> Self {
        Self { room: Some(appends), ..Self::default() }
    }

    /// What was done since this was last asked.
    pub(crate) fn take_count(&self) -> Count {
        Count {
            appends: std::mem::take(&mut *self.counts.appends.lock().unwrap()),
            snapshots: std::mem::take(&mut *self.counts.snapshots.lock().unwrap()),
            signals: self.counts.signals.swap(0, Ordering::SeqCst),
            blobs: self.counts.blobs.swap(0, Ordering::SeqCst),
        }
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StateStore for WatchedStore {
    async fn create(&self, branch: &Branch) -> Result<(), StoreError> {
        self.inner.create(branch).await
    }

    async fn branches(&self, scope: &Scope) -> Result<Vec<Branch>, StoreError> {
        self.inner.branches(scope).await
    }

    async fn info(&self, branch: &Branch) -> Result<BranchInfo, StoreError> {
        self.inner.info(branch).await
    }

    async fn fork(&self, from: &Branch, at: Seq, to: BranchId, name: &str) -> Result<Branch, StoreError> {
        self.inner.fork(from, at, to, name).await
    }

    async fn put_snapshot(&self, lease: &Lease, at: Seq, snapshot: Bytes) -> Result<(), StoreError> {
        self.counts.snapshots.lock().unwrap().push((at, snapshot.len()));
        self.inner.put_snapshot(lease, at, snapshot).await
    }

    async fn snapshot(&self, branch: &Branch, until: Seq) -> Result<Option<(Seq, Bytes)>, StoreError> {
        self.inner.snapshot(branch, until).await
    }

    async fn collect(&self, scope: &Scope, what: Collect) -> Result<Collected, StoreError> {
        self.inner.collect(scope, what).await
    }

    async fn projects(&self, scope: &Scope, page: Page) -> Result<Vec<ProjectSummary>, StoreError> {
        self.inner.projects(scope, page).await
    }

    async fn project(&self, branch: &Branch) -> Result<ProjectDetail, StoreError> {
        self.inner.project(branch).await
    }

    async fn calls(&self, scope: &Scope, query: CallQuery) -> Result<Vec<CallRow>, StoreError> {
        self.inner.calls(scope, query).await
    }

    async fn spending(
        &self,
        scope: &Scope,
        since_ms: u64,
        until_ms: u64,
    ) -> Result<Vec<SpendRow>, StoreError> {
        self.inner.spending(scope, since_ms, until_ms).await
    }

    async fn acquire(&self, branch: &Branch) -> Result<Lease, StoreError> {
        self.inner.acquire(branch).await
    }

    async fn append(&self, lease: &Lease, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        let records = batch.records.iter().map(|record| serde_json::to_vec(record).unwrap().len());
        let bytes = records.chain(batch.blobs.iter().map(Bytes::len)).sum();
        let count = {
            let mut appends = self.counts.appends.lock().unwrap();
            appends.push(bytes);
            appends.len()
        };
        if self.room.is_some_and(|room| count > room) {
            return Err(StoreError::new(StoreErrorKind::Full, "append", "the disk is full"));
        }
        self.inner.append(lease, after, batch).await
    }

    async fn read(&self, branch: &Branch, after: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.inner.read(branch, after, limit).await
    }

    async fn wait(&self, branch: &Branch, after: Seq) -> Result<Seq, StoreError> {
        self.inner.wait(branch, after).await
    }

    async fn blob(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        self.counts.blobs.fetch_add(1, Ordering::SeqCst);
        self.inner.blob(scope, digest).await
    }

    async fn post(&self, branch: &Branch, id: SignalId, signal: Signal) -> Result<(), StoreError> {
        self.inner.post(branch, id, signal).await
    }

    async fn signals(&self, branch: &Branch) -> Result<Vec<(SignalId, Signal)>, StoreError> {
        self.counts.signals.fetch_add(1, Ordering::SeqCst);
        self.inner.signals(branch).await
    }

    async fn wait_signal(&self, branch: &Branch) -> Result<(), StoreError> {
        self.inner.wait_signal(branch).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}
