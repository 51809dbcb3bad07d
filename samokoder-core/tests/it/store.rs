use samokoder_core::{store::MemoryStore, testing};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_memory_store_keeps_the_rules() {
    testing::store::conformance(async || MemoryStore::new()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cases_share_a_store_without_disturbing_each_other() {
    let store = MemoryStore::new();
    testing::store::conformance(async || store.clone()).await;
}
