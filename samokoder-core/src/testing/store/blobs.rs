//! Contents by their hash.

use bytes::Bytes;

use super::{
    Store,
    fixture::{kind, leased, notes},
};
use crate::{
    digest::Digest,
    id::BranchId,
    store::{Batch, Branch, Seq, StoreErrorKind},
};

pub(super) async fn contents_come_back_as_they_were(store: Store) {
    let (branch, lease) = leased(&store).await;
    // One that comes alone: there is nothing at all to store with it.
    let empty = Batch { blobs: vec![Bytes::new()], ..notes(["empty"]) };
    store.append(&lease, Seq(0), empty).await.unwrap();
    let all_bytes: Vec<u8> = (0..=255).collect();
    let contents = [
        Bytes::new(),
        Bytes::from_static(b"\0"),
        Bytes::from_static("Привет, 世界 🦀".as_bytes()),
        Bytes::from(all_bytes.clone()),
        Bytes::from(all_bytes.repeat(4096)),
    ];
    let batch = Batch { blobs: contents.to_vec(), ..Batch::default() };
    store.append(&lease, Seq(1), batch).await.unwrap();
    for content in contents {
        assert_eq!(store.blob(&branch.scope, Digest::of(&content)).await.unwrap(), content);
    }
}

pub(super) async fn a_content_may_be_stored_again(store: Store) {
    let (branch, lease) = leased(&store).await;
    let content = Bytes::from_static(b"again and again");
    for n in 0..3 {
        let batch = Batch { blobs: vec![content.clone(), content.clone()], ..notes(["a"]) };
        store.append(&lease, Seq(n), batch).await.unwrap();
    }
    assert_eq!(store.blob(&branch.scope, Digest::of(&content)).await.unwrap(), content);
}

pub(super) async fn a_content_that_was_not_stored_is_not_found(store: Store) {
    let (branch, lease) = leased(&store).await;
    let batch = Batch { blobs: vec![Bytes::from_static(b"one")], ..Batch::default() };
    store.append(&lease, Seq(0), batch).await.unwrap();
    let missing = store.blob(&branch.scope, Digest::of(b"another")).await;
    assert_eq!(kind(missing), StoreErrorKind::NotFound);
}

pub(super) async fn a_scope_sees_no_other_scopes_contents(store: Store) {
    let (mine, lease) = leased(&store).await;
    let (theirs, other) = leased(&store).await;
    let content = Bytes::from_static(b"secret");
    let digest = Digest::of(&content);
    let batch = Batch { blobs: vec![content.clone()], ..Batch::default() };
    store.append(&lease, Seq(0), batch.clone()).await.unwrap();
    assert_eq!(kind(store.blob(&theirs.scope, digest).await), StoreErrorKind::NotFound);
    store.append(&other, Seq(0), batch).await.unwrap();
    assert_eq!(store.blob(&theirs.scope, digest).await.unwrap(), content);
    assert_eq!(store.blob(&mine.scope, digest).await.unwrap(), content);
}

pub(super) async fn branches_of_a_scope_share_contents(store: Store) {
    let (main, lease) = leased(&store).await;
    let side = Branch { id: BranchId::fresh(), ..main.clone() };
    store.create(&side).await.unwrap();
    let content = Bytes::from_static(b"shared");
    store.append(&lease, Seq(0), Batch { blobs: vec![content.clone()], ..Batch::default() }).await.unwrap();
    assert_eq!(store.blob(&side.scope, Digest::of(&content)).await.unwrap(), content);
}
