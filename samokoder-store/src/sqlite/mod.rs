//! A store in one SQLite file.
//!
//! Every append is one transaction and one `fsync`. Any number of processes may read the file and post signals to it
//! at the same time; who may append to a branch is decided by a lock that the kernel drops with its holder.
//!
//! Beside the logs are tables of what can be asked about projects, written in the same transaction and described at
//! the top of the folder `projection`: SQL may read them. They can be made again with [`SqliteStore::rebuild`].
//!
//! # Damage
//! A log is a hash chain that is verified whenever it is read, contents are compared with their hash, and signals,
//! branches and snapshots with their checksums. A file of up to 16 MiB is looked through as a whole when it is opened,
//! its indexes included; of a larger one only the small tables. Each row that answers a question is compared with its
//! checksum, and the numbers of tasks and files with those of the branch. What is not noticed: in a file that is larger, or
//! damaged while it is open, steps or calls whose rows are gone together with their place in an index; and an open
//! effect's reserve that is altered before its outcome comes. [`SqliteStore::rebuild`] sets both right.
//!
//! Beside `state.db` live SQLite's `state.db-wal` and `state.db-shm`, which belong to it while it is open and after a
//! crash, and an empty `state.db-lease-N` for each branch. They must be on a local disk: network folders don't keep
//! locks. Once everyone has [closed](StateStore::close) it, `state.db` alone is the whole history and can be copied.

mod blob;
mod branch;
mod carry;
mod checksum;
mod collect;
mod connection;
mod error;
mod lease;
mod log;
mod open;
mod operations;
mod readers;
mod rebuild;
mod report;
mod rows;
mod schema;
mod script;
mod signal;
mod snapshot;

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    id::{BranchId, SignalId},
    store::{
        Batch, Branch, BranchInfo, CallQuery, CallRow, Collect, Collected, Lease, Page, ProjectDetail,
        ProjectSummary, Scope, Seq, Signal, SpendRow, StateStore, StoreError, StoreErrorKind, Stored,
    },
};
use sqlx::SqliteConnection;
use tokio::{sync::Notify, time::Instant};

use connection::{Connections, Work};
use report::Answer;

/// How often one who waits looks for what another process wrote. Writes of this process are seen at once.
const POLL: Duration = Duration::from_millis(100);
/// How often a question is asked again because branches were forked in between.
const ROUNDS: u32 = 10;

/// A store in one SQLite file. Clones share its connections; the last one to be dropped closes them.
///
/// ```
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("state.db");
/// use samokoder_core::{id::{BranchId, ProjectId}, store::{Branch, Scope, StateStore}};
/// use samokoder_store::SqliteStore;
///
/// let store = SqliteStore::open(path).await?;
/// let branch = Branch { scope: Scope::default(), project: ProjectId::fresh(), id: BranchId::fresh() };
/// store.create(&branch).await?;
/// assert_eq!(store.branches(&Scope::default()).await?, [branch]);
/// # Ok(())
/// # }
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct SqliteStore(Arc<Connections>);

impl SqliteStore {
    /// Opens the store in this file. Makes the file and its folder if they are not there.
    ///
    /// # Errors
    /// [`Damaged`](samokoder_core::store::StoreErrorKind::Damaged) when the file is not a store in good order,
    /// [`NewerFormat`](samokoder_core::store::StoreErrorKind::NewerFormat) when a newer version wrote it,
    /// [`Unavailable`](samokoder_core::store::StoreErrorKind::Unavailable) when it can't be used here,
    /// [`Full`](samokoder_core::store::StoreErrorKind::Full). What was there is as it was then.
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let (file, writer) = open::open_or_create(path.as_ref()).await?;
        Ok(Self(Arc::new(Connections::new(file, writer))))
    }

    /// Opens the store in this file, which must be there.
    ///
    /// # Errors
    /// [`NotFound`](samokoder_core::store::StoreErrorKind::NotFound) when it is not, and those of
    /// [`open`](Self::open).
    pub async fn open_existing(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let (file, writer) = open::open_existing(path.as_ref()).await?;
        Ok(Self(Arc::new(Connections::new(file, writer))))
    }

    /// The file, by its real name.
    pub fn path(&self) -> &Path {
        self.0.file()
    }

    /// Makes the tables beside the logs again, from the logs: those of all projects of a scope, one after the other. For
    /// when a question was answered with [`Damaged`](StoreErrorKind::Damaged) and the logs can be read.
    ///
    /// # Errors
    /// As [`read`](StateStore::read): what can't be read stays as it is.
    ///
    /// # Cancel safety
    /// May be dropped and called again. Each project is done as a whole or not at all.
    pub async fn rebuild(&self, scope: &Scope) -> Result<(), StoreError> {
        let mut done = BTreeSet::new();
        for branch in self.branches(scope).await? {
            if done.insert(branch.project) {
                self.0
                    .transaction("rebuild", move |connection| {
                        let branch = branch.clone();
                        Box::pin(async move { rebuild::project(connection, &branch).await })
                    })
                    .await?;
            }
        }
        Ok(())
    }

    /// Asks the tables beside the logs. Those of a branch that was forked are made when they are asked for first.
    async fn ask<T>(
        &self,
        operation: &'static str,
        question: impl for<'c> Fn(&'c mut SqliteConnection) -> Work<'c, Answer<T>>,
    ) -> Result<T, StoreError> {
        for _ in 0..ROUNDS {
            let stale = match self.0.read(operation, &question).await? {
                Answer::Known(answer) => return Ok(answer),
                Answer::Stale(stale) => Arc::new(stale),
            };
            self.0
                .transaction(operation, move |connection| {
                    let stale = Arc::clone(&stale);
                    Box::pin(async move { rebuild::those(connection, &stale).await })
                })
                .await?;
        }
        let message = "branches are forked faster than their tables are made; try again";
        Err(StoreError::new(StoreErrorKind::Unavailable, operation, message))
    }

    /// Calls `look` whenever `changed` says so, and now and then, until it finds something.
    async fn until<T>(
        &self,
        operation: &'static str,
        changed: &Notify,
        look: impl for<'c> Fn(&'c mut SqliteConnection) -> Work<'c, Option<T>>,
    ) -> Result<T, StoreError> {
        loop {
            let changed = changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = self.0.read(operation, &look).await? {
                return Ok(found);
            }
            // Being late is not an error: another process may have written.
            let _ = tokio::time::timeout(POLL, changed).await;
        }
    }
}

impl SqliteStore {
    async fn try_acquire(&self, branch: &Branch) -> Result<Lease, StoreError> {
        let (database, of) = (self.0.file().to_owned(), branch.clone());
        let (epoch, lock) = self
            .0
            .transaction("acquire", move |connection| {
                let (database, of) = (database.clone(), of.clone());
                Box::pin(async move { lease::acquire(connection, &database, &of).await })
            })
            .await?;
        Ok(Lease::new(branch.clone(), epoch.unsigned_abs(), lock))
    }
}

#[async_trait]
impl StateStore for SqliteStore {
    async fn create(&self, branch: &Branch) -> Result<(), StoreError> {
        let branch = branch.clone();
        self.0
            .transaction("create", move |connection| {
                let branch = branch.clone();
                Box::pin(async move { branch::create(connection, &branch).await })
            })
            .await
    }

    async fn branches(&self, scope: &Scope) -> Result<Vec<Branch>, StoreError> {
        let scope = scope.clone();
        self.0
            .read("branches", move |connection| {
                let scope = scope.clone();
                Box::pin(async move {
                    let rows = branch::list(connection, &scope).await?;
                    Ok(rows.into_iter().map(|row| row.branch).collect())
                })
            })
            .await
    }

    async fn info(&self, branch: &Branch) -> Result<BranchInfo, StoreError> {
        let branch = branch.clone();
        self.0
            .read("info", move |connection| {
                let branch = branch.clone();
                Box::pin(async move { Ok(branch::find(connection, &branch, "info").await?.info()) })
            })
            .await
    }

    async fn fork(&self, from: &Branch, at: Seq, to: BranchId, name: &str) -> Result<Branch, StoreError> {
        let (from, name) = (from.clone(), name.to_owned());
        self.0
            .transaction("fork", move |connection| {
                let from = from.clone();
                let name = name.clone();
                Box::pin(async move { branch::fork(connection, &from, at, to, name).await })
            })
            .await
    }

    async fn put_snapshot(&self, lease: &Lease, at: Seq, snapshot: Bytes) -> Result<(), StoreError> {
        let fence = log::Fence::from(lease);
        self.0
            .transaction("put_snapshot", move |connection| {
                let fence = fence.clone();
                let snapshot = snapshot.clone();
                Box::pin(async move { snapshot::put(connection, &fence, at, &snapshot).await })
            })
            .await
    }

    async fn snapshot(&self, branch: &Branch, until: Seq) -> Result<Option<(Seq, Bytes)>, StoreError> {
        let branch = branch.clone();
        self.0
            .read("snapshot", move |connection| {
                let branch = branch.clone();
                Box::pin(async move { snapshot::find(connection, &branch, until).await })
            })
            .await
    }

    async fn acquire(&self, branch: &Branch) -> Result<Lease, StoreError> {
        let until = Instant::now() + lease::LINGERS;
        loop {
            match self.try_acquire(branch).await {
                Err(error) if error.kind == StoreErrorKind::LeaseHeld && Instant::now() < until => {}
                outcome => return outcome,
            }
            tokio::time::sleep(lease::PAUSE).await;
        }
    }

    async fn append(&self, lease: &Lease, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        let (fence, batch) = (log::Fence::from(lease), Arc::new(log::Batch::encode(batch)?));
        self.0
            .write("append", move |writer| {
                let (fence, batch) = (fence.clone(), Arc::clone(&batch));
                Box::pin(async move { log::append(writer, &fence, after, &batch).await })
            })
            .await
    }

    async fn read(&self, branch: &Branch, after: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        let branch = branch.clone();
        self.0
            .read("read", move |connection| {
                let branch = branch.clone();
                Box::pin(async move { log::read(connection, &branch, after, limit).await })
            })
            .await
    }

    async fn wait(&self, branch: &Branch, after: Seq) -> Result<Seq, StoreError> {
        self.until("wait", &self.0.changed, |connection| {
            let branch = branch.clone();
            Box::pin(async move {
                let head = branch::find(connection, &branch, "wait").await?.head;
                Ok((head > after).then_some(head))
            })
        })
        .await
    }

    async fn blob(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        let scope = scope.clone();
        self.0
            .read("blob", move |connection| {
                let scope = scope.clone();
                Box::pin(async move { blob::read(connection, &scope, digest).await })
            })
            .await
    }

    async fn post(&self, branch: &Branch, id: SignalId, signal: Signal) -> Result<(), StoreError> {
        let (branch, body) = (branch.clone(), signal.encode()?);
        self.0
            .transaction("post", move |connection| {
                let (branch, body) = (branch.clone(), body.clone());
                Box::pin(async move { signal::post(connection, &branch, id, body).await })
            })
            .await?;
        self.0.posted.notify_waiters();
        Ok(())
    }

    async fn signals(&self, branch: &Branch) -> Result<Vec<(SignalId, Signal)>, StoreError> {
        let branch = branch.clone();
        self.0
            .read("signals", move |connection| {
                let branch = branch.clone();
                Box::pin(async move { signal::open(connection, &branch).await })
            })
            .await
    }

    async fn wait_signal(&self, branch: &Branch) -> Result<(), StoreError> {
        self.until("wait_signal", &self.0.posted, |connection| {
            let branch = branch.clone();
            Box::pin(async move { Ok(signal::any(connection, &branch).await?.then_some(())) })
        })
        .await
    }

    async fn collect(&self, scope: &Scope, what: Collect) -> Result<Collected, StoreError> {
        let of = scope.clone();
        let known = self.0.read("collect", move |connection| {
            let scope = of.clone();
            Box::pin(async move { collect::Known::default().read(connection, &scope, what).await })
        });
        let (scope, known) = (scope.clone(), known.await?);
        self.0
            .transaction("collect", move |connection| {
                let (scope, known) = (scope.clone(), known.clone());
                Box::pin(async move { collect::collect(connection, &scope, what, known).await })
            })
            .await
    }

    async fn projects(&self, scope: &Scope, page: Page) -> Result<Vec<ProjectSummary>, StoreError> {
        let scope = scope.clone();
        self.ask("projects", move |connection| {
            let scope = scope.clone();
            Box::pin(async move { report::projects(connection, &scope, page).await })
        })
        .await
    }

    async fn project(&self, branch: &Branch) -> Result<ProjectDetail, StoreError> {
        let branch = branch.clone();
        self.ask("project", move |connection| {
            let branch = branch.clone();
            Box::pin(async move { report::project(connection, &branch).await })
        })
        .await
    }

    async fn calls(&self, scope: &Scope, query: CallQuery) -> Result<Vec<CallRow>, StoreError> {
        let scope = scope.clone();
        self.0
            .read("calls", move |connection| {
                let scope = scope.clone();
                Box::pin(async move { report::calls(connection, &scope, query).await })
            })
            .await
    }

    async fn spending(
        &self,
        scope: &Scope,
        since_ms: u64,
        until_ms: u64,
    ) -> Result<Vec<SpendRow>, StoreError> {
        self.0
            .read("spending", move |connection| {
                let scope = scope.clone();
                Box::pin(async move { report::spending(connection, &scope, since_ms, until_ms).await })
            })
            .await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.0.close().await
    }
}
