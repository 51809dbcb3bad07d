//! Closing a store, which loses nothing.

use super::{
    Store,
    fixture::{leased, log, notes, post},
};
use crate::store::Seq;

pub(super) async fn a_store_that_was_closed_goes_on_where_it_was(store: Store) {
    let (branch, lease) = leased(&store).await;
    store.append(&lease, Seq::START, notes(["before"])).await.unwrap();
    for _ in 0..2 {
        store.close().await.unwrap();
    }
    assert_eq!(log(&store, &branch).await, ["before"]);
    store.append(&lease, Seq(1), notes(["after"])).await.unwrap();
    assert_eq!(log(&store, &branch).await, ["before", "after"]);
}

pub(super) async fn closing_while_others_work_is_no_error(store: Store) {
    let (branch, lease) = leased(&store).await;
    for n in 0..20 {
        let (appended, waited, closed) = tokio::join!(
            store.append(&lease, Seq(n), notes(["more"])),
            store.wait(&branch, Seq(n)),
            store.close()
        );
        assert_eq!((appended.unwrap(), waited.unwrap()), (Seq(n + 1), Seq(n + 1)));
        closed.unwrap();
        let id = post(&store, &branch).await;
        let (signals, closed) = tokio::join!(store.signals(&branch), store.close());
        assert_eq!(signals.unwrap().last().map(|(id, _)| *id), Some(id));
        closed.unwrap();
    }
}
