//! The wire protocols: what each asks of a request, and the bytes it answers with.
//!
//! Each has the same files: `read` checks and understands a request, `unary` and `stream` write the two forms of an
//! answer, `mod` has its errors.

mod chat;
mod content;
mod error;
mod event;
mod messages;
mod ollama;
mod openai;
mod responses;
mod schema;

use hyper::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use error::ApiError;
pub(crate) use event::{Event, Part};

use super::{
    question::{Question, Turn},
    script::{Access, Trouble},
};

/// A wire protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Protocol {
    /// OpenAI Chat Completions, which many others speak.
    ChatCompletions,
    /// OpenAI Responses.
    Responses,
    /// Anthropic Messages.
    Messages,
    /// Ollama's own chat.
    Ollama,
}

impl Protocol {
    /// Whether a request may ask at all: it has a key where one is needed.
    pub(crate) fn authorise(self, headers: &HeaderMap, access: &Access) -> Result<(), ApiError> {
        match self {
            Self::ChatCompletions | Self::Responses => openai::authorise(headers, access),
            Self::Messages => messages::authorise(headers, access),
            Self::Ollama => Ok(()),
        }
    }

    /// Checks a request as the provider would, and understands it.
    pub(crate) fn read(self, body: &[u8], access: &Access) -> Result<Question, ApiError> {
        let body: Value = serde_json::from_slice(body).map_err(|error| self.not_json(&error))?;
        let question = match self {
            Self::ChatCompletions => chat::read(body),
            Self::Responses => responses::read(body),
            Self::Messages => messages::read(body),
            Self::Ollama => ollama::read(body),
        }?;
        if access.has_model(&question.model) {
            Ok(question)
        } else {
            Err(self.no_such_model(&question.model))
        }
    }

    /// The body of a unary answer.
    pub(crate) fn unary(self, turn: &Turn<'_>) -> Value {
        match self {
            Self::ChatCompletions => chat::unary(turn),
            Self::Responses => responses::unary(turn),
            Self::Messages => messages::unary(turn),
            Self::Ollama => ollama::unary(turn),
        }
    }

    /// The events of a streamed answer.
    pub(crate) fn stream(self, turn: &Turn<'_>) -> Vec<Event> {
        match self {
            Self::ChatCompletions => chat::stream(turn),
            Self::Responses => responses::stream(turn),
            Self::Messages => messages::stream(turn),
            Self::Ollama => ollama::stream(turn),
        }
    }

    /// The events that report an error inside a stream of which `sent` events went before.
    pub(crate) fn error_in_stream(self, trouble: Trouble, turn: &Turn<'_>, sent: usize) -> Vec<Event> {
        let error = self.trouble(trouble);
        match self {
            Self::ChatCompletions => vec![chat::failed(&error, turn)],
            Self::Responses => responses::failed(trouble, &error, turn, sent),
            Self::Messages => {
                vec![Event::named(Part::End, "error", &error.anthropic_stream_body())]
            }
            Self::Ollama => vec![Event::line(Part::End, &error.ollama_body())],
        }
    }

    /// The provider's own form of an error.
    pub(crate) fn trouble(self, trouble: Trouble) -> ApiError {
        match self {
            Self::ChatCompletions | Self::Responses => openai::trouble(trouble),
            Self::Messages => messages::trouble(trouble),
            Self::Ollama => ollama::trouble(trouble),
        }
    }

    /// The body that reports an error instead of an answer.
    pub(crate) fn error_body(self, error: &ApiError, request_id: &str) -> Value {
        match self {
            Self::ChatCompletions | Self::Responses => error.openai_body(),
            Self::Messages => error.anthropic_body(request_id),
            Self::Ollama => error.ollama_body(),
        }
    }

    /// The headers that tell what is left of the limits, and when to come again.
    pub(crate) fn limit_headers(self, retry_after_ms: Option<u64>) -> Vec<(String, String)> {
        let mut headers = Vec::new();
        if let Some(wait) = retry_after_ms {
            headers.push(("retry-after", wait.div_ceil(1000).to_string()));
        }
        let own = |(name, value): &(&'static str, &'static str)| (*name, (*value).to_owned());
        match self {
            Self::ChatCompletions | Self::Responses => {
                headers.extend(retry_after_ms.map(|wait| ("retry-after-ms", wait.to_string())));
                headers.extend(openai::LIMIT_HEADERS.iter().map(own));
            }
            Self::Messages => headers.extend(messages::LIMIT_HEADERS.iter().map(own)),
            Self::Ollama => {}
        }
        headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// The header that carries the id of a request, if the provider has one.
    pub(crate) fn request_id_header(self) -> Option<&'static str> {
        match self {
            Self::ChatCompletions | Self::Responses => Some("x-request-id"),
            Self::Messages => Some("request-id"),
            Self::Ollama => None,
        }
    }

    /// The type of a streamed body.
    pub(crate) fn stream_type(self) -> &'static str {
        if self == Self::Ollama { "application/x-ndjson" } else { "text/event-stream; charset=utf-8" }
    }

    fn not_json(self, error: &serde_json::Error) -> ApiError {
        match self {
            Self::ChatCompletions | Self::Responses => ApiError::invalid(
                "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your \
                 HTTP library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
            ),
            Self::Messages => ApiError::invalid(format!("The request body is not valid JSON: {error}")),
            Self::Ollama => ApiError::invalid(error.to_string()),
        }
    }

    pub(crate) fn no_such_model(self, model: &str) -> ApiError {
        match self {
            Self::ChatCompletions => ApiError {
                status: 404,
                code: Some("model_not_found"),
                ..ApiError::invalid(format!(
                    "The model `{model}` does not exist or you do not have access to it."
                ))
            },
            Self::Responses => ApiError::invalid(format!("The requested model '{model}' does not exist."))
                .with_code("model_not_found")
                .about("model"),
            Self::Messages => ApiError::new(404, "not_found_error", format!("model: {model}")),
            Self::Ollama => ApiError::new(404, "", format!("model '{model}' not found")),
        }
    }
}
