//! An answer, or a chunk of one, in the form of the Gemini API.

use samokoder_core::llm::{FinishReason, Usage};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use crate::wire::{Arguments, Text, count_field};

/// A chunk of an answer; a whole answer has the same form.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Chunk<'a> {
    #[serde(borrow)]
    pub(super) candidates: Option<Vec<Candidate<'a>>>,
    #[serde(borrow)]
    pub(super) usage_metadata: Option<Tokens<'a>>,
    #[serde(borrow)]
    pub(super) model_version: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) response_id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) prompt_feedback: Option<Feedback<'a>>,
    pub(super) error: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Candidate<'a> {
    pub(super) index: Option<u64>,
    #[serde(borrow)]
    pub(super) content: Option<Content<'a>>,
    #[serde(borrow)]
    pub(super) finish_reason: Option<Text<'a>>,
    pub(super) finish_message: Option<Value>,
    pub(super) grounding_metadata: Option<Value>,
    pub(super) url_context_metadata: Option<Value>,
    pub(super) citation_metadata: Option<Value>,
    pub(super) safety_ratings: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Content<'a> {
    #[serde(borrow)]
    pub(super) parts: Option<Vec<Part<'a>>>,
}

/// A part. One with neither text nor a call is of the provider's own.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Part<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    pub(super) thought: Option<bool>,
    #[serde(borrow)]
    pub(super) thought_signature: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) function_call: Option<Call<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Call<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) args: Arguments<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Feedback<'a> {
    #[serde(borrow)]
    pub(super) block_reason: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) block_reason_message: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Tokens<'a> {
    #[serde(deserialize_with = "count_field")]
    prompt_token_count: Option<u64>,
    #[serde(deserialize_with = "count_field")]
    tool_use_prompt_token_count: Option<u64>,
    #[serde(deserialize_with = "count_field")]
    cached_content_token_count: Option<u64>,
    #[serde(deserialize_with = "count_field")]
    candidates_token_count: Option<u64>,
    #[serde(deserialize_with = "count_field")]
    thoughts_token_count: Option<u64>,
    #[serde(borrow)]
    pub(super) service_tier: Option<Text<'a>>,
}

impl Tokens<'_> {
    pub(super) fn usage(&self) -> Usage {
        let thoughts = self.thoughts_token_count.unwrap_or(0);
        let tools = self.tool_use_prompt_token_count.unwrap_or(0);
        Usage {
            input: self.prompt_token_count.unwrap_or(0).saturating_add(tools),
            cached_input: self.cached_content_token_count.unwrap_or(0),
            output: self.candidates_token_count.unwrap_or(0).saturating_add(thoughts),
            reasoning: thoughts,
            ..Usage::default()
        }
    }
}

/// Why an answer ended.
pub(super) fn finish(reason: &str, has_calls: bool) -> FinishReason {
    match reason {
        "" | "STOP" if has_calls => FinishReason::ToolCalls,
        "" | "STOP" => FinishReason::Stop,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY"
        | "RECITATION"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.into()),
    }
}
