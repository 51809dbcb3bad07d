//! What is known about one model.

use serde::{Deserialize, Serialize};

use super::Prices;

/// What is known about one model at one provider. `None` is unknown.
///
/// Made by reading it from configuration or by changing [`ModelEntry::default`], of which nothing is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct ModelEntry {
    /// Tokens that the request and its answer may have together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u64>,
    /// Tokens that the request may have, where that is less than the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_input: Option<u64>,
    /// Tokens that the answer may have, reasoning included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output: Option<u64>,
    /// What it costs; `None` is unpriced, which is not free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// Whether it is on its way in or out; `None` for a model in general use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<ModelStatus>,
    /// Whether it calls tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<bool>,
    /// When it takes tools over OpenAI's Chat Completions; elsewhere it may take them all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_tools: Option<ChatTools>,
    /// Whether a request may force it to call a tool; `false` where `tool_choice` `any` or a tool's name is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forced_tool_choice: Option<bool>,
    /// When it takes `temperature`, `top_p` and their like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// Whether it reasons before it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<bool>,
    /// Whether it takes Anthropic's `thinking: {"type": "adaptive"}` with an effort, not a budget of tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adaptive_thinking: Option<bool>,
    /// Whether the last message may be the start of its answer. Known for Anthropic's models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefill: Option<bool>,
    /// Whether it can be held to a JSON schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub json_schema: Option<bool>,
    /// Whether it takes images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vision: Option<bool>,
}

impl ModelEntry {
    /// This entry, with what it leaves unsaid taken from `other`.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            context_window: self.context_window.or(other.context_window),
            max_input: self.max_input.or(other.max_input),
            max_output: self.max_output.or(other.max_output),
            prices: self.prices.or_else(|| other.prices.clone()),
            status: self.status.or(other.status),
            tools: self.tools.or(other.tools),
            chat_tools: self.chat_tools.or(other.chat_tools),
            forced_tool_choice: self.forced_tool_choice.or(other.forced_tool_choice),
            sampling: self.sampling.or(other.sampling),
            reasoning: self.reasoning.or(other.reasoning),
            adaptive_thinking: self.adaptive_thinking.or(other.adaptive_thinking),
            prefill: self.prefill.or(other.prefill),
            json_schema: self.json_schema.or(other.json_schema),
            vision: self.vision.or(other.vision),
        }
    }

    /// Whether its provider says that it will go.
    pub fn is_deprecated(&self) -> bool {
        self.status == Some(ModelStatus::Deprecated)
    }
}

/// Whether a model is on its way in or out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ModelStatus {
    /// A preview that can change or go without much notice.
    Beta,
    /// In general use.
    Stable,
    /// Still listed, but its provider asks to move on; some are switched off already.
    Deprecated,
}

/// When a model takes tools over OpenAI's Chat Completions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ChatTools {
    /// Always.
    Always,
    /// Only while its reasoning is switched off.
    ReasoningOff,
    /// Never: its tools need the Responses API.
    Never,
}

/// When a model takes parameters of sampling, such as `temperature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Sampling {
    /// Always.
    Always,
    /// Only while its reasoning is switched off.
    ReasoningOff,
    /// Never: the provider answers such a request with an error.
    Never,
}
