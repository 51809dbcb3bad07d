//! What a server sends: chunks of a stream, and whole answers, which differ only in a name.
//!
//! Every field may be missing or null.

use samokoder_core::llm::FinishReason;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::content::Content;
use crate::{
    reply::says_something,
    wire::{Arguments, Text},
};

/// A chunk of a stream, or a whole answer.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow, default)]
    pub(super) id: Text<'a>,
    #[serde(borrow, default)]
    pub(super) model: Text<'a>,
    #[serde(borrow, default)]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    #[serde(default)]
    pub(super) usage: Option<IgnoredAny>,
    #[serde(default)]
    x_groq: Option<Groq>,
    #[serde(default)]
    error: Option<Value>,
    /// `MiniMax`'s status, which is 0 while all is well.
    #[serde(default)]
    base_resp: Option<Value>,
}

/// Groq's own fields.
#[derive(Debug, Deserialize)]
struct Groq {
    #[serde(default)]
    usage: Option<IgnoredAny>,
    /// Why the stream stops early.
    #[serde(default)]
    error: Option<Value>,
}

impl Chunk<'_> {
    pub(super) fn has_usage(&self) -> bool {
        let choice = self.choices.as_ref().and_then(|choices| choices.first());
        self.usage.is_some()
            || self.x_groq.as_ref().is_some_and(|groq| groq.usage.is_some())
            || choice.is_some_and(|choice| choice.usage.is_some())
    }

    pub(super) fn is_error(&self) -> bool {
        let status = self.base_resp.as_ref().and_then(|status| status.get("status_code"));
        let errors = [self.error.as_ref(), self.x_groq.as_ref().and_then(|groq| groq.error.as_ref())];
        errors.into_iter().flatten().any(says_something)
            || status.and_then(Value::as_i64).is_some_and(|status| status != 0)
            || (self.choices.is_none() && self.usage.is_none() && self.id.is_empty())
    }
}

/// One of the answers; only the first is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    pub(super) index: Option<u32>,
    /// What it brings.
    #[serde(borrow, default)]
    pub(super) delta: Option<Delta<'a>>,
    /// All of a whole answer. Perplexity has both, in chunks with all that came so far here.
    #[serde(borrow, default)]
    pub(super) message: Option<Delta<'a>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Option<Text<'a>>,
    /// Moonshot's place for it.
    #[serde(default)]
    pub(super) usage: Option<IgnoredAny>,
    /// OpenRouter's place for what went wrong with the provider behind it.
    #[serde(default)]
    pub(super) error: Option<Value>,
}

/// What a chunk adds to an answer.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta<'a> {
    #[serde(borrow, default)]
    pub(super) content: Option<Content<'a>>,
    #[serde(borrow, default)]
    pub(super) refusal: Option<Text<'a>>,
    /// Groq's and OpenRouter's name for thoughts.
    #[serde(borrow, default)]
    pub(super) reasoning: Option<Text<'a>>,
    /// The name for them with `DeepSeek`, vLLM and llama.cpp.
    #[serde(borrow, default)]
    pub(super) reasoning_content: Option<Text<'a>>,
    /// OpenRouter's blocks, which it wants back as they are.
    #[serde(default)]
    pub(super) reasoning_details: Option<Vec<Value>>,
    /// What a text is taken from.
    #[serde(default)]
    pub(super) annotations: Option<Vec<Value>>,
    /// Pictures that were made.
    #[serde(default)]
    pub(super) images: Option<Vec<Value>>,
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<Call<'a>>>,
    /// The form from before there were several calls.
    #[serde(borrow, default)]
    pub(super) function_call: Option<Function<'a>>,
}

impl Delta<'_> {
    /// Whether it brings any of the answer.
    pub(super) fn brings(&self) -> bool {
        let texts = [&self.refusal, &self.reasoning, &self.reasoning_content];
        texts.into_iter().flatten().any(|text| !text.is_empty())
            || match &self.content {
                None => false,
                Some(Content::Text(text)) => !text.is_empty(),
                Some(Content::Parts(parts)) => !parts.is_empty(),
            }
            || self.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
            || self.function_call.is_some()
    }
}

/// A piece of a tool call.
#[derive(Debug, Deserialize)]
pub(super) struct Call<'a> {
    #[serde(default)]
    pub(super) index: Option<usize>,
    #[serde(borrow, default)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) function: Option<Function<'a>>,
}

/// What is called.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Function<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) arguments: Option<Arguments<'a>>,
}

/// Why an answer ended, also in the words of Mistral, Together and text-generation-inference, and of the protocols that
/// gateways pass on. An empty reason is none: it has not ended.
pub(super) fn finish(reason: &str) -> Option<FinishReason> {
    Some(match reason.to_ascii_lowercase().as_str() {
        "" => return None,
        "stop" | "eos" | "eos_token" | "stop_sequence" | "end_turn" => FinishReason::Stop,
        "length" | "model_length" | "max_tokens" => FinishReason::Length,
        "tool_calls" | "function_call" | "tool_use" => FinishReason::ToolCalls,
        "content_filter" | "safety" => FinishReason::ContentFilter,
        "refusal" => FinishReason::Refusal,
        _ => FinishReason::Other(reason.into()),
    })
}
