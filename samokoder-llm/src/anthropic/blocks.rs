//! The blocks that an answer is made of, as they are written.

use samokoder_core::llm::{Echo, LlmError, StreamEvent, ToolCall};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::PROTOCOL;
use crate::{
    reply,
    wire::{Events, Text},
};

/// A piece of a block. Fields of pieces that are rare are read from the frame again.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(rename = "type", default, borrow)]
    pub(super) kind: Text<'a>,
    #[serde(default, borrow)]
    pub(super) text: Text<'a>,
    #[serde(default, borrow)]
    pub(super) thinking: Text<'a>,
    #[serde(default, borrow)]
    pub(super) partial_json: Text<'a>,
    #[serde(default, borrow)]
    pub(super) signature: Text<'a>,
}

/// The blocks that began and did not end.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Vec<(u64, Block)>,
    /// Whether more text would join the last part, though it belongs to a block of its own.
    text_is_open: bool,
    has_calls: bool,
}

#[derive(Debug)]
enum Block {
    Text { is_new: bool, citations: Vec<Value> },
    Thinking { signature: String },
    Tool { id: String, whole: Option<String>, is_streamed: bool },
    Opaque { fields: Map<String, Value>, input: String },
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Text<'a>,
    #[serde(default, borrow)]
    text: Text<'a>,
    #[serde(default)]
    citations: Option<Vec<Value>>,
    #[serde(default, borrow)]
    thinking: Text<'a>,
    #[serde(default, borrow)]
    signature: Text<'a>,
}

impl Blocks {
    /// A block begins, with whatever it has of its content already. `input` is that of a call as it is written.
    pub(super) fn start<'a>(
        &mut self,
        index: u64,
        fields: Map<String, Value>,
        input: impl FnOnce() -> Option<&'a str>,
        events: &mut Events,
    ) -> Result<(), LlmError> {
        let head = Head::deserialize(&fields).map_err(|error| {
            let written = serde_json::to_vec(&fields).unwrap_or_default();
            reply::malformed("a block of the answer is malformed", error, &written)
        })?;
        let block = match &*head.kind {
            "text" => {
                let mut is_new = true;
                self.text(&head.text, &mut is_new, events);
                Block::Text { is_new, citations: head.citations.unwrap_or_default() }
            }
            "thinking" => {
                self.text_is_open = false;
                events.push(StreamEvent::Reasoning(head.thinking.to_string()));
                Block::Thinking { signature: head.signature.to_string() }
            }
            "redacted_thinking" => {
                self.text_is_open = false;
                events.push(StreamEvent::Reasoning(String::new()));
                events.push(StreamEvent::Echo(Echo::new(PROTOCOL, Value::Object(fields))));
                return Ok(());
            }
            "tool_use" => {
                self.text_is_open = false;
                self.has_calls = true;
                tool_use(index, fields, input(), events)
            }
            _ => Block::Opaque { fields, input: String::new() },
        };
        self.open.push((index, block));
        Ok(())
    }

    /// Whether a tool was called.
    pub(super) fn has_calls(&self) -> bool {
        self.has_calls
    }

    /// A block goes on. `frame` is the piece with all its fields.
    pub(super) fn add(&mut self, index: u64, delta: &Delta<'_>, frame: &[u8], events: &mut Events) {
        let Some(place) = self.open.iter().rposition(|(open, _)| *open == index) else {
            // Its beginning was never sent.
            self.text(&delta.text, &mut false, events);
            events.reasoning(&delta.thinking);
            return;
        };
        match (&mut self.open[place].1, &*delta.kind) {
            (Block::Text { is_new, .. }, "text_delta") => {
                let mut new = *is_new;
                *is_new &= delta.text.is_empty();
                self.text(&delta.text, &mut new, events);
            }
            (Block::Thinking { .. }, "thinking_delta") => events.reasoning(&delta.thinking),
            (Block::Thinking { signature }, "signature_delta") => signature.push_str(&delta.signature),
            (Block::Tool { id, is_streamed, .. }, "input_json_delta") => {
                if let Some(json) = delta.partial_json.some() {
                    *is_streamed = true;
                    events.push(StreamEvent::ToolArguments { id: id.clone(), json: json.to_owned() });
                }
            }
            (Block::Opaque { input, .. }, "input_json_delta") => input.push_str(&delta.partial_json),
            (Block::Text { citations, .. }, "citations_delta") => {
                citations.extend(rare(frame).remove("citation"));
            }
            (Block::Opaque { fields, .. }, _) => add_fields(fields, rare(frame)),
            _ => {}
        }
    }

    /// A block is whole.
    pub(super) fn stop(&mut self, index: u64, events: &mut Events) {
        if let Some(place) = self.open.iter().rposition(|(open, _)| *open == index) {
            let (_, block) = self.open.remove(place);
            self.close(block, true, events);
        }
    }

    /// The answer ends. Blocks that did not end before it are whole only if the answer `is_whole`; of one that is cut
    /// off, what was sent stays.
    pub(super) fn finish(&mut self, is_whole: bool, events: &mut Events) {
        for (_, block) in std::mem::take(&mut self.open) {
            self.close(block, is_whole, events);
        }
    }

    fn close(&mut self, block: Block, is_whole: bool, events: &mut Events) {
        match block {
            Block::Text { mut is_new, citations } if !citations.is_empty() => {
                if is_new {
                    self.separate(&mut is_new, events);
                    events.push(StreamEvent::Text(String::new()));
                }
                events.push(StreamEvent::Echo(Echo::new(PROTOCOL, json!({"citations": citations}))));
                self.text_is_open = false;
            }
            Block::Thinking { signature } if !signature.is_empty() => {
                let thinking = json!({"type": "thinking", "signature": signature});
                events.push(StreamEvent::Echo(Echo::new(PROTOCOL, thinking)));
            }
            Block::Tool { id, whole, is_streamed } if is_whole => {
                let arguments = (!is_streamed).then(|| whole.unwrap_or_else(|| "{}".to_owned()));
                events.push(StreamEvent::ToolCallEnd { id, arguments });
            }
            Block::Opaque { mut fields, input } if is_whole => {
                if !input.is_empty() {
                    fields.insert("input".to_owned(), super::request::input(&input));
                }
                self.text_is_open = false;
                events.push(StreamEvent::Opaque(Echo::new(PROTOCOL, Value::Object(fields))));
            }
            Block::Text { .. } | Block::Thinking { .. } | Block::Tool { .. } | Block::Opaque { .. } => {}
        }
    }

    /// Adds text of a block that `is_new` as long as nothing of it was added.
    fn text(&mut self, text: &str, is_new: &mut bool, events: &mut Events) {
        if !text.is_empty() {
            self.separate(is_new, events);
            events.text(text);
            self.text_is_open = true;
        }
    }

    /// Keeps the text of a new block apart from that of the block before it.
    fn separate(&mut self, is_new: &mut bool, events: &mut Events) {
        if std::mem::take(is_new) && self.text_is_open {
            events.push(StreamEvent::Echo(Echo::new(PROTOCOL, json!({}))));
        }
    }
}

fn tool_use(index: u64, mut fields: Map<String, Value>, input: Option<&str>, events: &mut Events) -> Block {
    let mut text = |name: &str| match fields.remove(name) {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    let (id, name) = (text("id"), text("name"));
    let id = if id.is_empty() { format!("call_{index}") } else { id };
    let whole = input.filter(|input| *input != "null").map(ToOwned::to_owned);
    for typed in ["input", "type"] {
        fields.remove(typed);
    }
    // Said of every call that the model makes by itself.
    if fields.get("caller").is_some_and(|caller| *caller == json!({"type": "direct"})) {
        fields.remove("caller");
    }
    let mut call = ToolCall { id: id.clone(), name, ..ToolCall::default() };
    call.echo = (!fields.is_empty()).then(|| Echo::new(PROTOCOL, Value::Object(fields)));
    events.push(StreamEvent::ToolCall(call));
    Block::Tool { id, whole, is_streamed: false }
}

/// The fields of a piece.
fn rare(frame: &[u8]) -> Map<String, Value> {
    #[derive(Deserialize)]
    struct Rare {
        delta: Map<String, Value>,
    }
    serde_json::from_slice(frame).map(|Rare { delta }| delta).unwrap_or_default()
}

/// Adds a piece to a block of the provider's own: texts grow, anything else is set.
fn add_fields(fields: &mut Map<String, Value>, delta: Map<String, Value>) {
    for (name, value) in delta {
        match (fields.get_mut(&name), value) {
            _ if name == "type" => {}
            (Some(Value::String(text)), Value::String(more)) => text.push_str(&more),
            (_, value) => {
                fields.insert(name, value);
            }
        }
    }
}
