//! The rules that every [`StateStore`] keeps, as cases that any of them can be put through.
//!
//! ```
//! use samokoder_core::{store::MemoryStore, testing};
//!
//! # let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
//! # runtime.block_on(
//! testing::store::conformance(async || MemoryStore::new())
//! # );
//! ```

#![expect(clippy::unwrap_used, reason = "a case that does not hold panics")]

mod blobs;
mod branches;
mod cancelling;
mod closing;
mod fixture;
mod forms;
mod leases;
mod logs;
mod signals;
mod waiting;

use std::{fmt, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures::{FutureExt as _, future::BoxFuture};

use crate::store::StateStore;

/// A case that takes longer than this does not hold: someone was not woken.
const PATIENCE: Duration = Duration::from_mins(1);

type Store = Arc<dyn StateStore>;

/// One rule of the port, with a test of it.
#[derive(Clone, Copy)]
pub struct Case {
    /// The rule: `leases::a_lease_is_given_back_when_its_last_clone_is_dropped`.
    pub name: &'static str,
    check: fn(Store) -> BoxFuture<'static, ()>,
}

impl Case {
    /// Puts a store through the case, which needs a runtime of more than one thread.
    ///
    /// The store may hold anything: a case works in scopes of its own.
    ///
    /// # Panics
    /// When the store does not keep the rule.
    pub async fn check(&self, store: Arc<dyn StateStore>) {
        let done = tokio::time::timeout(PATIENCE, (self.check)(store)).await;
        assert!(done.is_ok(), "{self:?}: still waiting after {PATIENCE:?}");
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Puts a store through all [cases](CASES), each with what `open` gives, which may be the same store every time.
///
/// # Panics
/// When the store does not keep a rule; the message lists all of those.
pub async fn conformance<S: StateStore + 'static>(open: impl AsyncFn() -> S) {
    let mut broken = Vec::new();
    for case in CASES {
        let store = Arc::new(open().await);
        if AssertUnwindSafe(case.check(store)).catch_unwind().await.is_err() {
            broken.push(case.name);
        }
    }
    assert!(broken.is_empty(), "{} of {} rules are not kept: {broken:#?}", broken.len(), CASES.len());
}

macro_rules! cases {
    ($($topic:ident { $($name:ident)* })*) => {
        &[$($(Case {
            name: concat!(stringify!($topic), "::", stringify!($name)),
            check: |store| Box::pin($topic::$name(store)),
        },)*)*]
    };
}

/// Every rule of the port.
pub const CASES: &[Case] = cases! {
    branches {
        making_a_branch_again_changes_nothing
        branches_are_listed_in_the_order_in_which_they_were_made
        a_scope_lists_no_other_scopes_branches
        scopes_differ_when_a_single_character_does
        the_same_ids_in_two_scopes_are_two_branches
        a_branch_that_was_not_made_is_not_found
        branches_made_at_once_are_all_there
    }
    logs {
        records_are_numbered_from_one_without_gaps
        an_empty_batch_changes_nothing
        an_append_that_does_not_follow_the_last_record_is_a_conflict
        a_refused_batch_leaves_nothing_behind
        pages_follow_each_other
        a_page_beyond_the_end_is_empty
        records_do_not_change
        a_batch_may_be_large
        branches_have_logs_of_their_own
        sixteen_writers_lose_no_update
        readers_see_a_batch_as_a_whole
    }
    forms {
        every_record_comes_back_as_it_was
        every_change_comes_back_as_it_was
        every_signal_comes_back_as_it_was
        any_text_comes_back_as_it_was
        any_number_comes_back_as_it_was
        a_record_may_be_large
    }
    leases {
        a_branch_has_one_holder
        a_lease_is_given_back_when_its_last_clone_is_dropped
        each_lease_has_a_greater_epoch
        an_older_lease_may_not_write
        a_lease_that_was_never_given_may_not_write
        branches_have_leases_of_their_own
        of_many_who_ask_at_once_one_gets_it
    }
    signals {
        anyone_may_post_while_someone_holds_the_lease
        signals_come_in_the_order_in_which_they_were_posted
        an_id_counts_once
        an_id_counts_once_even_after_it_was_taken
        a_batch_takes_signals_once
        a_refused_batch_takes_none
        taking_what_is_not_there_does_nothing
        branches_have_signals_of_their_own
        signals_posted_at_once_are_all_there
    }
    blobs {
        contents_come_back_as_they_were
        a_content_may_be_stored_again
        a_content_that_was_not_stored_is_not_found
        a_scope_sees_no_other_scopes_contents
        branches_of_a_scope_share_contents
    }
    waiting {
        what_is_there_is_not_waited_for
        an_append_wakes_all_who_wait
        no_append_is_missed
        who_waits_is_told_the_last_number
        a_wait_may_be_dropped_and_begun_again
        a_signal_that_is_there_is_not_waited_for
        a_post_wakes_all_who_wait
        no_signal_is_missed
        a_signal_that_was_taken_is_waited_for_no_more
        only_the_branchs_own_news_end_a_wait
    }
    cancelling {
        a_dropped_append_writes_all_or_nothing
        a_dropped_append_is_settled_before_the_next_lease
        a_dropped_acquire_takes_nothing
        a_dropped_post_can_be_posted_again
        a_dropped_create_can_be_made_again
        a_dropped_read_leaves_the_store_usable
    }
    closing {
        a_store_that_was_closed_goes_on_where_it_was
        closing_while_others_work_is_no_error
    }
};
