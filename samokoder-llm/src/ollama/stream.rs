//! Reads a streamed answer.

use samokoder_core::llm::{Echo, FinishReason, LlmError, LlmErrorKind, StreamEvent, ToolCall, Usage};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value, json};

use super::PROTOCOL;
use crate::{
    reply,
    wire::{Arguments, Decoder, Events, Frame, Text, count, elements},
};

/// A line, of what is read for every piece of text.
#[derive(Debug, Deserialize)]
struct Line<'a> {
    #[serde(default, borrow)]
    model: Text<'a>,
    #[serde(default, borrow)]
    message: Option<Piece<'a>>,
    #[serde(default)]
    done: Option<bool>,
    #[serde(default)]
    error: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct Piece<'a> {
    #[serde(default, borrow)]
    content: Text<'a>,
    #[serde(default, borrow)]
    thinking: Text<'a>,
    #[serde(default, borrow)]
    tool_calls: Option<Vec<Call<'a>>>,
}

#[derive(Debug, Deserialize)]
struct Call<'a> {
    #[serde(default, borrow)]
    id: Text<'a>,
    #[serde(borrow)]
    function: Function<'a>,
}

#[derive(Debug, Deserialize)]
struct Function<'a> {
    #[serde(default, borrow)]
    name: Text<'a>,
    #[serde(default, borrow)]
    arguments: Arguments<'a>,
}

/// Reads one answer.
#[derive(Debug, Default)]
pub(super) struct OllamaDecoder {
    has_started: bool,
    is_thinking: bool,
    calls: usize,
}

impl Decoder for OllamaDecoder {
    fn frame(&mut self, frame: &Frame<'_>, events: &mut Events) -> Result<(), LlmError> {
        self.line(&frame.data, events)
    }

    fn whole(&mut self, body: &[u8], events: &mut Events) -> Result<(), LlmError> {
        // A proxy may say of a stream that it is one document.
        let mut lines = body.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let (first, next) = (lines.next().unwrap_or_default(), lines.next());
        if next.is_some_and(|line| line.starts_with(b"{"))
            && serde_json::from_slice::<IgnoredAny>(first).is_ok()
        {
            for line in std::iter::once(first).chain(next).chain(lines) {
                self.line(line, events)?;
                if events.finished() {
                    return Ok(());
                }
            }
            return self.end(events);
        }
        super::response::read(self, body, events)
    }

    fn end(&mut self, _events: &mut Events) -> Result<(), LlmError> {
        Err(LlmError::new(LlmErrorKind::Truncated, "the stream ended before a line that is `done`"))
    }
}

impl OllamaDecoder {
    /// Takes in a line.
    pub(super) fn line(&mut self, json: &[u8], events: &mut Events) -> Result<(), LlmError> {
        let malformed = |error| reply::malformed("a line of the answer is malformed", error, json);
        let line: Line<'_> = serde_json::from_slice(json).map_err(malformed)?;
        if line.error.is_some() {
            return Err(reply::error(200, json));
        }
        if !self.has_started {
            self.has_started = true;
            events.start(None, line.model.some());
        }
        if let Some(piece) = line.message {
            self.piece(piece, json, events);
        }
        if line.done == Some(true) {
            self.done(serde_json::from_slice(json).map_err(malformed)?, events);
        }
        Ok(())
    }

    fn piece(&mut self, piece: Piece<'_>, json: &[u8], events: &mut Events) {
        if let Some(thinking) = piece.thinking.some() {
            self.is_thinking = true;
            events.reasoning(thinking);
        }
        if let Some(text) = piece.content.some() {
            self.stop_thinking(events);
            events.text(text);
        }
        let Some(calls) = piece.tool_calls else { return };
        let mut written = elements(json, "/message/tool_calls");
        for call in calls {
            self.stop_thinking(events);
            let Call { id, function: Function { name, arguments } } = call;
            // Some models behind the server write them as a text.
            let arguments = arguments.written(written.next().unwrap_or_default(), "/function/arguments");
            self.call(id.some(), name.into_owned(), arguments, events);
        }
    }

    /// A call comes in one piece. Older servers give it no id.
    fn call(&mut self, id: Option<&str>, name: String, arguments: String, events: &mut Events) {
        let id = id.map_or_else(|| format!("call_{}", self.calls), ToOwned::to_owned);
        self.calls += 1;
        events.push(StreamEvent::ToolCall(ToolCall { id: id.clone(), name, arguments, echo: None }));
        events.push(StreamEvent::ToolCallEnd { id, arguments: None });
    }

    /// Marks the thoughts as this protocol's, so that they go back to it.
    fn stop_thinking(&mut self, events: &mut Events) {
        if std::mem::take(&mut self.is_thinking) {
            events.push(StreamEvent::Echo(Echo::new(PROTOCOL, json!({}))));
        }
    }

    /// Takes in the last line: the counts, and whatever it says beside them, such as durations in nanoseconds.
    fn done(&mut self, mut fields: Map<String, Value>, events: &mut Events) {
        self.stop_thinking(events);
        let reason = fields.remove("done_reason");
        let mut number = |name: &str| fields.remove(name).as_ref().and_then(count);
        let (input, output) = (number("prompt_eval_count"), number("eval_count"));
        if input.or(output).is_some() {
            let (input, output) = (input.unwrap_or_default(), output.unwrap_or_default());
            events.push(StreamEvent::Usage(Usage { input, output, ..Usage::default() }));
        }
        let typed = ["model", "created_at", "message", "done"];
        fields.retain(|name, value| !typed.contains(&name.as_str()) && !value.is_null());
        if !fields.is_empty() {
            events.push(StreamEvent::Extra(fields));
        }
        let stopped = if self.calls > 0 { FinishReason::ToolCalls } else { FinishReason::Stop };
        events.push(StreamEvent::Finish(match reason.as_ref().and_then(Value::as_str) {
            None | Some("" | "stop") => stopped,
            Some("length") => FinishReason::Length,
            // `load` and `unload` answer a request that has no messages.
            Some(reason) => FinishReason::Other(reason.to_owned()),
        }));
    }
}
