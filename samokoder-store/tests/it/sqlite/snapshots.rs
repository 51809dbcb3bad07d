use bytes::Bytes;
use samokoder_core::{
    id::BranchId,
    store::{Seq, StateStore},
};

use super::fixture::{batch, branch, filled};

#[tokio::test]
async fn any_record_is_near_a_snapshot_however_many_were_stored() {
    let folder = tempfile::tempdir().unwrap();
    let (store, lease) = filled(&folder.path().join("state.db"), 4000).await;
    for at in (100..=4000).step_by(100) {
        store.put_snapshot(&lease, Seq(at), Bytes::from(at.to_string().repeat(50))).await.unwrap();
    }
    let mut kept = std::collections::BTreeSet::new();
    for until in 0..=4000 {
        let found = store.snapshot(&branch(), Seq(until)).await.unwrap();
        let at = found.map_or(0, |(at, snapshot)| {
            assert_eq!(snapshot, at.to_string().repeat(50));
            kept.insert(at);
            at.0
        });
        assert!(at <= until && until - at <= 1124, "{at} for {until}");
    }
    assert!(kept.len() <= 12, "{kept:?}");
    assert!(kept.contains(&Seq(4000)));
}

#[tokio::test]
async fn a_fork_uses_the_snapshots_before_it_was_forked() {
    let folder = tempfile::tempdir().unwrap();
    let (store, lease) = filled(&folder.path().join("state.db"), 20).await;
    for at in [5, 15] {
        store.put_snapshot(&lease, Seq(at), Bytes::from(vec![1; 300])).await.unwrap();
    }
    let fork = store.fork(&branch(), Seq(10), BranchId::fresh(), "fork").await.unwrap();
    let found = store.snapshot(&fork, Seq(u64::MAX)).await.unwrap().unwrap();
    assert_eq!(found.0, Seq(5), "15 is not its own");
    let lease = store.acquire(&fork).await.unwrap();
    store.append(&lease, Seq(10), batch(Seq(10), 5)).await.unwrap();
    store.put_snapshot(&lease, Seq(12), Bytes::from_static(b"its own")).await.unwrap();
    let found = store.snapshot(&fork, Seq(14)).await.unwrap();
    assert_eq!(found, Some((Seq(12), Bytes::from_static(b"its own"))));
}
