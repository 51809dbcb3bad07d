//! What of an answer is known so far.

use std::cell::LazyCell;

use samokoder_core::llm::{Echo, ErrorReply, LlmError, LlmErrorKind, StreamEvent, ToolCall, Usage};
use serde_json::{Map, Value, json};

use super::{
    PROTOCOL,
    response::{self, Call, Candidate, Chunk, Feedback, Part},
};
use crate::{
    reply,
    wire::{Events, elements},
};

/// An answer as far as it was told.
#[derive(Debug, Default)]
pub(super) struct Answer {
    id: Option<String>,
    started: bool,
    usage: Option<Usage>,
    calls: usize,
    /// What the last part is, if more of its kind would join it.
    open: Option<Open>,
    has_candidate: bool,
    /// The last reason that was given: some answers give one and go on.
    finish: Option<String>,
    extra: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    Text,
    Thought,
}

impl Answer {
    /// Adds a chunk.
    ///
    /// # Errors
    /// What the provider reports in it, and that it blocked the prompt.
    pub(super) fn add(&mut self, chunk: Chunk<'_>, data: &[u8], events: &mut Events) -> Result<(), LlmError> {
        if chunk.error.is_some() {
            return Err(reply::error(200, data));
        }
        if !self.started && (chunk.response_id.is_some() || chunk.model_version.is_some()) {
            self.started = true;
            self.id = chunk.response_id.as_deref().map(Into::into);
            events.start(chunk.response_id.as_deref(), chunk.model_version.as_deref());
        }
        for (position, candidate) in chunk.candidates.into_iter().flatten().enumerate() {
            // One is asked for; others would be mixed into it.
            if candidate.index.unwrap_or(0) == 0 {
                self.candidate(candidate, position, data, events);
            }
        }
        if let Some(tokens) = chunk.usage_metadata {
            let usage = Some(tokens.usage());
            if self.usage != usage {
                self.usage = usage;
                events.push(StreamEvent::Usage(tokens.usage()));
            }
            if let Some(tier) = tokens.service_tier {
                self.extra.insert("service_tier".into(), tier.into_owned().into());
            }
        }
        match chunk.prompt_feedback {
            Some(Feedback { block_reason: Some(reason), block_reason_message }) if !self.has_candidate => {
                Err(blocked(&reason, block_reason_message.as_deref(), data))
            }
            _ => Ok(()),
        }
    }

    fn candidate(&mut self, candidate: Candidate<'_>, position: usize, data: &[u8], events: &mut Events) {
        self.has_candidate = true;
        let parts = candidate.content.and_then(|content| content.parts).into_iter().flatten();
        let written = LazyCell::new(|| {
            let place = format!("/candidates/{position}/content/parts");
            elements(data, &place).collect::<Vec<_>>()
        });
        let written = |index: usize| written.get(index).copied().unwrap_or_default();
        for (index, part) in parts.enumerate() {
            match part {
                Part { function_call: Some(call), thought_signature, .. } => {
                    self.call(call, thought_signature.as_deref(), written(index), events);
                }
                Part { text: Some(text), thought, thought_signature: None, .. } => {
                    self.text(&text, thought == Some(true), events);
                }
                Part { text: Some(text), thought, thought_signature: Some(signature), .. }
                    if !text.is_empty() =>
                {
                    self.signed(&text, thought == Some(true), &signature, events);
                }
                _ => {
                    if let Ok(part) = serde_json::from_slice(written(index)) {
                        self.open = None;
                        events.push(StreamEvent::Opaque(Echo::new(PROTOCOL, part)));
                    }
                }
            }
        }
        if let Some(reason) = candidate.finish_reason.filter(|reason| !reason.is_empty()) {
            self.finish = Some(reason.into_owned());
        }
        for (name, value) in [
            ("finish_message", candidate.finish_message),
            ("grounding_metadata", candidate.grounding_metadata),
            ("url_context_metadata", candidate.url_context_metadata),
            ("citation_metadata", candidate.citation_metadata),
            ("safety_ratings", candidate.safety_ratings),
        ] {
            if let Some(value) = value {
                self.extra.insert(name.into(), value);
            }
        }
    }

    fn text(&mut self, text: &str, is_thought: bool, events: &mut Events) {
        if text.is_empty() {
            return;
        }
        if is_thought {
            self.open = Some(Open::Thought);
            events.reasoning(text);
        } else {
            self.open = Some(Open::Text);
            events.text(text);
        }
    }

    /// A signed part stays apart from the one before it: the API does not want the two joined.
    fn signed(&mut self, text: &str, is_thought: bool, signature: &str, events: &mut Events) {
        if self.open == Some(if is_thought { Open::Thought } else { Open::Text }) {
            events.push(StreamEvent::Echo(Echo::new(PROTOCOL, json!({}))));
        }
        self.text(text, is_thought, events);
        self.open = None;
        events.push(StreamEvent::Echo(signature_echo(signature)));
    }

    fn call(&mut self, call: Call<'_>, signature: Option<&str>, part: &[u8], events: &mut Events) {
        let id = match (call.id.as_deref(), &self.id) {
            (Some(id), _) if !id.is_empty() => id.into(),
            // Later answers of the same conversation have calls too, so the number is not enough.
            (_, Some(answer)) => format!("call_{}_{answer}", self.calls),
            (_, None) => format!("call_{}", self.calls),
        };
        self.calls += 1;
        self.open = None;
        events.push(StreamEvent::ToolCall(ToolCall {
            id: id.clone(),
            name: call.name.unwrap_or_default().into_owned(),
            arguments: call.args.written(part, "/functionCall/args"),
            echo: signature.map(signature_echo),
        }));
        events.push(StreamEvent::ToolCallEnd { id, arguments: None });
    }

    /// Finishes the answer, when nothing more comes.
    ///
    /// # Errors
    /// [`LlmErrorKind::Truncated`] when it gave no reason to end: then, the reference says, the model has not stopped.
    pub(super) fn ends(&mut self, events: &mut Events) -> Result<(), LlmError> {
        let Some(reason) = self.finish.take() else {
            let message = "the answer ended without a reason to end";
            return Err(LlmError::new(LlmErrorKind::Truncated, message));
        };
        if !self.extra.is_empty() {
            events.push(StreamEvent::Extra(std::mem::take(&mut self.extra)));
        }
        events.push(StreamEvent::Finish(response::finish(&reason, self.calls > 0)));
        Ok(())
    }

    /// Finishes an answer that is known to be whole: it needs to give no reason.
    ///
    /// # Errors
    /// [`LlmErrorKind::Truncated`] when there is none.
    pub(super) fn ends_whole(&mut self, events: &mut Events) -> Result<(), LlmError> {
        if self.has_candidate && self.finish.is_none() {
            self.finish = Some(String::new());
        }
        self.ends(events)
    }
}

fn signature_echo(signature: &str) -> Echo {
    Echo::new(PROTOCOL, json!({"thoughtSignature": signature}))
}

fn blocked(reason: &str, message: Option<&str>, data: &[u8]) -> LlmError {
    let mut reply = ErrorReply::default();
    reply.status = 200;
    reply.code = Some(reason.into());
    reply.body = String::from_utf8_lossy(data).chars().take(reply::KEPT).collect();
    let message = message.map_or_else(String::new, |message| format!(": {message}"));
    LlmError::new(LlmErrorKind::ContentRefused, format!("the prompt was blocked ({reason}){message}"))
        .reply(reply)
}
