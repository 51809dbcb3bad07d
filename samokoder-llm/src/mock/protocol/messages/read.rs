//! What a request of Messages asks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{
    super::{
        Protocol,
        question::{Message, Question, Tool},
    },
    ApiError, content, schema,
};

pub(in super::super) fn read(body: Value) -> Result<Question, ApiError> {
    let required = |name: &str| ApiError::invalid(format!("{name}: Field required"));
    let Some(model) = body["model"].as_str() else { return Err(required("model")) };
    if body["max_tokens"].as_u64().is_none_or(|tokens| tokens == 0) {
        return Err(match &body["max_tokens"] {
            Value::Null => required("max_tokens"),
            _ => ApiError::invalid("max_tokens: Input should be greater than or equal to 1"),
        });
    }
    let given = body["messages"].as_array().ok_or_else(|| required("messages"))?;
    if given.is_empty() {
        return Err(ApiError::invalid("messages: at least one message is required"));
    }
    check_roles(given)?;
    check_results(given)?;
    let mut messages = Vec::new();
    let system = content::text(&body["system"]);
    if !system.is_empty() {
        messages.push(Message::new("system", system));
    }
    messages.extend(given.iter().map(|message| {
        Message::new(message["role"].as_str().unwrap_or_default(), content::text(&message["content"]))
    }));
    let tools = body["tools"].as_array().into_iter().flatten();
    Ok(Question {
        protocol: Protocol::Messages,
        provider: "anthropic",
        model: model.to_owned(),
        stream: body["stream"] == true,
        messages,
        tools: tools.map(tool).collect(),
        schema: checked_schema(&body["output_config"]["format"])?,
        body,
    })
}

fn tool(tool: &Value) -> Tool {
    let text = |name: &str| tool[name].as_str().unwrap_or_default().to_owned();
    Tool { name: text("name"), description: text("description"), parameters: tool["input_schema"].clone() }
}

fn check_roles(messages: &[Value]) -> Result<(), ApiError> {
    for (at, message) in messages.iter().enumerate() {
        let role = message["role"].as_str().unwrap_or_default();
        if !["user", "assistant", "system"].contains(&role) {
            let text = format!("messages: Unexpected role \"{role}\" in message {at}.");
            return Err(ApiError::invalid(text));
        }
        let is_empty = content::text(&message["content"]).is_empty();
        let may_be = role == "assistant" && at + 1 == messages.len();
        if is_empty && !may_be {
            let text =
                "all messages must have non-empty content except for the optional final assistant message";
            return Err(ApiError::invalid(format!("messages.{at}: {text}")));
        }
    }
    Ok(())
}

/// Each use of a tool has its result in the next message, and nothing else has one.
fn check_results(messages: &[Value]) -> Result<(), ApiError> {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for (at, message) in messages.iter().enumerate() {
        for id in ids(message, "tool_result", "tool_use_id") {
            if !open.remove(id) {
                return Err(ApiError::invalid(format!(
                    "messages.{at}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` \
                     block must have a corresponding `tool_use` block in the previous message."
                )));
            }
        }
        if !open.is_empty() {
            return Err(unanswered(&open, at - 1));
        }
        open.extend(ids(message, "tool_use", "id"));
    }
    if open.is_empty() { Ok(()) } else { Err(unanswered(&open, messages.len() - 1)) }
}

fn unanswered(ids: &BTreeSet<&str>, at: usize) -> ApiError {
    let ids: Vec<&str> = ids.iter().copied().collect();
    ApiError::invalid(format!(
        "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` \
         block must have a corresponding `tool_result` block in the next message.",
        ids.join(", ")
    ))
}

fn ids<'a>(message: &'a Value, kind: &'static str, name: &'static str) -> impl Iterator<Item = &'a str> {
    let blocks = message["content"].as_array().into_iter().flatten();
    blocks.filter(move |block| block["type"] == kind).filter_map(move |block| block[name].as_str())
}

fn checked_schema(format: &Value) -> Result<Option<Value>, ApiError> {
    let Some(schema) = format.get("schema").filter(|_| format["type"] == "json_schema") else {
        return Ok(None);
    };
    if schema::first_fault(schema, false).is_some() {
        return Err(ApiError::invalid(
            "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
        ));
    }
    Ok(Some(schema.clone()))
}
