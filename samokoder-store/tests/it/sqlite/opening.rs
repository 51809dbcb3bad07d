use std::{fs, path::Path, time::Duration};

use samokoder_core::store::{Seq, StateStore, StoreError, StoreErrorKind};
use samokoder_store::SqliteStore;
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use tokio::task::JoinSet;

use super::fixture::{batch, branch, bytes, filled, log_of, verified};

/// Fails to open, and leaves everything as it was.
async fn refused(path: &Path, kind: StoreErrorKind, says: &str) -> StoreError {
    let before = bytes(path);
    let mut errors = vec![SqliteStore::open(path).await.unwrap_err()];
    errors.push(SqliteStore::open_existing(path).await.unwrap_err());
    for error in &errors {
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(says), "{error}");
        assert!(error.message.contains(path.file_name().unwrap().to_str().unwrap()), "which file: {error}");
    }
    assert!(bytes(path) == before, "the file was changed");
    errors.remove(0)
}

/// Changes a database as another program would.
async fn run(path: &Path, sql: &'static str) {
    let mut connection =
        SqliteConnectOptions::new().filename(path).create_if_missing(true).connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn the_file_and_its_folder_are_made() {
    let folder = tempfile::tempdir().unwrap();
    for name in
        ["a/b/c/state.db", "with space/и кириллица/?x=1&%20#.db", "file:x.db", ":memory:", "no-extension"]
    {
        let path = folder.path().join(name);
        let (store, lease) = filled(&path, 1).await;
        assert_eq!(store.path(), path.canonicalize().unwrap());
        drop((store, lease));
        let store = SqliteStore::open_existing(&path).await.unwrap();
        assert_eq!(verified(&store).await.unwrap(), Seq(1));
    }
}

#[tokio::test]
async fn what_must_be_there_and_is_not_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sub/state.db");
    let error = SqliteStore::open_existing(&path).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::NotFound);
    assert!(!folder.path().join("sub").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_may_make_the_same_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let path = folder.path().join(format!("{round}.db"));
        let opening: JoinSet<_> = (0..8).map(|_| SqliteStore::open(path.clone())).collect();
        for opened in opening.join_all().await {
            opened.unwrap().create(&branch()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_newer_form_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    drop(filled(&path, 3).await);
    run(&path, "PRAGMA user_version = 1000").await;
    refused(&path, StoreErrorKind::NewerFormat, "update samokoder").await;
}

#[tokio::test]
async fn a_database_of_another_program_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.db");
    run(&path, "CREATE TABLE branch (x); INSERT INTO branch VALUES (1)").await;
    refused(&path, StoreErrorKind::Unavailable, "another program").await;
    run(&path, "PRAGMA journal_mode = WAL").await;
    refused(&path, StoreErrorKind::Unavailable, "another program").await;
}

#[tokio::test]
async fn what_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in
        [("text", "Dear diary, ".repeat(500)), ("short", "x".into()), ("zeros", "\0".repeat(9000))]
    {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        refused(&path, StoreErrorKind::Damaged, "").await;
    }
    let path = folder.path().join("folder");
    fs::create_dir(&path).unwrap();
    refused(&path, StoreErrorKind::Unavailable, "is a folder").await;
}

#[tokio::test]
async fn an_empty_file_is_a_new_store_but_not_one_that_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    fs::write(&path, "").unwrap();
    let error = SqliteStore::open_existing(&path).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Damaged);
    SqliteStore::open(&path).await.unwrap();
}

#[tokio::test]
async fn a_log_whose_database_is_gone_is_not_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let copy = folder.path().join("copy.db");
    let (_store, _lease) = filled(&path, 3).await;
    fs::copy(log_of(&path), log_of(&copy)).unwrap();
    let before = bytes(&copy);
    let error = SqliteStore::open(&copy).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Damaged);
    fs::write(&copy, "").unwrap();
    refused(&copy, StoreErrorKind::Damaged, "empty").await;
    assert_eq!(bytes(&copy).1, before.1);
}

#[tokio::test]
async fn a_place_that_can_not_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "").unwrap();
    // The kernel's own folders refuse even the superuser.
    for path in [folder.path().join("file/state.db"), "/proc/samokoder/state.db".into(), "/".into()] {
        let error = SqliteStore::open(&path).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert!(error.message.contains(path.to_str().unwrap()), "{error}");
    }
}

#[tokio::test]
async fn another_program_that_keeps_it_locked_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let (store, lease) = filled(&path, 0).await;
    let mut other = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let (appended, released) = tokio::join!(
        biased;
        store.append(&lease, Seq(0), batch(Seq(0), 1)),
        async { sqlx::raw_sql("COMMIT").execute(&mut other).await }
    );
    released.unwrap();
    assert_eq!(appended.unwrap(), Seq(1));
}

/// Open files of this process whose name has `part` in it.
fn open_files(part: &Path) -> usize {
    fs::read_dir("/proc/self/fd")
        .unwrap()
        .filter_map(|entry| fs::read_link(entry.unwrap().path()).ok())
        .filter(|target| target.starts_with(part))
        .count()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_store_that_is_dropped_leaves_no_open_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap().join("state.db");
    for _ in 0..20 {
        let store = SqliteStore::open(&path).await.unwrap();
        store.create(&branch()).await.unwrap();
        let lease = store.acquire(&branch()).await.unwrap();
        store.read(&branch(), Seq(0), 1).await.unwrap();
        assert!(open_files(folder.path()) > 0);
        drop((store, lease));
    }
    // Connections are closed by threads of their own; the log is removed with the last one.
    let closed = async {
        while open_files(folder.path()) > 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), closed).await.unwrap();
}
