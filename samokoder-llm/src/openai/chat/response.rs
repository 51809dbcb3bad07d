//! What a server sends: chunks of a stream, and whole answers, which differ only in a name.
//!
//! Every field may be missing or null.

use samokoder_core::llm::{FinishReason, Money, Usage};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::content::{Arguments, Content};
use crate::wire::Text;

/// A chunk of a stream, or a whole answer.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk<'a> {
    #[serde(borrow, default)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) model: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) choices: Option<Vec<Choice<'a>>>,
    #[serde(default)]
    pub(super) usage: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) x_groq: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) error: Option<IgnoredAny>,
}

/// One of the answers; only the first is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Choice<'a> {
    #[serde(default)]
    pub(super) index: Option<u32>,
    /// What it brings, or, in a whole answer, all of it.
    #[serde(borrow, default, alias = "message")]
    pub(super) delta: Option<Delta<'a>>,
    #[serde(borrow, default)]
    pub(super) finish_reason: Option<Text<'a>>,
}

/// What a chunk adds to an answer.
#[derive(Debug, Deserialize)]
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
    #[serde(borrow, default)]
    pub(super) tool_calls: Option<Vec<Call<'a>>>,
    /// The form from before there were several calls.
    #[serde(borrow, default)]
    pub(super) function_call: Option<Function<'a>>,
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
#[derive(Debug, Deserialize)]
pub(super) struct Function<'a> {
    #[serde(borrow, default)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) arguments: Option<Arguments<'a>>,
}

/// Why an answer ended. An empty reason is none: it has not ended.
pub(super) fn finish(reason: &str) -> Option<FinishReason> {
    Some(match reason {
        "" => return None,
        "stop" => FinishReason::Stop,
        "length" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        other => FinishReason::Other(other.into()),
    })
}

/// What the chunk with the usage says beside the answer.
#[derive(Debug, Default)]
pub(super) struct Account {
    pub(super) usage: Usage,
    /// What the provider itself says that it charges.
    pub(super) cost: Option<Money>,
    /// Everything else that it says, its usage in its own form among it.
    pub(super) extra: Map<String, Value>,
}

impl Account {
    pub(super) fn read(chunk: &[u8]) -> Option<Self> {
        let Ok(Value::Object(mut extra)) = serde_json::from_slice(chunk) else { return None };
        for known in ["id", "object", "created", "model", "choices", "obfuscation"] {
            extra.remove(known);
        }
        extra.retain(|_, value| !value.is_null());
        // Groq repeats it there, and sends it only there in some versions.
        let said = extra.get("usage").or_else(|| extra.get("x_groq")?.get("usage"))?;
        Some(Self { usage: usage(said), cost: cost(said), extra })
    }
}

fn usage(said: &Value) -> Usage {
    let number = |path: &str| said.pointer(path).and_then(Value::as_u64);
    let input = number("/prompt_tokens").unwrap_or_default();
    let reasoning = number("/completion_tokens_details/reasoning_tokens").unwrap_or_default();
    let mut output = number("/completion_tokens").unwrap_or_default();
    // xAI and Google count reasoning beside the answer; the total gives them away.
    if reasoning > 0 && number("/total_tokens") == Some(input + output + reasoning) {
        output += reasoning;
    }
    Usage {
        input,
        cached_input: number("/prompt_tokens_details/cached_tokens")
            .or_else(|| number("/prompt_cache_hit_tokens"))
            .unwrap_or_default(),
        cache_write: number("/prompt_tokens_details/cache_write_tokens").unwrap_or_default(),
        output,
        reasoning,
        ..Usage::default()
    }
}

/// OpenRouter gives dollars, xAI ten-billionths of one.
fn cost(said: &Value) -> Option<Money> {
    if let Some(ticks) = said.get("cost_in_usd_ticks").and_then(Value::as_u64) {
        return Some(Money::from_picodollars(ticks.saturating_mul(100)));
    }
    said.get("cost").and_then(Value::as_f64).map(Money::from_dollars)
}
