//! A whole answer of Messages.

use serde_json::{Value, json};

use super::super::super::{
    question::{Spent, Turn},
    script::FinishReason,
};

pub(in super::super) fn unary(turn: &Turn<'_>) -> Value {
    let reply = turn.reply;
    let mut content = Vec::new();
    if !reply.reasoning.is_empty() {
        content.push(json!({"type": "thinking", "thinking": reply.reasoning, "signature": signature(turn)}));
    }
    if !reply.text.is_empty() {
        content.push(json!({"type": "text", "text": reply.text}));
    }
    content.extend(reply.tool_calls.iter().enumerate().map(|(nth, call)| {
        json!({
            "type": "tool_use", "id": turn.call_id("toolu_", nth), "name": call.name, "input": call.argument_value(),
        })
    }));
    let mut message = begun(turn);
    message["content"] = content.into();
    message["stop_reason"] = stop_reason(&reply.finish()).into();
    message["usage"] = usage(turn.spent, turn.spent.output);
    message["usage"]["output_tokens_details"] = json!({"thinking_tokens": turn.spent.reasoning});
    message
}

/// The message before its first block.
pub(super) fn begun(turn: &Turn<'_>) -> Value {
    json!({
        "id": turn.id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": turn.question.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "stop_details": null,
        "usage": usage(turn.spent, 1),
    })
}

/// What a thinking block is signed with. A real one can be checked by Anthropic alone; clients only send it back.
pub(super) fn signature(turn: &Turn<'_>) -> String {
    turn.id("signature-")
}

pub(super) fn stop_reason(reason: &FinishReason) -> &str {
    match reason {
        FinishReason::Stop => "end_turn",
        FinishReason::Length => "max_tokens",
        FinishReason::ToolCalls => "tool_use",
        FinishReason::ContentFilter => "refusal",
        FinishReason::Other(reason) => reason,
    }
}

/// What was spent so far. Here the input is without what came from a cache or went into one.
pub(super) fn usage(spent: Spent, output: u64) -> Value {
    json!({
        "input_tokens": spent.fresh(),
        "cache_creation_input_tokens": spent.cache_write,
        "cache_read_input_tokens": spent.cached,
        "cache_creation": {"ephemeral_5m_input_tokens": spent.cache_write, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
    })
}
