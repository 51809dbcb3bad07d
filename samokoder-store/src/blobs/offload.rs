//! A store whose large contents are elsewhere.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use samokoder_core::{
    digest::Digest,
    id::{BranchId, SignalId},
    store::{
        Batch, Branch, BranchInfo, CallQuery, CallRow, Collect, Collected, Kept, Lease, Page, ProjectDetail,
        ProjectSummary, Scope, Seq, Signal, SpendRow, StateStore, StoreError, StoreErrorKind, Stored,
    },
};

use super::BlobStore;

/// A store whose large contents are in a [`BlobStore`]; everything else is in the store that it is put around.
///
/// Contents are durable there before the log refers to them: two places can't be written to in one transaction. So one
/// that was stored for a batch that then was not appended may be there, until [`collect`](StateStore::collect) finds it,
/// which reads all logs of the scope for that; and who collects while others write must leave alone what was stored
/// [lately](Collect::stored_before_ms), an hour or more.
#[derive(Debug, Clone)]
pub struct Offload {
    inner: Arc<dyn StateStore>,
    blobs: Arc<dyn BlobStore>,
    above: usize,
}

/// Contents up to this size, in bytes, are best where the log is: another file or request costs more than they do.
const SMALL: usize = 16 << 10;

/// Contents that are stored at once: each may be a connection.
const AT_ONCE: usize = 16;

/// Records read at a time.
const PAGE: usize = 1000;

impl Offload {
    /// Puts contents of more than 16 KiB into `blobs`.
    pub fn new(inner: Arc<dyn StateStore>, blobs: Arc<dyn BlobStore>) -> Self {
        Self { inner, blobs, above: SMALL }
    }

    /// Puts contents of more than so many bytes there.
    #[must_use]
    pub fn above(mut self, bytes: usize) -> Self {
        self.above = bytes;
        self
    }

    /// Which contents the logs of a scope need.
    async fn kept(&self, scope: &Scope, calls_before_ms: Option<u64>) -> Result<Kept, StoreError> {
        let mut kept = Kept::new(calls_before_ms);
        for branch in self.inner.branches(scope).await? {
            kept.branch();
            let mut after = Seq::START;
            loop {
                let page = self.inner.read(&branch, after, PAGE).await?;
                let Some(last) = page.last() else { break };
                after = last.seq;
                for stored in &page {
                    kept.add(stored);
                }
            }
        }
        Ok(kept)
    }
}

#[async_trait]
impl StateStore for Offload {
    async fn append(&self, lease: &Lease, after: Seq, mut batch: Batch) -> Result<Seq, StoreError> {
        let scope = &lease.branch().scope;
        let large = batch.blobs.extract_if(.., |blob| blob.len() > self.above);
        let puts: Vec<_> = large.map(|blob| self.blobs.put(scope, Digest::of(&blob), blob)).collect();
        stream::iter(puts).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        self.inner.append(lease, after, batch).await
    }

    async fn blob(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        match self.inner.blob(scope, digest).await {
            Err(error) if error.kind == StoreErrorKind::NotFound => self.blobs.get(scope, digest).await,
            found => found,
        }
    }

    async fn collect(&self, scope: &Scope, what: Collect) -> Result<Collected, StoreError> {
        // Listed first: what is stored from now on is not looked at.
        let there = self.blobs.list(scope).await?;
        let needed = self.kept(scope, what.calls_before_ms).await?.contents();
        let mut collected = self.inner.collect(scope, what).await?;
        let is_left =
            |info: &super::BlobInfo| info.stored_ms < what.stored_before_ms && !needed.contains(&info.digest);
        for info in there.into_iter().filter(is_left) {
            // As large as it was put in; one that can't be read any more is as large as it is.
            let size = self
                .blobs
                .get(scope, info.digest)
                .await
                .map_or(info.stored_bytes, |content| content.len() as u64);
            let is_gone =
                what.dry_run || self.blobs.remove(scope, info.digest, what.stored_before_ms).await?;
            if is_gone {
                collected.contents += 1;
                collected.bytes += size;
            }
        }
        Ok(collected)
    }

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
        self.inner.put_snapshot(lease, at, snapshot).await
    }

    async fn snapshot(&self, branch: &Branch, until: Seq) -> Result<Option<(Seq, Bytes)>, StoreError> {
        self.inner.snapshot(branch, until).await
    }

    async fn acquire(&self, branch: &Branch) -> Result<Lease, StoreError> {
        self.inner.acquire(branch).await
    }

    async fn read(&self, branch: &Branch, after: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.inner.read(branch, after, limit).await
    }

    async fn wait(&self, branch: &Branch, after: Seq) -> Result<Seq, StoreError> {
        self.inner.wait(branch, after).await
    }

    async fn post(&self, branch: &Branch, id: SignalId, signal: Signal) -> Result<(), StoreError> {
        self.inner.post(branch, id, signal).await
    }

    async fn signals(&self, branch: &Branch) -> Result<Vec<(SignalId, Signal)>, StoreError> {
        self.inner.signals(branch).await
    }

    async fn wait_signal(&self, branch: &Branch) -> Result<(), StoreError> {
        self.inner.wait_signal(branch).await
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

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}
