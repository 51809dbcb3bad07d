use std::{
    str::FromStr as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use samokoder_core::{
    id::{BranchId, ProjectId},
    project::Change,
    store::{Author, Batch, Branch, Commit, Lease, Record, Scope, Seq, StateStore, StoreError},
};
use samokoder_store::{PostgresStore, postgres::PostgresOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgConnection, Row as _, postgres::PgConnectOptions};

/// The server that tests use.
const SERVER: &str = "SAMOKODER_POSTGRES";

/// A database that nobody else uses. It goes with the server.
#[derive(Debug, Clone)]
pub(crate) struct Database(pub(crate) String);

impl Database {
    /// A new one; none when there is no server.
    #[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "a test finds its server")]
    pub(crate) async fn new() -> Option<Self> {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let Ok(server) = std::env::var(SERVER) else {
            eprintln!("left out: {SERVER} names no server");
            return None;
        };
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let server = Self(server);
        server.run(&format!("CREATE DATABASE {name}")).await;
        let (address, parameters) = server.0.split_once('?').unwrap_or((&server.0, ""));
        let (server, _) = address.rsplit_once('/').unwrap();
        Some(Self(format!("{server}/{name}?{parameters}")))
    }

    /// A connection of another program.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnectOptions::from_str(&self.0).unwrap().application_name("test").connect().await.unwrap()
    }

    /// Runs statements as another program would.
    pub(crate) async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut self.connect().await).await.unwrap();
    }

    /// The number that a query of another program gives.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let query = sqlx::query(AssertSqlSafe(sql.to_owned()));
        query.fetch_one(&mut self.connect().await).await.unwrap().get(0)
    }

    /// What sets something for connections that are made from now on.
    pub(crate) fn set(&self, setting: &str) -> String {
        let (address, _) = self.0.split_once('?').unwrap_or((&self.0, ""));
        format!("ALTER DATABASE {} SET {setting}", address.rsplit('/').next().unwrap_or_default())
    }

    pub(crate) async fn store(&self) -> PostgresStore {
        self.store_with(PostgresOptions::default()).await
    }

    pub(crate) async fn store_with(&self, options: PostgresOptions) -> PostgresStore {
        PostgresStore::open_with(&self.0, options).await.unwrap()
    }

    /// Lets the lease of every branch run out.
    pub(crate) async fn let_leases_run_out(&self) {
        self.run("UPDATE branch SET lease_until = clock_timestamp() - interval '1 s'").await;
    }
}

/// A branch that is not made yet.
pub(crate) fn branch() -> Branch {
    Branch { scope: Scope::default(), project: ProjectId::fresh(), id: BranchId::fresh() }
}

/// A branch with its lease.
pub(crate) async fn leased(store: &PostgresStore) -> (Branch, Lease) {
    let branch = branch();
    store.create(&branch).await.unwrap();
    let lease = store.acquire(&branch).await.unwrap();
    (branch, lease)
}

/// A record that can be told from others.
pub(crate) fn note(text: impl Into<String>) -> Record {
    let change =
        Change::Extension { namespace: "test".into(), key: "note".into(), value: text.into().into() };
    Record::Commit(Commit { author: Author::Person, changes: vec![change] })
}

/// A batch of one note.
pub(crate) fn notes(text: impl Into<String>) -> Batch {
    Batch { records: vec![note(text)], ..Batch::default() }
}

/// The whole log, as records.
pub(crate) async fn log(store: &PostgresStore, branch: &Branch) -> Result<Vec<Record>, StoreError> {
    let stored = store.read(branch, Seq::START, usize::MAX).await?;
    Ok(stored.into_iter().map(|stored| stored.record).collect())
}
