//! A request in the form of the Responses API.

use samokoder_core::llm::{
    ChatRequest, LlmError, Message, ModelCapabilities, ModelRole, ReasoningEffort, ResponseFormat, Tool,
    ToolChoice,
};
use serde_json::{Map, Value, json};

use super::input::Input;
use crate::{
    schema,
    wire::{accepts, add_extra, decimal, refused},
};

/// The body of a request.
pub(super) fn body(request: &ChatRequest, model: &ModelCapabilities) -> Result<Map<String, Value>, LlmError> {
    accepts(request, model)?;
    if !request.stop.is_empty() {
        let message = "the Responses API has no stop texts; leave them out or cut the answer yourself";
        return Err(refused(message));
    }
    // System turns that begin the conversation are its instructions; later ones keep their place. There must be an
    // input beside the instructions.
    let input = request.messages.iter().position(|message| message.role != ModelRole::System).unwrap_or(0);
    let (first, rest) = request.messages.split_at(input);
    let mut instructions: Vec<_> = first.iter().map(Message::text).collect();
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.into(), value);
    set("model", request.model.name().into());
    set("input", Input::of(rest)?.into());
    set("stream", true.into());
    if !request.tools.is_empty() {
        set("tools", request.tools.iter().map(tool).collect());
        if let Some(choice) = tool_choice(&request.tool_choice) {
            set("tool_choice", choice);
        }
    }
    match &request.response_format {
        ResponseFormat::JsonSchema { name, schema } if model.json_schema => {
            set("text", json!({"format": format(name, schema)}));
        }
        ResponseFormat::JsonSchema { schema, .. } => instructions.push(schema::instruction(schema)),
        _ => {}
    }
    if !instructions.is_empty() {
        set("instructions", instructions.join("\n\n").into());
    }
    if let Some(tokens) = request.max_output {
        set("max_output_tokens", tokens.into());
    }
    if let Some(temperature) = request.temperature {
        set("temperature", decimal(temperature));
    }
    if let Some(effort) = request.reasoning {
        set("reasoning", reasoning(effort));
    }
    if reasons(request, model) {
        set("include", json!(["reasoning.encrypted_content"]));
    }
    add_extra(&mut body, &request.extra);
    body.entry("store").or_insert(false.into());
    Ok(body)
}

/// Whether reasoning is to be expected. Models that don't reason refuse to be asked for it in its encrypted form, and
/// those that do take no temperature.
fn reasons(request: &ChatRequest, model: &ModelCapabilities) -> bool {
    match request.reasoning {
        Some(effort) => effort != ReasoningEffort::None,
        None => !model.temperature,
    }
}

fn reasoning(effort: ReasoningEffort) -> Value {
    let name = match effort {
        ReasoningEffort::None => return json!({"effort": "none"}),
        ReasoningEffort::Minimal => "minimal",
        ReasoningEffort::Low => "low",
        ReasoningEffort::Medium => "medium",
        ReasoningEffort::Max => "xhigh",
        _ => "high",
    };
    json!({"effort": name, "summary": "auto"})
}

/// `strict` is always said: left out, the API takes it for true and changes the schema.
fn tool(tool: &Tool) -> Value {
    let strict = if tool.strict { schema::strict(&tool.parameters) } else { None };
    let is_strict = strict.is_some();
    let mut parameters = strict.unwrap_or_else(|| tool.parameters.clone());
    if parameters.is_null() {
        parameters = json!({"type": "object"});
    }
    if let Some(schema) = parameters.as_object_mut().filter(|schema| !schema.contains_key("properties")) {
        // OpenAI refuses an object that lists none.
        schema.insert("properties".into(), json!({}));
    }
    json!({
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": parameters,
        "strict": is_strict,
    })
}

fn tool_choice(choice: &ToolChoice) -> Option<Value> {
    match choice {
        ToolChoice::None => Some("none".into()),
        ToolChoice::Required => Some("required".into()),
        ToolChoice::Tool(name) => Some(json!({"type": "function", "name": name})),
        _ => None,
    }
}

fn format(name: &str, schema: &Value) -> Value {
    let strict = schema::strict(schema);
    let is_strict = strict.is_some();
    json!({
        "type": "json_schema",
        "name": name,
        "schema": strict.unwrap_or_else(|| schema.clone()),
        "strict": is_strict,
    })
}
