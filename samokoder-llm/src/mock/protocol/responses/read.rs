//! What a request of Responses asks.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{
    super::{
        Protocol,
        question::{Message, Question},
    },
    ApiError, content, openai,
};

/// Fields of Chat Completions, which Responses does not take.
const FOREIGN: [&str; 5] =
    ["messages", "response_format", "max_tokens", "max_completion_tokens", "functions"];

pub(in super::super) fn read(body: Value) -> Result<Question, ApiError> {
    let Some(model) = body["model"].as_str().filter(|model| !model.is_empty()) else {
        return Err(openai::missing("model"));
    };
    if let Some(name) = FOREIGN.into_iter().find(|name| body.get(name).is_some()) {
        let message = format!("Unknown parameter: '{name}'.");
        return Err(ApiError::invalid(message).with_code("unknown_parameter").about(name));
    }
    let mut messages = Vec::new();
    if let Some(instructions) = body["instructions"].as_str().filter(|text| !text.is_empty()) {
        messages.push(Message::new("developer", instructions));
    }
    match &body["input"] {
        Value::String(text) => messages.push(Message::new("user", text)),
        Value::Array(items) => {
            check_items(items, body["previous_response_id"].is_string())?;
            messages.extend(items.iter().filter_map(message));
        }
        _ => return Err(openai::missing("input")),
    }
    let format = &body["text"]["format"];
    let schema =
        if format["type"] == "json_schema" { openai::schema(format, "text.format.schema")? } else { None };
    let tools = body["tools"].as_array().into_iter().flatten().filter(|tool| tool["type"] == "function");
    Ok(Question {
        protocol: Protocol::Responses,
        provider: "openai",
        model: model.to_owned(),
        stream: body["stream"] == true,
        messages,
        tools: tools.map(openai::tool).collect(),
        schema,
        body,
    })
}

fn message(item: &Value) -> Option<Message> {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    match item["type"].as_str().unwrap_or("message") {
        "message" => Some(Message::new(text("role"), content::text(&item["content"]))),
        "function_call" => {
            let call = content::call(text("call_id"), text("name"), &item["arguments"]);
            Some(Message::new("assistant", call))
        }
        "function_call_output" => {
            Some(Message::new("tool", content::result(text("call_id"), &item["output"])))
        }
        _ => None,
    }
}

/// Each call has its output and each output its call, unless calls are in a response before; a reasoning item is
/// followed by what it led to.
fn check_items(items: &[Value], goes_on: bool) -> Result<(), ApiError> {
    let ids = |kind: &'static str| {
        let items = items.iter().filter(move |item| item["type"] == kind);
        items.filter_map(|item| item["call_id"].as_str()).collect::<BTreeSet<_>>()
    };
    let (calls, outputs) = (ids("function_call"), ids("function_call_output"));
    if let Some(id) = calls.difference(&outputs).next() {
        return Err(ApiError::invalid(format!("No tool output found for function call {id}.")).about("input"));
    }
    if let Some(id) = outputs.difference(&calls).next().filter(|_| !goes_on) {
        let message = format!("No tool call found for function call output with call_id {id}.");
        return Err(ApiError::invalid(message).about("input"));
    }
    for (at, item) in items.iter().enumerate().filter(|(_, item)| item["type"] == "reasoning") {
        let follows = items.get(at + 1).is_some_and(|next| {
            let kind = next["type"].as_str().unwrap_or("message");
            kind.ends_with("_call")
                || kind == "reasoning"
                || (kind == "message" && next["role"] == "assistant")
        });
        if !follows {
            let id = item["id"].as_str().unwrap_or_default();
            let message =
                format!("Item '{id}' of type 'reasoning' was provided without its required following item.");
            return Err(ApiError::invalid(message).about("input"));
        }
    }
    Ok(())
}
