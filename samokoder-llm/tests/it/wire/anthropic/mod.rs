//! Anthropic's Messages protocol.

mod decoding;
mod encoding;
mod recorded;

use samokoder_core::llm::{ChatResponse, Echo, LlmError};
use samokoder_llm::anthropic::MessagesWire;
use serde_json::{Value, json};

const WIRE: MessagesWire = MessagesWire::new();

/// A stream of these events.
fn sse(events: &[Value]) -> String {
    let event =
        |event: &Value| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap_or_default());
    events.iter().map(event).collect()
}

/// The answer of a stream that has these events between its first and its last ones.
fn answer(events: &[Value], stop_reason: &str) -> ChatResponse {
    let mut all = vec![start()];
    all.extend_from_slice(events);
    all.extend(end(stop_reason));
    read(&all).unwrap()
}

fn read(events: &[Value]) -> Result<ChatResponse, LlmError> {
    super::protocol::streamed(&WIRE, sse(events).as_bytes())
}

fn start() -> Value {
    let usage = json!({"input_tokens": 10, "output_tokens": 1});
    json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude", "content": [], "usage": usage}})
}

fn end(stop_reason: &str) -> [Value; 2] {
    [
        json!({"type": "message_delta", "delta": {"stop_reason": stop_reason}, "usage": {"output_tokens": 5}}),
        json!({"type": "message_stop"}),
    ]
}

/// A whole block, streamed in pieces.
fn block(index: u64, block: &Value, deltas: &[Value]) -> Vec<Value> {
    let mut events = vec![json!({"type": "content_block_start", "index": index, "content_block": block})];
    events.extend(
        deltas.iter().map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})),
    );
    events.push(json!({"type": "content_block_stop", "index": index}));
    events
}

fn text(index: u64, text: &str) -> Vec<Value> {
    block(index, &json!({"type": "text", "text": ""}), &[json!({"type": "text_delta", "text": text})])
}

fn echo(data: Value) -> Echo {
    Echo::new("anthropic", data)
}
