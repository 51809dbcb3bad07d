//! What calls cost.

use proptest::prelude::*;
use samokoder_core::llm::{Money, Usage};
use samokoder_llm::catalogue::{Catalogue, ModelEntry, Prices};

fn prices(json: &str) -> Prices {
    serde_json::from_str(json).unwrap()
}

fn refusal(json: &str) -> String {
    serde_json::from_str::<Prices>(json).unwrap_err().to_string()
}

fn dollars(amount: f64) -> Money {
    Money::from_dollars(amount)
}

#[test]
fn each_kind_of_token_has_its_own_price() {
    let prices = prices(
        r#"{"input": 1, "output": 10, "cached_input": 0.1, "cache_write_5m": 1.25, "cache_write_1h": 2}"#,
    );
    let cache = Usage { cached_input: 600, cache_write: 300, cache_write_long: 200, ..Usage::default() };
    let usage = Usage { input: 1_000, output: 50, reasoning: 20, ..cache };
    let amount = 100.0 + 600.0 * 0.1 + 100.0 * 1.25 + 200.0 * 2.0 + 50.0 * 10.0;
    assert_eq!(prices.cost(&usage), dollars(amount / 1e6));
}

#[test]
fn a_cache_price_that_is_not_known_is_that_of_plain_input() {
    let cache = Usage { cached_input: 600, cache_write: 300, cache_write_long: 200, ..Usage::default() };
    assert_eq!(Prices::per_million(1.0, 10.0).cost(&Usage { input: 1_000, ..cache }), dollars(1_000.0 / 1e6));
}

#[test]
fn an_hour_in_the_cache_of_unknown_price_costs_what_five_minutes_do() {
    let prices = prices(r#"{"input": 1, "output": 10, "cache_write_5m": 1.25}"#);
    let usage = Usage { input: 100, cache_write: 100, cache_write_long: 100, ..Usage::default() };
    assert_eq!(prices.cost(&usage), dollars(125.0 / 1e6));
}

#[test]
fn a_long_request_has_the_rates_of_its_tier_for_all_its_tokens() {
    let catalogue = Catalogue::builtin();
    let prices = catalogue.lookup("anthropic", "claude-haiku-5-5").unwrap().prices.clone().unwrap();
    let cost = |cached_input| {
        prices.cost(&Usage { input: 50_001 + cached_input, cached_input, output: 10, ..Usage::default() })
    };
    let short = 50_001.0 * 0.1 + 49_999.0 * 0.01 + 10.0 * 0.5;
    assert_eq!(cost(49_999), dollars(short / 1e6), "100,000 tokens are not above 100,000");
    let long = 50_001.0 * 0.5 + 50_000.0 * 0.05 + 10.0 * 2.5;
    assert_eq!(cost(50_000), dollars(long / 1e6), "tokens from the cache count for the length");
}

#[test]
fn of_several_tiers_the_highest_that_is_exceeded_holds() {
    let prices = prices(
        r#"{"input": 1, "output": 1, "tiers": [
            {"above": 100, "input": 3, "output": 3}, {"above": 10, "input": 2, "output": 2}]}"#,
    );
    let input = |tokens| prices.rates(tokens).input;
    let million = 1e6;
    assert_eq!([10, 11, 100, 101].map(input), [1.0, 2.0, 2.0, 3.0].map(|price| dollars(price / million)));
}

#[test]
fn zero_is_free_only_when_it_says_so() {
    assert_eq!(prices(r#"{"free": true}"#), Prices::FREE);
    assert!(refusal(r#"{"input": 0, "output": 0}"#).contains("say `free`"));
    assert!(refusal(r#"{"input": 1, "output": 0.0}"#).contains("say `free`"));
    assert!(
        refusal(r#"{"input": 1e-9, "output": 1}"#).contains("say `free`"),
        "less than a picodollar a token"
    );
}

#[test]
fn prices_that_make_no_sense_are_refused() {
    for (json, why) in [
        (r#"{"input": 1}"#, "`input` and `output`"),
        (r"{}", "`input` and `output`"),
        (r#"{"input": -1, "output": 1}"#, "not negative"),
        (r#"{"input": 1, "output": 1, "cached_input": -0.1}"#, "not negative"),
        (r#"{"free": true, "cached_input": 1}"#, "no prices"),
        (r#"{"input": 1, "output": 1, "above": 5}"#, "belongs to a tier"),
        (r#"{"input": 1, "output": 1, "tiers": [{"input": 1, "output": 1}]}"#, "needs `above`"),
        (r#"{"input": 1, "output": 1, "tiers": [{"above": 1, "free": true}]}"#, "a tier has prices"),
        (r#"{"input": 1, "output": 1, "cache": 1}"#, "unknown field"),
    ] {
        assert!(refusal(json).contains(why), "{json}: {}", refusal(json));
    }
}

#[test]
fn every_builtin_entry_comes_back_from_json_as_it_was() {
    for (provider, name, entry) in Catalogue::builtin().iter() {
        let json = serde_json::to_string(entry).unwrap();
        assert_eq!(&serde_json::from_str::<ModelEntry>(&json).unwrap(), entry, "{provider}:{name}");
    }
}

proptest! {
    #[test]
    fn a_cost_never_overflows_and_grows_with_use(
        input: u64, cached_input: u64, cache_write: u64, output in 0..u64::MAX
    ) {
        let catalogue = Catalogue::builtin();
        let prices = catalogue.lookup("openai", "gpt-5.6").unwrap().prices.clone().unwrap();
        let usage = Usage { input, cached_input, cache_write, output, ..Usage::default() };
        let more = Usage { output: output + 1, ..usage };
        prop_assert!(prices.cost(&usage) <= prices.cost(&more));
    }
}
