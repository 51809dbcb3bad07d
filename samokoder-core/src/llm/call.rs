//! What belongs to one attempt at getting an answer.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{LlmError, LlmErrorKind};
use crate::{
    budget::{Budget, Reservation, Spend},
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

    /// How long the answer is still of use. `None` is for ever.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(tokio::time::Instant::now().into()))
    }

    /// Books what a failed attempt may have cost, before another one is sent: nothing but the call itself if the
    /// provider refused it, else `worst`, its worst case, as nobody knows what was billed.
    ///
    /// What the caller reserved goes on to cover the attempt that follows.
    ///
    /// # Errors
    /// [`LlmErrorKind::BudgetExceeded`] when the budget has no room for another attempt.
    ///
    /// # Cancel safety
    /// Dropping the future books nothing.
    pub async fn book_failed(&self, error: &LlmError, worst: Spend) -> Result<(), LlmError> {
        let cost = if error.was_refused() { Spend { calls: 1, ..Spend::default() } } else { worst };
        let reservation = self.budget.reserve(cost).await.map_err(|exceeded| {
            LlmError::new(
                LlmErrorKind::BudgetExceeded,
                format!("{exceeded}, after a failed attempt: {error}"),
            )
        })?;
        self.settle_beside(reservation, cost);
        Ok(())
    }

    /// Sets aside what a call beside this one may cost, such as one that checks its answer.
    ///
    /// # Errors
    /// [`LlmErrorKind::BudgetExceeded`] when the budget has no room for it.
    ///
    /// # Cancel safety
    /// Dropping the future reserves nothing.
    pub async fn reserve_beside(&self, worst: Spend) -> Result<Reservation, LlmError> {
        let reserved = self.budget.reserve(worst).await;
        reserved.map_err(|exceeded| LlmError::new(LlmErrorKind::BudgetExceeded, exceeded.to_string()))
    }

    /// Books what a call beside this one cost.
    pub fn settle_beside(&self, reservation: Reservation, actual: Spend) {
        reservation.settle(actual);
        *self.earlier.lock().unwrap_or_else(PoisonError::into_inner) += actual;
    }

    /// What earlier attempts of this call and calls beside it cost. It is settled with the budget already.
    pub fn spent_earlier(&self) -> Spend {
        *self.earlier.lock().unwrap_or_else(PoisonError::into_inner)
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
