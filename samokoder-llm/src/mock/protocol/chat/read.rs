//! What a request of Chat Completions asks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{
    super::{
        Protocol,
        question::{Message, Question},
    },
    ApiError, content, openai,
};

const ROLES: [&str; 6] = ["system", "assistant", "user", "function", "tool", "developer"];

pub(in super::super) fn read(body: Value) -> Result<Question, ApiError> {
    let Some(model) = body["model"].as_str().filter(|model| !model.is_empty()) else {
        return Err(ApiError::invalid("you must provide a model parameter"));
    };
    let messages = body["messages"].as_array().ok_or_else(|| openai::missing("messages"))?;
    if messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty \
            array instead.";
        return Err(ApiError::invalid(message).with_code("empty_array").about("messages"));
    }
    check_roles(messages)?;
    check_results(messages)?;
    if body.get("n").is_some_and(|n| !n.is_null() && *n != 1) {
        let message = "Unsupported value: 'n' must be 1: this server gives one choice.";
        return Err(ApiError::invalid(message).with_code("unsupported_value").about("n"));
    }
    let format = &body["response_format"];
    let schema = if format["type"] == "json_schema" {
        openai::schema(&format["json_schema"], "response_format")?
    } else {
        None
    };
    let tools = body["tools"].as_array().into_iter().flatten();
    Ok(Question {
        protocol: Protocol::ChatCompletions,
        provider: "openai",
        model: model.to_owned(),
        stream: body["stream"] == true,
        messages: messages.iter().map(message).collect(),
        tools: tools.map(|tool| openai::tool(&tool["function"])).collect(),
        schema,
        body,
    })
}

fn message(message: &Value) -> Message {
    let role = message["role"].as_str().unwrap_or_default();
    if role == "tool" {
        let id = message["tool_call_id"].as_str().unwrap_or_default();
        return Message::new(role, content::result(id, &message["content"]));
    }
    let calls = message["tool_calls"].as_array().into_iter().flatten().map(|call| {
        let function = &call["function"];
        let id = call["id"].as_str().unwrap_or_default();
        content::call(id, function["name"].as_str().unwrap_or_default(), &function["arguments"])
    });
    let parts: Vec<String> = std::iter::once(content::text(&message["content"])).chain(calls).collect();
    Message::new(role, parts.join("\n").trim_start())
}

fn check_roles(messages: &[Value]) -> Result<(), ApiError> {
    for (at, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if !ROLES.contains(&role) {
            let text = format!(
                "Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'function', 'tool', \
                 and 'developer'."
            );
            return Err(ApiError::invalid(text)
                .with_code("invalid_value")
                .about(format!("messages[{at}].role")));
        }
    }
    Ok(())
}

/// Each call of a tool is answered before anyone else speaks, and nothing is answered that was not called.
fn check_results(messages: &[Value]) -> Result<(), ApiError> {
    let mut open = BTreeSet::new();
    for (at, message) in messages.iter().enumerate() {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            if !open.remove(id) {
                let text = "Invalid parameter: messages with role 'tool' must be a response to a preceding message \
                    with 'tool_calls'.";
                return Err(ApiError::invalid(text).about(format!("messages.[{at}].role")));
            }
            continue;
        }
        if !open.is_empty() {
            return Err(unanswered(&open, at));
        }
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        open.extend(calls.filter_map(|call| call["id"].as_str()));
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered(&open, messages.len())) }
}

fn unanswered(ids: &BTreeSet<&str>, at: usize) -> ApiError {
    let ids: Vec<&str> = ids.iter().copied().collect();
    ApiError::invalid(format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. \
         The following tool_call_ids did not have response messages: {}",
        ids.join(", ")
    ))
    .about(format!("messages.[{at}].role"))
}
