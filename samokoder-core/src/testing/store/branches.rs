//! Making and listing branches.

use futures::future::join_all;

use super::{
    Store,
    fixture::{ALL, branch, branch_in, kind, leased, log, notes, open_signals, post, scope},
};
use crate::{
    digest::Digest,
    id::{BranchId, SignalId},
    store::{Branch, Lease, Scope, Seq, Signal, StoreErrorKind},
};

pub(super) async fn making_a_branch_again_changes_nothing(store: Store) {
    let (branch, lease) = leased(&store).await;
    store.append(&lease, Seq::START, notes(["kept"])).await.unwrap();
    let signal = post(&store, &branch).await;

    store.create(&branch).await.unwrap();

    assert_eq!(store.branches(&branch.scope).await.unwrap().len(), 1);
    assert_eq!(log(&store, &branch).await, ["kept"]);
    assert_eq!(open_signals(&store, &branch).await, [signal]);
    store.append(&lease, Seq(1), notes(["the lease holds"])).await.unwrap();
}

pub(super) async fn branches_are_listed_in_the_order_in_which_they_were_made(store: Store) {
    let scope = scope();
    let mut branches: Vec<_> = (0..5).map(|_| branch_in(&scope)).collect();
    // The ids sort by time; made in another order, that is the order of the list.
    branches.rotate_left(2);
    branches.push(Branch { id: BranchId::fresh(), ..branches[0].clone() });
    for branch in &branches {
        store.create(branch).await.unwrap();
    }
    assert_eq!(store.branches(&scope).await.unwrap(), branches);
}

pub(super) async fn a_scope_lists_no_other_scopes_branches(store: Store) {
    let (mine, theirs) = (branch(&store).await, branch(&store).await);
    assert_eq!(store.branches(&mine.scope).await.unwrap(), [mine]);
    assert_eq!(store.branches(&theirs.scope).await.unwrap(), [theirs]);
    assert_eq!(store.branches(&scope()).await.unwrap(), []);
}

pub(super) async fn scopes_differ_when_a_single_character_does(store: Store) {
    let base = scope();
    let names = ["", " ", "\0", "a", "A", "ё", "е\u{308}", "%", "_", "'", "\"; --"];
    let scopes = names.map(|name| Scope::new(format!("{}{name}", base.as_str())));
    let branches = scopes.clone().map(|scope| branch_in(&scope));
    for branch in &branches {
        store.create(branch).await.unwrap();
    }
    for (scope, branch) in scopes.iter().zip(branches) {
        assert_eq!(store.branches(scope).await.unwrap(), [branch]);
    }
}

pub(super) async fn the_same_ids_in_two_scopes_are_two_branches(store: Store) {
    let (mine, lease) = leased(&store).await;
    let theirs = Branch { scope: scope(), ..mine.clone() };
    assert_eq!(kind(store.read(&theirs, Seq::START, ALL).await), StoreErrorKind::NotFound);
    store.create(&theirs).await.unwrap();
    store.append(&lease, Seq::START, notes(["mine"])).await.unwrap();
    post(&store, &mine).await;
    let other = store.acquire(&theirs).await.unwrap();

    assert_eq!(log(&store, &theirs).await, [""; 0]);
    assert_eq!(open_signals(&store, &theirs).await, []);
    store.append(&other, Seq::START, notes(["theirs"])).await.unwrap();
    assert_eq!(log(&store, &mine).await, ["mine"]);
}

pub(super) async fn a_branch_that_was_not_made_is_not_found(store: Store) {
    let missing = branch_in(&scope());
    let forged = Lease::new(missing.clone(), 1, ());
    let not_found = [
        kind(store.acquire(&missing).await),
        kind(store.append(&forged, Seq::START, notes(["lost"])).await),
        kind(store.read(&missing, Seq::START, ALL).await),
        kind(store.wait(&missing, Seq::START).await),
        kind(store.blob(&missing.scope, Digest::of(b"lost")).await),
        kind(store.post(&missing, SignalId::fresh(), Signal::Cancel).await),
        kind(store.signals(&missing).await),
        kind(store.wait_signal(&missing).await),
    ];
    assert_eq!(not_found, [StoreErrorKind::NotFound; 8]);
    assert_eq!(store.branches(&missing.scope).await.unwrap(), []);
}

pub(super) async fn branches_made_at_once_are_all_there(store: Store) {
    let scope = scope();
    let branches: Vec<_> = (0..16).map(|_| branch_in(&scope)).collect();
    // Each of them twice.
    for made in join_all(branches.iter().chain(&branches).map(|branch| store.create(branch))).await {
        made.unwrap();
    }
    let mut listed = store.branches(&scope).await.unwrap();
    listed.sort();
    assert_eq!(listed, branches);
}
