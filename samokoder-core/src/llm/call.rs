//! What belongs to one attempt at getting an answer.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{LlmError, LlmErrorKind, ModelId};
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
    /// Who writes down attempts that failed. Absent outside of a run.
    pub log: Option<Arc<dyn AttemptLog>>,
    earlier: Arc<Mutex<Spend>>,
}

/// Writes down the attempts at an answer, so that none is forgotten if the process is killed during the next one.
#[async_trait]
pub trait AttemptLog: std::fmt::Debug + Send + Sync {
    /// An attempt failed, and the model `next` is to be asked. What all attempts and calls beside them cost so far is
    /// `spent`. It is durable when this returns.
    ///
    /// # Errors
    /// When it can't be made durable: nothing more may be sent.
    async fn failed(&self, error: &LlmError, spent: Spend, next: &ModelId) -> Result<(), LlmError>;
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

    /// Sets who writes down attempts that failed.
    #[must_use]
    pub fn log(mut self, log: Arc<dyn AttemptLog>) -> Self {
        self.log = Some(log);
        self
    }

    /// How long the answer is still of use. `None` is for ever.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(tokio::time::Instant::now().into()))
    }

    /// Books what a failed attempt may have cost, before the model `next` is asked: nothing but the call itself if the
    /// provider refused it, else `worst`, its worst case, as nobody knows what was billed. It is durable when this
    /// returns.
    ///
    /// What the caller reserved goes on to cover the attempt that follows.
    ///
    /// It does not wait for room, as the caller's reservation is held meanwhile.
    ///
    /// # Errors
    /// [`LlmErrorKind::BudgetExceeded`] when the budget has no room for another attempt; what [`AttemptLog::failed`]
    /// says.
    pub async fn book_failed(&self, error: &LlmError, worst: Spend, next: &ModelId) -> Result<(), LlmError> {
        let cost = if error.was_refused() { Spend { calls: 1, ..Spend::default() } } else { worst };
        let reservation = self.budget.try_reserve(cost).map_err(|exceeded| {
            LlmError::new(
                LlmErrorKind::BudgetExceeded,
                format!("{exceeded}, after a failed attempt: {error}"),
            )
        })?;
        self.settle_beside(reservation, cost);
        match &self.log {
            Some(log) => log.failed(error, self.spent_earlier(), next).await,
            None => Ok(()),
        }
    }

    /// Sets aside what a call beside this one may cost, such as one that checks its answer. Like
    /// [`book_failed`](Self::book_failed) it does not wait for room.
    ///
    /// # Errors
    /// [`LlmErrorKind::BudgetExceeded`] when the budget has no room for it.
    pub fn reserve_beside(&self, worst: Spend) -> Result<Reservation, LlmError> {
        let reserved = self.budget.try_reserve(worst);
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
