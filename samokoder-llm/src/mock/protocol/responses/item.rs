//! The items that an answer of Responses is made of.

use serde_json::{Value, json};

use super::super::super::{
    question::Turn,
    script::{FinishReason, ToolCall},
};

/// An item before it is written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Item<'a> {
    Reasoning(&'a str),
    Message(&'a str),
    /// With its number among the calls.
    Call(usize, &'a ToolCall),
}

/// The items of an answer, in order.
pub(super) fn items<'a>(turn: &Turn<'a>) -> Vec<Item<'a>> {
    let reply = turn.reply;
    let mut items = Vec::new();
    if !reply.reasoning.is_empty() {
        items.push(Item::Reasoning(&reply.reasoning));
    }
    if !reply.text.is_empty() || reply.tool_calls.is_empty() {
        items.push(Item::Message(&reply.text));
    }
    items.extend(reply.tool_calls.iter().enumerate().map(|(nth, call)| Item::Call(nth, call)));
    items
}

impl Item<'_> {
    pub(super) fn id(&self, turn: &Turn<'_>) -> String {
        match self {
            Self::Reasoning(_) => turn.id("rs_"),
            Self::Message(_) => turn.id("msg_"),
            Self::Call(nth, _) => turn.part_id("fc_", *nth),
        }
    }

    /// The item before its first piece.
    pub(super) fn begun(&self, turn: &Turn<'_>) -> Value {
        let id = self.id(turn);
        match self {
            Self::Reasoning(_) => json!({"id": id, "type": "reasoning", "summary": []}),
            Self::Message(_) => {
                json!({"id": id, "type": "message", "role": "assistant", "status": "in_progress", "content": []})
            }
            Self::Call(nth, call) => json!({
                "id": id, "type": "function_call", "status": "in_progress", "arguments": "",
                "call_id": turn.call_id("call_", *nth), "name": call.name,
            }),
        }
    }

    /// The item after its last piece, with its status.
    pub(super) fn done(&self, turn: &Turn<'_>, status: &str) -> Value {
        let mut item = self.begun(turn);
        match self {
            Self::Reasoning(text) => {
                item["summary"] = json!([summary_part(text)]);
                // What a real one holds is known to OpenAI alone; clients only send it back.
                let wants_it = turn.question.body["include"].as_array().into_iter().flatten();
                if wants_it.into_iter().any(|name| name == "reasoning.encrypted_content") {
                    item["encrypted_content"] = turn.id("encrypted-").into();
                }
            }
            Self::Message(text) => {
                item["content"] = json!([text_part(text)]);
                item["status"] = status.into();
            }
            Self::Call(_, call) => {
                item["arguments"] = call.argument_text().into();
                item["status"] = status.into();
            }
        }
        item
    }
}

/// The status of the last item of an answer that ends for this reason.
pub(super) fn last_status(reason: &FinishReason) -> &'static str {
    match reason {
        FinishReason::Length | FinishReason::ContentFilter => "incomplete",
        _ => "completed",
    }
}

pub(super) fn summary_part(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

pub(super) fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}
