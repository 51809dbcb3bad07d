//! The port to where a project's history is kept.
//!
//! A project has branches; a branch has one append-only log of [`Record`]s, numbered from 1 without gaps. One
//! lease-holder appends to it; anyone may read it and [`post`](StateStore::post) signals to its holder.

mod error;
mod memory;
mod record;

use std::{any::Any, fmt, fmt::Debug, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

pub use error::{StoreError, StoreErrorKind};
pub use memory::MemoryStore;
pub use record::{
    AssignmentEnd, AttemptId, Author, Commit, EffectId, EffectKind, EffectResult, Record, RunEnd, Signal,
    Stored,
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
}

/// Keeps logs, contents and signals.
#[async_trait]
pub trait StateStore: Debug + Send + Sync {
    /// Makes a branch. Making it again changes nothing.
    async fn create(&self, branch: &Branch) -> Result<(), StoreError>;

    /// The branches in a scope, in the order in which they were made.
    async fn branches(&self, scope: &Scope) -> Result<Vec<Branch>, StoreError>;

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
