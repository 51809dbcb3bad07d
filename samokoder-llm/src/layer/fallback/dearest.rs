//! The price that is enough for any of some models.

use samokoder_core::llm::{Price, PriceTier};

/// A price that is nowhere below either of the two. `None` if one of them is not known.
pub(super) fn dearest(one: Option<&Price>, other: Option<&Price>) -> Option<Price> {
    let (one, other) = (one?, other?);
    let mut bounds: Vec<u64> = one.tiers.iter().chain(&other.tiers).map(|tier| tier.above).collect();
    bounds.sort_unstable();
    bounds.dedup();
    let tiers = bounds.into_iter().map(|above| {
        let price = highest(tier(one, above), tier(other, above));
        PriceTier { above, price }
    });
    Some(Price { tiers: tiers.collect(), ..highest(one, other) })
}

/// The price for requests just above a bound.
fn tier(price: &Price, above: u64) -> &Price {
    price.tiers.iter().rfind(|tier| tier.above <= above).map_or(price, |tier| &tier.price)
}

fn highest(one: &Price, other: &Price) -> Price {
    Price {
        input: one.input.max(other.input),
        cached_input: one.cached_input.max(other.cached_input),
        cache_write: one.cache_write.max(other.cache_write),
        cache_write_long: one.cache_write_long.max(other.cache_write_long),
        output: one.output.max(other.output),
        tiers: vec![],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use samokoder_core::llm::Usage;

    use super::*;

    fn prices() -> impl Strategy<Value = Price> {
        let plain = (0..50_u32, 0..50_u32).prop_map(|(i, o)| Price::per_million(i.into(), o.into()));
        let tiers = prop::collection::btree_map(0..100_u64, plain.clone(), 0..3);
        (plain, tiers).prop_map(|(price, tiers)| {
            let tiers = tiers.into_iter().map(|(above, price)| PriceTier { above, price }).collect();
            Price { tiers, ..price }
        })
    }

    proptest! {
        #[test]
        fn no_call_costs_more_than_at_the_dearest_price(one in prices(), other in prices(), input in 0..120_u64, output in 0..100_u64) {
            let usage = Usage { input, output, ..Usage::default() };
            let dearest = dearest(Some(&one), Some(&other)).unwrap();
            prop_assert!(dearest.cost(&usage) >= one.cost(&usage).max(other.cost(&usage)));
        }
    }

    #[test]
    fn with_a_price_that_is_not_known_none_is_enough() {
        assert_eq!(dearest(Some(&Price::FREE), None), None);
    }
}
