//! What a model can do and what it costs.

use super::{ChatRequest, ChatResponse, LlmError, Money, Usage};
use crate::budget::{BudgetExceeded, Limit, Reservation, Spend, SpendLimits};

/// What a model can do, as data: callers branch on it instead of trying.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is an ability of its own, not a state")]
pub struct ModelCapabilities {
    /// Tokens that the request and its answer may have together.
    pub context_window: u64,
    /// Tokens that an answer may have.
    pub max_output: u64,
    /// Whether the model can be held to a JSON schema. For others the provider adds the schema to the prompt.
    pub json_schema: bool,
    /// Whether `temperature` is accepted.
    pub temperature: bool,
    /// Whether the model can call tools.
    pub tools: bool,
    /// Whether it can be forced to call one.
    pub forced_tools: bool,
    /// Whether it sees pictures.
    pub images: bool,
    /// What it costs. `None` is *unpriced*: under a money limit such a model is refused.
    pub price: Option<Price>,
}

impl Default for ModelCapabilities {
    /// A model of which nothing is known: a common window, no native schema, everything else let through to the
    /// provider, unpriced.
    fn default() -> Self {
        Self {
            context_window: 128_000,
            max_output: 16_384,
            json_schema: false,
            temperature: true,
            tools: true,
            forced_tools: true,
            images: true,
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

    /// The most that a call may use and cost. A model without a price counts as free: refuse it before, where money
    /// is limited.
    pub fn worst_case(&self, request: &ChatRequest) -> Spend {
        let input = request.estimate_tokens();
        let output = request.max_output.unwrap_or(self.max_output);
        let money = self.price.as_ref().map_or(Money::ZERO, |price| price.worst_case(input, output));
        Spend { money, tokens: input.saturating_add(output), calls: 1 }
    }

    /// The most that a call may use and cost, where these limits hold.
    ///
    /// # Errors
    /// [`BudgetExceeded`] for a model without a price where money is limited.
    pub fn worst_case_within(
        &self,
        request: &ChatRequest,
        limits: SpendLimits,
    ) -> Result<Spend, BudgetExceeded> {
        if self.price.is_none() && limits.money.is_some() {
            let reason = format!(
                "the price of {} is not known, so a limit on money can't hold; choose a priced model or drop the limit",
                request.model
            );
            return Err(BudgetExceeded { limit: Limit::Money, reason, needed: None });
        }
        Ok(self.worst_case(request))
    }

    /// Settles what was set aside for an attempt and returns what it cost. One that failed after it was accepted counts
    /// with its worst case, as nobody knows what was billed.
    pub(crate) fn settle(&self, answer: Result<&ChatResponse, &LlmError>, reservation: Reservation) -> Spend {
        let spent = match answer {
            Ok(response) => self.spent(response),
            Err(error) if error.was_refused() => Spend { calls: 1, ..Spend::default() },
            Err(_) => return reservation.worst(),
        };
        reservation.settle(spent);
        spent
    }

    /// What an answer cost: as whoever got it says, else by its tokens.
    pub fn spent(&self, response: &ChatResponse) -> Spend {
        let by_tokens = || self.price.as_ref().map_or(Money::ZERO, |price| price.cost(&response.usage));
        let money = response.cost.unwrap_or_else(by_tokens);
        Spend { money, tokens: response.usage.total(), calls: 1 }
    }
}

/// Price per token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Price {
    /// A token of the request that was not read from the provider's cache.
    pub input: Money,
    /// A token of the request that was.
    pub cached_input: Money,
    /// A token written to the provider's cache for the short time.
    pub cache_write: Money,
    /// A token written to the provider's cache for the long time.
    pub cache_write_long: Money,
    /// A token of the answer, reasoning included.
    pub output: Money,
    /// Other prices for long requests, the longest last.
    pub tiers: Vec<PriceTier>,
}

/// The price of every token of a call whose request is long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PriceTier {
    /// It holds for requests with more tokens than this.
    pub above: u64,
    /// The price. Its own `tiers` mean nothing.
    pub price: Price,
}

impl Price {
    /// Costs nothing.
    pub const FREE: Self = Self {
        input: Money::ZERO,
        cached_input: Money::ZERO,
        cache_write: Money::ZERO,
        cache_write_long: Money::ZERO,
        output: Money::ZERO,
        tiers: Vec::new(),
    };

    /// A price in dollars per million tokens, without a discount or surcharge for cached ones.
    pub fn per_million(input: f64, output: f64) -> Self {
        let (input, output) = (Money::from_dollars(input / 1e6), Money::from_dollars(output / 1e6));
        Self {
            input,
            cached_input: input,
            cache_write: input,
            cache_write_long: input,
            output,
            tiers: vec![],
        }
    }

    /// What `usage` costs.
    pub fn cost(&self, usage: &Usage) -> Money {
        let price = self.tier(usage.input);
        let plain = usage.input.saturating_sub(usage.cached_input).saturating_sub(usage.cache_write);
        [
            price.input.times(plain),
            price.cached_input.times(usage.cached_input),
            price.cache_write.times(usage.cache_write.saturating_sub(usage.cache_write_long)),
            price.cache_write_long.times(usage.cache_write_long),
            price.output.times(usage.output),
        ]
        .into_iter()
        .sum()
    }

    /// The most that a call with this many tokens may cost, whatever of it is cached.
    fn worst_case(&self, input: u64, output: u64) -> Money {
        let price = self.tier(input);
        let dearest = [price.input, price.cached_input, price.cache_write, price.cache_write_long]
            .into_iter()
            .fold(Money::ZERO, std::cmp::max);
        dearest.times(input).plus(price.output.times(output))
    }

    fn tier(&self, input: u64) -> &Self {
        self.tiers.iter().rfind(|tier| input > tier.above).map_or(self, |tier| &tier.price)
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

    #[test]
    fn a_long_request_has_its_own_price_for_all_its_tokens() {
        let tier = PriceTier { above: 100, price: Price::per_million(2.0, 20.0) };
        let price = Price { tiers: vec![tier], ..Price::per_million(1.0, 10.0) };
        let cost = |input| price.cost(&Usage { input, output: 1, ..Usage::default() }).picodollars();
        assert_eq!((cost(100), cost(101)), (110_000_000, 222_000_000));
    }

    #[test]
    fn tokens_kept_for_the_long_time_cost_more_to_write() {
        let price =
            Price { cache_write_long: Money::from_picodollars(2_000_000), ..Price::per_million(1.0, 10.0) };
        let usage = Usage { input: 10, cache_write: 8, cache_write_long: 3, ..Usage::default() };
        assert_eq!(price.cost(&usage).picodollars(), 2_000_000 + 5_000_000 + 6_000_000);
    }
}
