//! Writes a request.

use samokoder_core::llm::{
    CacheMark, ChatRequest, Echo, ImageSource, LlmError, LlmErrorKind, Message, ModelCapabilities, ModelRole,
    Part, ResponseFormat, Tool, ToolCall, ToolChoice,
};
use serde_json::{Map, Value, json};

use super::{PROTOCOL, schema, thinking::Thinking};
use crate::wire::{add_extra, decimal};

/// Places in a request after which the provider can be told to keep its beginning.
const MAX_CACHE_MARKS: usize = 4;

/// The body of a request for a streamed answer.
pub(super) fn body(request: &ChatRequest, model: &ModelCapabilities) -> Result<Map<String, Value>, LlmError> {
    let max_tokens = request.max_output.unwrap_or(model.max_output);
    let thinking = Thinking::of(request, max_tokens);
    check(request, model, thinking)?;
    let (system, messages) = conversation(request);
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("model", json!(request.model.name()));
    set("max_tokens", json!(max_tokens));
    set("stream", json!(true));
    set("messages", messages);
    if !system.is_empty() {
        set("system", json!(system));
    }
    if !request.tools.is_empty() {
        set("tools", request.tools.iter().map(tool).collect::<Result<_, _>>()?);
    }
    if let Some(choice) = tool_choice(request) {
        set("tool_choice", choice);
    }
    if let Some(temperature) = request.temperature {
        set("temperature", decimal(temperature));
    }
    if !request.stop.is_empty() {
        set("stop_sequences", json!(request.stop));
    }
    let mut output = Map::new();
    if let (ResponseFormat::JsonSchema { schema, .. }, true) = (&request.response_format, model.json_schema) {
        output.insert(
            "format".into(),
            json!({"type": "json_schema", "schema": schema::acceptable(schema, "the response format")?}),
        );
    }
    if let Some(thinking) = thinking {
        set("thinking", thinking.field());
        output.extend(thinking.effort().map(|effort| ("effort".to_owned(), json!(effort))));
    }
    if !output.is_empty() {
        set("output_config", Value::Object(output));
    }
    add_extra(&mut body, &request.extra);
    Ok(body)
}

/// Refuses what the model is known to refuse, before it costs a call.
fn check(
    request: &ChatRequest,
    model: &ModelCapabilities,
    thinking: Option<Thinking>,
) -> Result<(), LlmError> {
    let name = request.model.name();
    let forced = matches!(request.tool_choice, ToolChoice::Required | ToolChoice::Tool(_));
    let has_budget = matches!(thinking, Some(Thinking::Budget(_)));
    let problem = if forced && !model.forced_tools {
        "can't be forced to call a tool: use the tool choice `auto` and ask for the call in the prompt, or use a \
         response format where the form of the answer matters"
    } else if forced && has_budget {
        "can't be forced to call a tool while it thinks: use the tool choice `auto`, or drop the reasoning effort"
    } else if request.temperature.is_some() && !model.temperature {
        "takes no temperature: drop it"
    } else if request.temperature.is_some_and(|temperature| (temperature - 1.0).abs() > f32::EPSILON)
        && has_budget
    {
        "takes no temperature but 1 while it thinks: drop the temperature or the reasoning effort"
    } else {
        return Ok(());
    };
    Err(LlmError::new(LlmErrorKind::BadRequest, format!("{name} {problem}")))
}

/// The system's blocks, and the turns of user and assistant one after the other.
fn conversation(request: &ChatRequest) -> (Vec<Value>, Value) {
    let (system, turns): (Vec<_>, Vec<_>) =
        request.messages.iter().partition(|message| message.role == ModelRole::System);
    // One is taken by the provider's own mark, if `extra` asks for it.
    let allowed = MAX_CACHE_MARKS - usize::from(request.extra.contains_key("cache_control"));
    let marks = request.messages.iter().filter(|message| message.cache.is_some()).count();
    let mut surplus = marks.saturating_sub(allowed);
    let system = system.into_iter().flat_map(|message| blocks(message, &mut surplus)).collect();
    let mut merged: Vec<(ModelRole, Vec<Value>)> = vec![];
    for message in turns {
        let blocks = blocks(message, &mut surplus);
        match merged.last_mut() {
            _ if blocks.is_empty() => {}
            Some((role, earlier)) if *role == message.role => earlier.extend(blocks),
            _ => merged.push((message.role, blocks)),
        }
    }
    let messages = merged.into_iter().map(|(role, mut blocks)| {
        // The results of calls must come first in their turn.
        blocks.sort_by_key(|block| block["type"] != "tool_result");
        json!({"role": role, "content": blocks})
    });
    (system, messages.collect())
}

/// The blocks of a message. Its cache mark is left out while there is a surplus of them.
fn blocks(message: &Message, surplus: &mut usize) -> Vec<Value> {
    let mut blocks: Vec<Value> = message.parts.iter().filter_map(block).map(Value::Object).collect();
    if message.role == ModelRole::User {
        blocks.sort_by_key(|block| block["type"] != "tool_result");
    }
    match message.cache {
        Some(_) if *surplus > 0 => *surplus -= 1,
        Some(mark) => {
            let can_be_marked = |block: &&mut Value| {
                !matches!(block["type"].as_str(), Some("thinking" | "redacted_thinking"))
            };
            if let Some(last) = blocks.iter_mut().rfind(can_be_marked) {
                last["cache_control"] = match mark {
                    CacheMark::Long => json!({"type": "ephemeral", "ttl": "1h"}),
                    _ => json!({"type": "ephemeral"}),
                };
            }
        }
        None => {}
    }
    blocks
}

/// A part as a block. `None` for what the provider refuses, such as a blank text, or what means nothing to it.
fn block(part: &Part) -> Option<Map<String, Value>> {
    Some(match part {
        Part::Text { text, .. } | Part::Refusal { text } if text.trim().is_empty() => return None,
        Part::Text { text, echo } => {
            with(own(echo.as_ref()), [("type", json!("text")), ("text", json!(text))])
        }
        Part::Refusal { text } => with(None, [("type", json!("text")), ("text", json!(text))]),
        Part::Image { source } => with(None, [("type", json!("image")), ("source", image(source)?)]),
        Part::Reasoning { text, echo } => match own(echo.as_ref())? {
            block if block.get("type")? == "thinking" => with(Some(block), [("thinking", json!(text))]),
            block => block.clone(),
        },
        Part::ToolCall(ToolCall { id, name, arguments, echo }) => with(
            own(echo.as_ref()),
            [
                ("type", json!("tool_use")),
                ("id", json!(id)),
                ("name", json!(name)),
                ("input", input(arguments)),
            ],
        ),
        Part::ToolResult { id, content, is_error, .. } => {
            let result =
                [("type", json!("tool_result")), ("tool_use_id", json!(id)), ("content", json!(content))];
            let failed = is_error.then(|| ("is_error", json!(true)));
            with(None, result.into_iter().chain(failed))
        }
        Part::Opaque { echo } => own(Some(echo))?.clone(),
        _ => return None,
    })
}

/// What an echo of this protocol holds.
fn own(echo: Option<&Echo>) -> Option<&Map<String, Value>> {
    echo.filter(|echo| echo.protocol == PROTOCOL)?.data.as_object()
}

fn with<'n>(
    echoed: Option<&Map<String, Value>>,
    fields: impl IntoIterator<Item = (&'n str, Value)>,
) -> Map<String, Value> {
    let mut block = echoed.cloned().unwrap_or_default();
    block.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    block
}

/// The input of a call. What is no object, as the model was cut off or erred, is wrapped in one, as the documentation of
/// fine-grained tool streaming has it.
pub(super) fn input(arguments: &str) -> Value {
    match serde_json::from_str(arguments) {
        Ok(Value::Object(input)) => Value::Object(input),
        _ if arguments.trim().is_empty() => json!({}),
        _ => json!({"INVALID_JSON": arguments}),
    }
}

fn image(source: &ImageSource) -> Option<Value> {
    match source {
        ImageSource::Base64 { media_type, data } => {
            Some(json!({"type": "base64", "media_type": media_type, "data": data}))
        }
        ImageSource::Url(url) => Some(json!({"type": "url", "url": url})),
        _ => None,
    }
}

fn tool(tool: &Tool) -> Result<Value, LlmError> {
    let mut form = json!({"name": tool.name, "input_schema": tool.parameters});
    if !tool.description.is_empty() {
        form["description"] = json!(tool.description);
    }
    if tool.strict {
        form["strict"] = json!(true);
        form["input_schema"] = schema::acceptable(&tool.parameters, &format!("the tool `{}`", tool.name))?;
    }
    // The prompt cache needs the same bytes each time.
    form.sort_all_objects();
    Ok(form)
}

fn tool_choice(request: &ChatRequest) -> Option<Value> {
    match &request.tool_choice {
        ToolChoice::None if !request.tools.is_empty() => Some(json!({"type": "none"})),
        ToolChoice::Required => Some(json!({"type": "any"})),
        ToolChoice::Tool(name) => Some(json!({"type": "tool", "name": name})),
        _ => None,
    }
}
