//! What the built-in data says.

use samokoder_core::llm::Money;
use samokoder_llm::catalogue::{Catalogue, ChatTools, ModelEntry, Prices, Sampling};

fn model(provider: &str, name: &str) -> ModelEntry {
    Catalogue::builtin().lookup(provider, name).expect(name).clone()
}

#[test]
fn the_data_says_when_and_where_it_is_from() {
    assert_eq!(Catalogue::as_of(), "2026-10-30");
    assert!(Catalogue::source().contains("models.dev"), "{}", Catalogue::source());
}

#[test]
fn every_provider_of_the_crate_has_models() {
    for provider in ["anthropic", "openai", "groq", "openrouter", "gemini", "deepseek", "mistral", "xai"] {
        assert!(Catalogue::builtin().iter().any(|(of, ..)| of == provider), "{provider}");
    }
}

#[test]
fn an_entry_has_the_limits_and_prices_of_its_model() {
    let sonnet = model("anthropic", "claude-sonnet-4-6");
    assert_eq!((sonnet.context_window, sonnet.max_output), (Some(1_000_000), Some(128_000)));
    let rates = sonnet.prices.unwrap().base;
    let token = |picodollars| Some(Money::from_picodollars(picodollars));
    assert_eq!((Some(rates.input), Some(rates.output)), (token(3_000_000), token(15_000_000)));
    assert_eq!(rates.cached_input, token(300_000));
    assert_eq!((rates.cache_write_5m, rates.cache_write_1h), (token(3_750_000), token(6_000_000)));
    assert_eq!(model("openai", "gpt-5.4-mini").max_input, Some(272_000));
}

#[test]
fn the_smallest_listed_price_keeps_all_its_digits() {
    let rates = model("openrouter", "google/gemini-3.8-flash").prices.unwrap().base;
    assert_eq!(rates.cache_write_5m, Some(Money::from_picodollars(41_667)));
}

#[test]
fn the_newest_models_refuse_what_older_ones_took() {
    let old = model("anthropic", "claude-haiku-4-5");
    assert_eq!((old.prefill, old.sampling), (Some(true), Some(Sampling::Always)));
    let new = model("anthropic", "claude-opus-5-5");
    assert_eq!((new.prefill, new.sampling), (Some(false), Some(Sampling::Never)));
    assert_eq!((new.forced_tool_choice, new.adaptive_thinking), (Some(false), Some(true)));
    assert_eq!(model("openai", "gpt-6.1-sol").chat_tools, Some(ChatTools::Never));
    assert_eq!(model("openai", "gpt-6-luna").chat_tools, Some(ChatTools::ReasoningOff));
    assert_eq!(model("openai", "gpt-5").sampling, Some(Sampling::Never));
}

#[test]
fn what_is_not_known_is_none() {
    let llama = model("groq", "llama-3.3-70b-versatile");
    assert!(llama.is_deprecated());
    assert_eq!((llama.json_schema, llama.vision, llama.prefill), (None, Some(false), None));
}

#[test]
fn only_what_says_so_is_free() {
    for (provider, name, entry) in Catalogue::builtin().iter() {
        let is_free = entry.prices == Some(Prices::FREE);
        assert_eq!(is_free, provider == "openrouter" && name.ends_with(":free"), "{provider}:{name}");
    }
    // Listed with a price of zero by the source.
    assert_eq!(model("zai", "glm-4.7-flash").prices, None);
    assert_eq!(model("groq", "allam-2-7b").prices, None);
}

#[test]
fn every_entry_is_consistent() {
    for (provider, name, entry) in Catalogue::builtin().iter() {
        let id = format!("{provider}:{name}");
        assert!(entry.context_window.is_some_and(|window| window > 0), "{id}");
        assert!(entry.max_input.is_none_or(|input| Some(input) < entry.context_window), "{id}");
        let Some(prices) = &entry.prices else { continue };
        for tier in &prices.tiers {
            assert!(tier.rates.input > prices.base.input, "{id}: longer is cheaper");
        }
        for rates in [&prices.base].into_iter().chain(prices.tiers.iter().map(|tier| &tier.rates)) {
            assert!(rates.cache_read() <= rates.input, "{id}: the cache costs more than it saves");
        }
    }
}
