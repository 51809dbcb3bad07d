//! A conversation in the form of the Gemini API.

use samokoder_core::llm::{Echo, ImageSource, LlmError, Message, ModelRole, Part, ToolCall};
use serde_json::{Value, json};

use super::PROTOCOL;
use crate::wire::refused;

/// The turns of a conversation but for the system's. Turns of the same speaker that follow each other are one: all
/// results of parallel calls belong into the turn after them.
pub(super) fn contents(messages: &[Message]) -> Result<Vec<Value>, LlmError> {
    let mut turns: Vec<(&str, Vec<Value>)> = vec![];
    for message in messages {
        let role = match message.role {
            ModelRole::System => continue,
            ModelRole::User => "user",
            ModelRole::Assistant => "model",
        };
        for part in &message.parts {
            let Some(part) = written(part)? else { continue };
            match turns.last_mut() {
                Some((last, parts)) if *last == role => parts.push(part),
                _ => turns.push((role, vec![part])),
            }
        }
    }
    Ok(turns.into_iter().map(|(role, parts)| json!({"role": role, "parts": parts})).collect())
}

/// A part, if there is anything to send. Thoughts that are not signed are not: the API does not read them.
fn written(part: &Part) -> Result<Option<Value>, LlmError> {
    Ok(match part {
        Part::Text { text, echo } => {
            let signed = signature(echo.as_ref()).is_some();
            (signed || !text.is_empty()).then(|| with_signature(json!({"text": text}), echo.as_ref()))
        }
        Part::Refusal { text } => Some(json!({"text": text})),
        Part::Reasoning { text, echo } => signature(echo.as_ref())
            .map(|signature| json!({"text": text, "thought": true, "thoughtSignature": signature})),
        Part::ToolCall(call) => {
            let function = json!({"id": call.id, "name": call.name, "args": arguments(call)});
            Some(with_signature(json!({"functionCall": function}), call.echo.as_ref()))
        }
        Part::ToolResult { id, name, content, is_error } => {
            let response = result(content, *is_error);
            Some(json!({"functionResponse": {"id": id, "name": name, "response": response}}))
        }
        Part::Image { source } => Some(image(source)?),
        Part::Opaque { echo } => (echo.protocol == PROTOCOL).then(|| echo.data.clone()),
        _ => None,
    })
}

fn signature(echo: Option<&Echo>) -> Option<&Value> {
    echo.filter(|echo| echo.protocol == PROTOCOL)?.data.get("thoughtSignature")
}

fn with_signature(mut part: Value, echo: Option<&Echo>) -> Value {
    if let Some(signature) = signature(echo) {
        part["thoughtSignature"] = signature.clone();
    }
    part
}

/// The arguments must be an object. Half of one, from an answer that was cut off, is given back as a text.
fn arguments(call: &ToolCall) -> Value {
    match call.parsed() {
        Ok(arguments) if arguments.is_object() => arguments,
        _ => json!({"input": call.arguments}),
    }
}

/// A result must be an object.
fn result(content: &str, is_error: bool) -> Value {
    if is_error {
        return json!({"error": content});
    }
    match serde_json::from_str::<Value>(content) {
        Ok(value) if value.is_object() => value,
        _ => json!({"result": content}),
    }
}

fn image(source: &ImageSource) -> Result<Value, LlmError> {
    match source {
        ImageSource::Url(url) => Ok(json!({"fileData": {"fileUri": url}})),
        ImageSource::Base64 { media_type, data } => {
            Ok(json!({"inlineData": {"mimeType": media_type, "data": data}}))
        }
        _ => Err(refused("the Gemini API does not take pictures of this kind")),
    }
}
