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
mod calls;
mod cancelling;
mod chain;
mod closing;
mod collect;
mod fixture;
mod forks;
mod forms;
mod leases;
mod logs;
pub mod model;
mod project;
mod projects;
mod signals;
mod snapshots;
mod spending;
mod stamps;
mod tenancy;
mod waiting;
mod work;

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
        a_dropped_fork_can_be_made_again
        a_dropped_snapshot_is_kept_whole_or_not_at_all
        a_dropped_collect_removes_nothing_that_is_needed
    }
    forks {
        a_fork_begins_as_its_parent_is_up_to_the_point
        a_fork_and_its_parent_go_on_apart
        a_fork_goes_on_after_its_point_and_nowhere_else
        a_fork_of_a_fork_begins_as_both_are
        a_fork_may_leave_where_its_parent_was_still_the_same_as_another
        a_fork_at_the_start_is_empty
        a_fork_beyond_the_end_is_a_conflict
        making_a_fork_again_changes_nothing
        a_fork_that_was_made_otherwise_is_a_conflict
        a_fork_of_what_is_not_there_is_not_found
        pages_cross_the_points_where_forks_leave
        what_is_known_of_a_fork_is_its_name_its_parent_and_its_end
        branches_may_have_one_name
        forks_are_listed_in_the_order_in_which_they_were_made
        forks_have_leases_of_their_own
        forks_have_signals_of_their_own
        forks_share_contents
        who_waits_on_a_fork_is_told_of_its_own_records
        forks_may_be_many_and_deep
        of_forks_made_at_once_each_is_there_once
        a_fork_is_made_while_its_parent_is_written_to
    }
    chain {
        the_tip_of_an_empty_log_is_the_first_link
        the_tip_is_the_link_of_what_is_read
        an_append_without_records_leaves_the_tip
        equal_logs_of_one_branch_have_one_tip
        logs_that_differ_have_other_tips
        a_forks_tip_is_at_first_its_parents_link_there
        a_fork_goes_on_with_its_parents_chain
        forks_that_record_the_same_have_one_tip
    }
    stamps {
        stamps_are_kept_as_they_are_given
        stamps_may_go_back
        records_without_a_stamp_happen_now
        a_fork_has_the_stamps_of_its_parent
    }
    snapshots {
        a_branch_has_no_snapshot_at_first
        a_snapshot_is_of_a_record_at_or_before_the_one_asked_for
        of_two_snapshots_that_are_kept_the_later_one_is_given
        a_snapshot_comes_back_as_it_was
        a_snapshot_that_is_stored_again_is_one_of_the_two
        a_snapshot_changes_nothing_else
        a_fork_sees_its_parents_snapshots_until_it_leaves
        a_parent_sees_none_of_its_forks_snapshots
        a_fork_of_a_fork_sees_the_snapshots_of_both
        an_older_lease_may_store_no_snapshot
        a_snapshot_beyond_the_end_is_a_conflict
        branches_have_snapshots_of_their_own
    }
    collect {
        what_no_log_refers_to_is_removed
        a_scope_without_contents_has_nothing_to_remove
        contents_of_every_size_are_counted_as_they_were_put_in
        what_a_file_ever_was_is_kept
        what_forks_wrote_is_kept
        what_was_stored_lately_stays
        what_is_stored_again_was_stored_lately
        a_dry_run_counts_the_same_and_removes_nothing
        another_scopes_contents_stay
        calls_are_kept_for_ever_if_nothing_else_is_said
        old_calls_go_when_their_attempt_has_ended
        an_old_call_without_an_answer_goes_with_its_attempt
        what_another_attempt_asked_the_same_is_kept_for_it
        a_content_of_a_file_and_of_a_call_stays
        an_attempt_that_is_open_on_a_fork_keeps_its_calls
        an_attempt_that_is_open_on_the_parent_keeps_its_calls
        what_was_removed_can_be_stored_again
        the_logs_stay_as_they_are
        collecting_while_others_write_removes_nothing_they_need
    }
    projects {
        the_newest_project_comes_first
        a_project_without_records_comes_last
        a_list_is_as_long_as_it_may_be
        pages_of_projects_have_no_gaps_and_no_doubles
        a_page_may_begin_where_no_project_is
        a_scope_lists_no_other_scopes_projects
        a_title_is_the_best_name_there_is
        an_end_is_how_the_last_sitting_ended
        a_fork_that_has_begun_has_no_end
        files_and_tasks_are_counted
        the_version_is_the_last_commit
        what_has_no_outcome_is_spent_as_it_was_reserved
        a_call_that_was_made_again_is_spent_twice
        all_branches_together_have_spent_what_each_has
        a_project_is_shown_as_on_the_branch_that_was_written_to_last
        a_project_is_as_old_as_its_oldest_branch
    }
    project {
        a_project_that_is_not_there_is_not_found
        an_empty_project_has_nothing
        all_branches_of_the_project_are_listed_as_they_were_made
        files_are_as_they_are_now_by_path
        a_file_may_be_changed_often_in_one_commit
        forks_have_files_of_their_own
        a_fork_begins_with_the_files_of_its_point
        the_progress_of_tasks_is_in_the_plans_order
        the_summary_is_that_of_the_list
        a_project_may_have_many_files
    }
    calls {
        a_call_says_who_asked_what_and_what_came_of_it
        a_call_without_an_outcome_is_open_and_costs_what_was_reserved
        a_call_that_failed_says_why
        a_call_that_was_made_again_is_two
        effects_of_one_name_are_told_apart
        only_calls_to_models_are_calls
        an_outcome_without_a_call_is_none
        the_newest_call_comes_first
        pages_of_calls_have_no_gaps_and_no_doubles
        calls_are_found_by_when_they_began
        calls_are_found_by_project
        what_a_fork_shares_is_its_parents_call
        an_outcome_on_the_parent_is_none_on_the_fork
        a_scope_lists_no_other_scopes_calls
        a_refused_call_is_not_listed
    }
    spending {
        who_has_called_no_model_has_spent_nothing
        spending_is_by_model_and_agent_in_their_order
        every_kind_of_tokens_is_summed
        calls_without_an_outcome_count_as_reserved_and_failed_ones_as_they_cost
        a_call_counts_when_it_began
        what_forks_share_is_spent_once
        a_scope_counts_no_other_scopes_spending
    }
    tenancy {
        a_branch_is_not_found_in_another_scope
        no_list_has_what_is_another_scopes
        the_same_ids_elsewhere_begin_with_nothing
        the_same_fork_may_be_made_in_two_scopes
        a_lease_is_good_for_its_own_scope_only
    }
    closing {
        a_store_that_was_closed_goes_on_where_it_was
        closing_while_others_work_is_no_error
    }
};
