//! A store on a PostgreSQL server, version 13 or newer, that any number of processes on any number of machines share.
//!
//! Every append is one transaction, durable as the server's `synchronous_commit` says. Who may append to a branch is
//! decided by the server's clock: a lease lasts 30 seconds and is renewed by its holder until it is dropped. A holder
//! that was stopped and wakes after another one took over can't write. An append whose connection breaks while it is
//! committed is not written twice: the server is asked what became of it.
//!
//! Its tables are in the first schema of the connection's search path, which must be there. Ids in them are what the
//! command line shows; every branch, content and listing belongs to a scope, and no statement crosses it.

mod append;
mod blob;
mod branch;
mod collect;
mod connection;
mod error;
mod fork;
mod heads;
mod lease;
mod log;
mod news;
mod options;
mod pack;
mod report;
mod schema;
mod signal;
mod snapshot;
mod tables;
mod text;
mod turns;

use std::{str::FromStr as _, sync::Arc, time::Duration};

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
use sqlx::{ConnectOptions as _, PgConnection, PgPool, postgres::PgConnectOptions};

use append::Append;
use connection::{Connections, Work};
use error::Failure;
use fork::Fork;
use heads::Heads;
use lease::Leases;
use news::{News, Topic};
pub use options::PostgresOptions;
use signal::Post;
use snapshot::Snapshot;

/// How long it is asked once more why there is no connection: the pool only says that it has waited in vain.
const ASKED_WHY: Duration = Duration::from_secs(3);

/// The error of a server that could not be used, with its address, and with what a connection fails with.
async fn unreachable(options: &PgConnectOptions, mut error: StoreError) -> StoreError {
    let why = match tokio::time::timeout(ASKED_WHY, options.connect()).await {
        // It is there: the error says what is wrong.
        Ok(Ok(_)) => return error,
        Ok(Err(why)) => why.to_string(),
        Err(_) => "it does not answer".into(),
    };
    let (host, port) = (options.get_host(), options.get_port());
    error.message = format!("the PostgreSQL server at {host}:{port} can't be used: {why}");
    error
}

/// A store on a PostgreSQL server. Clones share its connections.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use samokoder_core::store::{Scope, StateStore};
/// use samokoder_store::PostgresStore;
///
/// let store = PostgresStore::open("postgres://samokoder:secret@localhost/samokoder").await?;
/// let branches = store.branches(&Scope::new("tenant 7")).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct PostgresStore {
    connections: Arc<Connections>,
    news: Arc<News>,
    leases: Arc<Leases>,
    heads: Arc<Heads>,
}

impl PostgresStore {
    /// Opens the store at a URL like `postgres://user:password@host:5432/database`, with the default options. Makes
    /// its tables if they are not there, and brings older ones to the newest form.
    ///
    /// `?host=/run/postgresql` is a socket, `?sslmode=verify-full` wants a certificate of the server,
    /// `?options=-csearch_path%3Dname` another schema. What the URL leaves out is taken from where PostgreSQL's own
    /// clients take it: `PGUSER` and the like, the password file. [`with_pool`](Self::with_pool) takes nothing from
    /// there.
    ///
    /// # Errors
    /// [`NotFound`](samokoder_core::store::StoreErrorKind::NotFound) when there is no such database,
    /// [`NewerFormat`](samokoder_core::store::StoreErrorKind::NewerFormat) when a newer version made its tables,
    /// [`Unavailable`](samokoder_core::store::StoreErrorKind::Unavailable) when it can't be reached or used.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with(url, PostgresOptions::default()).await
    }

    /// [`open`](Self::open) with other options.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn open_with(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let own = PgConnectOptions::from_str(url).map_err(|error| Failure::from(error).explain("open"))?;
        let own = own.disable_statement_logging();
        match Self::prepare(Connections::new(own.clone(), options)).await {
            Err(error) if error.kind == StoreErrorKind::Unavailable => Err(unreachable(&own, error).await),
            prepared => prepared,
        }
    }

    /// A store on connections from a pool, which must have room for one more than are in use. Another connection, made
    /// as the pool's are, waits for news from other processes.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn with_pool(pool: PgPool, options: PostgresOptions) -> Result<Self, StoreError> {
        Self::prepare(Connections::from_pool(pool, options)).await
    }

    async fn prepare(connections: Connections) -> Result<Self, StoreError> {
        let (connections, heads) = (Arc::new(connections), Arc::new(Heads::default()));
        connections.run("open", (), |connection, ()| Box::pin(schema::migrate(connection))).await?;
        let leases = Arc::new(Leases::new(Arc::clone(&connections), Arc::clone(&heads)));
        let news = Arc::new(News::new(Arc::clone(&connections)));
        Ok(Self { connections, news, leases, heads })
    }

    /// Makes the tables beside the logs again, from the logs: those of all branches of a scope, one after the other. For
    /// when a question was answered with [`Damaged`](samokoder_core::store::StoreErrorKind::Damaged) and the logs can
    /// be read.
    ///
    /// # Errors
    /// As [`read`](StateStore::read): what can't be read stays as it is.
    ///
    /// # Cancel safety
    /// May be dropped and called again. Each branch is done as a whole or not at all.
    pub async fn rebuild(&self, scope: &Scope) -> Result<(), StoreError> {
        for branch in self.branches(scope).await? {
            self.connections
                .run("rebuild", branch, |connection, branch| Box::pin(tables::rebuild(connection, branch)))
                .await?;
        }
        Ok(())
    }

    /// Calls `look` whenever there are news, and now and then, until it finds something.
    async fn until<A: Clone + Send + Sync + 'static, T: Send + 'static>(
        &self,
        operation: &'static str,
        topic: Topic,
        argument: A,
        look: impl for<'c> Fn(&'c mut PgConnection, &'c A) -> Work<'c, Option<T>> + Copy + Send + Sync + 'static,
    ) -> Result<T, StoreError> {
        let subscription = self.news.subscribe(topic);
        loop {
            let news = subscription.news().notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if let Some(found) = self.connections.run(operation, argument.clone(), look).await? {
                return Ok(found);
            }
            // Being late is not an error: news from another process may have got lost.
            let _ = tokio::time::timeout(self.connections.options().poll, news).await;
        }
    }
}

#[async_trait]
impl StateStore for PostgresStore {
    async fn create(&self, branch: &Branch) -> Result<(), StoreError> {
        self.connections
            .run("create", branch.clone(), |connection, branch| Box::pin(branch::create(connection, branch)))
            .await
    }

    async fn branches(&self, scope: &Scope) -> Result<Vec<Branch>, StoreError> {
        self.connections
            .run("branches", scope.clone(), |connection, scope| Box::pin(branch::list(connection, scope)))
            .await
    }

    async fn info(&self, branch: &Branch) -> Result<BranchInfo, StoreError> {
        self.connections
            .run("info", branch.clone(), |connection, branch| Box::pin(branch::info(connection, branch)))
            .await
    }

    async fn fork(&self, from: &Branch, at: Seq, to: BranchId, name: &str) -> Result<Branch, StoreError> {
        let fork = Fork { from: from.clone(), at, to, name: name.to_owned() };
        self.connections.run("fork", fork, |connection, fork| Box::pin(fork::fork(connection, fork))).await
    }

    async fn put_snapshot(&self, lease: &Lease, at: Seq, snapshot: Bytes) -> Result<(), StoreError> {
        self.connections
            .run("put_snapshot", Snapshot::new(lease, at, &snapshot), |connection, snapshot| {
                Box::pin(snapshot::put(connection, snapshot))
            })
            .await
    }

    async fn snapshot(&self, branch: &Branch, until: Seq) -> Result<Option<(Seq, Bytes)>, StoreError> {
        self.connections
            .run("snapshot", (branch.clone(), until), |connection, (branch, until)| {
                Box::pin(snapshot::latest(connection, branch, *until))
            })
            .await
    }

    async fn acquire(&self, branch: &Branch) -> Result<Lease, StoreError> {
        self.leases.acquire(branch).await
    }

    async fn append(&self, lease: &Lease, after: Seq, batch: Batch) -> Result<Seq, StoreError> {
        let lasts = self.connections.options().lease.as_secs_f64();
        let batch = Append::new(lease, after, batch, Arc::clone(&self.heads), Arc::clone(&self.news), lasts)?;
        self.connections
            .run("append", batch, |connection, batch| Box::pin(append::append(connection, batch)))
            .await
    }

    async fn read(&self, branch: &Branch, after: Seq, limit: usize) -> Result<Vec<Stored>, StoreError> {
        self.connections
            .run("read", (branch.clone(), after, limit), |connection, (branch, after, limit)| {
                Box::pin(log::read(connection, branch, *after, *limit))
            })
            .await
    }

    async fn wait(&self, branch: &Branch, after: Seq) -> Result<Seq, StoreError> {
        self.until(
            "wait",
            Topic::Records(branch.id),
            (branch.clone(), after),
            |connection, (branch, after)| {
                Box::pin(async move {
                    let head = branch::head(connection, branch).await?;
                    Ok((head > *after).then_some(head))
                })
            },
        )
        .await
    }

    async fn blob(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError> {
        self.connections
            .run("blob", (scope.clone(), digest), |connection, (scope, digest)| {
                Box::pin(blob::read(connection, scope, *digest))
            })
            .await
    }

    async fn post(&self, branch: &Branch, id: SignalId, signal: Signal) -> Result<(), StoreError> {
        let (body, news) = (signal.encode()?, Arc::clone(&self.news));
        let post = Post { branch: branch.clone(), id, body, news };
        self.connections.run("post", post, |connection, post| Box::pin(signal::post(connection, post))).await
    }

    async fn signals(&self, branch: &Branch) -> Result<Vec<(SignalId, Signal)>, StoreError> {
        self.connections
            .run("signals", branch.clone(), |connection, branch| Box::pin(signal::open(connection, branch)))
            .await
    }

    async fn wait_signal(&self, branch: &Branch) -> Result<(), StoreError> {
        self.until("wait_signal", Topic::Signals(branch.id), branch.clone(), |connection, branch| {
            Box::pin(async move { Ok(signal::any(connection, branch).await?.then_some(())) })
        })
        .await
    }

    async fn collect(&self, scope: &Scope, what: Collect) -> Result<Collected, StoreError> {
        self.connections
            .run("collect", (scope.clone(), what), |connection, (scope, what)| {
                Box::pin(collect::collect(connection, scope, *what))
            })
            .await
    }

    async fn projects(&self, scope: &Scope, page: Page) -> Result<Vec<ProjectSummary>, StoreError> {
        self.connections
            .run("projects", (scope.clone(), page), |connection, (scope, page)| {
                Box::pin(report::projects(connection, scope, *page))
            })
            .await
    }

    async fn project(&self, branch: &Branch) -> Result<ProjectDetail, StoreError> {
        self.connections
            .run("project", branch.clone(), |connection, branch| {
                Box::pin(report::project(connection, branch))
            })
            .await
    }

    async fn calls(&self, scope: &Scope, query: CallQuery) -> Result<Vec<CallRow>, StoreError> {
        self.connections
            .run("calls", (scope.clone(), query), |connection, (scope, query)| {
                Box::pin(report::calls(connection, scope, *query))
            })
            .await
    }

    async fn spending(
        &self,
        scope: &Scope,
        since_ms: u64,
        until_ms: u64,
    ) -> Result<Vec<SpendRow>, StoreError> {
        self.connections
            .run(
                "spending",
                (scope.clone(), since_ms, until_ms),
                |connection, (scope, since_ms, until_ms)| {
                    Box::pin(report::spending(connection, scope, *since_ms, *until_ms))
                },
            )
            .await
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.leases.settle().await;
        self.news.close().await;
        self.connections.close().await;
        Ok(())
    }
}
