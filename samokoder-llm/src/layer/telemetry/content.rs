//! Prompts and answers in the form that the conventions have for them:
//! `gen-ai-input-messages.json` and `gen-ai-output-messages.json` in
//! [their repository](https://github.com/open-telemetry/semantic-conventions-genai/tree/main/docs/gen-ai).

use samokoder_core::llm::{FinishReason, ImageSource, Message, ModelRole, Part};
use serde_json::{Value, json};

/// The value of `gen_ai.input.messages`, as text.
pub(super) fn input(messages: &[Message]) -> String {
    messages.iter().map(message).collect::<Value>().to_string()
}

/// The value of `gen_ai.output.messages`, as text.
pub(super) fn output(answer: &Message, reason: &FinishReason) -> String {
    let mut answer = message(answer);
    answer["finish_reason"] = json!(reason.to_string());
    json!([answer]).to_string()
}

fn message(message: &Message) -> Value {
    let is_result = |part: &Part| matches!(part, Part::ToolResult { .. });
    let role = match message.role {
        ModelRole::System => "system",
        ModelRole::User if !message.parts.is_empty() && message.parts.iter().all(is_result) => "tool",
        ModelRole::User => "user",
        ModelRole::Assistant => "assistant",
    };
    json!({ "role": role, "parts": message.parts.iter().map(part).collect::<Value>() })
}

fn part(part: &Part) -> Value {
    match part {
        Part::Text { text, .. } => json!({ "type": "text", "content": text }),
        Part::Reasoning { text, .. } => json!({ "type": "reasoning", "content": text }),
        Part::Refusal { text } => json!({ "type": "refusal", "content": text }),
        Part::Image { source: ImageSource::Base64 { media_type, data } } => {
            json!({ "type": "blob", "modality": "image", "mime_type": media_type, "content": data })
        }
        Part::Image { source: ImageSource::Url(url) } => {
            json!({ "type": "uri", "modality": "image", "uri": url })
        }
        Part::ToolCall(call) => {
            // An answer that was cut off leaves half an object.
            let arguments = call.parsed().unwrap_or_else(|_| call.arguments.as_str().into());
            json!({ "type": "tool_call", "id": call.id, "name": call.name, "arguments": arguments })
        }
        Part::ToolResult { id, content, .. } => {
            json!({ "type": "tool_call_response", "id": id, "response": content })
        }
        Part::Opaque { echo } => json!({ "type": echo.protocol, "content": echo.data }),
        // Kinds to come have a name at least.
        other => json!({ "type": "other", "content": other }),
    }
}

#[cfg(test)]
mod tests {
    use samokoder_core::llm::{Echo, ToolCall};

    use super::*;

    #[test]
    fn every_part_has_the_form_of_the_conventions() {
        let call = |arguments: &str| {
            let (id, name, arguments) = ("c1".into(), "weather".into(), arguments.into());
            Part::ToolCall(ToolCall { id, name, arguments, echo: None })
        };
        let result = Part::ToolResult {
            id: "c1".into(),
            name: "weather".into(),
            content: "rain".into(),
            is_error: false,
        };
        let (media_type, data) = ("image/png".into(), "iVBO".into());
        let picture = Part::Image { source: ImageSource::Base64 { media_type, data } };
        let elsewhere = Part::Image { source: ImageSource::Url("https://a.example/b.png".into()) };
        let thought = Part::Reasoning { text: "hm".into(), echo: None };
        let own = Part::Opaque { echo: Echo::new("anthropic", json!({ "type": "search" })) };
        let messages = [
            Message::new(ModelRole::System, "rules"),
            Message::of(ModelRole::User, vec![Part::text("what is it?"), picture, elsewhere]),
            Message::of(ModelRole::Assistant, vec![thought, call(r#"{"city":"Omsk"}"#), call("{\"ci"), own]),
            Message::of(ModelRole::User, vec![result]),
        ];
        let written: Value = serde_json::from_str(&input(&messages)).unwrap();
        let expected = json!([
            { "role": "system", "parts": [{ "type": "text", "content": "rules" }] },
            { "role": "user", "parts": [
                { "type": "text", "content": "what is it?" },
                { "type": "blob", "modality": "image", "mime_type": "image/png", "content": "iVBO" },
                { "type": "uri", "modality": "image", "uri": "https://a.example/b.png" },
            ] },
            { "role": "assistant", "parts": [
                { "type": "reasoning", "content": "hm" },
                { "type": "tool_call", "id": "c1", "name": "weather", "arguments": { "city": "Omsk" } },
                { "type": "tool_call", "id": "c1", "name": "weather", "arguments": "{\"ci" },
                { "type": "anthropic", "content": { "type": "search" } },
            ] },
            { "role": "tool", "parts": [{ "type": "tool_call_response", "id": "c1", "response": "rain" }] },
        ]);
        assert_eq!(written, expected);
    }

    #[test]
    fn an_answer_says_why_it_ended() {
        let refusal = Message::of(ModelRole::Assistant, vec![Part::Refusal { text: "no".into() }]);
        let written: Value = serde_json::from_str(&output(&refusal, &FinishReason::Refusal)).unwrap();
        let parts = json!([{ "type": "refusal", "content": "no" }]);
        assert_eq!(written, json!([{ "role": "assistant", "parts": parts, "finish_reason": "refusal" }]));
    }
}
