//! What a history on disk costs: bytes and time for a commit, opening, going back, listing.
//!
//! Targets, with full sync: at most 2 KB and the compressed content for the commit of one changed file of 4 KB in a project
//! of 20 files and 50 tasks, the same from step 10 to step 5,000, and 1 ms (median); 50 ms to open the head of 5,000
//! commits or any earlier version; 20 ms to list 1,000 projects; 15 GB, without contents, for 50,000 projects of 100
//! steps.
//!
//! `cargo bench --bench store`

#![expect(clippy::unwrap_used, reason = "a bench ends at the first thing that is not as it should be")]

mod machine;

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use criterion::{Criterion, SamplingMode};
use samokoder::{
    digest::Digest,
    id::{BranchId, ProjectId},
    open::sqlite::SqliteStore,
    pipeline::History,
    project::Change,
    store::{Author, Batch, Branch, Commit, Lease, Page, Record, Scope, Seq, StateStore},
};
use serde_json::json;
use tokio::runtime::Runtime;

const FILES: u64 = 20;
const TASKS: u64 = 50;
const STEPS: u64 = 5000;
/// How often the pipeline stores a snapshot, in records.
const SNAPSHOT_EVERY: u64 = 512;
const PROJECTS: u64 = 1000;
/// Of those whose size is measured.
const SIZED: u64 = 500;

fn main() {
    machine::describe();
    let runtime = machine::runtime();
    let folder = machine::folder();
    runtime.block_on(growth(&folder.path().join("growth.db")));
    runtime.block_on(size(&folder.path().join("size.db")));
    let mut criterion =
        Criterion::default().warm_up_time(Duration::from_secs(1)).sample_size(20).configure_from_args();
    let mut group = criterion.benchmark_group("store/sqlite");
    group.sampling_mode(SamplingMode::Flat);
    let path = folder.path().join("long.db");
    let (store, lease) = runtime.block_on(long(&path));
    let branch = lease.branch().clone();
    runtime.block_on(store.close()).unwrap();
    for (name, until) in
        [("open the head", u64::MAX), ("open the middle", STEPS / 2), ("open record 400", 400)]
    {
        group.bench_function(name, |bench| bench.iter(|| runtime.block_on(open(&path, &branch, Seq(until)))));
    }
    // Last: what is committed here has no snapshots, as the journal stores them.
    group.bench_function("commit after 5,000", |bench| {
        bench.iter_custom(|times| runtime.block_on(commits(&store, &lease, times)));
    });
    let store = runtime.block_on(projects(&folder.path().join("projects.db"), PROJECTS, 0));
    group.bench_function("list 1,000 projects", |bench| bench.iter(|| list(&runtime, &store)));
    group.finish();
    criterion.final_summary();
}

fn list(runtime: &Runtime, store: &SqliteStore) {
    let page = Page { before: None, limit: 1000 };
    let found = runtime.block_on(store.projects(&Scope::default(), page)).unwrap();
    assert_eq!(found.len() as u64, PROJECTS);
}

async fn open(path: &Path, branch: &Branch, until: Seq) {
    let store = SqliteStore::open_existing(path).await.unwrap();
    let history = History::load_until(&store, branch, until).await.unwrap();
    assert!(history.state().version() > Seq(100));
}

/// A project of 50 planned tasks and 20 files of 4 KB.
async fn project(store: &SqliteStore) -> Lease {
    let branch = Branch { scope: Scope::default(), project: ProjectId::fresh(), id: BranchId::fresh() };
    store.create(&branch).await.unwrap();
    let lease = store.acquire(&branch).await.unwrap();
    let id = |number: u64| format!("00000000-0000-8000-8000-{number:012}");
    let tasks: Vec<_> = (0..TASKS)
        .map(|task| {
            json!({
                "id": id(task), "epic": id(900), "title": format!("Task number {task}"),
                "description": "What is to be done, and how one sees that it is: ".repeat(4),
                "depends_on": [], "files": [format!("src/module-{}.mjs", task % FILES)],
            })
        })
        .collect();
    let plan = json!({
        "v": 1, "type": "commit", "author": {"by": "person"}, "changes": [
            {"change": "described", "description": "An app", "toolchains": []},
            {"change": "plan_made", "epics": [{"id": id(900), "title": "App", "description": "All"}], "tasks": tasks},
        ],
    });
    let records = vec![Record::decode(&plan.to_string()).unwrap()];
    let mut head = store.append(&lease, Seq::START, Batch { records, ..Batch::default() }).await.unwrap();
    for file in 0..FILES {
        head = store.append(&lease, head, commit(file, None)).await.unwrap();
    }
    lease
}

/// Source code that is different each time: about 4 KB.
fn content(step: u64) -> String {
    let line = |n: u64| {
        let word = Digest::of(&(step * 1000 + n).to_le_bytes()).to_string();
        format!("export function {}(book) {{ return book.{}; }}\n", &word[..12], &word[20..28])
    };
    (0..75).map(line).collect()
}

/// The commit of a file of 4 KB, which replaces the one before.
fn commit(step: u64, replaces: Option<u64>) -> Batch {
    let content = content(step);
    let changes = vec![Change::FileWritten {
        path: format!("src/module-{}.mjs", step % FILES).parse().unwrap(),
        content: Digest::of(content.as_bytes()),
        size: content.len() as u64,
        replaces: replaces.map(|step| Digest::of(self::content(step).as_bytes())),
        finishes: None,
    }];
    let records = vec![Record::Commit(Commit { author: Author::Person, changes })];
    Batch { records, blobs: vec![content.into()], ..Batch::default() }
}

async fn step(store: &SqliteStore, lease: &Lease, head: Seq) -> Seq {
    let step = head.0 - 1;
    let head = store.append(lease, head, commit(step, step.checked_sub(FILES))).await.unwrap();
    if head.0.is_multiple_of(SNAPSHOT_EVERY) {
        History::save(store, lease, head).await.unwrap();
    }
    head
}

async fn head(store: &SqliteStore, lease: &Lease) -> Seq {
    store.info(lease.branch()).await.unwrap().head
}

async fn commits(store: &SqliteStore, lease: &Lease, times: u64) -> Duration {
    let mut at = head(store, lease).await;
    let mut took = Duration::ZERO;
    for _ in 0..times {
        let step = at.0 - 1;
        let batch = commit(step, step.checked_sub(FILES));
        let began = Instant::now();
        at = store.append(lease, at, batch).await.unwrap();
        took += began.elapsed();
    }
    took
}

async fn long(path: &Path) -> (SqliteStore, Lease) {
    let store = SqliteStore::open(path).await.unwrap();
    let lease = project(&store).await;
    let mut at = head(&store, &lease).await;
    while at.0 < STEPS {
        at = step(&store, &lease, at).await;
    }
    (store, lease)
}

/// Prints what a commit adds to the file, and how long it takes, at several lengths of a history.
#[expect(clippy::print_stdout, reason = "criterion knows times, not sizes")]
async fn growth(path: &Path) {
    const COMMITS: u64 = 200;
    for at_step in [10, 100, 1000, STEPS] {
        let path = path.with_extension(at_step.to_string());
        let store = SqliteStore::open(&path).await.unwrap();
        let lease = project(&store).await;
        let mut at = head(&store, &lease).await;
        while at.0 < at_step {
            at = step(&store, &lease, at).await;
        }
        store.close().await.unwrap();
        let before = fs::metadata(&path).unwrap().len();
        let mut times = Vec::new();
        let mut contents = 0;
        for _ in 0..COMMITS {
            let batch = commit(at.0 - 1, (at.0 - 1).checked_sub(FILES));
            contents += compressed(&batch);
            let began = Instant::now();
            at = store.append(&lease, at, batch).await.unwrap();
            times.push(began.elapsed());
        }
        store.close().await.unwrap();
        times.sort();
        let grown = fs::metadata(&path).unwrap().len() - before;
        println!(
            "commit at step {at_step}: {} bytes and {} of content; {:.2?} (median), {:.2?} (p95)",
            grown.saturating_sub(contents) / COMMITS,
            contents / COMMITS,
            times[times.len() / 2],
            times[times.len() * 95 / 100],
        );
    }
}

/// The size of a batch's contents as they are stored.
fn compressed(batch: &Batch) -> u64 {
    batch.blobs.iter().map(|blob| zstd::bulk::compress(blob, 3).unwrap().len() as u64).sum()
}

/// Prints the size of many projects.
#[expect(clippy::print_stdout, reason = "criterion knows times, not sizes")]
async fn size(path: &Path) {
    const WANTED: u64 = 50_000;
    let store = projects(path, SIZED, 100).await;
    store.close().await.unwrap();
    let bytes = fs::metadata(path).unwrap().len();
    println!(
        "{SIZED} projects of 100 steps: {} MB; {WANTED} of them would be {:.1} GB",
        bytes >> 20,
        Duration::from_nanos(bytes * (WANTED / SIZED)).as_secs_f64()
    );
}

/// Records of a step of a run.
const RECORDS: u64 = 5;

/// The records of a step of a run, in the batches in which the pipeline appends them: an attempt begins and calls a
/// model; the answer comes; the file that it brings is committed.
fn whole_step(n: u64) -> [Vec<Record>; 3] {
    let digest = |number: u64| Digest::of(&number.to_le_bytes()).to_string();
    let record = |mut body: serde_json::Value| {
        body["v"] = 1.into();
        body["assignment"] = format!("00000000-0000-8000-8000-{n:012}").into();
        body["attempt"] = 1.into();
        Record::decode(&body.to_string()).unwrap()
    };
    let spend = json!({"money": 5_000_000, "tokens": 4000, "calls": 1});
    let started = record(json!({
        "type": "started", "role": "developer", "subject": format!("step:{}", digest(n)[..32].to_owned()), "base": n,
        "input": digest(n),
    }));
    let intent = record(json!({
        "type": "intent", "name": "write", "nth": 0, "request": digest(n + 1), "reserved": spend,
        "kind": {"kind": "call", "model": "openai:gpt-5", "template": "developer/write_file"},
    }));
    let usage = json!({"input": 3000, "output": 1000, "cached_input": 2000});
    let outcome = record(json!({
        "type": "outcome", "name": "write", "nth": 0, "spent": spend,
        "result": {"result": "done", "payload": digest(n + 2), "usage": usage, "duration_ms": 12_000},
    }));
    let commit = commit(n, n.checked_sub(FILES)).records;
    let ended = record(json!({"type": "ended", "end": {"end": "committed"}}));
    [vec![started, intent], vec![outcome], commit.into_iter().chain([ended]).collect()]
}

async fn projects(path: &Path, count: u64, steps: u64) -> SqliteStore {
    let store = SqliteStore::open(path).await.unwrap();
    for _ in 0..count {
        let lease = project(&store).await;
        let mut at = head(&store, &lease).await;
        let end = at.after(usize::try_from(steps * RECORDS).unwrap());
        let mut n = FILES;
        while at < end {
            for records in whole_step(n) {
                at = store.append(&lease, at, Batch { records, ..Batch::default() }).await.unwrap();
            }
            n += 1;
        }
    }
    store
}
