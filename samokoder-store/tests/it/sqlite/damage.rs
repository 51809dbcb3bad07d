use std::{
    fs,
    path::{Path, PathBuf},
};

use futures::{StreamExt as _, stream};
use samokoder_core::{
    id::SignalId,
    store::{Scope, Seq, Signal, StateStore, StoreError, StoreErrorKind},
};
use samokoder_store::SqliteStore;
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use super::{
    fixture::{batch, branch, bytes, filled, log_of, verified},
    oracle,
};

const RECORDS: u64 = 30;
/// Copies for each kind of damage. A long run has 10,000.
fn copies() -> u64 {
    std::env::var_os("SAMOKODER_TORN").map_or(200, |count| count.to_str().unwrap().parse().unwrap())
}

/// A database and its log.
struct Image(Vec<u8>, Vec<u8>);

impl Image {
    fn write(&self, path: &Path) {
        fs::write(path, &self.0).unwrap();
        if !self.1.is_empty() {
            fs::write(log_of(path), &self.1).unwrap();
        }
    }

    /// The byte at a place in the database or, behind it, in the log.
    fn at(&mut self, place: usize) -> &mut u8 {
        let size = self.0.len();
        if place < size { &mut self.0[place] } else { &mut self.1[place - size] }
    }

    fn len(&self) -> usize {
        self.0.len() + self.1.len()
    }
}

/// A store as it is after it was closed, and as it is after `kill -9`.
async fn images(folder: &Path) -> [Image; 2] {
    let path = folder.join("original.db");
    let (store, lease) = filled(&path, 0).await;
    for n in 0..RECORDS {
        store.append(&lease, Seq(n), batch(Seq(n), 1)).await.unwrap();
        store.post(&branch(), signal(n), Signal::Cancel).await.unwrap();
    }
    let (database, log) = bytes(&path);
    let killed = Image(database.unwrap(), log);
    assert!(!killed.1.is_empty());
    drop((store, lease));
    while log_of(&path).exists() {
        tokio::task::yield_now().await;
    }
    [Image(fs::read(&path).unwrap(), Vec::new()), killed]
}

fn signal(n: u64) -> SignalId {
    SignalId::derive([n.to_string().as_str()])
}

/// What was found in damaged copies.
#[derive(Debug, Default)]
struct Found {
    unchanged: u32,
    shorter: u32,
    reported: u32,
}

/// Opens damaged copies, a few at a time, and reads everything that is in them.
async fn look(copies: impl Iterator<Item = PathBuf>) -> Found {
    let outcomes = stream::iter(copies).map(look_into).buffer_unordered(8);
    outcomes
        .fold(Found::default(), async |mut found, outcome| {
            match outcome {
                Ok(RECORDS) => found.unchanged += 1,
                Ok(_) => found.shorter += 1,
                Err(_) => found.reported += 1,
            }
            found
        })
        .await
}

async fn look_into(path: PathBuf) -> Result<u64, StoreError> {
    let before = bytes(&path);
    match SqliteStore::open_existing(&path).await {
        Ok(store) => everything(&store).await,
        Err(error) => {
            assert!(bytes(&path) == before, "a failed open changed the file: {error}");
            assert!(
                error.message.contains(path.file_name().unwrap().to_str().unwrap()),
                "which file: {error}"
            );
            Err(error)
        }
    }
}

/// Reads all, writes something, and reads all again. What is read is what was written, or a beginning of it.
async fn everything(store: &SqliteStore) -> Result<u64, StoreError> {
    let branches = store.branches(&Scope::default()).await?;
    if branches.is_empty() {
        return Ok(0);
    }
    assert_eq!(branches, [branch()]);
    let head = verified(store).await?;
    // What the tables say is what the log says, or it is reported.
    oracle::agrees(store, &Scope::default()).await?;
    let posted = store.signals(&branch()).await?;
    for (n, read) in (0..).zip(&posted) {
        assert_eq!(read, &(signal(n), Signal::Cancel));
    }
    assert!(posted.len() as u64 <= head.0 && head.0 <= posted.len() as u64 + 1, "one after the other");
    let lease = store.acquire(&branch()).await?;
    let next = store.append(&lease, head, batch(head, 5)).await?;
    assert_eq!(verified(store).await?, next);
    oracle::agrees(store, &Scope::default()).await?;
    Ok(head.0)
}

/// Numbers that look random and are the same every time.
fn random(n: u64) -> usize {
    let mixed = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from((mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 20).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flipped_bits_are_reported_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    for mut image in images(folder.path()).await {
        let found = look((0..copies()).map(|n| {
            let (place, bit) = (random(n) % image.len(), 1 << (n % 8));
            let path = folder.path().join(format!("{}-{n}.db", image.1.len()));
            *image.at(place) ^= bit;
            image.write(&path);
            *image.at(place) ^= bit;
            path
        }))
        .await;
        assert!(found.reported + found.shorter > 20, "{found:?}");
    }
}

#[tokio::test]
async fn whatever_is_damaged_the_report_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, change) in [
        ("branch.db", "UPDATE branch SET head = head - 1"),
        ("tip.db", "UPDATE branch SET tip = x'00'"),
        ("record.db", "UPDATE record SET at_ms = at_ms + 1 WHERE seq = 2"),
    ] {
        let path = folder.path().join(name);
        let (store, lease) = filled(&path, 3).await;
        drop(lease);
        store.close().await.unwrap();
        let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
        let changed = sqlx::query(change).execute(&mut connection).await.unwrap().rows_affected();
        connection.close().await.unwrap();
        assert_eq!(changed, 1, "{change}");
        let read = async { everything(&SqliteStore::open_existing(&path).await?).await };
        let error = read.await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Damaged, "{error}");
        assert_eq!(error.message.matches(name).count(), 1, "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_cut_off_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let [closed, _] = images(folder.path()).await;
    let found = look((0..copies()).map(|n| {
        let path = folder.path().join(format!("{n}.db"));
        Image(closed.0[..random(n) % closed.len()].to_vec(), Vec::new()).write(&path);
        path
    }))
    .await;
    assert_eq!(u64::from(found.reported), copies(), "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_is_cut_off_leaves_a_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let [_, Image(database, log)] = images(folder.path()).await;
    let found = look((0..copies()).map(|n| {
        let path = folder.path().join(format!("{n}.db"));
        Image(database.clone(), log[..random(n) % log.len()].to_vec()).write(&path);
        path
    }))
    .await;
    assert!(u64::from(found.shorter) > copies() * 9 / 10, "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sectors_that_are_overwritten_are_reported_or_harmless() {
    let folder = tempfile::tempdir().unwrap();
    let [closed, _] = images(folder.path()).await;
    let sectors = (0..closed.len()).step_by(512);
    let found = look(sectors.flat_map(|sector| [(sector, 0), (sector, 0xff)]).map(|(sector, byte)| {
        let mut copy = Image(closed.0.clone(), Vec::new());
        copy.0[sector..sector + 512].fill(byte);
        let path = folder.path().join(format!("{sector}-{byte}.db"));
        copy.write(&path);
        path
    }))
    .await;
    // Many pages have room to spare.
    assert!(found.reported > 100, "{found:?}");
}
