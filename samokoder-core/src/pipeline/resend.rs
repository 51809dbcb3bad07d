//! The log of what is sent for one call: each attempt at it, and each call beside it, has records of its own.

use std::{
    fmt::Display,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Instant,
};

use async_trait::async_trait;
use bytes::Bytes;

use super::{
    effect::{BESIDE, EffectError, concluded, json},
    journal::{Entry, Journal},
    run::RunShared,
};
use crate::{
    budget::Spend,
    digest::Digest,
    llm::{AttemptLog, ChatRequest, ChatResponse, LlmError, LlmErrorKind, ModelId},
    store::{EffectId, EffectKind, EffectResult, Record},
};

/// Records that an attempt at a call failed and that the next one is about to be sent: the outcome of the one and the
/// intent of the other, both of the same effect. So a process that is killed leaves one attempt without an outcome, the
/// last one, and what the others cost is known. A call beside is an effect of its own.
#[derive(Debug)]
pub(crate) struct Resend {
    journal: Journal,
    run: Arc<RunShared>,
    effect: EffectId,
    template: Option<String>,
    request: Digest,
    /// What was reserved for the first attempt. It goes on to cover the next one.
    reserved: Spend,
    /// What is recorded already of what the call cost.
    recorded: Arc<Mutex<Spend>>,
    /// What is recorded of the call that this one is beside.
    of: Option<Arc<Mutex<Spend>>>,
    began: Instant,
    /// How many calls there were beside it.
    beside: AtomicU32,
}

impl Resend {
    /// The log of a call whose first intent is recorded.
    pub(crate) fn new(
        journal: Journal,
        run: Arc<RunShared>,
        effect: EffectId,
        template: Option<String>,
        request: Digest,
        reserved: Spend,
    ) -> Self {
        let (began, beside) = (Instant::now(), AtomicU32::new(0));
        let (recorded, of) = (Arc::default(), None);
        Self { journal, run, effect, template, request, reserved, recorded, of, began, beside }
    }

    /// Of what the call cost so far, what is not recorded yet. From now on it is.
    pub(crate) fn take(&self, spent: Spend) -> Spend {
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        spent.minus(std::mem::replace(&mut *recorded, spent))
    }

    fn intent(&self, model: ModelId) -> Record {
        Record::Intent {
            effect: self.effect.clone(),
            kind: EffectKind::Call { model, template: self.template.clone() },
            request: self.request,
            reserved: self.reserved,
        }
    }

    async fn write(&self, what: &str, records: Vec<Record>, blobs: Vec<Bytes>) -> Result<(), LlmError> {
        let written = self.journal.append(Entry::new(records).blobs(blobs)).await;
        written.map_err(|error| unrecorded(what, &error))
    }
}

#[async_trait]
impl AttemptLog for Resend {
    async fn failed(&self, error: &LlmError, spent: Spend, next: &ModelId) -> Result<(), LlmError> {
        let error = self.run.options.redacted_call_error(error.clone());
        let failed = Record::Outcome {
            effect: self.effect.clone(),
            result: EffectResult::CallFailed { error },
            spent: self.take(spent),
        };
        self.write("a failed attempt", vec![failed, self.intent(next.clone())], vec![]).await
    }

    async fn beside(&self, request: &ChatRequest, worst: Spend) -> Result<Arc<dyn AttemptLog>, LlmError> {
        let what = "a call beside another one";
        let model = request.model.clone();
        let request = json(request).map_err(|error| unrecorded(what, &error))?;
        let request = self.run.options.redacted_json(&request).unwrap_or(request);
        let EffectId { attempt, name, nth } = &self.effect;
        let effect = EffectId {
            attempt: *attempt,
            name: format!("{BESIDE}{name} {nth}"),
            nth: self.beside.fetch_add(1, Ordering::Relaxed),
        };
        let (journal, run) = (self.journal.clone(), self.run.clone());
        let own = Self {
            of: Some(self.recorded.clone()),
            ..Self::new(journal, run, effect, None, Digest::of(&request), worst)
        };
        self.write(what, vec![own.intent(model)], vec![request]).await?;
        Ok(Arc::new(own))
    }

    fn ended(&self, answer: Result<&ChatResponse, &LlmError>, spent: Spend) -> Result<(), LlmError> {
        let options = &self.run.options;
        let usage = answer.ok().map(|response| response.usage);
        let outcome = match answer {
            Ok(response) => Ok(options.redacted_value(response.clone())),
            Err(error) => Err(EffectError::Call(options.redacted_call_error(error.clone()))),
        };
        let own = self.take(spent);
        if let Some(of) = &self.of {
            *of.lock().unwrap_or_else(PoisonError::into_inner) += spent;
        }
        let entry = concluded(self.effect.clone(), &outcome, usage, self.began.elapsed(), own);
        let recorded = entry.and_then(|entry| Ok(self.journal.submit_soon(entry)?));
        recorded.map_err(|error| unrecorded("what came of a call", &error))
    }
}

fn unrecorded(what: &str, error: &dyn Display) -> LlmError {
    LlmError::new(LlmErrorKind::Cancelled, format!("{what} can't be recorded: {error}"))
}
