//! Nothing crosses from one scope to another.

use bytes::Bytes;
use futures::FutureExt as _;

use super::{
    Store,
    fixture::{ALL, kind, leased, log, notes, post, scope},
    work::{Writer, attempt, effect, file, started, whole_call},
};
use crate::{
    digest::Digest,
    id::{BranchId, SignalId},
    store::{Branch, CallQuery, Collect, Collected, Lease, Page, Seq, Signal, StoreErrorKind},
};

/// A branch of everything, and the same ids in another scope, in which nothing is.
async fn theirs(store: &Store) -> (Writer, Branch) {
    let mut writer = Writer::fresh(store).await;
    let attempt = attempt("a", 1);
    writer.append(file("a", "secret", None)).await;
    writer.write([started(attempt, "writer")]).await;
    writer.append(whole_call(&effect(attempt, "write"))).await;
    post(store, writer.branch()).await;
    let snapshot = Bytes::from_static(b"secret");
    store.put_snapshot(writer.lease(), writer.head, snapshot).await.unwrap();
    let guessed = Branch { scope: scope(), ..writer.branch().clone() };
    (writer, guessed)
}

pub(super) async fn a_branch_is_not_found_in_another_scope(store: Store) {
    let (writer, guessed) = theirs(&store).await;
    let forged = Lease::new(guessed.clone(), writer.lease().epoch(), ());
    let not_found = [
        kind(store.info(&guessed).await),
        kind(store.read(&guessed, Seq::START, ALL).await),
        kind(store.wait(&guessed, Seq::START).await),
        kind(store.acquire(&guessed).await),
        kind(store.append(&forged, writer.head, notes(["lost"])).await),
        kind(store.post(&guessed, SignalId::fresh(), Signal::Cancel).await),
        kind(store.signals(&guessed).await),
        kind(store.wait_signal(&guessed).await),
        kind(store.fork(&guessed, Seq(1), BranchId::fresh(), "side").await),
        kind(store.project(&guessed).await),
        kind(store.blob(&guessed.scope, Digest::of(b"secret")).await),
    ];
    assert_eq!(not_found, [StoreErrorKind::NotFound; 11]);
}

pub(super) async fn no_list_has_what_is_another_scopes(store: Store) {
    let (_writer, guessed) = theirs(&store).await;
    let scope = &guessed.scope;
    assert_eq!(store.branches(scope).await.unwrap(), []);
    assert_eq!(store.projects(scope, Page::default()).await.unwrap(), []);
    let of_project = CallQuery { project: Some(guessed.project), ..CallQuery::default() };
    for query in [CallQuery::default(), of_project] {
        assert_eq!(store.calls(scope, query).await.unwrap(), []);
    }
    assert_eq!(store.spending(scope, 0, u64::MAX).await.unwrap(), []);
    let everything = Collect { stored_before_ms: u64::MAX, calls_before_ms: Some(u64::MAX), dry_run: false };
    assert_eq!(store.collect(scope, everything).await.unwrap(), Collected::default());
}

pub(super) async fn the_same_ids_elsewhere_begin_with_nothing(store: Store) {
    let (_writer, guessed) = theirs(&store).await;
    store.create(&guessed).await.unwrap();
    assert_eq!(store.info(&guessed).await.unwrap().head, Seq::START);
    assert_eq!(log(&store, &guessed).await, [""; 0]);
    assert_eq!(store.snapshot(&guessed, Seq(u64::MAX)).await.unwrap(), None);
    assert_eq!(store.signals(&guessed).await.unwrap(), []);
    assert!(store.wait(&guessed, Seq::START).now_or_never().is_none());
    assert!(store.wait_signal(&guessed).now_or_never().is_none());
    let detail = store.project(&guessed).await.unwrap();
    assert_eq!((detail.files.len(), detail.branches.len()), (0, 1));
}

pub(super) async fn the_same_fork_may_be_made_in_two_scopes(store: Store) {
    let (writer, guessed) = theirs(&store).await;
    store.create(&guessed).await.unwrap();
    let id = BranchId::fresh();
    let side = store.fork(writer.branch(), Seq(1), id, "theirs").await.unwrap();
    let mine = store.fork(&guessed, Seq::START, id, "mine").await.unwrap();
    assert_eq!((&side.scope, &mine.scope), (&writer.branch().scope, &guessed.scope));
    assert_eq!(log(&store, &mine).await, [""; 0]);
    assert_eq!(store.info(&side).await.unwrap().name, "theirs");
    assert_eq!(store.info(&mine).await.unwrap().name, "mine");
    let listed = store.project(&guessed).await.unwrap().branches;
    assert_eq!(listed.iter().map(|info| &info.branch).collect::<Vec<_>>(), [&guessed, &mine]);
}

pub(super) async fn a_lease_is_good_for_its_own_scope_only(store: Store) {
    let (mine, lease) = leased(&store).await;
    let theirs = Branch { scope: scope(), ..mine.clone() };
    store.create(&theirs).await.unwrap();
    let forged = Lease::new(theirs.clone(), lease.epoch(), ());
    assert_eq!(kind(store.append(&forged, Seq(0), notes(["lost"])).await), StoreErrorKind::Fenced);
    let other = store.acquire(&theirs).await.unwrap();
    store.append(&other, Seq(0), notes(["theirs"])).await.unwrap();
    store.append(&lease, Seq(0), notes(["mine"])).await.unwrap();
    assert_eq!(log(&store, &theirs).await, ["theirs"]);
}
