use std::{fs, path::Path};

use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    id::{BranchId, ProjectId},
    project::Change,
    store::{Author, Batch, Branch, Commit, Lease, Record, Scope, Seq, StateStore, StoreError, Stored},
};
use samokoder_store::SqliteStore;

/// The same branch in every process.
pub(crate) fn branch() -> Branch {
    Branch {
        scope: Scope::default(),
        project: ProjectId::derive(["library"]),
        id: BranchId::derive(["main"]),
    }
}

/// The content that belongs to record `n`.
pub(crate) fn content(n: u64) -> Bytes {
    Bytes::from(format!("content {n} ").repeat(40))
}

/// Record `n`, which refers to content `n`.
pub(crate) fn record(n: u64) -> Record {
    let changes = vec![Change::FileWritten {
        path: format!("src/файл {n}.mjs").parse().unwrap(),
        content: Digest::of(&content(n)),
        size: content(n).len() as u64,
        replaces: None,
        finishes: None,
    }];
    Record::Commit(Commit { author: Author::Person, changes })
}

/// Records `after + 1` to `after + count` with their contents.
pub(crate) fn batch(after: Seq, count: u64) -> Batch {
    let numbers = after.0 + 1..=after.0 + count;
    Batch {
        records: numbers.clone().map(record).collect(),
        blobs: numbers.map(content).collect(),
        ..Batch::default()
    }
}

/// A store in `path` with the branch, its lease and `count` records.
pub(crate) async fn filled(path: &Path, count: u64) -> (SqliteStore, Lease) {
    let store = SqliteStore::open(path).await.unwrap();
    store.create(&branch()).await.unwrap();
    let lease = store.acquire(&branch()).await.unwrap();
    store.append(&lease, Seq::START, batch(Seq::START, count)).await.unwrap();
    (store, lease)
}

/// Reads the whole log, with its contents, and checks every bit of it. Gives the number of the last record.
pub(crate) async fn verified(store: &SqliteStore) -> Result<Seq, StoreError> {
    let stored = store.read(&branch(), Seq::START, usize::MAX).await?;
    for (n, Stored { seq, record: read, .. }) in (1..).zip(&stored) {
        assert_eq!((*seq, read), (Seq(n), &record(n)));
        assert_eq!(store.blob(&branch().scope, Digest::of(&content(n))).await?, content(n));
    }
    Ok(Seq::START.after(stored.len()))
}

/// The database and its log, byte by byte. No log is the same as an empty one.
pub(crate) fn bytes(path: &Path) -> (Option<Vec<u8>>, Vec<u8>) {
    (fs::read(path).ok(), fs::read(log_of(path)).unwrap_or_default())
}

/// The file of SQLite's write-ahead log.
pub(crate) fn log_of(path: &Path) -> std::path::PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}
