use std::sync::atomic::{AtomicUsize, Ordering};

use samokoder_core::testing;
use samokoder_store::SqliteStore;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_keeps_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let count = AtomicUsize::new(0);
    testing::store::conformance(async || {
        let name = format!("{}.db", count.fetch_add(1, Ordering::Relaxed));
        SqliteStore::open(folder.path().join(name)).await.unwrap()
    })
    .await;
}

/// Every case through a handle of its own on one file that the earlier ones filled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_used_keeps_the_rules() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    testing::store::conformance(async || SqliteStore::open(&path).await.unwrap()).await;
}
