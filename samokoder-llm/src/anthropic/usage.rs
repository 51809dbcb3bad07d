//! The protocol's account of tokens.

use samokoder_core::llm::Usage;
use serde_json::{Map, Value};

use crate::wire;

/// Fields of a usage that have a typed form.
const TYPED: [&str; 6] = [
    "input_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
    "cache_creation",
    "output_tokens",
    "output_tokens_details",
];

/// The counts that an answer gave so far. Each usage is a snapshot: what a later one says replaces what an earlier one
/// said, what it leaves out stays.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    /// Without what was read from the cache or written to it.
    plain: Option<u64>,
    cache_read: Option<u64>,
    cache_write: Option<u64>,
    cache_write_long: Option<u64>,
    output: Option<u64>,
    thinking: Option<u64>,
}

/// What each step of an answer used, where it had several, and which model took it, if not the one that was asked. The
/// usage of the answer leaves out what an adviser and compaction used.
#[cfg(feature = "http")]
pub(crate) fn steps(extra: &Map<String, Value>) -> Option<Vec<(Option<&str>, Usage)>> {
    let steps = extra.get("iterations")?.as_array().filter(|steps| !steps.is_empty())?;
    let step = |step: &'_ Value| {
        let mut counts = Counts::default();
        counts.absorb(step);
        counts.usage()
    };
    Some(steps.iter().map(|said| (said.get("model").and_then(Value::as_str), step(said))).collect())
}

impl Counts {
    /// Takes in a usage and returns what it says beside the counts, such as the service tier.
    pub(super) fn absorb(&mut self, usage: &Value) -> Map<String, Value> {
        let count = |name| usage.get(name).and_then(wire::count);
        let inner = |name, inner| usage.get(name).and_then(|counts| counts.get(inner)).and_then(wire::count);
        self.plain = count("input_tokens").or(self.plain);
        self.cache_read = count("cache_read_input_tokens").or(self.cache_read);
        self.cache_write = count("cache_creation_input_tokens").or(self.cache_write);
        self.cache_write_long =
            inner("cache_creation", "ephemeral_1h_input_tokens").or(self.cache_write_long);
        self.output = count("output_tokens").or(self.output);
        self.thinking = inner("output_tokens_details", "thinking_tokens").or(self.thinking);
        let rest = usage.as_object().into_iter().flatten();
        rest.filter(|(name, value)| !TYPED.contains(&name.as_str()) && !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }

    /// The same in the form of every provider: the input has the cached tokens in it.
    pub(super) fn usage(&self) -> Usage {
        let cached_input = self.cache_read.unwrap_or_default();
        let cache_write = self.cache_write.unwrap_or_default();
        let plain = self.plain.unwrap_or_default();
        Usage {
            input: plain.saturating_add(cached_input).saturating_add(cache_write),
            cached_input,
            cache_write,
            cache_write_long: self.cache_write_long.unwrap_or_default().min(cache_write),
            output: self.output.unwrap_or_default(),
            reasoning: self.thinking.unwrap_or_default(),
        }
    }
}
