//! What belongs to one attempt at getting an answer.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::AttemptLog;
use crate::{
    budget::{Budget, Spend},
    id::{AssignmentId, RunId},
    store::Scope,
};

/// What belongs to one attempt at getting an answer and not to the request: it is never recorded with it.
///
/// Clones share the cancellation, the budget and the account of what was spent.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct CallContext {
    /// When the answer is of no use any more.
    pub deadline: Option<Instant>,
    /// Cancelled when nobody waits for the answer any more.
    pub cancellation: CancellationToken,
    /// What further attempts must reserve from before they are sent. The first one is reserved by the caller.
    pub budget: Budget,
    /// Whether an answer from a cache is of no use: the caller asks again because it could not use the last one.
    pub fresh: bool,
    /// Who asks, for logs and traces. Absent outside of a run.
    pub id: Option<CallId>,
    /// Who writes down attempts that failed and calls beside this one. Absent outside of a run.
    pub log: Option<Arc<dyn AttemptLog>>,
    earlier: Arc<Mutex<Spend>>,
}

impl CallContext {
    /// Sets when the answer is of no use any more.
    #[must_use]
    pub fn deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Sets what cancels the call.
    #[must_use]
    pub fn cancellation(mut self, token: CancellationToken) -> Self {
        self.cancellation = token;
        self
    }

    /// Sets what further attempts are paid from.
    #[must_use]
    pub fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// Refuses answers from a cache.
    #[must_use]
    pub fn fresh(mut self, fresh: bool) -> Self {
        self.fresh = fresh;
        self
    }

    /// Says who asks.
    #[must_use]
    pub fn id(mut self, id: CallId) -> Self {
        self.id = Some(id);
        self
    }

    /// Sets who writes down attempts that failed and calls beside this one.
    #[must_use]
    pub fn log(mut self, log: Arc<dyn AttemptLog>) -> Self {
        self.log = Some(log);
        self
    }

    /// How long the answer is still of use. `None` is for ever.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(tokio::time::Instant::now().into()))
    }

    /// What earlier attempts of this call and calls beside it cost. It is settled with the budget already.
    pub fn spent_earlier(&self) -> Spend {
        *self.earlier.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add_earlier(&self, spent: Spend) {
        *self.earlier.lock().unwrap_or_else(PoisonError::into_inner) += spent;
    }

    /// The context of a call beside this one. Its attempts have an account and a log of their own.
    pub(super) fn for_beside(&self, log: Option<Arc<dyn AttemptLog>>) -> Self {
        Self { log, earlier: Arc::default(), ..self.clone() }
    }
}

/// Names a call within the log of its run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallId {
    /// Whose run it is.
    pub scope: Scope,
    /// The run.
    pub run: RunId,
    /// The assignment whose agent asks.
    pub assignment: AssignmentId,
    /// The agent's role.
    pub agent: String,
    /// Which attempt at the assignment.
    pub attempt: u32,
    /// The effect's name.
    pub effect: String,
}
