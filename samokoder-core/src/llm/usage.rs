//! How many tokens a call used.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Tokens that a call used, the same way for every provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens of the request, cached ones included.
    pub input: u64,
    /// Those of `input` that were read from the provider's cache.
    pub cached_input: u64,
    /// Those of `input` that were written to it.
    pub cache_write: u64,
    /// Those of `cache_write` that are kept for the long time.
    #[serde(skip_serializing_if = "is_zero")]
    pub cache_write_long: u64,
    /// Tokens of the answer, reasoning included.
    pub output: u64,
    /// Those of `output` that were reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// Tokens of the request and the answer.
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input = self.input.saturating_add(other.input);
        self.cached_input = self.cached_input.saturating_add(other.cached_input);
        self.cache_write = self.cache_write.saturating_add(other.cache_write);
        self.cache_write_long = self.cache_write_long.saturating_add(other.cache_write_long);
        self.output = self.output.saturating_add(other.output);
        self.reasoning = self.reasoning.saturating_add(other.reasoning);
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}
