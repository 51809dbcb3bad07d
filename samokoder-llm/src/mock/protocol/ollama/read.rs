//! What a request of Ollama's chat asks.

use serde_json::Value;

use super::super::{
    super::{
        Protocol,
        question::{Message, Question},
    },
    ApiError, content, openai,
};

pub(in super::super) fn read(body: Value) -> Result<Question, ApiError> {
    let Some(model) = body["model"].as_str().filter(|model| !model.is_empty()) else {
        return Err(ApiError::new(400, "", "model is required"));
    };
    let messages = body["messages"].as_array().into_iter().flatten();
    let tools = body["tools"].as_array().into_iter().flatten();
    Ok(Question {
        protocol: Protocol::Ollama,
        provider: "ollama",
        model: model.to_owned(),
        // Unlike everywhere else this is the default.
        stream: body["stream"] != false,
        messages: messages.map(message).collect(),
        tools: tools.map(|tool| openai::tool(&tool["function"])).collect(),
        schema: body.get("format").filter(|format| format.is_object()).cloned(),
        body,
    })
}

fn message(message: &Value) -> Message {
    let calls = message["tool_calls"].as_array().into_iter().flatten().map(|call| {
        let function = &call["function"];
        content::call("it", function["name"].as_str().unwrap_or_default(), &function["arguments"])
    });
    let parts: Vec<String> = std::iter::once(content::text(&message["content"])).chain(calls).collect();
    Message::new(message["role"].as_str().unwrap_or_default(), parts.join("\n").trim_start())
}
