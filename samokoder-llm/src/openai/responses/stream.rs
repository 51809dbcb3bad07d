//! An answer as a stream of the Responses API's events.

use samokoder_core::llm::{LlmError, LlmErrorKind};
use serde::{Deserialize, de::IgnoredAny};

use super::{answer::Answer, item::Fields, piece::Pieces, response::Response};
use crate::{
    reply,
    wire::{Decoder, Events, Frame, Text, from_json},
};

/// The decoder of one answer.
#[derive(Debug, Default)]
pub(super) struct ResponsesDecoder {
    answer: Answer,
    pieces: Pieces,
}

/// An item at its beginning or end.
#[derive(Debug, Deserialize)]
struct Whole {
    output_index: Option<u64>,
    item: Fields,
}

/// The response at its beginning or end.
#[derive(Debug, Deserialize)]
struct Outer<'a> {
    #[serde(borrow)]
    response: Response<'a>,
}

/// What an event is called, for streams whose frames have no names, and whether it is an error without a type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Name<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    error: Option<IgnoredAny>,
}

impl Decoder for ResponsesDecoder {
    fn frame(&mut self, frame: &Frame<'_>, events: &mut Events) -> Result<(), LlmError> {
        let data = frame.data.trim_ascii();
        if events.finished() || data.is_empty() || data == b"[DONE]" {
            return Ok(());
        }
        if frame.event.starts_with("response.") {
            return self.event(&frame.event, data, events);
        }
        let name: Name<'_> = parse(data)?;
        match name.kind.as_deref() {
            Some("error") => Err(reply::error(200, data)),
            None if name.error.is_some() || frame.event == "error" => Err(reply::error(200, data)),
            kind => self.event(kind.unwrap_or_default(), data, events),
        }
    }

    fn whole(&mut self, body: &[u8], events: &mut Events) -> Result<(), LlmError> {
        let response: Response<'_> = parse(body)?;
        if response.output.is_none() && response.status.is_none() {
            return Err(reply::error(200, body));
        }
        self.answer.ends(&response, body, events)
    }

    fn end(&mut self, events: &mut Events) -> Result<(), LlmError> {
        if events.finished() {
            return Ok(());
        }
        let message = "the stream ended before the response was completed";
        Err(LlmError::new(LlmErrorKind::Truncated, message))
    }
}

impl ResponsesDecoder {
    fn event(&mut self, kind: &str, data: &[u8], events: &mut Events) -> Result<(), LlmError> {
        let answer = &mut self.answer;
        match kind {
            "response.output_text.delta" => {
                let piece = self.pieces.read(data)?;
                answer.text(piece.place.output, piece.place.content, piece.text(), events);
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                let piece = self.pieces.read(data)?;
                answer.arguments(piece.place.output, piece.text(), events);
            }
            "response.reasoning_summary_text.delta" => {
                let piece = self.pieces.read(data)?;
                answer.reasoning(piece.place.output, piece.place.summary, piece.text(), events);
            }
            "response.reasoning_text.delta" | "response.reasoning.delta" => {
                let piece = self.pieces.read(data)?;
                answer.reasoning(piece.place.output, piece.place.content, piece.text(), events);
            }
            "response.refusal.delta" => {
                let piece = self.pieces.read(data)?;
                answer.refusal(piece.place.output, piece.place.content, piece.text(), events);
            }
            "response.output_item.added" => {
                let whole: Whole = parse(data)?;
                answer.item_begins(whole.output_index, &whole.item, events)?;
            }
            "response.output_item.done" => {
                let whole: Whole = parse(data)?;
                answer.item_ends(whole.output_index, &whole.item, events)?;
            }
            // The first of them says all that is used of them.
            "response.created" | "response.queued" | "response.in_progress" if !answer.started() => {
                let Outer { response } = parse(data)?;
                answer.starts(&response, events);
            }
            "response.completed"
            | "response.incomplete"
            | "response.failed"
            | "response.cancelled"
            | "response.done" => {
                let Outer { response } = parse(data)?;
                return answer.ends(&response, data, events);
            }
            _ => {}
        }
        Ok(())
    }
}

pub(super) fn parse<'a, T: Deserialize<'a>>(data: &'a [u8]) -> Result<T, LlmError> {
    from_json(data).map_err(|error| reply::malformed("not an event of a response", error, data))
}
