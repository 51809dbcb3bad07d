//! Contents apart from the log.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use bytes::Bytes;
use object_store::memory::InMemory;
use samokoder_core::{
    digest::Digest,
    id::{BranchId, ProjectId},
    store::{Batch, Branch, Collect, MemoryStore, Scope, Seq, StateStore, StoreErrorKind},
    testing,
};
use samokoder_store::blobs::{BlobStore, FolderBlobs, ObjectBlobs, Offload};
use tempfile::TempDir;

fn around_memory(blobs: impl BlobStore + 'static) -> Offload {
    Offload::new(Arc::new(MemoryStore::new()), Arc::new(blobs)).above(0)
}

fn bucket() -> ObjectBlobs {
    ObjectBlobs::new(Arc::new(InMemory::new()), "some/prefix")
}

/// Rules that two places, which are not written to in one transaction, can't keep: a content may be there before the log
/// that refers to it, and one who collects without any grace may take it away until then.
const OF_ONE_PLACE: [&str; 2] = [
    "cancelling::a_dropped_append_writes_all_or_nothing",
    "collect::collecting_while_others_write_removes_nothing_they_need",
];

/// Checks all rules but those, and some others.
pub(crate) async fn keeps_its_rules(open: impl Fn() -> Offload, others: &[&str]) {
    let mut left_out = 0;
    for case in testing::store::CASES {
        if OF_ONE_PLACE.contains(&case.name) || others.contains(&case.name) {
            left_out += 1;
        } else {
            case.check(Arc::new(open())).await;
        }
    }
    assert_eq!(left_out, OF_ONE_PLACE.len() + others.len(), "a rule has another name");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_contents_in_a_folder_a_store_keeps_its_rules() {
    let folder = TempDir::new().unwrap();
    keeps_its_rules(|| around_memory(FolderBlobs::new(folder.path())), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_contents_in_a_bucket_a_store_keeps_its_rules() {
    keeps_its_rules(|| around_memory(bucket()), &[]).await;
}

/// Every file beneath a folder.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    found
}

#[tokio::test]
async fn only_large_contents_are_apart_and_they_are_compressed() {
    let folder = TempDir::new().unwrap();
    let inner = Arc::new(MemoryStore::new());
    let store = Offload::new(inner.clone(), Arc::new(FolderBlobs::new(folder.path())));
    let branch = Branch { scope: Scope::new("a/../b"), project: ProjectId::fresh(), id: BranchId::fresh() };
    store.create(&branch).await.unwrap();
    let lease = store.acquire(&branch).await.unwrap();
    let (small, large) = (Bytes::from_static(b"small"), Bytes::from(vec![b'x'; 100_000]));
    let batch = Batch { blobs: vec![small.clone(), large.clone()], ..Batch::default() };
    store.append(&lease, Seq::START, batch).await.unwrap();
    for content in [&small, &large] {
        assert_eq!(store.blob(&branch.scope, Digest::of(content)).await.unwrap(), content);
    }
    assert!(inner.blob(&branch.scope, Digest::of(&small)).await.is_ok());
    assert!(inner.blob(&branch.scope, Digest::of(&large)).await.is_err());
    let files = files(folder.path());
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files.values().all(|stored| stored.len() < 1000));
}

#[tokio::test]
async fn a_content_that_was_damaged_is_reported_and_never_given_out() {
    let folder = TempDir::new().unwrap();
    let blobs = FolderBlobs::new(folder.path());
    let (scope, content) = (Scope::default(), Bytes::from(vec![b'x'; 1000]));
    let digest = Digest::of(&content);
    blobs.put(&scope, digest, content.clone()).await.unwrap();
    let files = files(folder.path());
    let (path, stored) = files.first_key_value().unwrap();
    for cut in 0..stored.len() {
        fs::write(path, &stored[..cut]).unwrap();
        let error = blobs.get(&scope, digest).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Damaged, "cut at {cut}: {error}");
    }
    for at in 0..stored.len() * 8 {
        let mut flipped = stored.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        fs::write(path, flipped).unwrap();
        match blobs.get(&scope, digest).await {
            Ok(found) => assert_eq!(found, content, "bit {at}"),
            Err(error) => assert_eq!(error.kind, StoreErrorKind::Damaged, "bit {at}: {error}"),
        }
    }
}

#[tokio::test]
async fn what_was_left_half_written_is_no_content() {
    let folder = TempDir::new().unwrap();
    let blobs = FolderBlobs::new(folder.path());
    let (scope, content) = (Scope::default(), Bytes::from_static(b"content"));
    blobs.put(&scope, Digest::of(&content), content.clone()).await.unwrap();
    let path = files(folder.path()).into_keys().next().unwrap();
    fs::write(format!("{path}.1-0.new"), b"half").unwrap();
    assert_eq!(blobs.list(&scope).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_content_that_is_stored_again_is_as_new_to_who_collects() {
    let folder = TempDir::new().unwrap();
    let kinds: [Arc<dyn BlobStore>; 2] = [Arc::new(FolderBlobs::new(folder.path())), Arc::new(bucket())];
    for blobs in kinds {
        let store = Offload::new(Arc::new(MemoryStore::new()), blobs.clone()).above(0);
        let (scope, content) = (Scope::default(), Bytes::from_static(b"content"));
        let digest = Digest::of(&content);
        blobs.put(&scope, digest, content.clone()).await.unwrap();
        let stored_ms = blobs.list(&scope).await.unwrap()[0].stored_ms;
        let what = Collect { stored_before_ms: stored_ms, calls_before_ms: None, dry_run: false };
        assert_eq!(store.collect(&scope, what).await.unwrap().contents, 0, "{blobs:?}");
        let what = Collect { stored_before_ms: u64::MAX, ..what };
        let counted = store.collect(&scope, Collect { dry_run: true, ..what }).await.unwrap();
        assert_eq!((counted.contents, blobs.get(&scope, digest).await.is_ok()), (1, true), "{blobs:?}");
        assert_eq!(store.collect(&scope, what).await.unwrap(), counted, "{blobs:?}");
        assert_eq!(blobs.get(&scope, digest).await.unwrap_err().kind, StoreErrorKind::NotFound, "{blobs:?}");
    }
}
