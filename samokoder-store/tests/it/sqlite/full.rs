use std::{fs, path::Path, process::Command};

use samokoder_core::store::{Seq, StateStore, StoreErrorKind};
use samokoder_store::SqliteStore;

use super::{
    child,
    fixture::{batch, branch, verified},
};

/// Keeps a part of the disk until room has to be made.
const BALLAST: &str = "ballast";

/// Appends until there is no more room.
async fn fill(path: &Path) -> SqliteStore {
    let store = SqliteStore::open(path).await.unwrap();
    store.create(&branch()).await.unwrap();
    let lease = store.acquire(&branch()).await.unwrap();
    let mut head = Seq::START;
    let error = loop {
        match store.append(&lease, head, batch(head, 20)).await {
            Ok(seq) => head = seq,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind, StoreErrorKind::Full, "{error:?}");
    assert!(error.message.contains("state.db"), "{error}");
    assert!(head > Seq(100), "{head}");
    assert_eq!(verified(&store).await.unwrap(), head, "what was acknowledged is there, and nothing else");
    store
}

async fn go_on(store: &SqliteStore) {
    let lease = store.acquire(&branch()).await.unwrap();
    let head = verified(store).await.unwrap();
    store.append(&lease, head, batch(head, 20)).await.unwrap();
    assert_eq!(verified(store).await.unwrap(), head.after(20));
}

#[tokio::test]
async fn child_fills_a_disk_and_makes_room() {
    let Some(path) = child::file() else { return };
    let ballast = path.with_file_name(BALLAST);
    fs::write(&ballast, vec![1; 1 << 20]).unwrap();
    let store = fill(&path).await;
    fs::remove_file(ballast).unwrap();
    go_on(&store).await;
    drop(store);
    go_on(&SqliteStore::open_existing(&path).await.unwrap()).await;
}

#[tokio::test]
async fn a_full_disk_loses_nothing_and_the_run_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    // A disk of its own that ends with the child; the superuser may mount one, others in a namespace of theirs.
    for unshare in [&["unshare", "--mount"][..], &["unshare", "--user", "--map-root-user", "--mount"]] {
        let mount = "mount -t tmpfs -o size=3m tmpfs \"$0\"";
        let folder = folder.path().to_str().unwrap();
        let can = Command::new(unshare[0]).args(&unshare[1..]).args(["sh", "-c", mount, folder]).status();
        if !can.is_ok_and(|status| status.success()) {
            continue;
        }
        let script = format!("{mount} && exec \"$@\"");
        let wrapper = [unshare, &["sh", "-c", &script, folder]].concat();
        assert!(child::start(&wrapper, "sqlite::full::child_fills_a_disk_and_makes_room", &path).passed());
        return;
    }
    // Where neither may, the limit on the size of files, tested below, stands for a disk.
}

#[tokio::test]
async fn child_reaches_the_largest_size_of_a_file() {
    let Some(path) = child::file() else { return };
    fill(&path).await;
}

#[tokio::test]
async fn a_limit_on_the_size_of_files_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let wrapper = ["sh", "-c", "trap '' XFSZ; ulimit -f 1000; exec \"$0\" \"$@\""];
    assert!(child::start(&wrapper, "sqlite::full::child_reaches_the_largest_size_of_a_file", &path).passed());
    let store = SqliteStore::open_existing(&path).await.unwrap();
    go_on(&store).await;
}
