//! What one call comes to: attempts that are made again, and calls beside it.

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;

use super::{
    CallContext, ChatRequest, ChatResponse, LlmError, LlmErrorKind, LlmProvider, LlmProviderExt as _, ModelId,
};
use crate::budget::{BudgetExceeded, Spend};

/// Writes down what is sent for an answer, so that nothing is forgotten if the process is killed meanwhile.
#[async_trait]
pub trait AttemptLog: Debug + Send + Sync {
    /// An attempt failed, and the model `next` is to be asked. What all attempts and calls beside them cost so far is
    /// `spent`. It is durable when this returns.
    ///
    /// # Errors
    /// When it can't be made durable: nothing more may be sent.
    async fn failed(&self, error: &LlmError, spent: Spend, next: &ModelId) -> Result<(), LlmError>;

    /// A call beside this one is about to be sent, and costs `worst` at most. Returns the log of that call. It is
    /// durable when this returns.
    ///
    /// # Errors
    /// When it can't be made durable: it may not be sent.
    async fn beside(&self, request: &ChatRequest, worst: Spend) -> Result<Arc<dyn AttemptLog>, LlmError>;

    /// The call beside another one, whose log this is, ended: all its attempts cost `spent`. It is durable before
    /// anything is that comes after it.
    ///
    /// # Errors
    /// When it can't be recorded.
    fn ended(&self, answer: Result<&ChatResponse, &LlmError>, spent: Spend) -> Result<(), LlmError>;
}

impl CallContext {
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
        self.budget
            .try_reserve(cost)
            .map_err(|exceeded| {
                let message = format!("{exceeded}, after a failed attempt: {error}");
                // What is not booked here is still to be booked by whoever gets this.
                no_room(message).billed(!error.was_refused())
            })?
            .settle(cost);
        self.add_earlier(cost);
        match &self.log {
            Some(log) => log.failed(error, self.spent_earlier(), next).await,
            None => Ok(()),
        }
    }

    /// Sends a request beside this call, such as one that checks its prompt or answer. It is paid from this call's
    /// budget, without waiting for room as this call's own reservation is held meanwhile, and is a call of its own in
    /// the log.
    ///
    /// # Errors
    /// [`LlmErrorKind::BudgetExceeded`] when the budget has no room for it; what [`AttemptLog::beside`] says; those of
    /// the provider.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the request, which is booked with its worst case.
    pub async fn complete_beside(
        &self,
        provider: &dyn LlmProvider,
        request: ChatRequest,
    ) -> Result<ChatResponse, LlmError> {
        let model = provider.capabilities(request.model.name()).await?;
        let exceeded = |exceeded: BudgetExceeded| no_room(exceeded.to_string());
        let worst = model.worst_case_within(&request, self.budget.limits()).map_err(exceeded)?;
        let reservation = self.budget.try_reserve(worst).map_err(exceeded)?;
        let log = match &self.log {
            None => None,
            Some(log) => match log.beside(&request, worst).await {
                Ok(log) => Some(log),
                Err(error) => {
                    // Nothing was sent.
                    reservation.settle(Spend::default());
                    return Err(error);
                }
            },
        };
        let call = self.for_beside(log);
        let answer = provider.complete(request, &call).await;
        let mut spent = call.spent_earlier();
        spent += model.settle(answer.as_ref(), reservation);
        self.add_earlier(spent);
        if let Some(log) = &call.log {
            log.ended(answer.as_ref(), spent)?;
        }
        answer
    }
}

fn no_room(message: String) -> LlmError {
    LlmError::new(LlmErrorKind::BudgetExceeded, message)
}
