//! Reads an answer that came as one body.

use samokoder_core::llm::LlmError;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::stream::MessagesDecoder;
use crate::{
    reply,
    wire::{Events, elements, raw},
};

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    content: Option<Vec<Map<String, Value>>>,
    #[serde(flatten)]
    message: Map<String, Value>,
}

/// Reads a body the way the same answer would be streamed.
pub(super) fn read(decoder: &mut MessagesDecoder, body: &[u8], events: &mut Events) -> Result<(), LlmError> {
    let malformed = |error: &dyn std::fmt::Display| reply::malformed("the answer is malformed", error, body);
    let Body { content, message } = serde_json::from_slice(body).map_err(|error| malformed(&error))?;
    if message.get("error").is_some_and(|error| !error.is_null()) {
        return Err(reply::error(200, body));
    }
    let content = content.ok_or_else(|| malformed(&"it has no `content`"))?;
    decoder.message(message, events);
    let mut written = elements(body, "/content");
    for (index, block) in (0..).zip(content) {
        let written = written.next();
        decoder.blocks.start(index, block, || raw(written?, "/input"), events)?;
        decoder.blocks.stop(index, events);
    }
    decoder.finish(events);
    Ok(())
}
