use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use samokoder_core::{
    id::{BranchId, SignalId},
    store::{Branch, CallQuery, Collect, Page, Scope, Seq, Signal, StateStore},
};

use super::fixture::{Database, leased, log, notes};

/// Polls a future `times` times and drops it unless it is ready then. Tells whether it was.
async fn is_ready_after<F: Future>(times: usize, future: F) -> bool {
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if left > 0 => Poll::Pending,
            Poll::Pending => Poll::Ready(false),
        }
    })
    .await
}

const WITHIN_TRANSACTIONS: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND state LIKE 'idle in transaction%'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_anywhere_leaves_no_transaction_open_on_postgres() {
    let Some(database) = Database::new().await else { return };
    let store = database.store().await;
    let (branch, lease) = leased(&store).await;
    let mut head = Seq::START;
    let scope = Scope::default();
    // The other one grows with each round, and so would what there is to rebuild.
    let small = Branch { scope: Scope::new("small"), ..super::fixture::branch() };
    store.create(&small).await.unwrap();
    for polls in 0.. {
        let mut other = super::fixture::branch();
        other.scope = scope.clone();
        let what = Collect { stored_before_ms: 0, calls_before_ms: None, dry_run: false };
        let ready = [
            is_ready_after(polls, store.create(&other)).await,
            is_ready_after(polls, store.append(&lease, head, notes(polls.to_string()))).await,
            is_ready_after(polls, store.post(&branch, SignalId::fresh(), Signal::Cancel)).await,
            is_ready_after(polls, store.fork(&branch, head, BranchId::fresh(), "side")).await,
            is_ready_after(polls, store.put_snapshot(&lease, head, Bytes::from_static(b"state"))).await,
            is_ready_after(polls, store.snapshot(&branch, head)).await,
            is_ready_after(polls, store.read(&branch, Seq::START, usize::MAX)).await,
            is_ready_after(polls, store.info(&branch)).await,
            is_ready_after(polls, store.branches(&scope)).await,
            is_ready_after(polls, store.signals(&branch)).await,
            is_ready_after(polls, store.collect(&scope, what)).await,
            is_ready_after(polls, store.projects(&scope, Page::default())).await,
            is_ready_after(polls, store.project(&branch)).await,
            is_ready_after(polls, store.calls(&scope, CallQuery::default())).await,
            is_ready_after(polls, store.spending(&scope, 0, u64::MAX)).await,
            is_ready_after(polls, store.rebuild(&small.scope)).await,
            is_ready_after(polls, store.close()).await,
        ];
        // What goes on without its caller is over soon; the server would end what was left behind after five seconds.
        let over = async {
            while database.number(WITHIN_TRANSACTIONS).await > 0 {
                tokio::task::yield_now().await;
            }
        };
        let over = tokio::time::timeout(Duration::from_secs(4), over).await;
        assert!(over.is_ok(), "a transaction is open after {polls} polls");
        head = Seq::START.after(log(&store, &branch).await.unwrap().len());
        if ready.iter().all(|ready| *ready) {
            return;
        }
    }
}
