use samokoder_core::{
    id::BranchId,
    store::{Collect, ForkPoint, Link, Seq, StateStore, StoreErrorKind},
};

use super::fixture::{batch, branch, content, filled, verified};

#[tokio::test]
async fn a_fork_shares_what_was_before_and_goes_on_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let (store, lease) = filled(&folder.path().join("state.db"), 10).await;
    let fork = store.fork(&branch(), Seq(6), BranchId::derive(["fork"]), "try").await.unwrap();
    assert_eq!(
        store.read(&fork, Seq(2), 100).await.unwrap(),
        store.read(&branch(), Seq(2), 4).await.unwrap()
    );
    let other = store.acquire(&fork).await.unwrap();
    store.append(&other, Seq(6), batch(Seq(20), 3)).await.unwrap();
    store.append(&lease, Seq(10), batch(Seq(10), 1)).await.unwrap();
    assert_eq!(verified(&store).await.unwrap(), Seq(11));
    let whole = store.read(&fork, Seq(0), 100).await.unwrap();
    assert_eq!(whole.len(), 9);
    for after in 0..9 {
        for limit in [1, 2, 5, 100] {
            let part = store.read(&fork, Seq(after), limit).await.unwrap();
            let from = usize::try_from(after).unwrap();
            assert_eq!(part, whole[from..whole.len().min(from + limit)], "{limit} after {after}");
        }
    }
    let info = store.info(&fork).await.unwrap();
    assert_eq!((info.head, info.name.as_str()), (Seq(9), "try"));
    assert_eq!(info.parent, Some(ForkPoint { branch: branch().id, at: Seq(6) }));
    let link = Link::first(branch().project, branch().id).after(&whole).unwrap();
    assert_eq!(info.tip, link.digest());
}

#[tokio::test]
async fn forks_of_forks_read_through_all_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _lease) = filled(&folder.path().join("state.db"), 10).await;
    let expected = store.read(&branch(), Seq(0), 4).await.unwrap();
    let mut from = branch();
    for (nth, at) in [8, 5, 5, 4].into_iter().enumerate() {
        let id = BranchId::derive([nth.to_string().as_str()]);
        from = store.fork(&from, Seq(at), id, "deeper").await.unwrap();
        assert_eq!(store.info(&from).await.unwrap().head, Seq(at));
    }
    assert_eq!(store.read(&from, Seq(0), 100).await.unwrap(), expected);
    let error = store.fork(&from, Seq(5), BranchId::fresh(), "too far").await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Conflict);
}

#[tokio::test]
async fn contents_that_only_a_fork_needs_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _lease) = filled(&folder.path().join("state.db"), 2).await;
    let fork = store.fork(&branch(), Seq(1), BranchId::derive(["fork"]), "try").await.unwrap();
    let lease = store.acquire(&fork).await.unwrap();
    let mut orphan = batch(Seq(1), 1);
    orphan.blobs.push(content(99));
    store.append(&lease, Seq(1), orphan).await.unwrap();
    let all = Collect { stored_before_ms: u64::MAX, calls_before_ms: None, dry_run: true };
    let found = store.collect(&branch().scope, all).await.unwrap();
    assert_eq!((found.contents, found.bytes), (1, content(99).len() as u64));
    assert_eq!(store.collect(&branch().scope, Collect { dry_run: false, ..all }).await.unwrap(), found);
    assert_eq!(verified(&store).await.unwrap(), Seq(2));
    let gone = samokoder_core::digest::Digest::of(&content(99));
    assert_eq!(store.blob(&branch().scope, gone).await.unwrap_err().kind, StoreErrorKind::NotFound);
    let fresh = Collect { stored_before_ms: 0, dry_run: false, ..all };
    assert_eq!(store.collect(&branch().scope, fresh).await.unwrap().contents, 0);
}
