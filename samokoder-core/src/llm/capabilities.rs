//! What a model can do and what it costs.

use super::{Money, Usage};

/// What a model can do, as data: callers branch on it instead of trying.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelCapabilities {
    /// Tokens that the request and its answer may have together.
    pub context_window: u64,
    /// Tokens that an answer may have.
    pub max_output: u64,
    /// Whether the model can be held to a JSON schema.
    pub json_schema: bool,
    /// Whether `temperature` is accepted.
    pub temperature: bool,
    /// What it costs. `None` is *unpriced*: under a money limit such a model is refused.
    pub price: Option<Price>,
}

impl Default for ModelCapabilities {
    /// A model of which nothing is known: a common window, no special abilities, unpriced.
    fn default() -> Self {
        Self {
            context_window: 128_000,
            max_output: 16_384,
            json_schema: false,
            temperature: true,
            price: None,
        }
    }
}

impl ModelCapabilities {
    /// Sets the price.
    #[must_use]
    pub fn price(mut self, price: Price) -> Self {
        self.price = Some(price);
        self
    }
}

/// Price per token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Price {
    /// A token of the request that was not read from the provider's cache.
    pub input: Money,
    /// A token of the request that was.
    pub cached_input: Money,
    /// A token written to the provider's cache.
    pub cache_write: Money,
    /// A token of the answer, reasoning included.
    pub output: Money,
}

impl Price {
    /// Costs nothing.
    pub const FREE: Self =
        Self { input: Money::ZERO, cached_input: Money::ZERO, cache_write: Money::ZERO, output: Money::ZERO };

    /// A price in dollars per million tokens, without a discount or surcharge for cached ones.
    pub fn per_million(input: f64, output: f64) -> Self {
        let (input, output) = (Money::from_dollars(input / 1e6), Money::from_dollars(output / 1e6));
        Self { input, cached_input: input, cache_write: input, output }
    }

    /// What `usage` costs.
    pub fn cost(&self, usage: &Usage) -> Money {
        let plain = usage.input.saturating_sub(usage.cached_input).saturating_sub(usage.cache_write);
        [
            self.input.times(plain),
            self.cached_input.times(usage.cached_input),
            self.cache_write.times(usage.cache_write),
            self.output.times(usage.output),
        ]
        .into_iter()
        .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_tokens_are_part_of_the_input_and_have_their_own_price() {
        let price = Price { cached_input: Money::from_picodollars(100_000), ..Price::per_million(1.0, 10.0) };
        let usage = Usage { input: 1000, cached_input: 400, output: 10, ..Usage::default() };
        assert_eq!(price.cost(&usage), Money::from_picodollars(600_000_000 + 40_000_000 + 100_000_000));
        assert_eq!(price.cost(&usage).to_string(), "$0.0007");
    }
}
