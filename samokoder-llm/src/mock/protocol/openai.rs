//! What OpenAI's two protocols share.

use hyper::{HeaderMap, header::AUTHORIZATION};
use serde_json::Value;

use super::{
    super::{
        question::{Spent, Tool},
        script::{Access, FinishReason, Trouble},
    },
    ApiError, schema,
};

/// What is sent with an answer that tells of limits.
pub(super) const LIMIT_HEADERS: [(&str, &str); 6] = [
    ("x-ratelimit-limit-requests", "500"),
    ("x-ratelimit-limit-tokens", "30000"),
    ("x-ratelimit-remaining-requests", "0"),
    ("x-ratelimit-remaining-tokens", "0"),
    ("x-ratelimit-reset-requests", "120ms"),
    ("x-ratelimit-reset-tokens", "6m0s"),
];

const NO_KEY: &str = "You didn't provide an API key. You need to provide your API key in an Authorization header using \
    Bearer auth (i.e. Authorization: Bearer YOUR_KEY), or as the password field (with blank username) if you're \
    accessing the API from your browser and are prompted for a username and password. You can obtain an API key from \
    https://platform.openai.com/account/api-keys.";

pub(super) fn authorise(headers: &HeaderMap, access: &Access) -> Result<(), ApiError> {
    let key = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match key.map(str::trim).filter(|key| !key.is_empty()) {
        None => Err(ApiError::new(401, "invalid_request_error", NO_KEY)),
        Some(key) if access.admits(key) => Ok(()),
        Some(_) => Err(trouble(Trouble::Unauthorized)),
    }
}

pub(super) fn trouble(trouble: Trouble) -> ApiError {
    match trouble {
        Trouble::RateLimit => {
            let message = "Rate limit reached for requests. Please slow down and try again later.";
            ApiError::new(429, "requests", message).with_code("rate_limit_exceeded")
        }
        Trouble::Overloaded => {
            let message = "The server is currently overloaded with other requests. Please try again later.";
            ApiError::new(503, "service_unavailable_error", message).with_code("server_is_overloaded")
        }
        Trouble::Unauthorized => {
            let message = "Incorrect API key provided. You can find your API key at \
                https://platform.openai.com/account/api-keys.";
            ApiError::new(401, "invalid_request_error", message).with_code("invalid_api_key")
        }
        Trouble::QuotaExhausted => {
            let message = "You exceeded your current quota, please check your plan and billing details.";
            ApiError::new(429, "insufficient_quota", message).with_code("insufficient_quota")
        }
        Trouble::ContextTooLong => {
            let message = "This model's maximum context length is 128000 tokens. Please reduce the length of the \
                messages.";
            ApiError::invalid(message).with_code("context_length_exceeded").about("messages")
        }
        Trouble::ServerError => {
            let message = "The server had an error while processing your request. Sorry about that!";
            ApiError::new(500, "server_error", message)
        }
    }
}

/// A field that must be there and is not.
pub(super) fn missing(name: &str) -> ApiError {
    ApiError::invalid(format!("Missing required parameter: '{name}'."))
        .with_code("missing_required_parameter")
        .about(name)
}

/// The schema of a `json_schema` format, checked if it is strict.
pub(super) fn schema(format: &Value, name: &str) -> Result<Option<Value>, ApiError> {
    let Some(schema) = format.get("schema") else { return Ok(None) };
    if format["strict"] != Value::Bool(true) {
        return Ok(Some(schema.clone()));
    }
    let context = |path: &[String]| {
        let steps: Vec<String> = path.iter().map(|step| format!("'{step}'")).collect();
        format!("In context=({})", steps.join(", "))
    };
    let message = match schema::first_fault(schema, true) {
        None => return Ok(Some(schema.clone())),
        Some(schema::Fault::OpenObject(path)) => {
            format!("{}, 'additionalProperties' is required to be supplied and to be false.", context(&path))
        }
        Some(schema::Fault::Optional(path, property)) => format!(
            "{}, 'required' is required to be supplied and to be an array including every key in properties. \
             Missing '{property}'.",
            context(&path)
        ),
    };
    let of = format.get("name").and_then(Value::as_str).unwrap_or_default();
    Err(ApiError::invalid(format!("Invalid schema for response_format '{of}': {message}"))
        .with_code("invalid_json_schema")
        .about(name))
}

/// A tool, from the object that has its name.
pub(super) fn tool(function: &Value) -> Tool {
    let text = |name: &str| function[name].as_str().unwrap_or_default().to_owned();
    Tool { name: text("name"), description: text("description"), parameters: function["parameters"].clone() }
}

/// The word of Chat Completions for why an answer ends.
pub(super) fn finish_reason(reason: &FinishReason) -> &str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
        FinishReason::ContentFilter => "content_filter",
        FinishReason::Other(reason) => reason,
    }
}

/// Chat Completions' form of what an answer cost.
pub(super) fn chat_usage(spent: Spent) -> Value {
    serde_json::json!({
        "prompt_tokens": spent.input,
        "completion_tokens": spent.output,
        "total_tokens": spent.total(),
        "prompt_tokens_details": {
            "cached_tokens": spent.cached, "audio_tokens": 0, "cache_write_tokens": spent.cache_write,
        },
        "completion_tokens_details": {
            "reasoning_tokens": spent.reasoning, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    })
}
