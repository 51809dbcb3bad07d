//! What must not be recorded is taken out before it is.

use std::borrow::Cow;

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{RunOptions, effect::EffectError};
use crate::{llm::LlmError, project::Question, secrets::Redactor};

impl RunOptions {
    /// The text as it may be recorded.
    pub(crate) fn redacted(&self, text: String) -> String {
        let Some(redactor) = &self.redactor else { return text };
        owned(redactor.redact(&text)).unwrap_or(text)
    }

    /// What a person typed, as it may be recorded.
    pub(crate) fn redacted_typed(&self, text: String) -> String {
        let Some(redactor) = &self.redactor else { return text };
        owned(redactor.redact_typed(&text)).unwrap_or(text)
    }

    /// What a person answered, as it may be recorded.
    pub(crate) fn redacted_answer(&self, question: &Question, answer: String) -> String {
        let Some(redactor) = &self.redactor else { return answer };
        owned(redactor.redact_answer(question, &answer)).unwrap_or(answer)
    }

    /// A value's JSON as it may be recorded. `None` when it may be recorded as it is.
    pub(crate) fn redacted_json(&self, json: &Bytes) -> Option<Bytes> {
        let redactor = &**self.redactor.as_ref()?;
        let mut value: Value = serde_json::from_slice(json).ok()?;
        (redact_value(redactor, &mut value) > 0).then(|| Bytes::from(value.to_string()))
    }

    /// A value as it may be recorded.
    pub(crate) fn redacted_value<T: Serialize + DeserializeOwned>(&self, value: T) -> T {
        let json = self.redactor.as_ref().and_then(|_| serde_json::to_vec(&value).ok()).map(Bytes::from);
        let redacted = json.and_then(|json| self.redacted_json(&json));
        redacted.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or(value)
    }

    /// An error as it may be recorded.
    pub(crate) fn redacted_error(&self, error: EffectError) -> EffectError {
        match error {
            EffectError::Call(error) => EffectError::Call(self.redacted_call_error(error)),
            EffectError::Exec(mut error) => {
                error.message = self.redacted(error.message);
                EffectError::Exec(error)
            }
            EffectError::Other(message) => EffectError::Other(self.redacted(message)),
        }
    }

    pub(crate) fn redacted_call_error(&self, error: LlmError) -> LlmError {
        let LlmError { kind, message, retry_after, reply, billed } = error;
        let (message, reply) = (self.redacted(message), self.redacted_value(reply));
        LlmError { kind, message, retry_after, reply, billed }
    }
}

/// A text that was changed.
fn owned(text: Cow<'_, str>) -> Option<String> {
    match text {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    }
}

/// Takes out of every text in a value what must not be recorded, and returns in how many there was anything.
fn redact_value(redactor: &dyn Redactor, value: &mut Value) -> usize {
    match value {
        Value::String(text) => owned(redactor.redact(text)).map_or(0, |redacted| {
            *text = redacted;
            1
        }),
        Value::Array(items) => items.iter_mut().map(|item| redact_value(redactor, item)).sum(),
        Value::Object(fields) => fields.values_mut().map(|item| redact_value(redactor, item)).sum(),
        _ => 0,
    }
}
