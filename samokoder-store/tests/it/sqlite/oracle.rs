//! The answers that follow from the logs alone.

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    id::SignalId,
    store::{
        Batch, Branch, BranchInfo, CallQuery, Lease, Page, Scope, Seq, Signal, StateStore, StoreError, Stored,
    },
};
use samokoder_store::SqliteStore;

/// A store that answers every question by reading its logs.
#[derive(Debug)]
struct Logs<'a>(&'a SqliteStore);

#[async_trait]
impl StateStore for Logs<'_> {
    async fn create(&self, branch: &Branch) -> Result<(), StoreError> {
        self.0.create(branch).await
    }

    async fn branches(&self, scope: &Scope) -> Result<Vec<Branch>, StoreError> {
        self.0.branches(scope).await
    }

    async fn info(&self, branch: &Branch) -> Result<BranchInfo, StoreError> {
        self.0.info(branch).await
    }

    async fn acquire(&self, branch: &Branch) -> Result<Lease, StoreError> {
        self.0.acquire(branch).await
    }

    async fn append(&self, lease: &Lease, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        self.0.append(lease, after, batch).await
    }

    async fn read(&self, branch: &Branch, after: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.0.read(branch, after, limit).await
    }

    async fn wait(&self, branch: &Branch, after: Seq) -> Result<Seq, StoreError> {
        self.0.wait(branch, after).await
    }

    async fn blob(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        self.0.blob(scope, digest).await
    }

    async fn post(&self, branch: &Branch, id: SignalId, signal: Signal) -> Result<(), StoreError> {
        self.0.post(branch, id, signal).await
    }

    async fn signals(&self, branch: &Branch) -> Result<Vec<(SignalId, Signal)>, StoreError> {
        self.0.signals(branch).await
    }

    async fn wait_signal(&self, branch: &Branch) -> Result<(), StoreError> {
        self.0.wait_signal(branch).await
    }
}

/// Asks everything that can be asked about a scope, and compares it with what the logs say.
pub(crate) async fn agrees(store: &SqliteStore, scope: &Scope) -> Result<(), StoreError> {
    let logs = Logs(store);
    let page = Page::default();
    let projects = store.projects(scope, page).await?;
    assert_eq!(projects, logs.projects(scope, page).await?);
    if let Some(first) = projects.first() {
        let rest = Page { before: Some((first.created_ms, first.project)), limit: 2 };
        assert_eq!(store.projects(scope, rest).await?, logs.projects(scope, rest).await?);
    }
    for branch in store.branches(scope).await? {
        assert_eq!(store.project(&branch).await?, logs.project(&branch).await?);
        let query = CallQuery { project: Some(branch.project), limit: 3, ..CallQuery::default() };
        assert_eq!(store.calls(scope, query).await?, logs.calls(scope, query).await?);
    }
    let query = CallQuery::default();
    let calls = store.calls(scope, query).await?;
    assert_eq!(calls, logs.calls(scope, query).await?);
    let (mut since_ms, mut until_ms) = (0, u64::MAX);
    for call in calls.iter().take(3) {
        let rest = CallQuery { before: Some(call.place()), until_ms, since_ms, limit: 5, ..query };
        assert_eq!(store.calls(scope, rest).await?, logs.calls(scope, rest).await?);
        assert_eq!(
            store.spending(scope, since_ms, until_ms).await?,
            logs.spending(scope, since_ms, until_ms).await?
        );
        (since_ms, until_ms) = (call.at_ms / 2, call.at_ms);
    }
    Ok(())
}
