//! A conversation as the items of a request.

use std::collections::BTreeSet;

use samokoder_core::llm::{Echo, ImageSource, LlmError, Message, ModelRole, Part, ToolCall};
use serde_json::{Map, Value, json};

use super::PROTOCOL;
use crate::wire::refused;

/// The items of a request, as they are put together.
#[derive(Debug, Default)]
pub(super) struct Input<'a> {
    items: Vec<Value>,
    /// Reasoning whose following item is not there yet. Without that item the API refuses it.
    reasoning: Vec<&'a Value>,
    /// Ids of the items that are there: the API refuses to get one twice.
    ids: BTreeSet<&'a str>,
    /// Calls of tools that take text: their results have a form of their own.
    custom: BTreeSet<&'a str>,
}

impl<'a> Input<'a> {
    /// The items of a conversation.
    pub(super) fn of(messages: &'a [Message]) -> Result<Vec<Value>, LlmError> {
        let mut input = Self::default();
        for message in messages {
            match message.role {
                ModelRole::Assistant => input.add_answer(&message.parts)?,
                ModelRole::System => input.add_question("system", &message.parts)?,
                ModelRole::User => input.add_question("user", &message.parts)?,
            }
        }
        Ok(input.items)
    }

    fn add_question(&mut self, role: &str, parts: &'a [Part]) -> Result<(), LlmError> {
        self.reasoning.clear();
        let mut content = vec![];
        for part in parts {
            match part {
                Part::Text { text, .. } if text.is_empty() => {}
                Part::Text { text, .. } | Part::Refusal { text } => {
                    content.push(json!({"type": "input_text", "text": text}));
                }
                Part::Image { source } => content.push(image(source)?),
                Part::ToolResult { id, content: result, .. } => {
                    self.say(role, &mut content);
                    let of =
                        if self.custom.contains(id.as_str()) { "custom_tool_call" } else { "function_call" };
                    let item = json!({"type": format!("{of}_output"), "call_id": id, "output": result});
                    self.items.push(item);
                }
                _ => {}
            }
        }
        self.say(role, &mut content);
        Ok(())
    }

    fn say(&mut self, role: &str, content: &mut Vec<Value>) {
        let content = match (content.len(), std::mem::take(content)) {
            (0, _) => return,
            (1, mut parts) if parts[0]["type"] == "input_text" => parts[0]["text"].take(),
            (_, parts) => Value::Array(parts),
        };
        self.items.push(json!({"role": role, "content": content}));
    }

    fn add_answer(&mut self, parts: &'a [Part]) -> Result<(), LlmError> {
        for part in parts {
            match part {
                Part::Text { text, echo } => self.add_text(text, own(echo.as_ref())),
                Part::Refusal { text } => {
                    self.flush(true);
                    let content = json!([{"type": "refusal", "refusal": text}]);
                    self.items.push(json!({"type": "message", "role": "assistant", "content": content}));
                }
                Part::Reasoning { echo, .. } => {
                    self.reasoning.extend(own(echo.as_ref()).filter(|item| readable(item)));
                }
                Part::ToolCall(call) => self.add_call(call),
                Part::Opaque { echo } => {
                    if let Some(item) = own(Some(echo)) {
                        self.flush(true);
                        if self.is_new(item) {
                            self.items.push(item.clone());
                        }
                    }
                }
                Part::Image { .. } => {
                    return Err(refused("the Responses API takes pictures from the user only"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn add_text(&mut self, text: &str, echo: Option<&'a Value>) {
        if text.is_empty() {
            return;
        }
        self.flush(echo.is_some());
        let item = match echo {
            None => json!({"role": "assistant", "content": text}),
            Some(echo) => {
                let content = json!([{"type": "output_text", "text": text, "annotations": []}]);
                self.restored(
                    echo,
                    [("type", "message".into()), ("role", "assistant".into()), ("content", content)],
                )
            }
        };
        self.items.push(item);
    }

    fn add_call(&mut self, call: &'a ToolCall) {
        let echo = own(call.echo.as_ref());
        self.flush(echo.is_some());
        let is_custom = echo.is_some_and(|echo| echo["type"] == "custom_tool_call");
        let (kind, arguments) = if is_custom {
            self.custom.insert(&call.id);
            ("custom_tool_call", ("input", call.arguments.as_str()))
        } else {
            // No arguments at all are an empty object.
            let text = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
            ("function_call", ("arguments", text))
        };
        let item = self.restored(
            echo.unwrap_or(&Value::Null),
            [
                ("type", kind.into()),
                ("call_id", call.id.as_str().into()),
                ("name", call.name.as_str().into()),
                (arguments.0, arguments.1.into()),
            ],
        );
        self.items.push(item);
    }

    /// The item that an echo was taken from, with what its part says.
    fn restored<const N: usize>(&mut self, echo: &'a Value, fields: [(&str, Value); N]) -> Value {
        let mut item = echo.as_object().cloned().unwrap_or_else(Map::new);
        if !self.is_new(echo) {
            item.remove("id");
        }
        for (name, value) in fields {
            item.insert(name.into(), value);
        }
        Value::Object(item)
    }

    /// Adds the reasoning that waits, if what follows it is an item of the same answer.
    fn flush(&mut self, followed: bool) {
        for item in std::mem::take(&mut self.reasoning) {
            if followed && self.is_new(item) {
                self.items.push(item.clone());
            }
        }
    }

    fn is_new(&mut self, item: &'a Value) -> bool {
        item["id"].as_str().is_none_or(|id| self.ids.insert(id))
    }
}

/// What is to be given back, if it is this protocol's.
fn own(echo: Option<&Echo>) -> Option<&Value> {
    echo.filter(|echo| echo.protocol == PROTOCOL).map(|echo| &echo.data)
}

/// Whether reasoning says something to a provider that does not keep it: a bare id does not.
fn readable(item: &Value) -> bool {
    item["encrypted_content"].is_string() || item["content"].as_array().is_some_and(|parts| !parts.is_empty())
}

fn image(source: &ImageSource) -> Result<Value, LlmError> {
    let url = match source {
        ImageSource::Url(url) => url.clone(),
        ImageSource::Base64 { media_type, data } => format!("data:{media_type};base64,{data}"),
        _ => return Err(refused("the Responses API does not take pictures of this kind")),
    };
    Ok(json!({"type": "input_image", "image_url": url, "detail": "auto"}))
}
