//! Sparing a provider that fails.

mod state;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use samokoder_core::llm::{CallContext, ChatRequest, LlmError, LlmErrorKind, LlmProvider, ModelId};
use tokio::time::Instant;

pub use self::state::BreakerState;
use self::state::{Circuit, Ticket, Verdict};
use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
    watch::{Outcome, Watch},
};

/// Refuses calls to a model at a provider that failed too often, and lets a single one try after a time.
///
/// Only failures of the provider count: overload, no answer in time, no connection, an answer that is broken. A
/// request that it refuses shows that it works; "slow down", a wrong key or a call that was dropped shows nothing.
///
/// A refusal is [`LlmErrorKind::Overloaded`] and says when the next call may try.
///
/// ```
/// use std::time::Duration;
///
/// use samokoder_llm::layer::{Breaker, Stack};
///
/// let stack = Stack::new().with(Breaker::new(5, Duration::from_secs(30)));
/// ```
#[derive(Debug, Clone)]
pub struct Breaker {
    failures: u32,
    pause: Duration,
    circuits: Arc<Mutex<BTreeMap<ModelId, Circuit>>>,
}

impl Breaker {
    /// Opens after this many failures in a row, for this long.
    pub fn new(failures: u32, pause: Duration) -> Self {
        Self { failures: failures.max(1), pause, circuits: Arc::default() }
    }

    /// What calls to a model meet at the moment.
    pub fn state(&self, model: &ModelId) -> BreakerState {
        let circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        circuits.get(model).map_or(BreakerState::Closed, |circuit| circuit.state(Instant::now()))
    }

    fn with<T>(&self, model: &ModelId, act: impl FnOnce(&mut Circuit) -> T) -> T {
        let mut circuits = self.circuits.lock().unwrap_or_else(PoisonError::into_inner);
        match circuits.get_mut(model) {
            Some(circuit) => act(circuit),
            None => act(circuits.entry(model.clone()).or_insert(Circuit::new(self.failures, self.pause))),
        }
    }
}

impl Default for Breaker {
    /// Five failures in a row, half a minute: overload of a provider rarely is over sooner.
    fn default() -> Self {
        Self::new(5, Duration::from_secs(30))
    }
}

impl Layer for Breaker {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(self.clone(), inner)
    }

    fn place(&self) -> Place {
        Place::Breaker
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(self.clone()))
    }
}

#[async_trait]
impl Link for Breaker {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let model = request.model.clone();
        let entered = self.with(&model, |circuit| circuit.enter(Instant::now()));
        let ticket = entered.map_err(|wait| {
            let message = format!("{model} failed too often; the next call may try in {wait:?}");
            LlmError::new(LlmErrorKind::Overloaded, message).retry_after(wait)
        })?;
        let deadline = call.deadline.map(Into::into);
        let watch = Passing { breaker: self.clone(), model, ticket, deadline };
        below.watched(request, call, watch).await
    }
}

#[derive(Debug)]
struct Passing {
    breaker: Breaker,
    model: ModelId,
    ticket: Ticket,
    deadline: Option<Instant>,
}

impl Passing {
    fn verdict(&self, outcome: Outcome<'_>) -> Verdict {
        match outcome {
            Outcome::Finished(_) => Verdict::Works,
            Outcome::Stopped => Verdict::Fails,
            Outcome::Dropped => Verdict::Unknown,
            Outcome::Failed(error) => match error.kind {
                // Who did not have the time to wait can't say that it would never have come.
                LlmErrorKind::Timeout if self.deadline.is_some_and(|at| at <= Instant::now()) => {
                    Verdict::Unknown
                }
                LlmErrorKind::Overloaded
                | LlmErrorKind::Timeout
                | LlmErrorKind::Connection
                | LlmErrorKind::Truncated
                | LlmErrorKind::Malformed => Verdict::Fails,
                LlmErrorKind::BadRequest | LlmErrorKind::ContextTooLong | LlmErrorKind::ContentRefused => {
                    Verdict::Works
                }
                _ => Verdict::Unknown,
            },
        }
    }
}

impl Watch for Passing {
    fn end(&mut self, outcome: Outcome<'_>) -> Result<(), LlmError> {
        let verdict = self.verdict(outcome);
        self.breaker.with(&self.model, |circuit| circuit.leave(self.ticket, verdict, Instant::now()));
        Ok(())
    }
}
