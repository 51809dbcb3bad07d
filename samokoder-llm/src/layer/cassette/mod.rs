//! Recording calls and giving them again.

mod difference;
mod record;
mod replay;

use samokoder_core::llm::{LlmError, StreamEvent};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{record::Recorder, replay::Replayer};
use super::guard::redact_value;

/// A call on a cassette: one line of JSON, with secrets replaced by their descriptions.
#[derive(Debug, Serialize, Deserialize)]
struct Take {
    /// The request as it was, secrets redacted.
    request: Value,
    /// The events of its answer. The pieces of each text are joined.
    events: Vec<StreamEvent>,
    /// What it failed with, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<LlmError>,
}

/// A value as it is on a cassette.
fn redacted<T: Serialize>(value: &T) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(value)?;
    redact_value(&mut value);
    Ok(value)
}
