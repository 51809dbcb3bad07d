//! Prices as people write them: in US dollars per million tokens.

use samokoder_core::llm::Money;
use serde::{Deserialize, Serialize};

use super::{Prices, Rates, Tier};

/// [`Prices`], or one of their tiers, in a file.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Listing {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    free: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    above: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cached_input: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_5m: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_write_1h: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tiers: Vec<Self>,
}

impl TryFrom<Listing> for Prices {
    type Error = &'static str;

    fn try_from(listing: Listing) -> Result<Self, Self::Error> {
        if listing.above.is_some() {
            return Err("`above` belongs to a tier");
        }
        if listing.free {
            return if listing.says_prices() { Err("what is free has no prices") } else { Ok(Self::FREE) };
        }
        let base = listing.rates()?;
        let tiers = listing.tiers.iter().map(Listing::tier).collect::<Result<_, _>>()?;
        Ok(Self { base, tiers })
    }
}

impl Listing {
    fn says_prices(&self) -> bool {
        let cache = [self.cached_input, self.cache_write_5m, self.cache_write_1h];
        self.input.or(self.output).or(cache.into_iter().flatten().next()).is_some() || !self.tiers.is_empty()
    }

    fn tier(&self) -> Result<Tier, &'static str> {
        if self.free || !self.tiers.is_empty() {
            return Err("a tier has prices, and no tiers of its own");
        }
        let above = self.above.ok_or("a tier needs `above`, the tokens that a request must exceed")?;
        Ok(Tier::new(above, self.rates()?))
    }

    fn rates(&self) -> Result<Rates, &'static str> {
        let paid = |price: Option<f64>| {
            let missing = "prices need `input` and `output`, in dollars per million tokens, or `free`";
            match per_token(price.ok_or(missing)?)? {
                Money::ZERO => {
                    Err("a price of 0 may be an unknown one: say `free` if the model costs nothing")
                }
                price => Ok(price),
            }
        };
        let cached = |price: Option<f64>| price.map(per_token).transpose();
        Ok(Rates {
            input: paid(self.input)?,
            cached_input: cached(self.cached_input)?,
            cache_write_5m: cached(self.cache_write_5m)?,
            cache_write_1h: cached(self.cache_write_1h)?,
            output: paid(self.output)?,
        })
    }

    fn of(rates: &Rates) -> Self {
        Self {
            input: Some(per_million(rates.input)),
            output: Some(per_million(rates.output)),
            cached_input: rates.cached_input.map(per_million),
            cache_write_5m: rates.cache_write_5m.map(per_million),
            cache_write_1h: rates.cache_write_1h.map(per_million),
            ..Self::default()
        }
    }
}

impl From<Prices> for Listing {
    fn from(prices: Prices) -> Self {
        if prices == Prices::FREE {
            return Self { free: true, ..Self::default() };
        }
        let tiers = prices.tiers.iter().map(|tier| Self { above: Some(tier.above), ..Self::of(&tier.rates) });
        Self { tiers: tiers.collect(), ..Self::of(&prices.base) }
    }
}

/// A dollar per million tokens is a million picodollars per token.
const PICODOLLARS: f64 = 1e6;

fn per_token(price: f64) -> Result<Money, &'static str> {
    if price.is_finite() && price.is_sign_positive() {
        Ok(Money::from_dollars(price / 1e6))
    } else {
        Err("a price is a number of dollars, not negative")
    }
}

#[expect(clippy::cast_precision_loss, reason = "prices are far below 2^53 picodollars")]
fn per_million(price: Money) -> f64 {
    price.picodollars() as f64 / PICODOLLARS
}
