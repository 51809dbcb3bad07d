//! The text of a message's content, as a person reads it.

use serde_json::Value;

/// The text of a string, of a list of parts, or of one part. What is not text is named in brackets.
pub(crate) fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let parts = parts.iter().map(text).filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join("\n")
        }
        Value::Object(_) => part(content),
        _ => String::new(),
    }
}

fn part(part: &Value) -> String {
    let field = |name: &str| part.get(name).and_then(Value::as_str).unwrap_or_default();
    match field("type") {
        "text" | "input_text" | "output_text" | "summary_text" | "reasoning_text" => field("text").to_owned(),
        "refusal" => field("refusal").to_owned(),
        "thinking" => format!("[thinking] {}", field("thinking")),
        "tool_use" => call(field("id"), field("name"), &part["input"]),
        "tool_result" => result(field("tool_use_id"), &part["content"]),
        other => format!("[{other}]"),
    }
}

/// A call of a tool.
pub(crate) fn call(id: &str, name: &str, arguments: &Value) -> String {
    let arguments = arguments.as_str().map_or_else(|| arguments.to_string(), str::to_owned);
    format!("[calls {name} {arguments} as {id}]")
}

/// What a tool answered.
pub(crate) fn result(id: &str, content: &Value) -> String {
    format!("[result of {id}] {}", text(content))
}
