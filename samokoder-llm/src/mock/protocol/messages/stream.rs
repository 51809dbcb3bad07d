//! A streamed answer of Messages.

use serde_json::{Value, json};

use super::{
    super::{
        super::{question::Turn, tokens},
        Event, Part,
    },
    unary,
};

pub(in super::super) fn stream(turn: &Turn<'_>) -> Vec<Event> {
    let reply = turn.reply;
    let mut blocks = Blocks::default();
    blocks.add(Part::Frame, "message_start", json!({"message": unary::begun(turn)}));
    if !reply.reasoning.is_empty() {
        let block = json!({"type": "thinking", "thinking": "", "signature": ""});
        let signed = json!({"type": "signature_delta", "signature": unary::signature(turn)});
        blocks.block(&block, "thinking_delta", "thinking", &reply.reasoning, Some(&signed));
    }
    if !reply.text.is_empty() {
        blocks.block(&json!({"type": "text", "text": ""}), "text_delta", "text", &reply.text, None);
    }
    for (nth, call) in reply.tool_calls.iter().enumerate() {
        let id = turn.call_id("toolu_", nth);
        let block = json!({"type": "tool_use", "id": id, "name": call.name, "input": {}});
        blocks.block(&block, "input_json_delta", "partial_json", &call.argument_text(), None);
    }
    let delta = json!({
        "stop_reason": unary::stop_reason(&reply.finish()), "stop_sequence": null, "stop_details": null,
    });
    let mut usage = unary::usage(turn.spent, turn.spent.output);
    usage["output_tokens_details"] = json!({"thinking_tokens": turn.spent.reasoning});
    blocks.add(Part::Finish, "message_delta", json!({"delta": delta, "usage": usage}));
    blocks.add(Part::End, "message_stop", json!({}));
    blocks.events
}

/// Events, and how many blocks they have.
#[derive(Debug, Default)]
struct Blocks {
    events: Vec<Event>,
    count: usize,
}

impl Blocks {
    fn add(&mut self, part: Part, name: &str, mut event: Value) {
        event["type"] = name.into();
        self.events.push(Event::named(part, name, &event));
    }

    /// A block with its text in pieces, and what closes it.
    fn block(&mut self, start: &Value, kind: &str, field: &str, text: &str, last: Option<&Value>) {
        let index = self.count;
        self.add(Part::Frame, "content_block_start", json!({"index": index, "content_block": start}));
        // A ping follows the first block's start, as it does in all that is recorded.
        if index == 0 {
            self.add(Part::Frame, "ping", json!({}));
        }
        for piece in tokens::pieces(text) {
            let delta = json!({"type": kind, field: piece});
            self.add(Part::Token, "content_block_delta", json!({"index": index, "delta": delta}));
        }
        if let Some(delta) = last {
            self.add(Part::Frame, "content_block_delta", json!({"index": index, "delta": delta}));
        }
        self.add(Part::Frame, "content_block_stop", json!({"index": index}));
        self.count += 1;
    }
}
