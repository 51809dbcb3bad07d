//! How many commits a PostgreSQL server takes from 16 writers, each on a project of its own, in one process.
//!
//! A commit is one changed file of 4 KB that no other has, durable before the next one of its writer begins. Target: at
//! least 1,000 a second.
//!
//! `SAMOKODER_POSTGRES=postgres://… cargo bench --features postgres --bench store_postgres`. It leaves its projects in
//! the database.

#![expect(clippy::unwrap_used, reason = "a bench ends at the first thing that is not as it should be")]
#![expect(clippy::print_stdout, reason = "figures are for people")]

mod machine;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use samokoder::{
    digest::Digest,
    id::{BranchId, ProjectId},
    open::postgres::PostgresStore,
    project::Change,
    store::{Author, Batch, Branch, Commit, Record, Scope, Seq, StateStore},
};
use tokio::task::JoinSet;

const SERVER: &str = "SAMOKODER_POSTGRES";
const WRITERS: usize = 16;
const COMMITS: u64 = 500;
const FILES: u64 = 20;

#[expect(clippy::disallowed_methods, reason = "a bench is told where its server is")]
fn main() {
    let Ok(url) = std::env::var(SERVER) else {
        println!("left out: {SERVER} names no server");
        return;
    };
    machine::describe();
    machine::runtime().block_on(async {
        let store = Arc::new(PostgresStore::open(&url).await.unwrap());
        // The first commits make connections and prepare statements.
        write(&store, COMMITS / 10).await;
        let began = Instant::now();
        let mut took = write(&store, COMMITS).await;
        let all = began.elapsed();
        took.sort_unstable();
        let rate = f64::from(u32::try_from(took.len()).unwrap_or(u32::MAX)) / all.as_secs_f64();
        let [p50, p99] = [50, 99].map(|percent| took[took.len() * percent / 100]);
        println!("{WRITERS} writers: {rate:.0} commits/s; one takes {p50:.2?} (p50), {p99:.2?} (p99)");
        store.close().await.unwrap();
    });
}

/// Has every writer make so many commits. Gives how long each took.
async fn write(store: &Arc<PostgresStore>, commits: u64) -> Vec<Duration> {
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let store = Arc::clone(store);
        writers.spawn(async move {
            let branch =
                Branch { scope: Scope::new("bench"), project: ProjectId::fresh(), id: BranchId::fresh() };
            store.create(&branch).await.unwrap();
            let lease = store.acquire(&branch).await.unwrap();
            let mut took = Vec::new();
            for n in 0..commits {
                let batch = commit(&branch, n);
                let began = Instant::now();
                store.append(&lease, Seq(n), batch).await.unwrap();
                took.push(began.elapsed());
            }
            took
        });
    }
    writers.join_all().await.into_iter().flatten().collect()
}

/// A commit that changes one of the project's files to a content that nobody else has.
fn commit(branch: &Branch, n: u64) -> Batch {
    let line = |at: usize| format!("export const value{at} = \"{} {n} {at}\";\n", branch.id);
    let mut content: String = (0..).map(line).take(64).collect();
    content.truncate(4096);
    let change = Change::FileWritten {
        path: format!("src/{}.mjs", n % FILES).parse().unwrap(),
        content: Digest::of(content.as_bytes()),
        size: content.len() as u64,
        replaces: None,
        finishes: None,
    };
    let record = Record::Commit(Commit { author: Author::Person, changes: vec![change] });
    Batch { records: vec![record], blobs: vec![content.into()], ..Batch::default() }
}
