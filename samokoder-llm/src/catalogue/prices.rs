//! What a model costs.

use samokoder_core::llm::{Money, Usage};
use serde::{Deserialize, Serialize};

use super::listing::Listing;

/// The price of a token of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rates {
    /// A token of the request that has nothing to do with a cache.
    pub input: Money,
    /// One that was read from the provider's cache; like `input` when unknown.
    pub cached_input: Option<Money>,
    /// One that was written to the provider's cache for its usual lifetime; like `input` when unknown.
    pub cache_write_5m: Option<Money>,
    /// One that was written to it for an hour; like `cache_write_5m` when unknown.
    pub cache_write_1h: Option<Money>,
    /// A token of the answer, reasoning included.
    pub output: Money,
}

impl Rates {
    const FREE: Self = Self {
        input: Money::ZERO,
        cached_input: None,
        cache_write_5m: None,
        cache_write_1h: None,
        output: Money::ZERO,
    };

    /// Rates in dollars per million tokens, those of the cache unknown. Negative ones are zero.
    pub fn per_million(input: f64, output: f64) -> Self {
        let token = |dollars: f64| Money::from_dollars(dollars / 1e6);
        Self { input: token(input), output: token(output), ..Self::FREE }
    }

    /// What a token costs that was read from the cache.
    pub fn cache_read(&self) -> Money {
        self.cached_input.unwrap_or(self.input)
    }

    /// What a token costs that was written to the cache for its usual lifetime.
    pub fn cache_write(&self) -> Money {
        self.cache_write_5m.unwrap_or(self.input)
    }

    /// What a token costs that was written to the cache for an hour.
    pub fn cache_write_long(&self) -> Money {
        self.cache_write_1h.unwrap_or(self.cache_write())
    }
}

/// What a model costs, which may depend on how long the request is.
///
/// In configuration it is in US dollars per million tokens:
///
/// ```
/// use samokoder_core::llm::Usage;
/// use samokoder_llm::catalogue::Prices;
///
/// let prices: Prices = serde_json::from_str(
///     r#"{
///         "input": 2, "output": 10, "cached_input": 0.1,
///         "tiers": [{ "above": 272000, "input": 4, "output": 15, "cached_input": 0.2 }]
///     }"#,
/// )
/// .unwrap();
/// let usage = Usage { input: 300_000, output: 2_000, ..Usage::default() };
/// assert_eq!(prices.cost(&usage).to_string(), "$1.23");
/// ```
///
/// A price of zero for input or output is refused there, since it usually means that nobody knows; what costs nothing
/// is `"free": true`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Listing", into = "Listing")]
#[non_exhaustive]
pub struct Prices {
    /// Rates of a request that no tier is for.
    pub base: Rates,
    /// Rates of long requests, in any order.
    pub tiers: Vec<Tier>,
}

/// The rates of requests above a length. They hold for all tokens of such a request and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tier {
    /// The tokens of the request, cached ones included, that must be exceeded.
    pub above: u64,
    /// Its rates.
    pub rates: Rates,
}

impl Tier {
    /// Rates for requests of more than `above` tokens.
    pub fn new(above: u64, rates: Rates) -> Self {
        Self { above, rates }
    }
}

impl Prices {
    /// Costs nothing.
    pub const FREE: Self = Self { base: Rates::FREE, tiers: Vec::new() };

    /// Prices in dollars per million tokens, whatever the length and without a discount for cached tokens. Negative ones
    /// are zero.
    pub fn per_million(input: f64, output: f64) -> Self {
        Self { base: Rates::per_million(input, output), tiers: Vec::new() }
    }

    /// The rates of a request of `input` tokens, cached ones included.
    pub fn rates(&self, input: u64) -> &Rates {
        let tier = self.tiers.iter().filter(|tier| input > tier.above).max_by_key(|tier| tier.above);
        tier.map_or(&self.base, |tier| &tier.rates)
    }

    /// What one call's `usage` costs.
    ///
    /// Usage of several calls must not be added up before: the tier is one call's.
    pub fn cost(&self, usage: &Usage) -> Money {
        self.price().cost(usage)
    }
}
