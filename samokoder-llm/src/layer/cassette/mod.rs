//! Recording calls and giving them again.

mod difference;
mod record;
mod replay;

use samokoder_core::llm::{LlmError, StreamEvent};
use serde::{Deserialize, Serialize};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

pub use self::{record::Recorder, replay::Replayer};
use super::guard::{is_suspect, redact_value};

/// A call on a cassette: one line of JSON, with secrets replaced by their descriptions.
#[derive(Debug, Deserialize)]
struct Take {
    /// The request as it was, secrets redacted.
    request: Value,
    /// The events of its answer. The pieces of each text are joined.
    events: Vec<StreamEvent>,
    /// What it failed with, if it did.
    #[serde(default)]
    error: Option<LlmError>,
}

/// A [`Take`] as it is written.
#[derive(Debug, Serialize)]
struct Line<'a> {
    request: &'a RawValue,
    events: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a RawValue>,
}

/// A value as it is on a cassette.
fn redacted<T: Serialize + ?Sized>(value: &T) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(value)?;
    redact_value(&mut value);
    Ok(value)
}

/// The JSON of a value as it is on a cassette. It is only taken apart where there may be a secret in it.
fn redacted_text<T: Serialize + ?Sized>(value: &T) -> Result<Box<RawValue>, serde_json::Error> {
    let text = to_raw_value(value)?;
    if is_suspect(text.get().as_bytes()) { to_raw_value(&redacted(value)?) } else { Ok(text) }
}
