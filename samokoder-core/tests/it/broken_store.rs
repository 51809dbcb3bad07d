//! A memory store with a fault, to see whether it is found.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    id::{BranchId, SignalId},
    store::{
        Batch, Branch, BranchInfo, CallQuery, CallRow, Collect, Collected, Lease, MemoryStore, Page,
        ProjectDetail, ProjectSummary, Scope, Seq, Signal, SpendRow, StateStore, StoreError, Stored,
    },
};

/// What a [`BrokenStore`] does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    DropsARecord,
    SwapsRecords,
    SkipsARecordBetweenPages,
    IgnoresTheFence,
    IgnoresConflicts,
    GivesALeaseTwice,
    ForgetsAForksParent,
    ForksAtTheEnd,
    ForgetsStamps,
    TellsAnotherTip,
    KeepsTakenSignals,
    ForgetsThatASignalWasThere,
    LosesContents,
    SharesContentsBetweenScopes,
    GivesLaterSnapshots,
    GivesAForkItsParentsLaterSnapshots,
    CollectsWhatOpenAttemptsNeed,
    CollectsInADryRun,
    ListsAnotherScopesProjects,
    ListsAProjectAgainOnTheNextPage,
    CountsSpendTwice,
    CountsReservedAsNothing,
    ListsDeletedFiles,
    ListsCallsOfAllTimes,
    ListsCallsOfAllProjects,
    GivesAForkItsParentsCalls,
}

impl Fault {
    pub(crate) const ALL: [Self; 26] = [
        Self::DropsARecord,
        Self::SwapsRecords,
        Self::SkipsARecordBetweenPages,
        Self::IgnoresTheFence,
        Self::IgnoresConflicts,
        Self::GivesALeaseTwice,
        Self::ForgetsAForksParent,
        Self::ForksAtTheEnd,
        Self::ForgetsStamps,
        Self::TellsAnotherTip,
        Self::KeepsTakenSignals,
        Self::ForgetsThatASignalWasThere,
        Self::LosesContents,
        Self::SharesContentsBetweenScopes,
        Self::GivesLaterSnapshots,
        Self::GivesAForkItsParentsLaterSnapshots,
        Self::CollectsWhatOpenAttemptsNeed,
        Self::CollectsInADryRun,
        Self::ListsAnotherScopesProjects,
        Self::ListsAProjectAgainOnTheNextPage,
        Self::CountsSpendTwice,
        Self::CountsReservedAsNothing,
        Self::ListsDeletedFiles,
        Self::ListsCallsOfAllTimes,
        Self::ListsCallsOfAllProjects,
        Self::GivesAForkItsParentsCalls,
    ];
}

/// A memory store with a fault, or none. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct BrokenStore {
    inner: MemoryStore,
    fault: Option<Fault>,
    /// The epochs of the newest leases.
    epochs: Arc<Mutex<BTreeMap<Branch, u64>>>,
}

impl BrokenStore {
    pub(crate) fn new(fault: Option<Fault>) -> Self {
        Self { inner: MemoryStore::new(), fault, epochs: Arc::default() }
    }

    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn newest(&self, branch: &Branch) -> Lease {
        let epoch = self.epochs.lock().unwrap().get(branch).copied().unwrap_or_default();
        Lease::new(branch.clone(), epoch, ())
    }

    /// The branch that this one was forked from.
    async fn parent(&self, branch: &Branch) -> Option<Branch> {
        let parent = self.inner.info(branch).await.ok()?.parent?;
        Some(Branch { id: parent.branch, ..branch.clone() })
    }

    /// A scope that is not this one.
    fn another(scope: &Scope) -> Scope {
        Scope::new(format!("{} ", scope.as_str()))
    }
}

#[deny(clippy::missing_trait_methods)]
#[async_trait]
impl StateStore for BrokenStore {
    async fn create(&self, branch: &Branch) -> Result<(), StoreError> {
        self.inner.create(branch).await
    }

    async fn branches(&self, scope: &Scope) -> Result<Vec<Branch>, StoreError> {
        self.inner.branches(scope).await
    }

    async fn info(&self, branch: &Branch) -> Result<BranchInfo, StoreError> {
        let mut info = self.inner.info(branch).await?;
        if self.has(Fault::TellsAnotherTip) && info.parent.is_some() {
            info.tip = Digest::of(info.tip.as_bytes());
        }
        Ok(info)
    }

    async fn fork(&self, from: &Branch, at: Seq, to: BranchId, name: &str) -> Result<Branch, StoreError> {
        if self.has(Fault::ForgetsAForksParent) {
            let branch = Branch { id: to, ..from.clone() };
            self.inner.create(&branch).await?;
            return Ok(branch);
        }
        let head = self.inner.info(from).await?.head;
        let at = if self.has(Fault::ForksAtTheEnd) && at < head { head } else { at };
        self.inner.fork(from, at, to, name).await
    }

    async fn put_snapshot(&self, lease: &Lease, at: Seq, snapshot: Bytes) -> Result<(), StoreError> {
        self.inner.put_snapshot(lease, at, snapshot).await
    }

    async fn snapshot(&self, branch: &Branch, until: Seq) -> Result<Option<(Seq, Bytes)>, StoreError> {
        if self.has(Fault::GivesLaterSnapshots) {
            return self.inner.snapshot(branch, Seq(u64::MAX)).await;
        }
        match self.parent(branch).await.filter(|_| self.has(Fault::GivesAForkItsParentsLaterSnapshots)) {
            Some(parent) => self.inner.snapshot(&parent, until).await,
            None => self.inner.snapshot(branch, until).await,
        }
    }

    async fn collect(&self, scope: &Scope, mut what: Collect) -> Result<Collected, StoreError> {
        if self.has(Fault::CollectsWhatOpenAttemptsNeed) {
            what.calls_before_ms = what.calls_before_ms.map(|_| u64::MAX);
        }
        what.dry_run &= !self.has(Fault::CollectsInADryRun);
        self.inner.collect(scope, what).await
    }

    async fn projects(&self, scope: &Scope, page: Page) -> Result<Vec<ProjectSummary>, StoreError> {
        let mut listed = self.inner.projects(scope, page).await?;
        if self.has(Fault::ListsAnotherScopesProjects) {
            listed.extend(self.inner.projects(&Self::another(scope), page).await?);
        }
        if let Some((at, project)) = page.before.filter(|_| self.has(Fault::ListsAProjectAgainOnTheNextPage))
        {
            let before = Some((at + 1, project));
            return self.inner.projects(scope, Page { before, ..page }).await;
        }
        if self.has(Fault::CountsSpendTwice) {
            for summary in &mut listed {
                let spent = summary.spent;
                summary.spent += spent;
            }
        }
        Ok(listed)
    }

    async fn project(&self, branch: &Branch) -> Result<ProjectDetail, StoreError> {
        let mut detail = self.inner.project(branch).await?;
        if self.has(Fault::ListsDeletedFiles) {
            for other in &detail.branches {
                let more = self.inner.project(&other.branch).await?.files;
                detail.files.extend(more);
            }
            detail.files.sort_by(|one, other| one.0.cmp(&other.0));
            detail.files.dedup_by(|one, other| one.0 == other.0);
        }
        Ok(detail)
    }

    async fn calls(&self, scope: &Scope, mut query: CallQuery) -> Result<Vec<CallRow>, StoreError> {
        if self.has(Fault::ListsCallsOfAllTimes) {
            (query.since_ms, query.until_ms) = (0, u64::MAX);
        }
        query.project = query.project.filter(|_| !self.has(Fault::ListsCallsOfAllProjects));
        let mut calls = self.inner.calls(scope, query).await?;
        if self.has(Fault::GivesAForkItsParentsCalls) {
            for branch in self.inner.branches(scope).await? {
                if self.parent(&branch).await.is_some() {
                    for call in &mut calls {
                        call.branch.clone_from(&branch);
                    }
                }
            }
        }
        Ok(calls)
    }

    async fn spending(
        &self,
        scope: &Scope,
        since_ms: u64,
        until_ms: u64,
    ) -> Result<Vec<SpendRow>, StoreError> {
        let mut rows = self.inner.spending(scope, since_ms, until_ms).await?;
        if self.has(Fault::CountsReservedAsNothing) {
            let query = CallQuery { since_ms, until_ms, limit: usize::MAX, ..CallQuery::default() };
            for call in self.inner.calls(scope, query).await? {
                if call.status == samokoder_core::store::CallStatus::Open {
                    for row in rows.iter_mut().filter(|row| row.model == call.model && row.role == call.role)
                    {
                        row.spent = row.spent.minus(call.spent);
                    }
                }
            }
        }
        Ok(rows)
    }

    async fn acquire(&self, branch: &Branch) -> Result<Lease, StoreError> {
        let lease = match self.inner.acquire(branch).await {
            Err(_) if self.has(Fault::GivesALeaseTwice) && self.inner.info(branch).await.is_ok() => {
                self.newest(branch)
            }
            other => other?,
        };
        self.epochs.lock().unwrap().insert(branch.clone(), lease.epoch());
        Ok(lease)
    }

    async fn append(&self, lease: &Lease, mut after: Seq, mut batch: Batch) -> Result<Seq, StoreError> {
        let newest = self.newest(lease.branch());
        let lease = if self.has(Fault::IgnoresTheFence) { &newest } else { lease };
        if self.has(Fault::IgnoresConflicts) {
            after = self.inner.info(lease.branch()).await?.head;
        }
        if self.has(Fault::DropsARecord) && batch.records.len() > 3 {
            batch.records.pop();
        }
        if self.has(Fault::SwapsRecords) {
            let last = batch.records.len().saturating_sub(1);
            batch.records.get_mut(last.saturating_sub(1)..).into_iter().for_each(<[_]>::reverse);
        }
        if self.has(Fault::ForgetsStamps) {
            batch.stamps.clear();
        }
        if self.has(Fault::KeepsTakenSignals) {
            batch.taken.clear();
        }
        if self.has(Fault::LosesContents) && batch.blobs.len() > 1 {
            batch.blobs.pop();
        }
        self.inner.append(lease, after, batch).await
    }

    async fn read(&self, branch: &Branch, after: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let skipped = u64::from(self.has(Fault::SkipsARecordBetweenPages) && after > Seq::START);
        self.inner.read(branch, Seq(after.0 + skipped), limit).await
    }

    async fn wait(&self, branch: &Branch, after: Seq) -> Result<Seq, StoreError> {
        self.inner.wait(branch, after).await
    }

    async fn blob(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        let found = self.inner.blob(scope, digest).await;
        if self.has(Fault::SharesContentsBetweenScopes) && found.is_err() {
            return self.inner.blob(&Self::another(scope), digest).await;
        }
        found
    }

    async fn post(&self, branch: &Branch, id: SignalId, signal: Signal) -> Result<(), StoreError> {
        let is_there = self.inner.signals(branch).await?.iter().any(|(posted, _)| *posted == id);
        let id = if self.has(Fault::ForgetsThatASignalWasThere) && is_there { SignalId::fresh() } else { id };
        self.inner.post(branch, id, signal).await
    }

    async fn signals(&self, branch: &Branch) -> Result<Vec<(SignalId, Signal)>, StoreError> {
        self.inner.signals(branch).await
    }

    async fn wait_signal(&self, branch: &Branch) -> Result<(), StoreError> {
        self.inner.wait_signal(branch).await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.inner.close().await
    }
}
