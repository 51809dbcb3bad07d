//! A request in the form of the Gemini API.

use std::fmt::Write as _;

use samokoder_core::llm::{
    ChatRequest, LlmError, Message, ModelCapabilities, ModelRole, ReasoningEffort, ResponseFormat, Tool,
    ToolChoice,
};
use serde_json::{Map, Value, json};

use super::contents::contents;
use crate::{
    schema,
    wire::{accepts, add_extra, decimal},
};

/// The path for a model, with or without `models/` before its name.
pub(super) fn path(model: &str) -> String {
    let name = model.strip_prefix("models/").unwrap_or(model);
    let mut path = String::from("/v1beta/models/");
    for byte in name.bytes() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        // A `String` takes everything that is written to it.
        let _ = if plain { path.write_char(char::from(byte)) } else { write!(path, "%{byte:02X}") };
    }
    path + ":streamGenerateContent?alt=sse"
}

/// The body of a request.
pub(super) fn body(request: &ChatRequest, model: &ModelCapabilities) -> Result<Map<String, Value>, LlmError> {
    accepts(request, model)?;
    let mut body = Map::new();
    body.insert("contents".into(), contents(&request.messages)?.into());
    let system = request.messages.iter().filter(|message| message.role == ModelRole::System);
    let mut system: Vec<_> = system.map(Message::text).filter(|text| !text.is_empty()).collect();
    let mut config = generation(request);
    match &request.response_format {
        ResponseFormat::JsonSchema { schema, .. } if model.json_schema => {
            config.insert("responseMimeType".into(), "application/json".into());
            config.insert("responseJsonSchema".into(), schema::google(schema));
        }
        ResponseFormat::JsonSchema { schema, .. } => system.push(schema::instruction(schema)),
        _ => {}
    }
    if !system.is_empty() {
        let parts: Vec<_> = system.into_iter().map(|text| json!({"text": text})).collect();
        body.insert("systemInstruction".into(), json!({"parts": parts}));
    }
    if !config.is_empty() {
        body.insert("generationConfig".into(), config.into());
    }
    if !request.tools.is_empty() {
        let functions: Vec<_> = request.tools.iter().map(tool).collect();
        body.insert("tools".into(), json!([{"functionDeclarations": functions}]));
        if let Some(calling) = calling(&request.tool_choice) {
            body.insert("toolConfig".into(), json!({"functionCallingConfig": calling}));
        }
    }
    add_extra(&mut body, &request.extra);
    Ok(body)
}

fn generation(request: &ChatRequest) -> Map<String, Value> {
    let mut config = Map::new();
    if let Some(tokens) = request.max_output {
        config.insert("maxOutputTokens".into(), tokens.into());
    }
    if let Some(temperature) = request.temperature {
        config.insert("temperature".into(), decimal(temperature));
    }
    if !request.stop.is_empty() {
        config.insert("stopSequences".into(), request.stop.clone().into());
    }
    if let Some(effort) = request.reasoning {
        config.insert("thinkingConfig".into(), thinking(effort, request.model.name()));
    }
    config
}

/// How much to think. Models of the 2.5 family are given tokens, later ones a level; those can't be told not to think.
fn thinking(effort: ReasoningEffort, model: &str) -> Value {
    let shown = effort != ReasoningEffort::None;
    if model.contains("gemini-2.5") {
        // The most that all models of the family take is 24,576 tokens, the least that they can do with is 512.
        let budget = match effort {
            ReasoningEffort::None => 0,
            ReasoningEffort::Minimal => 512,
            ReasoningEffort::Low => 2_048,
            ReasoningEffort::Medium => 8_192,
            _ => 24_576,
        };
        return json!({"includeThoughts": shown, "thinkingBudget": budget});
    }
    let level = match effort {
        ReasoningEffort::None | ReasoningEffort::Minimal => "minimal",
        ReasoningEffort::Low => "low",
        ReasoningEffort::Medium => "medium",
        _ => "high",
    };
    json!({"includeThoughts": shown, "thinkingLevel": level})
}

fn tool(tool: &Tool) -> Value {
    let mut function = json!({"name": tool.name, "description": tool.description});
    // An object without properties is not accepted; a function without arguments is declared without a schema.
    let takes_none = |schema: &Map<String, Value>| {
        let properties = schema.get("properties").and_then(Value::as_object);
        schema.get("type").is_some_and(|kind| kind == "object") && properties.is_none_or(Map::is_empty)
    };
    if !tool.parameters.as_object().is_none_or(takes_none) {
        function["parametersJsonSchema"] = schema::google(&tool.parameters);
    }
    function
}

fn calling(choice: &ToolChoice) -> Option<Value> {
    match choice {
        ToolChoice::None => Some(json!({"mode": "NONE"})),
        ToolChoice::Required => Some(json!({"mode": "ANY"})),
        ToolChoice::Tool(name) => Some(json!({"mode": "ANY", "allowedFunctionNames": [name]})),
        _ => None,
    }
}
