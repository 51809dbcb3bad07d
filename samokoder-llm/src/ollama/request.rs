//! Writes a request.

use samokoder_core::llm::{
    ChatRequest, ImageSource, LlmError, LlmErrorKind, Message, ModelCapabilities, ModelRole, Part,
    ReasoningEffort, ResponseFormat, Tool, ToolCall, ToolChoice,
};
use serde_json::{Map, Value, json};

use super::PROTOCOL;
use crate::wire::{add_extra, decimal};

/// The body of a request for a streamed answer.
pub(super) fn body(request: &ChatRequest, model: &ModelCapabilities) -> Result<Map<String, Value>, LlmError> {
    let name = request.model.name();
    if matches!(request.tool_choice, ToolChoice::Required | ToolChoice::Tool(_)) {
        return Err(refused("Ollama can't force a model to call a tool: use the tool choice `auto`"));
    }
    if request.temperature.is_some() && !model.temperature {
        return Err(refused(&format!("{name} takes no temperature: drop it")));
    }
    let mut messages = vec![];
    for message in &request.messages {
        add_turns(&mut messages, message)?;
    }
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("model", json!(name));
    set("messages", json!(messages));
    set("stream", json!(true));
    if !request.tools.is_empty() && request.tool_choice != ToolChoice::None {
        set("tools", request.tools.iter().map(tool).collect());
    }
    if let (ResponseFormat::JsonSchema { schema, .. }, true) = (&request.response_format, model.json_schema) {
        set("format", schema.clone());
    }
    if let Some(effort) = request.reasoning {
        set("think", think(name, effort));
    }
    let options = options(request);
    if !options.is_empty() {
        set("options", Value::Object(options));
    }
    add_extra(&mut body, &request.extra);
    Ok(body)
}

fn refused(message: &str) -> LlmError {
    LlmError::new(LlmErrorKind::BadRequest, message)
}

/// Adds a message: the results of tools have one each, the rest is in another.
fn add_turns(messages: &mut Vec<Value>, message: &Message) -> Result<(), LlmError> {
    let (mut content, mut thinking) = (String::new(), String::new());
    let (mut images, mut calls) = (vec![], vec![]);
    for part in &message.parts {
        match part {
            Part::Text { text, .. } | Part::Refusal { text } => content.push_str(text),
            Part::Reasoning { text, echo: Some(echo) } if echo.protocol == PROTOCOL => {
                thinking.push_str(text);
            }
            Part::Image { source: ImageSource::Base64 { data, .. } } => images.push(data),
            Part::Image { .. } => {
                return Err(refused(
                    "Ollama fetches no pictures: give the picture's bytes instead of its address",
                ));
            }
            Part::ToolCall(call) => calls.push(tool_call(call)?),
            Part::ToolResult { id, name, content, .. } => messages
                .push(json!({"role": "tool", "tool_name": name, "tool_call_id": id, "content": content})),
            _ => {}
        }
    }
    let mut turn = json!({"role": message.role, "content": content});
    if !thinking.is_empty() {
        turn["thinking"] = json!(thinking);
    }
    if !images.is_empty() {
        turn["images"] = json!(images);
    }
    if !calls.is_empty() {
        turn["tool_calls"] = json!(calls);
    }
    let says_nothing = content.is_empty() && turn.as_object().is_some_and(|turn| turn.len() == 2);
    if !says_nothing || message.role == ModelRole::System {
        messages.push(turn);
    }
    Ok(())
}

fn tool_call(call: &ToolCall) -> Result<Value, LlmError> {
    let arguments = call.parsed().ok().filter(Value::is_object).ok_or_else(|| {
        let ToolCall { id, name, .. } = call;
        refused(&format!(
            "the arguments of the call {id} of `{name}` are no JSON object, which Ollama needs: leave the call out of \
             the conversation, with its result"
        ))
    })?;
    Ok(json!({"id": call.id, "function": {"name": call.name, "arguments": arguments}}))
}

fn tool(tool: &Tool) -> Value {
    let mut form = json!({
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    });
    form.sort_all_objects();
    form
}

/// Models of the family gpt-oss take a level and can't stop thinking; the server refuses a level for others.
fn think(model: &str, effort: ReasoningEffort) -> Value {
    if !model.contains("gpt-oss") {
        return json!(effort != ReasoningEffort::None);
    }
    json!(match effort {
        ReasoningEffort::None | ReasoningEffort::Minimal | ReasoningEffort::Low => "low",
        ReasoningEffort::Medium => "medium",
        _ => "high",
    })
}

fn options(request: &ChatRequest) -> Map<String, Value> {
    let mut options = Map::new();
    if let Some(tokens) = request.max_output {
        options.insert("num_predict".into(), json!(tokens));
    }
    if let Some(temperature) = request.temperature {
        options.insert("temperature".into(), decimal(temperature));
    }
    if !request.stop.is_empty() {
        options.insert("stop".into(), json!(request.stop));
    }
    options
}
