//! One effect of an attempt: replayed, or recorded before and after it is done.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::{EffectRequest, attempt::Attempt, journal::Entry};
use crate::{
    agent::AgentError,
    budget::Spend,
    digest::Digest,
    llm::{LlmError, Usage},
    sandbox::SandboxError,
    store::{EffectId, EffectKind, EffectResult, Record, StoreErrorKind},
};

/// What the names of calls beside others begin with.
pub(crate) const BESIDE: &str = "beside ";

/// An effect whose name is in use. Dropping it frees the name.
#[derive(Debug)]
pub(crate) struct Effect<'a> {
    attempt: &'a Attempt,
    pub(crate) id: EffectId,
    pub(crate) request: Bytes,
    began: Option<Instant>,
}

/// How an effect failed, in the form that is recorded.
#[derive(Debug)]
pub(crate) enum EffectError {
    Call(LlmError),
    Exec(SandboxError),
    Other(String),
}

impl<'a> Effect<'a> {
    /// Takes the next number of this name.
    pub(crate) fn begin(
        attempt: &'a Attempt,
        name: &str,
        request: &impl Serialize,
    ) -> Result<Self, AgentError> {
        if name.starts_with(BESIDE) {
            return Err(AgentError::Failed(format!("names that begin with {BESIDE:?} are not an agent's")));
        }
        let request = json(request)?;
        let request = attempt.run.options.redacted_json(&request).unwrap_or(request);
        let mut names = attempt.names.lock().unwrap_or_else(PoisonError::into_inner);
        let used = names.entry(name.to_owned()).or_default();
        if std::mem::replace(&mut used.open, true) {
            return Err(AgentError::Failed(format!(
                "two effects named {name:?} at the same time: give effects that run together names of their own"
            )));
        }
        used.count += 1;
        let id = EffectId { attempt: attempt.id, name: name.to_owned(), nth: used.count - 1 };
        Ok(Self { attempt, id, request, began: None })
    }

    /// What the effect returned before, if it was finished then.
    pub(crate) async fn replay<R: DeserializeOwned>(&self) -> Result<Option<R>, AgentError> {
        let recorded = self.attempt.recorded.get(&(self.id.name.clone(), self.id.nth));
        let Some((recorded, result)) =
            recorded.and_then(|recorded| Some((recorded, recorded.result.as_ref()?)))
        else {
            return Ok(None);
        };
        if recorded.request != Digest::of(&self.request) {
            return Err(AgentError::Diverged { effect: self.id.name.clone() });
        }
        tracing::debug!(effect = self.id.name, "replayed");
        match result {
            EffectResult::Done { payload, .. } => {
                let run = &self.attempt.run;
                let payload = match run.store.blob(&run.branch.scope, *payload).await {
                    // Collected as that of a call that was over, before the branch was rewound to a time when it was not.
                    Err(error) if error.kind == StoreErrorKind::NotFound => {
                        return Err(AgentError::Diverged { effect: self.id.name.clone() });
                    }
                    payload => payload?,
                };
                let value = serde_json::from_slice(&payload).map_err(|error| {
                    AgentError::Failed(format!(
                        "the recorded outcome of {:?} can't be read: {error}",
                        self.id.name
                    ))
                })?;
                Ok(Some(value))
            }
            EffectResult::CallFailed { error } => Err(error.clone().into()),
            EffectResult::ExecFailed { error } => Err(error.clone().into()),
            EffectResult::Failed { message } => Err(AgentError::Failed(message.clone())),
        }
    }

    /// Asks whoever has a say in it whether it may be done.
    pub(crate) async fn admit(&self, kind: &EffectKind, worst: Spend) -> Result<(), AgentError> {
        let (run, role) = (&self.attempt.run, &self.attempt.assignment.role);
        let Some(admission) = &run.options.admission else { return Ok(()) };
        let (branch, labels, effect) = (&run.branch, &run.options.labels, &self.id);
        let request = EffectRequest { branch, run: run.id, labels, role, effect, kind, worst };
        admission.admit(request).await.map_err(AgentError::Denied)
    }

    /// Records that it is about to be done.
    pub(crate) async fn intend(&mut self, kind: EffectKind, reserved: Spend) -> Result<(), AgentError> {
        let request = Digest::of(&self.request);
        let intent = Record::Intent { effect: self.id.clone(), kind, request, reserved };
        self.attempt.journal.append(Entry::new(vec![intent]).blobs(vec![self.request.clone()])).await?;
        self.began = Some(Instant::now());
        Ok(())
    }

    /// Records what came of it, without waiting: it is durable before anything that the agent makes of it, such as
    /// another effect or a commit.
    ///
    /// The agent sees what is recorded, as it would be replayed.
    pub(crate) fn conclude<R: Serialize + DeserializeOwned>(
        &self,
        outcome: Result<R, EffectError>,
        usage: Option<Usage>,
        spent: Spend,
    ) -> Result<R, AgentError> {
        let options = &self.attempt.run.options;
        let outcome = match outcome {
            Ok(value) => Ok(options.redacted_value(value)),
            Err(error) => Err(options.redacted_error(error)),
        };
        let took = self.began.map_or(Duration::ZERO, |began| began.elapsed());
        let entry = concluded(self.id.clone(), &outcome, usage, took, spent)?;
        self.attempt.journal.submit_soon(entry)?;
        outcome.map_err(AgentError::from)
    }
}

/// What came of an effect, as a record with its content.
pub(crate) fn concluded(
    effect: EffectId,
    outcome: &Result<impl Serialize, EffectError>,
    usage: Option<Usage>,
    took: Duration,
    spent: Spend,
) -> Result<Entry, AgentError> {
    let (result, payload) = match outcome {
        Ok(value) => {
            let payload = json(value)?;
            let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            (EffectResult::Done { payload: Digest::of(&payload), usage, duration_ms }, vec![payload])
        }
        Err(EffectError::Call(error)) => (EffectResult::CallFailed { error: error.clone() }, vec![]),
        Err(EffectError::Exec(error)) => (EffectResult::ExecFailed { error: error.clone() }, vec![]),
        Err(EffectError::Other(message)) => (EffectResult::Failed { message: message.clone() }, vec![]),
    };
    Ok(Entry::new(vec![Record::Outcome { effect, result, spent }]).blobs(payload))
}

impl Drop for Effect<'_> {
    fn drop(&mut self) {
        let mut names = self.attempt.names.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(used) = names.get_mut(&self.id.name) {
            used.open = false;
        }
    }
}

impl From<EffectError> for AgentError {
    fn from(error: EffectError) -> Self {
        match error {
            EffectError::Call(error) => error.into(),
            EffectError::Exec(error) => error.into(),
            EffectError::Other(message) => Self::Failed(message),
        }
    }
}

pub(crate) fn json(value: &impl Serialize) -> Result<Bytes, AgentError> {
    serde_json::to_vec(value).map(Bytes::from).map_err(|error| {
        AgentError::Failed(format!("what an effect asks or returns has no JSON form: {error}"))
    })
}
