//! When records happened.

use super::{
    Store,
    fixture::{ALL, leased, notes},
};
use crate::store::{Batch, Branch, Seq};

async fn stamps(store: &Store, branch: &Branch) -> Vec<u64> {
    store.read(branch, Seq::START, ALL).await.unwrap().iter().map(|stored| stored.at_ms).collect()
}

pub(super) async fn stamps_are_kept_as_they_are_given(store: Store) {
    let (branch, lease) = leased(&store).await;
    let given = vec![1, 1_600_000_000_000, 4_000_000_000_000];
    store.append(&lease, Seq(0), Batch { stamps: given.clone(), ..notes(["a", "b", "c"]) }).await.unwrap();
    assert_eq!(stamps(&store, &branch).await, given);
    drop(lease);
    store.close().await.unwrap();
    assert_eq!(stamps(&store, &branch).await, given);
}

pub(super) async fn stamps_may_go_back(store: Store) {
    let (branch, lease) = leased(&store).await;
    for (n, stamp) in [70, 50, 60, 50].into_iter().enumerate() {
        let batch = Batch { stamps: vec![stamp], ..notes(["a"]) };
        store.append(&lease, Seq::START.after(n), batch).await.unwrap();
    }
    assert_eq!(stamps(&store, &branch).await, [70, 50, 60, 50], "the order is that of the numbers");
}

pub(super) async fn records_without_a_stamp_happen_now(store: Store) {
    let (branch, lease) = leased(&store).await;
    store.append(&lease, Seq(0), notes(["a"])).await.unwrap();
    store.append(&lease, Seq(1), Batch { stamps: vec![5, 6], ..notes(["b", "c", "d", "e"]) }).await.unwrap();
    store.append(&lease, Seq(5), notes(["f"])).await.unwrap();
    let stamps = stamps(&store, &branch).await;
    assert_eq!(stamps[1..3], [5, 6]);
    let (first, last) = (stamps[0], stamps[5]);
    assert!(first > 1_600_000_000_000, "milliseconds since 1970: {first}");
    assert!(stamps[3..5].iter().all(|stamp| (first..=last).contains(stamp)), "{stamps:?}");
}

pub(super) async fn a_fork_has_the_stamps_of_its_parent(store: Store) {
    let (main, lease) = leased(&store).await;
    store.append(&lease, Seq(0), Batch { stamps: vec![5, 6, 7], ..notes(["a", "b", "c"]) }).await.unwrap();
    let side = store.fork(&main, Seq(2), crate::id::BranchId::fresh(), "side").await.unwrap();
    let own = store.acquire(&side).await.unwrap();
    store.append(&own, Seq(2), Batch { stamps: vec![3], ..notes(["d"]) }).await.unwrap();
    assert_eq!(stamps(&store, &side).await, [5, 6, 3]);
}
