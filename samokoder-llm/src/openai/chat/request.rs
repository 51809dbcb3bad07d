//! Writes a request.

use samokoder_core::llm::{
    CacheMark, ChatRequest, ImageSource, LlmError, LlmErrorKind, Message, ModelCapabilities, ModelRole, Part,
    ReasoningEffort, ResponseFormat, ToolChoice,
};
use serde_json::{Map, Value, json};

use super::{Dialect, ReasoningField};
use crate::{
    schema,
    wire::{Encoded, add_extra, decimal},
};

pub(super) fn encode(
    dialect: Dialect,
    request: &ChatRequest,
    model: &ModelCapabilities,
) -> Result<Encoded, LlmError> {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("model", json!(request.model.name()));
    set("messages", request.messages.iter().flat_map(|message| messages(dialect, message)).collect());
    set("stream", json!(true));
    set("stream_options", stream_options(dialect));
    if !request.tools.is_empty() {
        let choice = tool_choice(&request.tool_choice, model)?;
        let (only, choice) = match &request.tool_choice {
            ToolChoice::Tool(name) if !dialect.names_tool => (Some(name), Some(json!("required"))),
            _ => (None, choice),
        };
        let offered = request.tools.iter().filter(|tool| only.is_none_or(|only| *only == tool.name));
        set("tools", offered.map(tool).collect());
        if let Some(choice) = choice {
            set("tool_choice", choice);
        }
    }
    if let ResponseFormat::JsonSchema { name, schema } = &request.response_format
        && model.json_schema
    {
        set("response_format", response_format(name, schema));
    }
    if let Some(tokens) = request.max_output {
        set(dialect.max_tokens, json!(tokens));
    }
    if let Some(temperature) = request.temperature {
        set("temperature", decimal(temperature));
    }
    if !request.stop.is_empty() {
        set("stop", json!(request.stop));
    }
    if let Some(effort) = request.reasoning {
        match dialect.reasoning {
            ReasoningField::Effort { max } => set("reasoning_effort", json!(word(effort, max))),
            ReasoningField::Object => set("reasoning", json!({ "effort": word(effort, "xhigh") })),
        };
    }
    add_extra(&mut body, &request.extra);
    Encoded::new("/chat/completions", &body)
}

fn stream_options(dialect: Dialect) -> Value {
    if dialect.obfuscates {
        json!({ "include_usage": true, "include_obfuscation": false })
    } else {
        json!({ "include_usage": true })
    }
}

fn tool(tool: &samokoder_core::llm::Tool) -> Value {
    let mut function =
        json!({ "name": tool.name, "description": tool.description, "parameters": tool.parameters });
    if tool.strict
        && let Some(strict) = schema::strict(&tool.parameters)
    {
        function["strict"] = json!(true);
        function["parameters"] = strict;
    }
    json!({ "type": "function", "function": function })
}

fn tool_choice(choice: &ToolChoice, model: &ModelCapabilities) -> Result<Option<Value>, LlmError> {
    if !model.forced_tools && matches!(choice, ToolChoice::Required | ToolChoice::Tool(_)) {
        let message = "this model can't be forced to call a tool; leave the choice to it, or ask for JSON";
        return Err(LlmError::new(LlmErrorKind::BadRequest, message));
    }
    Ok(match choice {
        ToolChoice::None => Some(json!("none")),
        ToolChoice::Required => Some(json!("required")),
        ToolChoice::Tool(name) => Some(json!({ "type": "function", "function": { "name": name } })),
        _ => None,
    })
}

fn response_format(name: &str, schema: &Value) -> Value {
    let format = match schema::strict(schema) {
        Some(strict) => json!({ "name": name, "schema": strict, "strict": true }),
        None => json!({ "name": name, "schema": schema }),
    };
    json!({ "type": "json_schema", "json_schema": format })
}

fn word(effort: ReasoningEffort, max: &'static str) -> &'static str {
    match effort {
        ReasoningEffort::None => "none",
        ReasoningEffort::Minimal => "minimal",
        ReasoningEffort::Low => "low",
        ReasoningEffort::Medium => "medium",
        ReasoningEffort::High => "high",
        _ => max,
    }
}

/// A turn as the protocol has it: what tools returned are turns of their own, before the rest.
fn messages(dialect: Dialect, message: &Message) -> Vec<Value> {
    let mut turns: Vec<_> = message.parts.iter().filter_map(tool_result).collect();
    let rest = match message.role {
        ModelRole::Assistant => assistant(dialect, message),
        ModelRole::System => {
            content(dialect, message).map(|content| json!({ "role": "system", "content": content }))
        }
        ModelRole::User => {
            content(dialect, message).map(|content| json!({ "role": "user", "content": content }))
        }
    };
    turns.extend(rest);
    turns
}

fn tool_result(part: &Part) -> Option<Value> {
    let Part::ToolResult { id, content, .. } = part else { return None };
    Some(json!({ "role": "tool", "tool_call_id": id, "content": content }))
}

/// Content as one text where it is nothing more, which every server understands.
fn content(dialect: Dialect, message: &Message) -> Option<Value> {
    let mut parts: Vec<_> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text { text, .. } | Part::Refusal { text } => Some(json!({ "type": "text", "text": text })),
            Part::Image { source } => {
                let url = match source {
                    ImageSource::Url(url) => url.clone(),
                    ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
                    _ => return None,
                };
                Some(json!({ "type": "image_url", "image_url": { "url": url } }))
            }
            _ => None,
        })
        .collect();
    if let (true, Some(mark), Some(last)) = (dialect.cache_control, message.cache, parts.last_mut()) {
        last["cache_control"] = match mark {
            CacheMark::Long => json!({ "type": "ephemeral", "ttl": "1h" }),
            _ => json!({ "type": "ephemeral" }),
        };
        return Some(Value::Array(parts));
    }
    match parts.as_slice() {
        [] => None,
        all if all.iter().all(|part| part["type"] == "text") => Some(json!(message.text())),
        _ => Some(Value::Array(parts)),
    }
}

fn assistant(dialect: Dialect, message: &Message) -> Option<Value> {
    let mut turn =
        Map::from_iter([("role".to_owned(), json!("assistant")), ("content".to_owned(), Value::Null)]);
    let calls: Vec<_> = message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::ToolCall(call) => Some(json!({
                "id": call.id,
                "type": "function",
                "function": { "name": call.name, "arguments": call.arguments },
            })),
            _ => None,
        })
        .collect();
    if let Some(content) = content(dialect, message) {
        turn["content"] = content;
    } else if calls.is_empty() {
        return None;
    }
    if !calls.is_empty() {
        turn.insert("tool_calls".into(), Value::Array(calls));
    }
    for part in &message.parts {
        if let Part::Reasoning { text, echo: Some(echo) } = part
            && echo.protocol == dialect.name
        {
            if echo.data == json!(["reasoning_content"]) {
                turn.insert("reasoning_content".into(), json!(text));
            } else {
                turn.insert("reasoning_details".into(), echo.data.clone());
            }
        }
    }
    Some(Value::Object(turn))
}
