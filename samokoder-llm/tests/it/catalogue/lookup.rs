//! How a model is found, and what a user puts over the built-in data.

use std::collections::BTreeMap;

use samokoder_core::llm::ModelId;
use samokoder_llm::catalogue::{Catalogue, ModelEntry, Prices};

fn id(text: &str) -> ModelId {
    text.parse().unwrap()
}

fn entry(json: &str) -> ModelEntry {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_dated_snapshot_has_the_data_of_its_model() {
    let catalogue = Catalogue::builtin();
    for (provider, snapshot, model) in [
        ("openai", "gpt-5.4-mini-2026-03-17", "gpt-5.4-mini"),
        ("anthropic", "claude-sonnet-4-6-20260217", "claude-sonnet-4-6"),
        ("anthropic", "claude-haiku-4-5@20251001", "claude-haiku-4-5"),
        ("openrouter", "openai/gpt-5-2025-08-07", "openai/gpt-5"),
        ("google", "models/gemini-2.5-pro", "gemini-2.5-pro"),
    ] {
        let found = catalogue.lookup(provider, snapshot);
        assert!(found.is_some(), "{snapshot}");
        assert_eq!(found, catalogue.lookup(provider, model), "{snapshot}");
    }
}

#[test]
fn a_listed_snapshot_has_its_own_data() {
    let catalogue = Catalogue::builtin();
    let (listed, model) =
        (catalogue.lookup("openai", "gpt-4o-2024-05-13"), catalogue.lookup("openai", "gpt-4o"));
    assert_ne!(listed.unwrap().prices, model.unwrap().prices);
}

#[test]
fn openrouter_routes_without_changing_the_model() {
    let catalogue = Catalogue::builtin();
    let model = catalogue.lookup("openrouter", "google/gemma-4-31b-it");
    assert_eq!(catalogue.lookup("openrouter", "google/gemma-4-31b-it:nitro"), model);
    assert_ne!(catalogue.lookup("openrouter", "google/gemma-4-31b-it:free"), model);
    assert_eq!(catalogue.lookup("openrouter", "openai/gpt-5:free"), None, "a variant that is not listed");
}

#[test]
fn nothing_else_is_guessed() {
    let catalogue = Catalogue::builtin();
    for (provider, model) in [
        ("openai", "gpt-5.4-mini-turbo"),
        ("openai", "ft:gpt-4o:acme::abc"),
        ("openai", "claude-haiku-4-5"),
        ("openai", ""),
        ("nobody", "gpt-5"),
    ] {
        assert_eq!(catalogue.lookup(provider, model), None, "{provider}:{model}");
    }
}

#[test]
fn an_override_wins_and_keeps_what_it_does_not_say() {
    let before = Catalogue::builtin().lookup("openai", "gpt-5").unwrap().clone();
    let catalogue =
        Catalogue::builtin().with_overrides([(id("openai:gpt-5"), entry(r#"{"context_window": 1000}"#))]);
    let after = catalogue.lookup("openai", "gpt-5").unwrap();
    assert_eq!(after.context_window, Some(1000));
    assert_eq!((&after.prices, after.sampling), (&before.prices, before.sampling));
}

#[test]
fn an_override_of_a_model_covers_its_listed_snapshots() {
    let own = entry(r#"{"prices": {"input": 7, "output": 8}}"#);
    let catalogue = Catalogue::builtin().with_overrides([(id("anthropic:claude-haiku-4-5"), own)]);
    let snapshot = catalogue.lookup("anthropic", "claude-haiku-4-5-20251001").unwrap();
    assert_eq!(snapshot.prices, Some(Prices::per_million(7.0, 8.0)));
}

#[test]
fn a_later_override_wins_over_an_earlier_one() {
    let said = |window: u64| (id("lan:qwen"), entry(&format!(r#"{{"context_window": {window}}}"#)));
    let catalogue = Catalogue::builtin().with_overrides([said(1), said(2)]).with_overrides([said(3)]);
    assert_eq!(catalogue.lookup("lan", "qwen").unwrap().context_window, Some(3));
}

#[test]
fn a_model_that_nobody_listed_can_be_added() {
    let configured: BTreeMap<ModelId, ModelEntry> =
        serde_json::from_str(r#"{"google:gemini-9": {"prices": {"free": true}, "vision": true}}"#).unwrap();
    let catalogue = Catalogue::builtin().with_overrides(configured);
    let added = catalogue.lookup("gemini", "gemini-9").unwrap();
    assert_eq!((added.prices.clone(), added.vision), (Some(Prices::FREE), Some(true)));
    assert!(catalogue.iter().any(|(provider, name, _)| (provider, name) == ("gemini", "gemini-9")));
}

#[test]
fn a_misspelt_field_is_an_error() {
    let error = serde_json::from_str::<ModelEntry>(r#"{"context": 1000}"#).unwrap_err();
    assert!(error.to_string().contains("context_window"), "{error}");
}
