use samokoder_core::testing;
use samokoder_store::{PostgresStore, postgres::PostgresOptions};
use sqlx::postgres::PgPoolOptions;

use super::fixture::Database;

/// Every case through a handle of its own, as a process of its own would, on one database that the earlier ones filled.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_keeps_the_rules_on_postgres() {
    let Some(database) = Database::new().await else { return };
    testing::store::conformance(async || database.store().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_someone_else_keeps_the_rules_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let pool = PgPoolOptions::new().max_connections(2).connect(&database.0).await.unwrap();
    let store = PostgresStore::with_pool(pool.clone(), PostgresOptions::default()).await.unwrap();
    testing::store::conformance(async || store.clone()).await;
    assert!(!pool.is_closed(), "it is not the store's to close");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_operations_are_answered_as_by_the_reference_on_postgres() {
    let Some(database) = Database::new().await else { return };
    for seed in 0..3 {
        testing::store::model::against_the_reference(async || database.store().await, seed, 100).await;
    }
}
