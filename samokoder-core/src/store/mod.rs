//! The port to where a project's history is kept.
//!
//! A project has branches; a branch has one append-only log of [`Record`]s, numbered from 1 without gaps. One
//! lease-holder appends to it; anyone may read it and [`post`](StateStore::post) signals to its holder.

mod chain;
mod error;
mod kept;
mod memory;
mod record;
pub(crate) mod report;

use std::{any::Any, fmt, fmt::Debug, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use chain::Link;
pub use error::{StoreError, StoreErrorKind};
pub use kept::Kept;
pub use memory::MemoryStore;
pub use record::{
    AssignmentEnd, AttemptId, Author, Commit, EffectId, EffectKind, EffectResult, Record, RunEnd, Signal,
    Stored,
};
pub use report::{
    CallQuery, CallRow, CallStatus, ExecRow, Page, ProjectDetail, ProjectSummary, SpendRow, Tables,
    TaskProgress,
};

use crate::{
    digest::Digest,
    id::{BranchId, ProjectId, SignalId},
};

/// The number of a record in the log of its branch. 0 is before the first one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// Before the first record.
    pub const START: Self = Self(0);

    /// The number that comes `count` later.
    #[must_use]
    pub fn after(self, count: usize) -> Self {
        Self(self.0 + count as u64)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Whose projects these are: a tenant of a product, or "local" on one's own machine. Nothing crosses it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scope(String);

impl Scope {
    /// The scope with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::new("local")
    }
}

/// A branch, with whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Branch {
    /// Whose it is.
    pub scope: Scope,
    /// The project.
    pub project: ProjectId,
    /// The branch.
    pub id: BranchId,
}

/// What a store knows of a branch without reading its log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BranchInfo {
    /// The branch.
    #[serde(flatten)]
    pub branch: Branch,
    /// What people call it. Names need not differ.
    pub name: String,
    /// Where it was forked from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ForkPoint>,
    /// Its last record.
    pub head: Seq,
    /// The end of its [chain](Link): two logs with the same tip are the same.
    pub tip: Digest,
}

impl BranchInfo {
    /// The name of a branch that was not forked.
    pub const MAIN: &str = "main";

    /// A branch with no records of its own.
    pub fn new(branch: Branch, name: impl Into<String>, parent: Option<ForkPoint>, link: Link) -> Self {
        let head = parent.map_or(Seq::START, |parent| parent.at);
        Self { branch, name: name.into(), parent, head, tip: link.digest() }
    }
}

/// Where a branch leaves another one of its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForkPoint {
    /// The other one.
    pub branch: BranchId,
    /// The last record that they share.
    pub at: Seq,
}

/// The right to append to a branch, held by one process at a time. Dropping it gives it back.
#[derive(Debug, Clone)]
pub struct Lease {
    branch: Branch,
    epoch: u64,
    _guard: Arc<dyn Guard>,
}

/// What a store ties to the life of a [`Lease`], such as a file lock.
pub trait Guard: Any + Debug + Send + Sync {}

impl<T: Any + Debug + Send + Sync> Guard for T {}

impl Lease {
    /// A lease on `branch`, the `epoch`th one, that ends when the last clone of it and so `guard` is dropped.
    pub fn new(branch: Branch, epoch: u64, guard: impl Guard) -> Self {
        Self { branch, epoch, _guard: Arc::new(guard) }
    }

    /// The branch.
    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// Grows with each lease on the branch. A write with an older one is refused.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}

/// What becomes durable together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Records to append, in this order.
    pub records: Vec<Record>,
    /// Contents that the records refer to by their hash. One that is there already is not written again.
    pub blobs: Vec<Bytes>,
    /// Signals that the records answer: they are not given out again.
    pub taken: Vec<SignalId>,
    /// When each of the records happened, in milliseconds since 1970, for those that another store has recorded before.
    /// Empty for new ones: they happen now.
    pub stamps: Vec<u64>,
}

/// Which contents [`collect`](StateStore::collect) may remove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collect {
    /// Contents that were stored at this time or later stay, in milliseconds since 1970: who stored one, or stored it
    /// again, may be about to refer to it.
    pub stored_before_ms: u64,
    /// What effects, such as calls to models, asked and answered before this is removed too, though the log refers to it,
    /// in milliseconds since 1970. Effects of attempts that have not ended stay. `None` keeps all.
    pub calls_before_ms: Option<u64>,
    /// Only counts.
    pub dry_run: bool,
}

/// What [`collect`](StateStore::collect) removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    /// Contents.
    pub contents: u64,
    /// Their size in bytes: as they were put in, or as they are stored where no more is known.
    pub bytes: u64,
}

/// Keeps logs, contents and signals.
///
/// What can be asked about projects ([`projects`](Self::projects), [`project`](Self::project), [`calls`](Self::calls),
/// [`spending`](Self::spending)) is provided by reading whole logs. A store that keeps [tables](Tables) of it in the same
/// transaction as the log answers from these.
#[async_trait]
pub trait StateStore: Debug + Send + Sync {
    /// Makes a branch. Making it again changes nothing.
    async fn create(&self, branch: &Branch) -> Result<(), StoreError>;

    /// The branches in a scope, in the order in which they were made.
    async fn branches(&self, scope: &Scope) -> Result<Vec<Branch>, StoreError>;

    /// What is known of a branch.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`].
    async fn info(&self, branch: &Branch) -> Result<BranchInfo, StoreError> {
        let records = self.read(branch, Seq::START, usize::MAX).await?;
        let link = Link::first(branch.project, branch.id);
        let info = BranchInfo::new(branch.clone(), BranchInfo::MAIN, None, link.after(&records)?);
        Ok(BranchInfo { head: Seq::START.after(records.len()), ..info })
    }

    /// Makes a branch `to` of the same project that begins as `from` is up to record `at`, and goes on by itself. Costs
    /// the same however long the log is. Making it again changes nothing.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`]; [`StoreErrorKind::Conflict`] when `from` is shorter than `at`, or `to` is there and
    /// was not made so.
    ///
    /// # Cancel safety
    /// Dropping the future makes the branch or nothing.
    async fn fork(&self, from: &Branch, at: Seq, to: BranchId, name: &str) -> Result<Branch, StoreError> {
        let _ = (from, at, to, name);
        Err(StoreError::new(StoreErrorKind::Unsupported, "fork", "this kind of store can't fork a branch"))
    }

    /// Keeps what the log adds up to until record `at`, so that it need not be read again from the start.
    ///
    /// It is only ever a shortcut: a store may drop it, keep it for some records only, or refuse it.
    ///
    /// # Errors
    /// [`StoreErrorKind::Fenced`], [`StoreErrorKind::Conflict`] when there is no such record.
    ///
    /// # Cancel safety
    /// Dropping the future keeps all of it or nothing.
    async fn put_snapshot(&self, lease: &Lease, at: Seq, snapshot: Bytes) -> Result<(), StoreError> {
        let _ = (lease, at, snapshot);
        Ok(())
    }

    /// The latest snapshot at or before record `until`, with its record, also one of the branch it was forked from.
    async fn snapshot(&self, branch: &Branch, until: Seq) -> Result<Option<(Seq, Bytes)>, StoreError> {
        let _ = (branch, until);
        Ok(None)
    }

    /// Takes the right to append.
    ///
    /// # Errors
    /// [`StoreErrorKind::LeaseHeld`] while someone else has it, [`StoreErrorKind::NotFound`].
    ///
    /// # Cancel safety
    /// Dropping the future takes nothing.
    async fn acquire(&self, branch: &Branch) -> Result<Lease, StoreError>;

    /// Appends a batch after record `after`, which must be the last one, and returns the number of the new last one.
    /// When it returns, the batch is durable.
    ///
    /// # Errors
    /// [`StoreErrorKind::Fenced`] when the lease is not the newest one, [`StoreErrorKind::Conflict`] when `after` is
    /// not the last record. Nothing was written then.
    ///
    /// # Cancel safety
    /// Dropping the future writes all of the batch or nothing.
    async fn append(&self, lease: &Lease, after: Seq, batch: Batch) -> Result<Seq, StoreError>;

    /// At most `limit` records after number `after`, in order.
    ///
    /// # Errors
    /// [`StoreErrorKind::NewerFormat`] for a record that a newer version wrote, [`StoreErrorKind::Damaged`].
    async fn read(&self, branch: &Branch, after: Seq, limit: usize) -> Result<Vec<Stored>, StoreError>;

    /// Waits until there is a record after number `after` and returns the number of the last one.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    async fn wait(&self, branch: &Branch, after: Seq) -> Result<Seq, StoreError>;

    /// A content by its hash.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`] when it is not there, [`StoreErrorKind::Damaged`] when its hash is another one.
    async fn blob(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError>;

    /// Tells the branch's holder, present or future, something. Needs no lease; the same `id` counts once.
    async fn post(&self, branch: &Branch, id: SignalId, signal: Signal) -> Result<(), StoreError>;

    /// The signals that no batch has taken, in the order in which they were posted.
    async fn signals(&self, branch: &Branch) -> Result<Vec<(SignalId, Signal)>, StoreError>;

    /// Waits until there is a signal that no batch has taken.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    async fn wait_signal(&self, branch: &Branch) -> Result<(), StoreError>;

    /// Removes contents that nothing in the logs of a scope refers to, or that need not be kept longer. The logs stay as
    /// they are.
    ///
    /// # Errors
    /// [`StoreErrorKind::Damaged`], [`StoreErrorKind::NewerFormat`] when a log can't be read: nothing was removed then.
    ///
    /// # Cancel safety
    /// Dropping the future may leave some of them, and never removes what is needed.
    async fn collect(&self, scope: &Scope, what: Collect) -> Result<Collected, StoreError> {
        let _ = (scope, what);
        Err(StoreError::new(StoreErrorKind::Unsupported, "collect", "this kind of store removes nothing"))
    }

    /// The projects of a scope, the newest first.
    async fn projects(&self, scope: &Scope, page: Page) -> Result<Vec<ProjectSummary>, StoreError> {
        report::projects(self, scope, page).await
    }

    /// A project as it is on a branch.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`].
    async fn project(&self, branch: &Branch) -> Result<ProjectDetail, StoreError> {
        report::project(self, branch).await
    }

    /// Calls to models, the newest first. Those that a branch has in common with the one it was forked from are the
    /// latter's.
    async fn calls(&self, scope: &Scope, query: CallQuery) -> Result<Vec<CallRow>, StoreError> {
        report::calls(self, scope, query).await
    }

    /// What calls that began at `since_ms` or later and before `until_ms` have cost, by model and agent, in their order.
    /// A call without an outcome counts with what was reserved for it.
    async fn spending(
        &self,
        scope: &Scope,
        since_ms: u64,
        until_ms: u64,
    ) -> Result<Vec<SpendRow>, StoreError> {
        report::spending(self, scope, since_ms, until_ms).await
    }

    /// Lets go of what is kept open to work faster, such as connections and logs that are written back at the end.
    ///
    /// For whoever is about to leave. Nothing depends on it: what was appended is durable already, and a store that
    /// is used again opens again what it needs.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`] when something could not be closed in order. Nothing was lost then.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
