//! Connections that read. Each is a thread, so that there are a few, which take turns.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
};

use super::{
    connection::{Work, reading},
    error::Failure,
};

/// Reads are short.
const READERS: u32 = 4;

/// The connections to one file that read.
#[derive(Debug)]
pub(super) struct Readers {
    file: PathBuf,
    idle: Mutex<Vec<SqliteConnection>>,
    /// One turn for each connection that is open and not idle: also while it is opened and closed.
    turns: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn new(file: PathBuf) -> Self {
        Self { file, idle: Mutex::default(), turns: Arc::new(Semaphore::new(READERS as usize)) }
    }

    /// Runs `work` on a connection that can't write.
    pub(super) async fn read<T>(
        &self,
        work: &impl for<'c> Fn(&'c mut SqliteConnection) -> Work<'c, T>,
    ) -> Result<T, Failure> {
        let mut lent = self.lend().await?;
        let Some((connection, _)) = &mut lent.0 else { return Err(sqlx::Error::PoolClosed.into()) };
        let outcome = work(connection).await;
        // One that failed or was dropped in between is closed instead.
        if !matches!(outcome, Err(Failure::Sqlite(_)))
            && let Some((connection, _turn)) = lent.0.take()
        {
            self.idle().push(connection);
        }
        outcome
    }

    async fn lend(&self) -> Result<Lent, Failure> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let idle = self.idle().pop();
        if let Some(connection) = idle {
            return Ok(Lent(Some((connection, turn))));
        }
        let options = reading(&self.file);
        // In a task: whoever does not wait for it any more leaves a connection that is closed in order, not a thread.
        let opened = Handle::current().spawn(async move {
            let connection = options.connect().await?;
            Ok(Lent(Some((connection, turn))))
        });
        opened.await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }

    /// Closes them all, those at work when they are done.
    pub(super) async fn close(&self) -> Result<(), sqlx::Error> {
        let _turns = self.turns.acquire_many(READERS).await;
        let idle = std::mem::take(&mut *self.idle());
        for connection in idle {
            connection.close().await?;
        }
        Ok(())
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection at work, with its turn. Dropped with it, it is closed before the turn is over.
#[derive(Debug)]
struct Lent(Option<(SqliteConnection, OwnedSemaphorePermit)>);

impl Drop for Lent {
    fn drop(&mut self) {
        // Without a runtime its thread closes it, and nobody is there to wait for that.
        if let (Some((connection, turn)), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            runtime.spawn(async move {
                // What was read is read.
                let _ = connection.close().await;
                drop(turn);
            });
        }
    }
}
