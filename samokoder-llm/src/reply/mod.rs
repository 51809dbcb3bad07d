//! What providers reply instead of an answer: errors in all their shapes, waits and limits in headers.

mod body;
#[cfg(feature = "http")]
pub(crate) mod headers;
mod kind;
mod wait;

use samokoder_core::llm::{ErrorReply, LlmError, LlmErrorKind};
use serde_json::Value;

use body::ErrorBody;

/// Bytes of a body that are kept.
pub(crate) const KEPT: usize = 4096;

/// Reads an error from a body: `{"error": {…}}`, `{"error": "…"}`, `{"detail": …}`, `{"message": …}`, a list of one of
/// these, a page of HTML, or nothing. The kind is that of the provider's code, if it is known, and else of the
/// status; an error within a stream or a body with status 200 is passed with that status.
pub fn error(status: u16, body: &[u8]) -> LlmError {
    let found = ErrorBody::parse(body);
    let status = found.status.filter(|_| status == 200).unwrap_or(status);
    let kind = kind::of(status, &found);
    let text = String::from_utf8_lossy(body);
    let kept: String = text.chars().take(KEPT).collect();
    let mut reply = ErrorReply::default();
    reply.status = status;
    reply.code.clone_from(&found.code);
    reply.body = kept;
    let mut error = LlmError::new(kind, found.message(status)).reply(reply);
    let is_for_now = matches!(kind, LlmErrorKind::RateLimited | LlmErrorKind::Overloaded);
    error.retry_after = found.retry_after.or_else(|| wait::in_words(&error.message).filter(|_| is_for_now));
    error
}

/// Whether the value of an error is one. Some servers have an empty one beside every answer.
pub(crate) fn says_something(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => true,
    }
}

/// An answer that is not what the protocol says.
pub fn malformed(what: &str, error: impl std::fmt::Display, bytes: &[u8]) -> LlmError {
    let shown: String = String::from_utf8_lossy(bytes).chars().take(200).collect();
    LlmError::new(LlmErrorKind::Malformed, format!("{what}: {error}: {shown}"))
}
