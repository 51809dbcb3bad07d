//! A whole answer in the form of the Responses API: the body without a stream, and the end of one.

use samokoder_core::llm::{FinishReason, Money, StreamEvent, Usage};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Map, Value};

use super::item::Fields;
use crate::wire::{Events, Text, count_field};

/// A response, as far as it is used.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Response<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) model: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) status: Option<Text<'a>>,
    pub(super) error: Option<IgnoredAny>,
    #[serde(borrow)]
    incomplete_details: Option<Incomplete<'a>>,
    pub(super) output: Option<Vec<Fields>>,
    usage: Option<Counts>,
    #[serde(borrow)]
    service_tier: Option<Text<'a>>,
    moderation: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Incomplete<'a> {
    #[serde(borrow)]
    reason: Option<Text<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Counts {
    #[serde(deserialize_with = "count_field")]
    input_tokens: Option<u64>,
    input_tokens_details: Option<InputDetails>,
    #[serde(deserialize_with = "count_field")]
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
    /// Dollars, from OpenRouter.
    cost: Option<Value>,
    /// Tenths of a nanodollar, from xAI.
    #[serde(deserialize_with = "count_field")]
    cost_in_usd_ticks: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InputDetails {
    #[serde(deserialize_with = "count_field")]
    cached_tokens: Option<u64>,
    #[serde(deserialize_with = "count_field")]
    cache_write_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    #[serde(deserialize_with = "count_field")]
    reasoning_tokens: Option<u64>,
}

impl Response<'_> {
    /// Adds what the response says beside its items: tokens, cost, and what has no typed form.
    pub(super) fn account(&self, annotations: Vec<Value>, events: &mut Events) {
        if let Some(tokens) = &self.usage {
            events.push(StreamEvent::Usage(tokens.usage()));
            if let Some(cost) = tokens.money() {
                events.push(StreamEvent::Cost(cost));
            }
        }
        let mut extra = Map::new();
        if let Some(tier) = &self.service_tier {
            extra.insert("service_tier".into(), (&**tier).into());
        }
        if let Some(moderation) = &self.moderation {
            extra.insert("moderation".into(), moderation.clone());
        }
        if !annotations.is_empty() {
            extra.insert("annotations".into(), annotations.into());
        }
        if !extra.is_empty() {
            events.push(StreamEvent::Extra(extra));
        }
    }

    /// Why the answer ended. A status that is not known, or that says that it did not, is passed on.
    pub(super) fn finish(&self, said: Said) -> FinishReason {
        let reason = self.incomplete_details.as_ref().and_then(|details| details.reason.as_deref());
        match (self.status.as_deref(), reason) {
            (Some("incomplete"), Some("max_output_tokens")) => FinishReason::Length,
            (Some("incomplete"), Some("content_filter")) => FinishReason::ContentFilter,
            (Some("incomplete"), reason) => FinishReason::Other(reason.unwrap_or("incomplete").into()),
            (None | Some("" | "completed" | "complete"), _) => match said {
                Said::Call => FinishReason::ToolCalls,
                Said::Refusal => FinishReason::Refusal,
                Said::Text => FinishReason::Stop,
            },
            (Some(status), _) => FinishReason::Other(status.into()),
        }
    }
}

/// What an answer amounts to, the later outweighing the earlier.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Said {
    #[default]
    Text,
    Refusal,
    Call,
}

impl Counts {
    fn usage(&self) -> Usage {
        let input = self.input_tokens_details.as_ref();
        let output = self.output_tokens_details.as_ref();
        Usage {
            input: self.input_tokens.unwrap_or(0),
            cached_input: input.and_then(|details| details.cached_tokens).unwrap_or(0),
            cache_write: input.and_then(|details| details.cache_write_tokens).unwrap_or(0),
            cache_write_long: 0,
            output: self.output_tokens.unwrap_or(0),
            reasoning: output.and_then(|details| details.reasoning_tokens).unwrap_or(0),
        }
    }

    fn money(&self) -> Option<Money> {
        let ticks = self.cost_in_usd_ticks.map(|ticks| Money::from_picodollars(ticks.saturating_mul(100)));
        self.cost.as_ref().and_then(Value::as_f64).map(Money::from_dollars).or(ticks)
    }
}
