//! The Chat Completions protocol, spoken by OpenAI and by most others.
//!
//! Source: OpenAI's API reference, "Chat Completions", with the differences that other servers have, as recorded.

mod account;
mod calls;
mod content;
mod field;
mod mould;
mod request;
mod response;
mod stream;

use samokoder_core::llm::{ChatRequest, LlmError, ModelCapabilities};

use crate::wire::{Decoder, Encoded, Wire};

/// The Chat Completions protocol in one vendor's dialect.
#[derive(Debug, Clone, Copy)]
pub struct ChatWire {
    /// How the vendor differs.
    pub dialect: Dialect,
}

/// How a vendor's Chat Completions differ from the others'.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Dialect {
    /// Marks what only this vendor can read in an [`Echo`](samokoder_core::llm::Echo).
    pub name: &'static str,
    /// Under which name the limit of the answer's tokens is sent.
    pub max_tokens: &'static str,
    /// How the wish for more or less thinking is sent.
    pub reasoning: ReasoningField,
    /// Whether content may carry Anthropic's `cache_control`.
    pub cache_control: bool,
    /// Whether the vendor pads its stream unless it is told not to.
    pub obfuscates: bool,
    /// Whether the tool that is to be called can be named. llama.cpp takes a name for "as it sees fit"; where there can
    /// be none, that tool is offered alone and a call required.
    pub names_tool: bool,
}

impl Dialect {
    /// What every server that calls itself compatible understands.
    pub const COMPATIBLE: Self = Self {
        name: "chat",
        max_tokens: "max_tokens",
        reasoning: ReasoningField::Effort { max: "high" },
        cache_control: false,
        obfuscates: false,
        names_tool: false,
    };

    /// OpenAI's own. Its reasoning models refuse `max_tokens`.
    pub const OPENAI: Self = Self {
        name: "openai-chat",
        max_tokens: "max_completion_tokens",
        reasoning: ReasoningField::Effort { max: "xhigh" },
        obfuscates: true,
        names_tool: true,
        ..Self::COMPATIBLE
    };

    /// Groq's.
    pub const GROQ: Self =
        Self { name: "groq", max_tokens: "max_completion_tokens", names_tool: true, ..Self::COMPATIBLE };

    /// OpenRouter's.
    pub const OPENROUTER: Self = Self {
        name: "openrouter",
        reasoning: ReasoningField::Object,
        cache_control: true,
        names_tool: true,
        ..Self::COMPATIBLE
    };
}

/// How the wish for more or less thinking is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReasoningField {
    /// `"reasoning_effort": "low"`, with the vendor's word for the most.
    Effort {
        /// That word.
        max: &'static str,
    },
    /// `"reasoning": {"effort": "low"}`.
    Object,
}

impl Wire for ChatWire {
    fn name(&self) -> &'static str {
        self.dialect.name
    }

    fn encode(&self, request: &ChatRequest, model: &ModelCapabilities) -> Result<Encoded, LlmError> {
        request::encode(self.dialect, request, model)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(stream::ChatDecoder::new(self.dialect.name))
    }
}
