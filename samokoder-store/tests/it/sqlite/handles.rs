use std::{
    fs,
    time::{Duration, Instant},
};

use samokoder_core::{
    id::{QuestionId, SignalId},
    store::{Batch, Seq, Signal, StateStore, StoreErrorKind},
};
use samokoder_store::SqliteStore;
use tokio::task::JoinSet;

use super::{
    child,
    fixture::{batch, branch, filled, log_of, record, verified},
};

#[tokio::test]
async fn a_second_handle_reads_and_posts_but_may_not_take_the_lease() {
    let folder = tempfile::tempdir().unwrap();
    let (path, branch) = (folder.path().join("state.db"), branch());
    let (holder, lease) = filled(&path, 2).await;
    let other = SqliteStore::open_existing(&path).await.unwrap();

    assert_eq!(other.acquire(&branch).await.unwrap_err().kind, StoreErrorKind::LeaseHeld);
    assert_eq!(verified(&other).await.unwrap(), Seq(2));
    let id = SignalId::fresh();
    let (woken, posted) = tokio::join!(holder.wait_signal(&branch), other.post(&branch, id, Signal::Cancel));
    woken.unwrap();
    posted.unwrap();
    assert_eq!(holder.signals(&branch).await.unwrap(), [(id, Signal::Cancel)]);

    let next = Batch { taken: vec![id], ..batch(Seq(2), 1) };
    let (seen, appended) = tokio::join!(other.wait(&branch, Seq(2)), holder.append(&lease, Seq(2), next));
    assert_eq!((seen.unwrap(), appended.unwrap()), (Seq(3), Seq(3)));
    assert_eq!(other.signals(&branch).await.unwrap(), []);

    drop(lease);
    let lease = other.acquire(&branch).await.unwrap();
    other.append(&lease, Seq(3), batch(Seq(3), 1)).await.unwrap();
    assert_eq!(verified(&holder).await.unwrap(), Seq(4));
}

#[tokio::test]
async fn a_history_that_everyone_has_closed_is_one_file_that_can_be_copied() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("state.db"), folder.path().join("copy.db"));
    let (store, lease) = filled(&path, 3).await;
    let other = SqliteStore::open_existing(&path).await.unwrap();
    assert_eq!(verified(&other).await.unwrap(), Seq(3));
    store.close().await.unwrap();
    assert!(log_of(&path).exists(), "someone else may be writing");
    other.close().await.unwrap();
    assert!(!log_of(&path).exists());
    fs::copy(&path, &copy).unwrap();
    assert_eq!(verified(&SqliteStore::open_existing(&copy).await.unwrap()).await.unwrap(), Seq(3));

    store.append(&lease, Seq(3), batch(Seq(3), 1)).await.unwrap();
    assert_eq!(verified(&store).await.unwrap(), Seq(4));
    store.close().await.unwrap();
    assert!(!log_of(&path).exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_for_reads_that_were_dropped_halfway() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let (store, _lease) = filled(&path, 20).await;
    for round in 0..60 {
        let mut reading = JoinSet::new();
        for _ in 0..6 {
            let reader = store.clone();
            reading.spawn(async move { verified(&reader).await });
        }
        for _ in 0..round * 1000 {
            std::hint::spin_loop();
        }
        reading.shutdown().await;
        store.close().await.unwrap();
        assert!(!log_of(&path).exists(), "in round {round}");
    }
    assert_eq!(verified(&store).await.unwrap(), Seq(20));
}

#[tokio::test]
async fn a_path_with_a_detour_leads_to_the_same_lease() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let (_store, _lease) = filled(&path, 0).await;
    fs::create_dir(folder.path().join("sub")).unwrap();
    let detour = folder.path().join("sub/../state.db");
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for path in [detour, link] {
        let other = SqliteStore::open(path).await.unwrap();
        assert_eq!(other.acquire(&branch()).await.unwrap_err().kind, StoreErrorKind::LeaseHeld);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_a_process_nobody_waits_for_the_next_look_at_the_file() {
    const ROUNDS: u64 = 50;
    let folder = tempfile::tempdir().unwrap();
    let (store, lease) = filled(&folder.path().join("state.db"), 0).await;
    let begin = Instant::now();
    for n in 0..ROUNDS {
        let mut waiting = JoinSet::new();
        let waiter = store.clone();
        waiting.spawn(async move { waiter.wait(&branch(), Seq(n)).await });
        store.append(&lease, Seq(n), batch(Seq(n), 1)).await.unwrap();
        waiting.join_all().await.remove(0).unwrap();
    }
    // Looking at the file every 100 ms alone would take 2.5 seconds on average.
    assert!(begin.elapsed() < Duration::from_millis(1500), "{:?}", begin.elapsed());
}

/// Holds the lease, and turns an answer into a record.
#[tokio::test]
async fn child_works_until_it_is_killed() {
    let Some(path) = child::file() else { return };
    let store = SqliteStore::open_existing(path).await.unwrap();
    let lease = store.acquire(&branch()).await.unwrap();
    child::say("holding");
    store.wait_signal(&branch()).await.unwrap();
    let signals = store.signals(&branch()).await.unwrap();
    assert!(matches!(&signals[..], [(_, Signal::Answer { answer, .. })] if answer == "да"));
    let taken = signals.into_iter().map(|(id, _)| id).collect();
    store.append(&lease, Seq(1), Batch { taken, ..batch(Seq(1), 1) }).await.unwrap();
    store.wait(&branch(), Seq(2)).await.unwrap();
}

#[tokio::test]
async fn another_process_is_told_something_while_it_works() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let (store, lease) = filled(&path, 1).await;
    drop(lease);
    let mut worker = child::start(&[], "sqlite::handles::child_works_until_it_is_killed", &path);
    assert_eq!(worker.hear().as_deref(), Some("holding"));

    assert_eq!(store.acquire(&branch()).await.unwrap_err().kind, StoreErrorKind::LeaseHeld);
    let answer = Signal::Answer { question: QuestionId::derive(["?"]), answer: "да".into() };
    store.post(&branch(), SignalId::fresh(), answer).await.unwrap();

    assert_eq!(store.wait(&branch(), Seq(1)).await.unwrap(), Seq(2));
    assert_eq!(store.read(&branch(), Seq(1), 1).await.unwrap()[0].record, record(2));
    assert_eq!(store.signals(&branch()).await.unwrap(), []);
    worker.kill();
    let lease = store.acquire(&branch()).await.unwrap();
    store.append(&lease, Seq(2), batch(Seq(2), 1)).await.unwrap();
}

#[test]
fn a_runtime_that_ends_in_the_middle_of_an_append_leaves_all_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    let runtime =
        || tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (store, lease) = runtime().block_on(filled(&path, 0));
    let mut head = Seq::START;
    for round in 0..40 {
        let ending = runtime();
        let (started, is_started) = std::sync::mpsc::channel();
        ending.spawn({
            let (store, lease) = (store.clone(), lease.clone());
            async move {
                started.send(()).unwrap();
                store.append(&lease, head, batch(head, 3)).await
            }
        });
        is_started.recv().unwrap();
        for _ in 0..round * 2000 {
            std::hint::spin_loop();
        }
        ending.shutdown_background();
        // The same store goes on in another runtime.
        let after = head;
        head = runtime().block_on(async {
            loop {
                head = verified(&store).await.unwrap();
                match store.append(&lease, head, batch(head, 1)).await {
                    Err(error) if error.kind == StoreErrorKind::Conflict => {}
                    other => break other.unwrap(),
                }
            }
        });
        assert!(head == after.after(1) || head == after.after(4), "from {after} to {head}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_removed_or_replaced_takes_no_commit_that_nobody_would_find() {
    let folder = tempfile::tempdir().unwrap();
    let (path, aside) = (folder.path().join("state.db"), folder.path().join("aside.db"));
    let (store, lease) = filled(&path, 2).await;
    fs::rename(&path, &aside).unwrap();
    let refused = |error: samokoder_core::store::StoreError| {
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert!(error.message.contains("removed or replaced"), "{error}");
    };
    refused(store.append(&lease, Seq(2), batch(Seq(2), 1)).await.unwrap_err());
    fs::copy(&aside, &path).unwrap();
    refused(store.append(&lease, Seq(2), batch(Seq(2), 1)).await.unwrap_err());
}
