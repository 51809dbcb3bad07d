//! The log of a call that is sent again: each attempt at it has records of its own.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{
    journal::{Entry, Journal},
    run::RunShared,
};
use crate::{
    budget::Spend,
    digest::Digest,
    llm::{AttemptLog, LlmError, LlmErrorKind, ModelId},
    store::{EffectId, EffectKind, EffectResult, Record},
};

/// Records that an attempt at a call failed and that the next one is about to be sent: the outcome of the one and the
/// intent of the other, both of the same effect. So a process that is killed leaves one attempt without an outcome, the
/// last one, and what the others cost is known.
#[derive(Debug)]
pub(crate) struct Resend {
    pub(crate) journal: Journal,
    pub(crate) run: Arc<RunShared>,
    pub(crate) effect: EffectId,
    pub(crate) template: Option<String>,
    pub(crate) request: Digest,
    /// What was reserved for the first attempt. It goes on to cover the next one.
    pub(crate) reserved: Spend,
    /// What is recorded already of what the call cost.
    pub(crate) recorded: Mutex<Spend>,
}

impl Resend {
    /// Of what the call cost so far, what is not recorded yet. From now on it is.
    pub(crate) fn take(&self, spent: Spend) -> Spend {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        spent.minus(std::mem::replace(&mut *recorded, spent))
    }
}

#[async_trait]
impl AttemptLog for Resend {
    async fn failed(&self, error: &LlmError, spent: Spend, next: &ModelId) -> Result<(), LlmError> {
        let (effect, spent) = (self.effect.clone(), self.take(spent));
        let error = self.run.options.redacted_call_error(error.clone());
        let failed = Record::Outcome { effect, result: EffectResult::CallFailed { error }, spent };
        let again = Record::Intent {
            effect: self.effect.clone(),
            kind: EffectKind::Call { model: next.clone(), template: self.template.clone() },
            request: self.request,
            reserved: self.reserved,
        };
        self.journal.append(Entry::new(vec![failed, again])).await.map_err(|error| {
            LlmError::new(LlmErrorKind::Cancelled, format!("a failed attempt can't be recorded: {error}"))
        })
    }
}
