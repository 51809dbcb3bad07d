use std::{fs, path::Path};

use samokoder_core::{
    digest::Digest,
    project::Change,
    store::{Author, Batch, Commit, Record, Seq, StateStore},
};
use samokoder_store::SqliteStore;

use super::{fixture::branch, workload};

const FILES: u64 = 20;
/// Commits whose growth is measured.
const COMMITS: u64 = 100;
/// What a commit may add beside its content.
const OVERHEAD: u64 = 2048;

/// A file of 4 KB that can not be compressed, and the commit that writes it.
fn commit(n: u64) -> (Record, Vec<u8>) {
    let content: Vec<u8> =
        (0..128).flat_map(|part| *Digest::of(&(n * 1000 + part).to_le_bytes()).as_bytes()).collect();
    let changes = vec![Change::FileWritten {
        path: format!("src/module-{}.mjs", n % FILES).parse().unwrap(),
        content: Digest::of(&content),
        size: content.len() as u64,
        replaces: n.checked_sub(FILES).map(|n| Digest::of(&n.to_le_bytes())),
        finishes: None,
    }];
    (Record::Commit(Commit { author: Author::Person, changes }), content)
}

/// What a commit of one file adds to the history of a project of 20 files and 50 tasks that has so many commits.
async fn growth(path: &Path, commits: u64) -> u64 {
    let store = SqliteStore::open(path).await.unwrap();
    store.create(&branch()).await.unwrap();
    let lease = store.acquire(&branch()).await.unwrap();
    let batch = workload::batch(Seq::START, workload::plan(50));
    let start = store.append(&lease, Seq::START, batch).await.unwrap();
    let mut head = start;
    let numbers: Vec<_> = (0..commits).collect();
    for numbers in numbers.chunks(250) {
        let records = numbers.iter().map(|n| commit(*n).0).collect();
        head = store.append(&lease, head, workload::batch(head, records)).await.unwrap();
    }
    store.close().await.unwrap();
    let before = fs::metadata(path).unwrap().len();
    let mut contents = 0;
    for n in commits..commits + COMMITS {
        let (record, content) = commit(n);
        contents += content.len() as u64;
        let batch = Batch { blobs: vec![content.into()], ..workload::batch(head, vec![record]) };
        head = store.append(&lease, head, batch).await.unwrap();
    }
    store.close().await.unwrap();
    (fs::metadata(path).unwrap().len() - before - contents) / COMMITS
}

#[tokio::test]
async fn a_commit_costs_its_content_and_little_more_however_long_the_history_is() {
    let folder = tempfile::tempdir().unwrap();
    let mut costs = Vec::new();
    for commits in [10, 100, 1000] {
        costs.push(growth(&folder.path().join(format!("{commits}.db")), commits).await);
    }
    assert!(costs.iter().all(|bytes| *bytes <= OVERHEAD), "{costs:?}");
    let (least, most) = (costs.iter().min().unwrap(), costs.iter().max().unwrap());
    assert!(most - least <= OVERHEAD / 8, "{costs:?}");
}
