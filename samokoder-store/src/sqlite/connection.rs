//! Connections to one database file: one that writes, a few that read.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures::future::BoxFuture;
use samokoder_core::store::{StoreError, StoreErrorKind};
use sqlx::{
    ConnectOptions as _, Connection as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use tokio::sync::{Mutex, Notify, oneshot};

use super::{error::Failure, readers::Readers};

/// How long one waits for another process that writes. Transactions take milliseconds.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// What the write-ahead log is cut down to after a checkpoint.
const JOURNAL_SIZE_LIMIT: &str = "16777216";

/// A unit of work on a connection, which it may borrow across awaits.
pub(super) type Work<'c, T> = BoxFuture<'c, Result<T, Failure>>;

/// The connections to one file.
#[derive(Debug)]
pub(super) struct Connections {
    file: PathBuf,
    writer: Arc<Mutex<Option<SqliteConnection>>>,
    readers: Readers,
    /// Signalled after each write of this process.
    pub(super) changed: Notify,
    /// Signalled after each post of this process.
    pub(super) posted: Notify,
}

impl Connections {
    /// Connections to `file`, of which `writer` is the first.
    pub(super) fn new(file: PathBuf, writer: SqliteConnection) -> Self {
        Self {
            readers: Readers::new(file.clone()),
            file,
            writer: Arc::new(Mutex::new(Some(writer))),
            changed: Notify::new(),
            posted: Notify::new(),
        }
    }

    /// The file.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// Runs `work` in a transaction of its own that is durable when this returns.
    ///
    /// # Cancel safety
    /// Dropping the future before the transaction began does nothing; after that the transaction is finished in the
    /// background, before any other write.
    pub(super) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        operation: &'static str,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        let (done, outcome) = oneshot::channel();
        let this = Arc::clone(self);
        let task = async move {
            let outcome = this.transaction(&mut writer, work).await;
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

    async fn transaction<T>(
        &self,
        writer: &mut Option<SqliteConnection>,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T>,
    ) -> Result<T, Failure> {
        // Taken out, so that a connection that fails or is dropped in between is closed, which rolls back.
        let mut connection = match writer.take() {
            Some(connection) => connection,
            None => writing(&self.file).connect().await?,
        };
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await?;
        let outcome = match work(&mut connection).await {
            Ok(value) => sqlx::query("COMMIT").execute(&mut connection).await.map(|_| Ok(value)),
            Err(Failure::Refused(error)) => {
                sqlx::query("ROLLBACK").execute(&mut connection).await.map(|_| Err(error.into()))
            }
            Err(Failure::Sqlite(error)) => Err(error),
        };
        let outcome = outcome?;
        *writer = Some(connection);
        outcome
    }

    /// Runs `work` on a connection that can't write.
    pub(super) async fn read<T>(
        &self,
        operation: &'static str,
        work: impl for<'c> FnOnce(&'c mut SqliteConnection) -> Work<'c, T>,
    ) -> Result<T, StoreError> {
        self.readers.read(work).await.map_err(|failure| failure.explain(operation, &self.file))
    }

    /// Closes all connections: the last one to a file writes its log back and removes it.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let mut writer = self.writer.lock().await;
        let outcome = async {
            self.readers.close().await?;
            // Alone at the end: two that close at the same time leave the log to each other.
            let last = match writer.take() {
                Some(connection) => connection,
                None => writing(&self.file).connect().await?,
            };
            last.close().await
        };
        outcome.await.map_err(|error| Failure::from(error).explain("close", &self.file))
    }
}

/// For a connection that writes. The file must be there.
pub(super) fn writing(file: &Path) -> SqliteConnectOptions {
    common(file).journal_mode(SqliteJournalMode::Wal).pragma("journal_size_limit", JOURNAL_SIZE_LIMIT)
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
        .disable_statement_logging()
}
