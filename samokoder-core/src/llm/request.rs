//! What a model is asked.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request for one answer.
///
/// It is a plain value: its JSON is what a call is recorded and recognised by. Whatever belongs to one attempt at
/// getting the answer, such as a deadline, is in the [`CallContext`](super::CallContext).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatRequest {
    /// Which model is asked.
    pub model: ModelId,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// The form the answer must have.
    #[serde(default)]
    pub response_format: ResponseFormat,
    /// Tokens that the answer may have; the model's own limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// 0 for the likeliest answer, more for a freer one; the model's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// Where the messages came from, for logs, metrics and the offline model. Providers don't send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<PromptSource>,
}

impl ChatRequest {
    /// A request with this conversation and nothing else said.
    pub fn new(model: ModelId, messages: Vec<Message>) -> Self {
        Self {
            model,
            messages,
            response_format: ResponseFormat::Text,
            max_output: None,
            temperature: None,
            prompt: None,
        }
    }

    /// An upper estimate of the request's tokens, good for reserving money: a token is rarely shorter than two bytes.
    pub fn estimate_tokens(&self) -> u64 {
        let text: usize = self.messages.iter().map(|message| message.text().len() + 16).sum();
        let schema = match &self.response_format {
            ResponseFormat::Text => 0,
            ResponseFormat::JsonSchema { schema, .. } => schema.to_string().len(),
        };
        (text as u64 + schema as u64).div_ceil(2)
    }
}

/// A model and the provider that serves it, written `provider:model`.
///
/// ```
/// use samokoder_core::llm::ModelId;
///
/// let model: ModelId = "ollama:qwen3:8b".parse().unwrap();
/// assert_eq!((model.provider(), model.name()), ("ollama", "qwen3:8b"));
/// let offline: ModelId = "offline".parse().unwrap();
/// assert_eq!((offline.provider(), offline.name()), ("offline", "offline"));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId {
    text: String,
    provider: usize,
}

impl ModelId {
    /// The provider's id.
    pub fn provider(&self) -> &str {
        &self.text[..self.provider]
    }

    /// The model's name at the provider. A provider with a single model may be named without it.
    pub fn name(&self) -> &str {
        self.text.get(self.provider + 1..).unwrap_or(&self.text)
    }
}

impl std::str::FromStr for ModelId {
    type Err = InvalidModelId;

    fn from_str(text: &str) -> Result<Self, InvalidModelId> {
        let provider = text.find(':').unwrap_or(text.len());
        let name = text.get(provider + 1..).unwrap_or("-");
        let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if provider == 0 || name.trim().is_empty() || !text[..provider].chars().all(is_id) {
            return Err(InvalidModelId(text.chars().take(100).collect()));
        }
        Ok(Self { text: text.into(), provider })
    }
}

/// A text is not a [`ModelId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a model; write `provider:model`, such as `openai:gpt-6.1-sol`, or `offline`")]
pub struct InvalidModelId(String);

impl TryFrom<String> for ModelId {
    type Error = InvalidModelId;

    fn try_from(text: String) -> Result<Self, InvalidModelId> {
        text.parse()
    }
}

impl From<ModelId> for String {
    fn from(model: ModelId) -> Self {
        model.text
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelId({})", self.text)
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: ModelRole,
    /// What is said.
    pub parts: Vec<Part>,
}

impl Message {
    /// A turn of plain text.
    pub fn new(role: ModelRole, text: impl Into<String>) -> Self {
        Self { role, parts: vec![Part::Text { text: text.into() }] }
    }

    /// The text of all its parts.
    pub fn text(&self) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text { text } => text.as_str(),
            })
            .collect()
    }
}

/// Who speaks in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelRole {
    /// The rules that the model is to follow.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// Text.
    Text {
        /// The text.
        text: String,
    },
}

/// The form an answer must have.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ResponseFormat {
    /// Any text.
    #[default]
    Text,
    /// One JSON value that this schema describes.
    JsonSchema {
        /// A name for the schema, as some providers ask for one.
        name: String,
        /// The schema.
        schema: Value,
    },
}

/// Where a request's messages came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PromptSource {
    /// The template's name: `code_monkey/write`.
    pub template: String,
    /// What it was rendered with.
    pub variables: Value,
}
