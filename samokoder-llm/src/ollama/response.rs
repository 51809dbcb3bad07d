//! Reads an answer that came as one body.

use samokoder_core::llm::LlmError;

use super::stream::OllamaDecoder;
use crate::{reply, wire::Events};

/// Reads a body, which is a single line that is `done`, however it is broken into lines.
pub(super) fn read(decoder: &mut OllamaDecoder, body: &[u8], events: &mut Events) -> Result<(), LlmError> {
    decoder.line(body, events)?;
    if events.finished() {
        Ok(())
    } else {
        Err(reply::malformed("the answer is malformed", "it is not `done`", body))
    }
}
