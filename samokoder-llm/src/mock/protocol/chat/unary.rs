//! A whole answer of Chat Completions.

use serde_json::{Value, json};

use super::super::{super::question::Turn, openai};

pub(in super::super) fn unary(turn: &Turn<'_>) -> Value {
    let reply = turn.reply;
    let mut message = json!({
        "role": "assistant",
        "content": Some(&reply.text).filter(|text| !text.is_empty() || reply.tool_calls.is_empty()),
        "refusal": null,
        "annotations": [],
    });
    if !reply.reasoning.is_empty() {
        message["reasoning_content"] = reply.reasoning.as_str().into();
    }
    if !reply.tool_calls.is_empty() {
        let calls = reply.tool_calls.iter().enumerate().map(|(nth, call)| {
            json!({
                "id": turn.call_id("call_", nth),
                "type": "function",
                "function": {"name": call.name, "arguments": call.argument_text()},
            })
        });
        message["tool_calls"] = calls.collect();
    }
    json!({
        "id": turn.id("chatcmpl-"),
        "object": "chat.completion",
        "created": turn.created(),
        "model": turn.question.model,
        "choices": [{
            "index": 0,
            "message": message,
            "logprobs": null,
            "finish_reason": openai::finish_reason(&reply.finish()),
        }],
        "usage": openai::chat_usage(turn.spent),
        "service_tier": "default",
        "system_fingerprint": null,
    })
}
