//! What a model is asked.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Message, ModelId};

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
    /// What the model may call, in the order in which it is told of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Whether it must call one of them.
    #[serde(default, skip_serializing_if = "ToolChoice::is_auto")]
    pub tool_choice: ToolChoice,
    /// The form the answer must have.
    #[serde(default)]
    pub response_format: ResponseFormat,
    /// Tokens that the answer may have, reasoning included; the model's own limit when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// 0 for the likeliest answer, more for a freer one; the model's default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f32>,
    /// Texts at which the answer ends, themselves left out of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop: Vec<String>,
    /// How much the model should think before it answers; its own default when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<ReasoningEffort>,
    /// Fields for the provider's request that have no typed form here. A typed field is never overwritten by one.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
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
            tools: vec![],
            tool_choice: ToolChoice::Auto,
            response_format: ResponseFormat::Text,
            max_output: None,
            temperature: None,
            stop: vec![],
            reasoning: None,
            extra: Map::new(),
            prompt: None,
        }
    }

    /// Lets the model call these tools.
    #[must_use]
    pub fn tools(mut self, tools: impl IntoIterator<Item = Tool>) -> Self {
        self.tools.extend(tools);
        self
    }

    /// Limits the tokens of the answer.
    #[must_use]
    pub fn max_output(mut self, tokens: u64) -> Self {
        self.max_output = Some(tokens);
        self
    }

    /// An upper estimate of the request's tokens, good for reserving money: a token is rarely shorter than two bytes.
    pub fn estimate_tokens(&self) -> u64 {
        let text: usize = self.messages.iter().map(|message| message.size() + 16).sum();
        let tools: usize = self.tools.iter().map(Tool::size).sum();
        let schema = match &self.response_format {
            ResponseFormat::Text => 0,
            ResponseFormat::JsonSchema { schema, .. } => schema.to_string().len(),
        };
        (text as u64 + tools as u64 + schema as u64).div_ceil(2)
    }
}

/// Something that a model may call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name: letters, digits, `_` and `-`.
    pub name: String,
    /// What it does and when it is of use.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// JSON schema of its arguments, an object.
    pub parameters: Value,
    /// Whether the model must be held to the schema. Providers restrict what such a schema may say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub strict: bool,
}

impl Tool {
    /// A tool that is called with arguments of this schema.
    pub fn new(name: impl Into<String>, description: impl Into<String>, parameters: Value) -> Self {
        Self { name: name.into(), description: description.into(), parameters, strict: false }
    }

    fn size(&self) -> usize {
        self.name.len() + self.description.len() + self.parameters.to_string().len() + 16
    }
}

/// Whether a model must call a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ToolChoice {
    /// As it sees fit.
    #[default]
    Auto,
    /// It must not.
    None,
    /// It must call one or more. Some models refuse to be forced.
    Required,
    /// It must call this one. Some models refuse to be forced.
    Tool(String),
}

impl ToolChoice {
    fn is_auto(&self) -> bool {
        matches!(self, Self::Auto)
    }
}

/// How much a model should think before it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReasoningEffort {
    /// Not at all, where the model allows that.
    None,
    /// As little as it can.
    Minimal,
    /// A little.
    Low,
    /// Somewhat.
    Medium,
    /// Much.
    High,
    /// As much as it can.
    Max,
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
