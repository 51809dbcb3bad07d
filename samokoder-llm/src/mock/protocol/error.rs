//! An error before a protocol gives it its form.

use serde_json::{Value, json};

/// An error before a protocol gives it its form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    pub(crate) status: u16,
    /// The provider's `type`.
    pub(crate) kind: &'static str,
    pub(crate) message: String,
    /// The field of the request that it is about.
    pub(crate) param: Option<String>,
    pub(crate) code: Option<&'static str>,
}

impl ApiError {
    pub(crate) fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Self {
        Self { status, kind, message: message.into(), param: None, code: None }
    }

    /// A request that is not one.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "invalid_request_error", message)
    }

    pub(crate) fn with_code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    pub(crate) fn about(self, param: impl Into<String>) -> Self {
        Self { param: Some(param.into()), ..self }
    }

    pub(crate) fn openai_body(&self) -> Value {
        json!({"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}})
    }

    pub(crate) fn anthropic_body(&self, request_id: &str) -> Value {
        let mut body = self.anthropic_stream_body();
        body["request_id"] = request_id.into();
        body
    }

    /// Inside a stream the id of the request is not repeated.
    pub(crate) fn anthropic_stream_body(&self) -> Value {
        let mut error = json!({"type": self.kind, "message": self.message});
        if let Some(code) = self.code {
            error["details"] = json!({"error_code": code});
        }
        json!({"type": "error", "error": error})
    }

    pub(crate) fn ollama_body(&self) -> Value {
        json!({"error": self.message})
    }
}
