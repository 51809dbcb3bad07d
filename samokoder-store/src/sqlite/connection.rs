//! Connections to one database file: one that writes, a few that read.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures::future::BoxFuture;
use samokoder_core::store::{Branch, StoreError, StoreErrorKind};
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::{Mutex, Notify, oneshot};

use super::{branch::BranchRow, error::Failure, operations::Known, readers::Readers};

/// How long one waits for another process that writes. Transactions take milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// What the write-ahead log is cut down to after a checkpoint, in bytes.
const JOURNAL_SIZE_LIMIT: &str = "16777216";
/// The length of the write-ahead log, in pages, at which it is written back: of a page that was written often, the last
/// form. Whoever writes then waits for it: a run of a hundred calls doesn't.
const CHECKPOINT_AT: &str = "4000";

/// How long it is waited before what failed for a reason that may pass is tried again: once for each.
const RETRIES: [Duration; 4] = [
    Duration::from_millis(20),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_secs(2),
];

/// A unit of work on a connection, which it may borrow across awaits.
pub(super) type Work<'c, T> = BoxFuture<'c, Result<T, Failure>>;

/// The connections to one file.
#[derive(Debug)]
pub(super) struct Connections {
    file: PathBuf,
    writer: Arc<Mutex<Writer>>,
    readers: Readers,
    /// Signalled after each write of this process.
    pub(super) changed: Notify,
    /// Signalled after each post of this process.
    pub(super) posted: Notify,
}

impl Connections {
    /// Connections to `file`, of which `writer` is the first.
    pub(super) fn new(file: PathBuf, writer: SqliteConnection) -> Self {
        let readers = Readers::new(file.clone());
        let writer = Writer {
            identity: identity(&file),
            file: file.clone(),
            connection: Some(writer),
            known: BTreeMap::new(),
            operations: Known::default(),
            is_at_work: false,
        };
        let writer = Arc::new(Mutex::new(writer));
        Self { file, writer, readers, changed: Notify::new(), posted: Notify::new() }
    }

    /// The file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Runs `work` on the connection that writes, after all other writes. What it wrote is durable when this returns.
    /// It is run again when it fails for a reason that may pass.
    ///
    /// # Cancel safety
    /// Dropping the future before the work began does nothing; after that the work is finished in the background, before
    /// any other write.
    pub(super) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        operation: &'static str,
        work: impl for<'c> Fn(&'c mut Writer) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        let (done, outcome) = oneshot::channel();
        let this = Arc::clone(self);
        let task = async move {
            let outcome = writer.run(&work).await;
            let outcome = outcome.map_err(|failure| failure.explain(operation, &this.file));
            if outcome.is_ok() {
                this.changed.notify_waiters();
            }
            // Before the next writer's turn: what nobody waits for any more, such as a file lock, is dropped here.
            drop(done.send(outcome));
            drop(writer);
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "a transaction may not be dropped halfway: it outlives its caller by milliseconds, then ends"
        )]
        tokio::spawn(task);
        outcome.await.unwrap_or_else(|_| {
            let message = "the runtime was shut down before the write was finished";
            Err(StoreError::new(StoreErrorKind::Unavailable, operation, message))
        })
    }

    /// Runs `work` in a transaction of its own that is durable when this returns.
    ///
    /// # Cancel safety
    /// As [`write`](Self::write).
    pub(super) async fn transaction<T: Send + 'static>(
        self: &Arc<Self>,
        operation: &'static str,
        work: impl for<'c> Fn(&'c mut SqliteConnection) -> Work<'c, T> + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let work = Arc::new(work);
        self.write(operation, move |writer| {
            let work = Arc::clone(&work);
            Box::pin(async move { writer.transaction(move |connection| work(connection)).await })
        })
        .await
    }

    /// Runs `work` on a connection that can't write, and again when it fails for a reason that may pass.
    pub(super) async fn read<T>(
        &self,
        operation: &'static str,
        work: impl for<'c> Fn(&'c mut SqliteConnection) -> Work<'c, T>,
    ) -> Result<T, StoreError> {
        let mut pauses = RETRIES.into_iter();
        loop {
            match (self.readers.read(&work).await, pauses.next()) {
                (Err(failure), Some(pause)) if failure.may_pass() => tokio::time::sleep(pause).await,
                (outcome, _) => return outcome.map_err(|failure| failure.explain(operation, &self.file)),
            }
        }
    }

    /// Closes all connections: the last one to a file writes its log back and removes it.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        let outcome = async {
            self.readers.close().await?;
            // Alone at the end: two that close at the same time leave the log to each other.
            let last = match writer.connection.take() {
                Some(connection) => connection,
                None => writing(&self.file).connect().await?,
            };
            last.close().await
        };
        outcome.await.map_err(|error| Failure::from(error).explain("close", &self.file))
    }
}

/// The connection that writes, and what its last writes have left in the file.
#[derive(Debug)]
pub(super) struct Writer {
    file: PathBuf,
    /// Which file it was at first.
    identity: Option<Identity>,
    connection: Option<SqliteConnection>,
    /// Rows of `branch` as they were written last. Another process may have changed them since.
    known: BTreeMap<Branch, BranchRow>,
    /// Triggers of the connection.
    operations: Known,
    /// Still set when work begins, it says that the work before was dropped halfway, with its runtime.
    is_at_work: bool,
}

/// Branches that are remembered. More than this are hardly written to at the same time.
const KNOWN: usize = 256;

impl Writer {
    /// The branch's row, if it is remembered.
    pub(super) fn known(&self, branch: &Branch) -> Option<BranchRow> {
        self.known.get(branch).cloned()
    }

    /// Remembers a branch's row that is in the file, with tables that are as far as its log.
    pub(super) fn remember(&mut self, row: BranchRow) {
        if self.known.len() >= KNOWN {
            self.known.clear();
        }
        self.known.insert(row.branch.clone(), row);
    }

    /// The connection. One that failed was closed, which rolls back; another one is opened then.
    pub(super) async fn connection(&mut self) -> Result<&mut SqliteConnection, Failure> {
        Ok(self.parts().await?.0)
    }

    /// The connection and what it has triggers for.
    pub(super) async fn parts(&mut self) -> Result<(&mut SqliteConnection, &mut Known), Failure> {
        let connection = if let Some(connection) = self.connection.take() {
            connection
        } else {
            self.operations = Known::default();
            writing(&self.file).connect().await?
        };
        Ok((self.connection.insert(connection), &mut self.operations))
    }

    /// Ends a transaction that was begun and failed.
    pub(super) async fn roll_back(&mut self) -> Result<(), Failure> {
        sqlx::query("ROLLBACK").execute(self.connection().await?).await?;
        Ok(())
    }

    /// Runs `work` in a transaction.
    pub(super) async fn transaction<T>(
        &mut self,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T>,
    ) -> Result<T, Failure> {
        let connection = self.connection().await?;
        sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
        match work(connection).await {
            Ok(value) => {
                sqlx::query("COMMIT").execute(connection).await?;
                Ok(value)
            }
            Err(Failure::Refused(error)) => {
                self.roll_back().await?;
                Err(error.into())
            }
            Err(failure) => Err(failure),
        }
    }

    /// Closes a connection whose state is not known, which rolls back.
    fn start_over(&mut self) {
        self.connection = None;
        self.known.clear();
    }

    /// Fails when the file's name leads to another file or to none: what was just written is then in none that anyone
    /// will open. SQLite itself does not look.
    fn still_there(&self) -> Result<(), Failure> {
        if identity(&self.file) == self.identity {
            return Ok(());
        }
        let message = format!(
            "{} was removed or replaced while it was in use: what is recorded now would be lost; put it back and go on from \
             there",
            self.file.display()
        );
        Err(StoreError::new(StoreErrorKind::Unavailable, "write", message).into())
    }

    async fn run<T>(
        &mut self,
        work: &(impl for<'c> Fn(&'c mut Self) -> Work<'c, T> + Sync),
    ) -> Result<T, Failure> {
        let mut pauses = RETRIES.into_iter();
        loop {
            if std::mem::replace(&mut self.is_at_work, true) {
                self.start_over();
            }
            let outcome = match self.still_there() {
                Ok(()) => work(self).await.and_then(|value| self.still_there().map(|()| value)),
                Err(gone) => Err(gone),
            };
            self.is_at_work = false;
            if matches!(outcome, Err(Failure::Sqlite(_))) {
                self.start_over();
            }
            match (outcome, pauses.next()) {
                (Err(failure), Some(pause)) if failure.may_pass() => tokio::time::sleep(pause).await,
                (outcome, _) => return outcome,
            }
        }
    }
}

/// What tells a file from every other.
#[cfg(unix)]
type Identity = (u64, u64);
/// Elsewhere a file in use can't be removed.
#[cfg(not(unix))]
type Identity = ();

#[cfg(unix)]
fn identity(file: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(file).ok().map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(file: &Path) -> Option<Identity> {
    std::fs::metadata(file).ok().map(|_| ())
}

/// For a connection that writes. The file must be there.
pub(super) fn writing(file: &Path) -> SqliteConnectOptions {
    common(file)
        .journal_mode(SqliteJournalMode::Wal)
        .pragma("journal_size_limit", JOURNAL_SIZE_LIMIT)
        .pragma("wal_autocheckpoint", CHECKPOINT_AT)
        .pragma("temp_store", "MEMORY")
}

/// For a connection that reads.
pub(super) fn reading(file: &Path) -> SqliteConnectOptions {
    // Not `read_only`: the last connection to close must be able to write the log back.
    common(file).pragma("query_only", "ON")
}

/// For a connection that changes no file, not even by writing the log back.
pub(super) fn inspecting(file: &Path) -> SqliteConnectOptions {
    common(file).read_only(true)
}

/// For a connection that finishes what one that was killed has left.
pub(super) fn recovering(file: &Path) -> SqliteConnectOptions {
    common(file)
}

fn common(file: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(BUSY_TIMEOUT)
        .synchronous(SqliteSynchronous::Full)
        .pragma("cell_size_check", "ON")
        .pragma("trusted_schema", "OFF")
        .thread_name(|_| "samokoder-sqlite".to_owned())
}
