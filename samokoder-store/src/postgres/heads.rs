//! Where the logs end that this process appends to.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use samokoder_core::store::{Branch, Link, Seq};

/// Where a log ends, as it was when it was looked at. Whoever writes there makes sure that it still does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// The branch's row.
    pub(super) id: i64,
    /// Of the lease.
    pub(super) epoch: i64,
    pub(super) seq: Seq,
    pub(super) tip: Link,
    /// Where it leaves the branch that it was forked from.
    pub(super) left_at: Seq,
    pub(super) is_fork: bool,
}

/// The ends of logs, so that an append need not ask for it first.
#[derive(Debug, Default)]
pub(super) struct Heads(Mutex<BTreeMap<Branch, Head>>);

impl Heads {
    pub(super) fn get(&self, branch: &Branch) -> Option<Head> {
        self.heads().get(branch).copied()
    }

    pub(super) fn set(&self, branch: &Branch, head: Head) {
        self.heads().insert(branch.clone(), head);
    }

    pub(super) fn remove(&self, branch: &Branch) {
        self.heads().remove(branch);
    }

    fn heads(&self) -> MutexGuard<'_, BTreeMap<Branch, Head>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
