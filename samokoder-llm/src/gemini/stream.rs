//! An answer as a stream of chunks.

use samokoder_core::llm::LlmError;

use super::{answer::Answer, response::Chunk};
use crate::{
    reply,
    wire::{Decoder, Events, Frame, elements, from_json},
};

/// The decoder of one answer. Nothing in a stream says that it is over, so it finishes at its end.
#[derive(Debug, Default)]
pub(super) struct GeminiDecoder {
    answer: Answer,
}

impl Decoder for GeminiDecoder {
    fn frame(&mut self, frame: &Frame<'_>, events: &mut Events) -> Result<(), LlmError> {
        let data = frame.data.trim_ascii();
        if events.finished() || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        self.chunks(data, events)
    }

    fn whole(&mut self, body: &[u8], events: &mut Events) -> Result<(), LlmError> {
        self.chunks(body.trim_ascii(), events)?;
        self.answer.ends_whole(events)
    }

    fn end(&mut self, events: &mut Events) -> Result<(), LlmError> {
        if events.finished() { Ok(()) } else { self.answer.ends(events) }
    }
}

impl GeminiDecoder {
    /// Takes a chunk, or a list of them: that is how the API streams when it is not asked for events, and how it
    /// reports some errors.
    fn chunks(&mut self, data: &[u8], events: &mut Events) -> Result<(), LlmError> {
        let malformed = |error| reply::malformed("not an answer of the Gemini API", error, data);
        if !data.starts_with(b"[") {
            let chunk: Chunk<'_> = from_json(data).map_err(malformed)?;
            return self.answer.add(chunk, data, events);
        }
        let list: Vec<Chunk<'_>> = from_json(data).map_err(malformed)?;
        for (chunk, data) in list.into_iter().zip(elements(data, "")) {
            self.answer.add(chunk, data, events)?;
        }
        Ok(())
    }
}
