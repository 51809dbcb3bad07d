use samokoder_core::store::StateStore;
use samokoder_store::SqliteStore;

use super::{
    child,
    fixture::{batch, branch, verified},
};

const ROUNDS: u32 = 20;

/// Appends for ever, and says the number of the last record once it is durable.
#[tokio::test]
async fn child_appends_until_it_is_killed() {
    let Some(path) = child::file() else { return };
    let store = SqliteStore::open_existing(path).await.unwrap();
    let lease = store.acquire(&branch()).await.unwrap();
    let mut head = verified(&store).await.unwrap();
    loop {
        head = store.append(&lease, head, batch(head, 3)).await.unwrap();
        child::say(head);
    }
}

#[tokio::test]
async fn after_kill_9_every_acknowledged_batch_is_there_and_the_lease_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    SqliteStore::open(&path).await.unwrap().create(&branch()).await.unwrap();
    for round in 0..ROUNDS {
        let name = "sqlite::kill::child_appends_until_it_is_killed";
        let mut running = child::start(&[], name, &path);
        let mut acknowledged = running.hear().unwrap();
        for _ in 0..round % 7 {
            acknowledged = running.hear().unwrap();
        }
        // Now the child is somewhere in the next append: a little further each time.
        for _ in 0..round * 2000 {
            std::hint::spin_loop();
        }
        acknowledged = running.kill().unwrap_or(acknowledged);

        let store = SqliteStore::open_existing(&path).await.unwrap();
        store.acquire(&branch()).await.unwrap();
        let head = verified(&store).await.unwrap().0;
        let acknowledged: u64 = acknowledged.parse().unwrap();
        assert_eq!(head % 3, 0, "a part of a batch was written");
        assert!(
            (acknowledged..=acknowledged + 3).contains(&head),
            "{acknowledged} was acknowledged, {head} is there"
        );
    }
}
