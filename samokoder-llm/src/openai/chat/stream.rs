//! Turns what a server sends into events.

use samokoder_core::llm::{Echo, FinishReason, LlmError, LlmErrorKind, StreamEvent};
use serde_json::{Map, Value, json};

use super::{
    account::Account,
    calls::Calls,
    content::Content,
    field::Field,
    mould::mould,
    response::{Call, Choice, Chunk, Delta, finish},
};
use crate::{
    reply,
    wire::{Decoder, Events, Frame, Mould, Text, from_json},
};

/// What came of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Nothing,
    Chunks,
    /// Its id or its model among them.
    Name,
}

/// Reads one answer.
#[derive(Debug)]
pub(super) struct ChatDecoder {
    protocol: &'static str,
    seen: Seen,
    /// Whether a delta brought any of the answer.
    brought: bool,
    calls: Calls,
    /// OpenRouter's blocks of reasoning.
    reasoning: Vec<Value>,
    refused: bool,
    finish: Option<FinishReason>,
    /// The last chunk with a usage. Some servers send one with every chunk.
    account: Vec<u8>,
    /// What stands beside the text and has no typed form, by its name.
    beside: Map<String, Value>,
    /// The last chunk that brought a text and nothing else, and which of its fields that was.
    usual: Option<(Field, Mould)>,
}

impl ChatDecoder {
    pub(super) fn new(protocol: &'static str) -> Self {
        Self {
            protocol,
            seen: Seen::Nothing,
            brought: false,
            calls: Calls::default(),
            reasoning: vec![],
            refused: false,
            finish: None,
            account: vec![],
            beside: Map::new(),
            usual: None,
        }
    }

    fn chunk(&mut self, bytes: &[u8], events: &mut Events) -> Result<(), LlmError> {
        if let Some((field, mould)) = &self.usual
            && let Some(text) = mould.text(bytes)
        {
            let field = *field;
            self.piece(field, text, events);
            return Ok(());
        }
        let chunk = parse(bytes)?;
        if self.seen == Seen::Name
            && let Some((field, text)) = chunk.only_text()
            && let Some(mould) = mould(bytes, text)
        {
            self.usual = Some((field, mould));
        }
        self.take(chunk, bytes, events)
    }

    fn take(&mut self, chunk: Chunk<'_>, bytes: &[u8], events: &mut Events) -> Result<(), LlmError> {
        if chunk.is_error() {
            return Err(reply::error(200, bytes));
        }
        self.seen = self.seen.max(Seen::Chunks);
        // Azure begins with a chunk that has both, empty.
        if self.seen < Seen::Name && (chunk.id.some().is_some() || chunk.model.some().is_some()) {
            self.seen = Seen::Name;
            events.start(chunk.id.some(), chunk.model.some());
        }
        let has_usage = chunk.has_usage();
        for choice in chunk.choices.into_iter().flatten() {
            // Answers beside the first are not asked for.
            if choice.index.unwrap_or(0) == 0 {
                self.choice(choice, bytes, events)?;
            }
        }
        if has_usage {
            bytes.clone_into(&mut self.account);
        }
        Ok(())
    }

    fn choice(&mut self, choice: Choice<'_>, bytes: &[u8], events: &mut Events) -> Result<(), LlmError> {
        if choice.error.as_ref().is_some_and(reply::says_something) {
            return Err(reply::error(200, bytes));
        }
        // What MiniMax sends last repeats what the deltas brought.
        let message = choice.message.filter(|_| !self.brought);
        if let Some(delta) = choice.delta {
            self.brought |= delta.brings();
            self.delta(delta, events);
        } else if let Some(message) = message {
            self.delta(message, events);
        }
        match choice.finish_reason.as_deref() {
            // The latter is GLM's.
            Some("error" | "network_error") => return Err(reply::error(200, bytes)),
            Some(reason) => self.finish = finish(reason).or(self.finish.take()),
            None => {}
        }
        Ok(())
    }

    fn delta(&mut self, mut delta: Delta<'_>, events: &mut Events) {
        self.think(&delta, events);
        for (name, list) in [("annotations", delta.annotations.take()), ("images", delta.images.take())] {
            let list = list.into_iter().flatten().collect::<Vec<_>>();
            if !list.is_empty()
                && let Value::Array(all) = self.beside.entry(name).or_insert_with(|| json!([]))
            {
                all.extend(list);
            }
        }
        if let Some(content) = delta.content {
            self.content(content, events);
        }
        if let Some(refusal) = delta.refusal.filter(|refusal| !refusal.is_empty()) {
            self.refused = true;
            events.push(StreamEvent::Refusal(refusal.into_owned()));
        }
        for call in delta.tool_calls.into_iter().flatten() {
            self.call(call, events);
        }
        if let Some(function) = delta.function_call {
            self.call(Call { index: Some(0), id: None, function: Some(function) }, events);
        }
    }

    /// Takes a delta that brings this text and nothing else.
    fn piece(&mut self, field: Field, text: Text<'_>, events: &mut Events) {
        match field {
            Field::Content if self.reasoning.is_empty() => events.text(&text),
            Field::Reasoning => events.reasoning(&text),
            field => self.delta(field.delta(text), events),
        }
    }

    fn think(&mut self, delta: &Delta<'_>, events: &mut Events) {
        // Some servers have both, one of them empty or both alike.
        let names = [&delta.reasoning, &delta.reasoning_content];
        if let Some(text) = names.into_iter().flatten().find_map(Text::some) {
            events.reasoning(text);
        }
        if let Some(details) = &delta.reasoning_details {
            self.reasoning.extend(details.iter().cloned());
        } else if delta.reasoning_content.as_deref().is_some_and(|text| !text.is_empty())
            && self.reasoning.is_empty()
        {
            self.reasoning.push(json!("reasoning_content"));
        }
    }

    fn content(&mut self, content: Content<'_>, events: &mut Events) {
        let parts = match content {
            Content::Text(text) => {
                if !text.is_empty() {
                    self.close_reasoning(events);
                    events.text(&text);
                }
                return;
            }
            Content::Parts(parts) => parts,
        };
        for part in parts {
            match part.thinking {
                Some(Content::Text(text)) => events.reasoning(&text),
                Some(Content::Parts(thoughts)) => {
                    thoughts
                        .iter()
                        .filter_map(|thought| thought.text.as_deref())
                        .for_each(|text| events.reasoning(text));
                }
                None => {}
            }
            if let Some(text) = part.text {
                events.text(&text);
            }
            if let Some(text) = part.refusal {
                self.refused = true;
                events.push(StreamEvent::Refusal(text.into_owned()));
            }
        }
    }

    /// Adds what the provider wants back with its thoughts, once they are over.
    fn close_reasoning(&mut self, events: &mut Events) {
        if self.reasoning.is_empty() {
            return;
        }
        let blocks = merge(std::mem::take(&mut self.reasoning));
        // Thoughts may be there for the provider's eyes only.
        events.push(StreamEvent::Reasoning(String::new()));
        events.push(StreamEvent::Echo(Echo::new(self.protocol, Value::Array(blocks))));
    }

    fn call(&mut self, call: Call<'_>, events: &mut Events) {
        self.close_reasoning(events);
        self.calls.add(call, events);
    }

    fn finish(&mut self, reason: FinishReason, events: &mut Events) {
        self.close_reasoning(events);
        self.calls.finish(events);
        let mut extra = std::mem::take(&mut self.beside);
        if let Some(account) = Account::read(&self.account) {
            events.push(StreamEvent::Usage(account.usage));
            account.cost.into_iter().for_each(|cost| events.push(StreamEvent::Cost(cost)));
            extra.extend(account.extra);
        }
        if !extra.is_empty() {
            events.push(StreamEvent::Extra(extra));
        }
        // The protocol has no word of its own for an answer that is a refusal.
        let refused = self.refused && reason == FinishReason::Stop;
        events.push(StreamEvent::Finish(if refused { FinishReason::Refusal } else { reason }));
    }
}

fn parse(bytes: &[u8]) -> Result<Chunk<'_>, LlmError> {
    from_json(bytes).map_err(|error| reply::malformed("a chunk of the answer is no chunk", error, bytes))
}

/// Joins the pieces of OpenRouter's blocks, so that what is given back has the form of a whole answer.
fn merge(blocks: Vec<Value>) -> Vec<Value> {
    let mut merged: Vec<Value> = vec![];
    for block in blocks {
        let same = |last: &Value| {
            ["type", "format", "index", "id"].iter().all(|key| {
                last.get(key) == block.get(key)
                    || (*key == "format" && block.get(key).is_none_or(Value::is_null))
            }) && block.is_object()
        };
        match merged.last_mut() {
            Some(last) if same(last) => {
                for (key, value) in block.as_object().into_iter().flatten() {
                    match (last.get_mut(key), value) {
                        (Some(Value::String(text)), Value::String(more))
                            if matches!(key.as_str(), "text" | "summary" | "data") =>
                        {
                            text.push_str(more);
                        }
                        (Some(there), value) if there.is_null() => *there = value.clone(),
                        (None, value) => last[key] = value.clone(),
                        _ => {}
                    }
                }
            }
            _ => merged.push(block),
        }
    }
    merged
}

impl Decoder for ChatDecoder {
    fn frame(&mut self, frame: &Frame<'_>, events: &mut Events) -> Result<(), LlmError> {
        if frame.event == "error" {
            return Err(reply::error(200, &frame.data));
        }
        match frame.data.trim_ascii() {
            b"" | b"{}" => Ok(()),
            _ if frame.event == "ping" => Ok(()),
            b"[DONE]" if self.seen == Seen::Nothing => {
                Err(LlmError::new(LlmErrorKind::Truncated, "the stream ended before the answer began"))
            }
            b"[DONE]" => {
                // A server that says that it is done is, whether it said why or not.
                let calls = if self.calls.is_empty() { FinishReason::Stop } else { FinishReason::ToolCalls };
                let reason = self.finish.take().unwrap_or(calls);
                self.finish(reason, events);
                Ok(())
            }
            data => self.chunk(data, events),
        }
    }

    fn whole(&mut self, body: &[u8], events: &mut Events) -> Result<(), LlmError> {
        let mut chunk = parse(body)?;
        for choice in chunk.choices.iter_mut().flatten() {
            choice.delta = choice.message.take().or(choice.delta.take());
        }
        self.take(chunk, body, events)?;
        self.end(events).map_err(|_| reply::error(200, body))
    }

    fn end(&mut self, events: &mut Events) -> Result<(), LlmError> {
        let Some(reason) = self.finish.take() else {
            return Err(LlmError::new(LlmErrorKind::Truncated, "the stream ended before the answer did"));
        };
        self.finish(reason, events);
        Ok(())
    }
}
