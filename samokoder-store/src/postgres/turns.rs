//! Who in this process may take or give back the lease of a branch next: in the order in which they asked.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use samokoder_core::store::Branch;
use tokio::sync::oneshot;

/// The turns that were given out.
#[derive(Debug, Clone, Default)]
pub(super) struct Turns(Arc<Mutex<Queue>>);

#[derive(Debug, Default)]
struct Queue {
    given: u64,
    /// The end of the last turn of each branch.
    last: BTreeMap<Branch, (u64, oneshot::Receiver<()>)>,
}

/// A turn. It is over when this is dropped, which must not be before it has begun: the next one would begin too early.
#[derive(Debug)]
pub(super) struct Turn {
    turns: Turns,
    branch: Branch,
    number: u64,
    before: Option<oneshot::Receiver<()>>,
    _over: oneshot::Sender<()>,
}

impl Turns {
    /// A turn after all that were given out for this branch.
    pub(super) fn take(&self, branch: &Branch) -> Turn {
        let (over, end) = oneshot::channel();
        let mut queue = self.queue();
        queue.given += 1;
        let number = queue.given;
        let before = queue.last.insert(branch.clone(), (number, end));
        Turn {
            turns: self.clone(),
            branch: branch.clone(),
            number,
            before: before.map(|(_, end)| end),
            _over: over,
        }
    }

    /// Waits until every turn that was given out is over.
    pub(super) async fn finish(&self) {
        let branches: Vec<_> = self.queue().last.keys().cloned().collect();
        for branch in branches {
            self.take(&branch).begin().await;
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// The branch.
    pub(super) fn branch(&self) -> &Branch {
        &self.branch
    }

    /// Waits until it is this one's turn.
    pub(super) async fn begin(&mut self) {
        if let Some(before) = &mut self.before {
            // Nothing is sent: the end of the one before is that its sender is gone.
            let _ = before.await;
            self.before = None;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut queue = self.turns.queue();
        if queue.last.get(&self.branch).is_some_and(|(number, _)| *number == self.number) {
            queue.last.remove(&self.branch);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use samokoder_core::{
        id::{BranchId, ProjectId},
        store::Scope,
    };

    use super::*;

    #[test]
    fn turns_of_a_branch_come_in_their_order_and_leave_nothing_behind() {
        let branch =
            || Branch { scope: Scope::default(), project: ProjectId::fresh(), id: BranchId::fresh() };
        let (one, other) = (branch(), branch());
        let turns = Turns::default();
        let (mut first, mut second, mut third) = (turns.take(&one), turns.take(&one), turns.take(&one));
        let mut others = turns.take(&other);
        assert!(others.begin().now_or_never().is_some());
        assert!(first.begin().now_or_never().is_some());
        assert!(third.begin().now_or_never().is_none());
        drop(first);
        assert!(second.begin().now_or_never().is_some());
        drop((second, others));
        assert!(turns.queue().last.contains_key(&one));
        drop(third);
        assert!(turns.queue().last.is_empty());
    }
}
