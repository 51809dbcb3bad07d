//! The connections to one server, and what is run on them.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use futures::future::BoxFuture;
use samokoder_core::store::{StoreError, StoreErrorKind};
use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{sync::oneshot, time::Instant};

use super::{error::Failure, options::PostgresOptions};

/// Before the second attempt; each further one waits twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A transaction whose client has stopped is rolled back after this time: others wait for what it has locked.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
    SET LOCAL lock_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// A transaction that sees everything as it was when it began, and fails if it changes what was changed since.
const BEGIN_SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE;
    SET LOCAL lock_timeout = '5s'; SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// A unit of work on a connection.
pub(super) type Work<'c, T> = BoxFuture<'c, Result<T, Failure>>;

/// The connections to one server.
#[derive(Debug)]
pub(super) struct Connections {
    options: PostgresOptions,
    /// How the pool is made again after it was closed; none when it is someone else's.
    own: Option<PgConnectOptions>,
    pool: RwLock<PgPool>,
}

impl Connections {
    /// Connections of their own.
    pub(super) fn new(own: PgConnectOptions, options: PostgresOptions) -> Self {
        let pool = RwLock::new(pool(&own, &options));
        Self { options, own: Some(own), pool }
    }

    /// Connections from someone else's pool.
    pub(super) fn from_pool(pool: PgPool, options: PostgresOptions) -> Self {
        Self { options, own: None, pool: RwLock::new(pool) }
    }

    pub(super) fn options(&self) -> &PostgresOptions {
        &self.options
    }

    /// The pool, as it is now.
    pub(super) fn pool(&self) -> PgPool {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs `work` until it ends with something else than an error that trying again may cure, or patience is over.
    /// What `work` does may be done twice.
    ///
    /// # Cancel safety
    /// Dropping the future leaves the work to a task of its own, which finishes it.
    pub(super) async fn run<A, T, W>(
        self: &Arc<Self>,
        operation: &'static str,
        argument: A,
        work: W,
    ) -> Result<T, StoreError>
    where
        A: Send + Sync + 'static,
        T: Send + 'static,
        W: for<'c> Fn(&'c mut PgConnection, &'c A) -> Work<'c, T> + Send + Sync + 'static,
    {
        let (done, outcome) = oneshot::channel();
        let this = Arc::clone(self);
        let task = async move { drop(done.send(this.run_here(operation, &argument, work).await)) };
        #[expect(
            clippy::disallowed_methods,
            reason = "a transaction may not be dropped halfway: it outlives its caller by milliseconds, then ends"
        )]
        tokio::spawn(task);
        outcome.await.unwrap_or_else(|_| {
            let message = "the runtime was shut down before the database answered";
            Err(StoreError::new(StoreErrorKind::Unavailable, operation, message))
        })
    }

    /// [`run`](Self::run) for a task that nobody drops.
    pub(super) async fn run_here<A, T, W>(
        &self,
        operation: &'static str,
        argument: &A,
        work: W,
    ) -> Result<T, StoreError>
    where
        W: for<'c> Fn(&'c mut PgConnection, &'c A) -> Work<'c, T>,
    {
        let deadline = Instant::now() + self.options.patience;
        let mut pause = FIRST_PAUSE;
        let mut is_first = true;
        loop {
            let outcome = match self.acquire(is_first).await {
                Ok(connection) => once(connection, argument, &work).await,
                Err(failure) => Err(failure),
            };
            is_first = false;
            match outcome {
                Err(failure) if failure.is_transient() && Instant::now() + pause < deadline => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
                outcome => return outcome.map_err(|failure| failure.explain(operation)),
            }
        }
    }

    /// A connection: at first any, of which it shows when it is used whether it is alive; that saves asking each one. After
    /// a failure the others may have been cut too.
    async fn acquire(&self, is_first: bool) -> Result<PoolConnection<Postgres>, Failure> {
        loop {
            let mut connection = self.pool().acquire().await?;
            if is_first || connection.ping().await.is_ok() {
                return Ok(connection);
            }
            connection.close_on_drop();
        }
    }

    /// Closes all connections when they are done, unless they are someone else's.
    pub(super) async fn close(&self) {
        let Some(own) = &self.own else { return };
        let old = {
            let mut pool_now = self.pool.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *pool_now, pool(own, &self.options))
        };
        old.close().await;
    }
}

/// Connects when it is used.
fn pool(own: &PgConnectOptions, options: &PostgresOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(options.patience)
        .test_before_acquire(false)
        .connect_lazy_with(own.clone())
}

async fn once<A, T>(
    connection: PoolConnection<Postgres>,
    argument: &A,
    work: &impl for<'c> Fn(&'c mut PgConnection, &'c A) -> Work<'c, T>,
) -> Result<T, Failure> {
    let mut lent = Lent { connection, is_clean: false };
    let outcome = work(&mut lent.connection, argument).await;
    lent.is_clean = matches!(outcome, Ok(_) | Err(Failure::Refused(_)));
    outcome
}

/// A connection at work. Dropped in between, it is closed, which rolls back, and not returned to the pool.
struct Lent {
    connection: PoolConnection<Postgres>,
    is_clean: bool,
}

impl Drop for Lent {
    fn drop(&mut self) {
        if !self.is_clean {
            self.connection.close_on_drop();
        }
    }
}

/// Begins a transaction. Whoever returns [`Failure::Sql`] from within leaves the rest to the closing of the connection.
pub(super) async fn begin(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::raw_sql(BEGIN).execute(connection).await?;
    Ok(())
}

/// Begins a transaction that sees everything as it is now.
pub(super) async fn begin_snapshot(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::raw_sql(BEGIN_SNAPSHOT).execute(connection).await?;
    Ok(())
}

/// Ends a transaction: it is durable when this returns.
pub(super) async fn commit(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::raw_sql("COMMIT").execute(connection).await?;
    Ok(())
}

/// Ends a transaction that has done nothing.
pub(super) async fn roll_back(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::raw_sql("ROLLBACK").execute(connection).await?;
    Ok(())
}

/// Ends a transaction as its work came out.
pub(super) async fn finish<T>(
    connection: &mut PgConnection,
    outcome: Result<T, Failure>,
) -> Result<T, Failure> {
    match &outcome {
        Ok(_) => commit(connection).await?,
        Err(Failure::Refused(_)) => roll_back(connection).await?,
        Err(Failure::Sql(_) | Failure::InDoubt) => {}
    }
    outcome
}
