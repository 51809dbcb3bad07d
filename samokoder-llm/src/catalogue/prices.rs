//! What a model costs.

use samokoder_core::llm::{Money, Usage};
use serde::{Deserialize, Serialize};

use super::listing::Listing;

/// How long a provider's cache keeps what is written to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CacheLifetime {
    /// The usual one: five minutes at Anthropic.
    #[default]
    Short,
    /// An hour, at Anthropic.
    Hour,
}

/// The price of a token of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Rates in dollars per million tokens, those of the cache unknown.
    pub fn per_million(input: f64, output: f64) -> Self {
        let token = |dollars: f64| Money::from_dollars(dollars / 1e6);
        Self { input: token(input), output: token(output), ..Self::default() }
    }

    /// What a token costs that was read from the cache.
    pub fn cache_read(&self) -> Money {
        self.cached_input.unwrap_or(self.input)
    }

    /// What a token costs that was written to the cache.
    pub fn cache_write(&self, lifetime: CacheLifetime) -> Money {
        let short = self.cache_write_5m.unwrap_or(self.input);
        match lifetime {
            CacheLifetime::Short => short,
            CacheLifetime::Hour => self.cache_write_1h.unwrap_or(short),
        }
    }

    fn cost(&self, usage: &Usage, lifetime: CacheLifetime) -> Money {
        let plain = usage.input.saturating_sub(usage.cached_input).saturating_sub(usage.cache_write);
        [
            self.input.times(plain),
            self.cache_read().times(usage.cached_input),
            self.cache_write(lifetime).times(usage.cache_write),
            self.output.times(usage.output),
        ]
        .into_iter()
        .sum()
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
/// let usage = Usage { input: 300_000, output: 1_000, ..Usage::default() };
/// assert_eq!(prices.cost(&usage).to_string(), "$1.22");
/// ```
///
/// A price of zero for input or output is refused there, since it usually means that nobody knows; what costs nothing is
/// `"free": true`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    pub const FREE: Self = Self {
        base: Rates {
            input: Money::ZERO,
            cached_input: None,
            cache_write_5m: None,
            cache_write_1h: None,
            output: Money::ZERO,
        },
        tiers: Vec::new(),
    };

    /// Prices in dollars per million tokens, whatever the length and without a discount for cached tokens.
    pub fn per_million(input: f64, output: f64) -> Self {
        Self { base: Rates::per_million(input, output), tiers: Vec::new() }
    }

    /// The rates of a request of `input` tokens, cached ones included.
    pub fn rates(&self, input: u64) -> &Rates {
        let tier = self.tiers.iter().filter(|tier| input > tier.above).max_by_key(|tier| tier.above);
        tier.map_or(&self.base, |tier| &tier.rates)
    }

    /// What one call's `usage` costs, writes to the cache being for its usual lifetime.
    pub fn cost(&self, usage: &Usage) -> Money {
        self.cost_with(usage, CacheLifetime::Short)
    }

    /// What one call's `usage` costs when it wrote to the cache for this `lifetime`.
    ///
    /// Usage of several calls must not be added up before: the tier is one call's.
    pub fn cost_with(&self, usage: &Usage, lifetime: CacheLifetime) -> Money {
        self.rates(usage.input).cost(usage, lifetime)
    }
}
