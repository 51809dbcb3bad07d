//! What an answer costs, as its server says.

use std::fmt;

use samokoder_core::llm::{Money, Usage};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use crate::wire::{Text, count, from_json};

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
        let Rest(extra) = from_json(chunk).ok()?;
        // Groq repeats it there, and sends it only there in some versions.
        let said = extra.get("usage").or_else(|| extra.get("x_groq")?.get("usage"));
        let in_choice = if said.is_none() { in_choice(chunk) } else { None };
        let said = said.or(in_choice.as_ref())?;
        Some(Self { usage: usage(said), cost: cost(said), extra })
    }
}

/// Moonshot has it in the choice.
fn in_choice(chunk: &[u8]) -> Option<Value> {
    let mut chunk: Value = serde_json::from_slice(chunk).ok()?;
    chunk.pointer_mut("/choices/0/usage").map(Value::take)
}

/// What is not null of a chunk, beside the fields that every chunk has.
struct Rest(Map<String, Value>);

impl<'de> Deserialize<'de> for Rest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RestVisitor)
    }
}

struct RestVisitor;

impl<'de> Visitor<'de> for RestVisitor {
    type Value = Rest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a chunk")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Rest, A::Error> {
        let mut rest = Map::new();
        while let Some(name) = map.next_key::<Text<'_>>()? {
            if matches!(&*name, "id" | "object" | "created" | "model" | "choices" | "obfuscation") {
                map.next_value::<IgnoredAny>()?;
            } else if let Some(value) = map.next_value::<Option<Value>>()? {
                rest.insert(name.into_owned(), value);
            }
        }
        Ok(Rest(rest))
    }
}

fn usage(said: &Value) -> Usage {
    let number = |name: &str| count(said.get(name)?);
    let prompt = |name: &str| count(said.get("prompt_tokens_details")?.get(name)?);
    let completion = |name: &str| count(said.get("completion_tokens_details")?.get(name)?);
    let input = number("prompt_tokens").unwrap_or_default();
    let reasoning = completion("reasoning_tokens").or_else(|| number("reasoning_tokens")).unwrap_or_default();
    let mut output = number("completion_tokens").unwrap_or_default();
    // xAI and Google count reasoning beside the answer; the total gives them away.
    if reasoning > 0 && number("total_tokens") == Some(input.saturating_add(output).saturating_add(reasoning))
    {
        output = output.saturating_add(reasoning);
    }
    let cached_input = prompt("cached_tokens")
        .or_else(|| number("prompt_cache_hit_tokens"))
        .or_else(|| number("cached_tokens"))
        .unwrap_or_default();
    Usage {
        // What is more than the whole is beside it.
        input: if cached_input > input { input.saturating_add(cached_input) } else { input },
        cached_input,
        cache_write: prompt("cache_write_tokens")
            .or_else(|| number("cache_creation_input_tokens"))
            .unwrap_or_default(),
        output,
        reasoning,
        ..Usage::default()
    }
}

/// OpenRouter gives dollars, Perplexity dollars by what they are for, xAI ten-billionths of one.
fn cost(said: &Value) -> Option<Money> {
    if let Some(ticks) = said.get("cost_in_usd_ticks").and_then(count) {
        return Some(Money::from_picodollars(ticks.saturating_mul(100)));
    }
    let cost = said.get("cost")?;
    cost.get("total_cost").unwrap_or(cost).as_f64().map(Money::from_dollars)
}
