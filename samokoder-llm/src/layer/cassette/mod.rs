//! Recording calls and giving them again.

mod difference;
mod record;
mod replay;

use samokoder_core::{
    llm::{ChatRequest, LlmError, StreamEvent},
    secrets::is_suspect,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{record::Recorder, replay::Replayer};
use super::guard::redact_value;

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

/// A [`Take`] as it is written, before secrets are redacted.
#[derive(Debug, Serialize)]
struct Line<'a> {
    request: &'a ChatRequest,
    events: &'a [StreamEvent],
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a LlmError>,
}

impl Line<'_> {
    /// The line. It is only taken apart where there may be a secret in it.
    fn write(&self) -> Result<Vec<u8>, serde_json::Error> {
        let mut line = Vec::with_capacity(4 << 10);
        serde_json::to_writer(&mut line, self)?;
        if is_suspect(&line) {
            line = serde_json::to_vec(&redacted(self)?)?;
        }
        line.push(b'\n');
        Ok(line)
    }
}

/// A value as it is on a cassette.
fn redacted<T: Serialize>(value: &T) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(value)?;
    redact_value(&mut value);
    Ok(value)
}
