//! Reads a streamed answer.

use samokoder_core::llm::{FinishReason, LlmError, LlmErrorKind, StreamEvent};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    blocks::{Blocks, Delta},
    piece,
    usage::Counts,
};
use crate::{
    reply,
    wire::{Decoder, Events, Frame, Text, from_json, raw},
};

/// What an event has that is needed to know what it is. Those of the message as a whole are read again.
#[derive(Debug, Deserialize)]
struct Event<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Text<'a>,
    #[serde(default)]
    index: Option<u64>,
    #[serde(default, borrow)]
    delta: Option<Delta<'a>>,
    #[serde(default)]
    content_block: Option<Map<String, Value>>,
}

/// Events that this decoder knows.
const KNOWN: [&str; 6] = [
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
];

/// Reads one answer.
#[derive(Debug, Default)]
pub(super) struct MessagesDecoder {
    pub(super) blocks: Blocks,
    counts: Counts,
    stop: Option<FinishReason>,
}

impl Decoder for MessagesDecoder {
    fn frame(&mut self, frame: &Frame<'_>, events: &mut Events) -> Result<(), LlmError> {
        let data = &*frame.data;
        if let Some((index, delta)) = piece::read(data) {
            self.blocks.add(index, &delta, data, events);
            return Ok(());
        }
        let event: Event<'_> = match from_json(data) {
            Ok(event) => event,
            Err(error) if is_unknown(frame) => {
                tracing::trace!(%error, "skipped an event that is not known");
                return Ok(());
            }
            Err(error) => return Err(reply::malformed("an event of the stream is malformed", error, data)),
        };
        let index = event.index.unwrap_or_default();
        match event.kind.some().unwrap_or(&frame.event) {
            "content_block_delta" => {
                if let Some(delta) = &event.delta {
                    self.blocks.add(index, delta, data, events);
                }
            }
            "content_block_start" => {
                if let Some(block) = event.content_block {
                    self.blocks.start(index, block, || raw(data, "/content_block/input"), events)?;
                }
            }
            "content_block_stop" => self.blocks.stop(index, events),
            "message_start" => {
                if let Some(Value::Object(message)) = fields(data)?.remove("message") {
                    self.message(message, events);
                }
            }
            "message_delta" => {
                let mut fields = fields(data)?;
                if let Some(Value::Object(delta)) = fields.remove("delta") {
                    fields.extend(delta);
                }
                self.message(fields, events);
            }
            "message_stop" => self.finish(events),
            "error" => return Err(reply::error(200, data)),
            // A proxy's error may have no type.
            "" if fields(data)?.get("error").is_some_and(|error| !error.is_null()) => {
                return Err(reply::error(200, data));
            }
            _ => {}
        }
        Ok(())
    }

    fn whole(&mut self, body: &[u8], events: &mut Events) -> Result<(), LlmError> {
        super::response::read(self, body, events)
    }

    fn end(&mut self, _events: &mut Events) -> Result<(), LlmError> {
        Err(LlmError::new(LlmErrorKind::Truncated, "the stream ended before `message_stop`"))
    }
}

impl MessagesDecoder {
    /// Takes in what is said of the message as a whole: when it begins, when it ends, or both at once.
    pub(super) fn message(&mut self, mut fields: Map<String, Value>, events: &mut Events) {
        let mut take = |name: &str| fields.remove(name).filter(|value| !value.is_null());
        let (id, model) = (take("id"), take("model"));
        let (stop, usage) = (take("stop_reason"), take("usage"));
        for known in ["type", "role", "content"] {
            take(known);
        }
        if id.is_some() || model.is_some() {
            let text = |value: &Option<Value>| value.as_ref().and_then(Value::as_str).map(ToOwned::to_owned);
            events.start(text(&id).as_deref(), text(&model).as_deref());
        }
        if let Some(Value::String(reason)) = stop.filter(|reason| reason != "") {
            self.stop = Some(finish_reason(reason));
        }
        fields.retain(|_, value| !value.is_null());
        let usage = usage.map(|usage| {
            fields.extend(self.counts.absorb(&usage));
            self.counts.usage()
        });
        if !fields.is_empty() {
            events.push(StreamEvent::Extra(fields));
        }
        // After what it is made of, if it has several steps.
        if let Some(usage) = usage {
            events.push(StreamEvent::Usage(usage));
        }
    }

    /// The answer is there.
    pub(super) fn finish(&mut self, events: &mut Events) {
        let unsaid = if self.blocks.has_calls() { FinishReason::ToolCalls } else { FinishReason::Stop };
        let reason = self.stop.take().unwrap_or(unsaid);
        let is_whole = matches!(reason, FinishReason::Stop | FinishReason::ToolCalls | FinishReason::Pause);
        self.blocks.finish(is_whole, events);
        events.push(StreamEvent::Finish(reason));
    }
}

fn fields(data: &[u8]) -> Result<Map<String, Value>, LlmError> {
    from_json(data).map_err(|error| reply::malformed("an event of the stream is malformed", error, data))
}

/// Whether a frame is none that the protocol knows, such as `[DONE]`, which some proxies add.
fn is_unknown(frame: &Frame<'_>) -> bool {
    let data = frame.data.trim_ascii();
    if data.is_empty() || data == b"[DONE]" {
        return true;
    }
    serde_json::from_slice::<Value>(data).is_ok_and(|value| {
        let kind = value.get("type").and_then(Value::as_str).unwrap_or(&frame.event);
        !KNOWN.contains(&kind) && kind != "error"
    })
}

fn finish_reason(reason: String) -> FinishReason {
    match reason.as_str() {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
        "tool_use" => FinishReason::ToolCalls,
        "refusal" => FinishReason::Refusal,
        "pause_turn" => FinishReason::Pause,
        _ => FinishReason::Other(reason),
    }
}
