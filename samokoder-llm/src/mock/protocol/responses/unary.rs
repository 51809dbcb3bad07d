//! A whole answer of Responses.

use serde_json::{Map, Value, json};

use super::{
    super::super::{
        question::{Spent, Turn},
        script::FinishReason,
    },
    item,
};

/// Fields of the request that the response repeats, with their defaults.
const REPEATED: [(&str, &str); 17] = [
    ("background", "false"),
    ("instructions", "null"),
    ("max_output_tokens", "null"),
    ("max_tool_calls", "null"),
    ("metadata", "{}"),
    ("parallel_tool_calls", "true"),
    ("previous_response_id", "null"),
    ("prompt_cache_key", "null"),
    ("reasoning", r#"{"effort":null,"summary":null}"#),
    ("safety_identifier", "null"),
    ("store", "true"),
    ("temperature", "1.0"),
    ("text", r#"{"format":{"type":"text"},"verbosity":"medium"}"#),
    ("tool_choice", r#""auto""#),
    ("tools", "[]"),
    ("top_p", "1.0"),
    ("truncation", r#""disabled""#),
];

pub(in super::super) fn unary(turn: &Turn<'_>) -> Value {
    let reason = turn.reply.finish();
    let mut response = begun(turn);
    let items = item::items(turn);
    let last = items.len().saturating_sub(1);
    let output = items
        .iter()
        .enumerate()
        .map(|(at, item)| item.done(turn, if at == last { item::last_status(&reason) } else { "completed" }));
    response["output"] = output.collect();
    response["usage"] = usage(turn.spent);
    response["status"] = item::last_status(&reason).into();
    if let Some(why) = incomplete(&reason) {
        response["incomplete_details"] = json!({"reason": why});
    }
    response
}

/// The response while it is being made.
pub(super) fn begun(turn: &Turn<'_>) -> Value {
    let mut response = Map::new();
    for (name, default) in REPEATED {
        let asked = turn.question.field(name);
        let default = || serde_json::from_str(default).unwrap_or_default();
        response.insert(name.to_owned(), if asked.is_null() { default() } else { asked });
    }
    let own = json!({
        "id": turn.id("resp_"),
        "object": "response",
        "created_at": turn.created(),
        "model": turn.question.model,
        "status": "in_progress",
        "error": null,
        "incomplete_details": null,
        "output": [],
        "service_tier": "default",
        "usage": null,
        "user": null,
    });
    if let Value::Object(own) = own {
        response.extend(own);
    }
    Value::Object(response)
}

/// Why an answer is not complete, if it is not.
fn incomplete(reason: &FinishReason) -> Option<&'static str> {
    match reason {
        FinishReason::Length => Some("max_output_tokens"),
        FinishReason::ContentFilter => Some("content_filter"),
        _ => None,
    }
}

fn usage(spent: Spent) -> Value {
    json!({
        "input_tokens": spent.input,
        "input_tokens_details": {"cached_tokens": spent.cached, "cache_write_tokens": spent.cache_write},
        "output_tokens": spent.output,
        "output_tokens_details": {"reasoning_tokens": spent.reasoning},
        "total_tokens": spent.total(),
    })
}
