//! What is known about models: windows, prices, and what each one accepts on the wire.
//!
//! The built-in data is one file, `models.json`: the language models that [models.dev](https://models.dev) listed on
//! [2026-10-30](Catalogue::as_of) for Anthropic, OpenAI, Groq, OpenRouter, Gemini, `DeepSeek`, Mistral, xAI, Moonshot,
//! Z.ai, `MiniMax` and Together, with the wire facts that rig-core 0.46.0 reviewed on top. Prices are list prices in US
//! dollars per million tokens: without taxes, service tiers, data residency, or fees for tools that the provider runs.
//!
//! What the file does not say is `None`, and a model without prices is *unpriced*, which is not free. A price of zero
//! counts only where the data says `free`, as it does for OpenRouter's `:free` models.
//!
//! Data grows old: [`Catalogue::with_overrides`] puts a user's own knowledge over it.

mod builtin;
mod capabilities;
mod entry;
mod listing;
mod names;
mod prices;
mod window;

use std::collections::BTreeMap;

use samokoder_core::llm::ModelId;

pub use entry::{ChatTools, ModelEntry, ModelStatus, Sampling};
pub use prices::{Prices, Rates, Tier};
pub use window::{DoesNotFit, preflight};

/// The known models, those of a user before the built-in ones.
///
/// ```
/// use samokoder_llm::catalogue::Catalogue;
///
/// let catalogue = Catalogue::builtin();
/// let model = catalogue.lookup("openai", "gpt-5.4-mini-2026-03-17").unwrap();
/// assert_eq!(model.context_window, Some(400_000));
/// assert!(catalogue.lookup("openai", "gpt-of-tomorrow").is_none());
/// ```
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    overrides: BTreeMap<String, BTreeMap<String, ModelEntry>>,
}

impl Catalogue {
    /// The catalogue this crate is built with. Its data is parsed once per process, at the first lookup, in about a
    /// millisecond.
    pub fn builtin() -> Self {
        Self::default()
    }

    /// The day of the built-in data, as `YYYY-MM-DD`.
    pub fn as_of() -> &'static str {
        builtin::catalogue().as_of
    }

    /// Where the built-in data is from.
    pub fn source() -> &'static str {
        builtin::catalogue().source
    }

    /// Puts `overrides` over everything known so far.
    ///
    /// They win over the built-in data in every lookup, also in one that finds them only by the rule for dated
    /// snapshots. What an override leaves unsaid is taken from the entry it covers, so that it has to name only what
    /// is different. Tiers belong to prices: an override of prices without tiers has none.
    #[must_use]
    pub fn with_overrides(mut self, overrides: impl IntoIterator<Item = (ModelId, ModelEntry)>) -> Self {
        for (id, entry) in overrides {
            let entry = match self.lookup(id.provider(), id.name()) {
                Some(covered) => entry.or(covered),
                None => entry,
            };
            let provider = names::provider(id.provider()).to_owned();
            self.overrides.entry(provider).or_default().insert(id.name().to_owned(), entry);
        }
        self
    }

    /// What is known about `model`, the name without the provider, at `provider`.
    ///
    /// The name is looked for as it is. If it is not there, these parts are taken off one after the other, and what is
    /// left is looked for each time:
    ///
    /// 1. At `gemini`, which also goes by `google`: `models/` at the start, as the API itself writes its names.
    /// 2. At `openrouter`: `:nitro`, `:floor` or `:exacto` at the end. They
    ///    [only route](https://openrouter.ai/docs/guides/routing/model-variants/overview) and leave a model's data as
    ///    it is. `:free`, `:batch` and the other variants are models of their own, which are known or not.
    /// 3. The date of a snapshot at the end: `-2026-03-17`, `-20251001` or `@20251001`.
    ///
    /// Nothing else is guessed. A fine-tuned model (`ft:…`) costs more than its base and is not known.
    pub fn lookup(&self, provider: &str, model: &str) -> Option<&ModelEntry> {
        let provider = names::provider(provider);
        let own = self.overrides.get(provider);
        let own = own.and_then(|models| names::candidates(provider, model).find_map(|name| models.get(name)));
        own.or_else(|| {
            let models = builtin::catalogue().models.get(provider)?;
            names::candidates(provider, model).find_map(|name| models.get(name))
        })
    }

    /// All entries with provider and name, in order. An override comes instead of the built-in entry of that name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &ModelEntry)> {
        let mut all: BTreeMap<(&str, &str), &ModelEntry> = BTreeMap::new();
        for (provider, models) in &builtin::catalogue().models {
            all.extend(models.iter().map(|(name, entry)| ((*provider, *name), entry)));
        }
        for (provider, models) in &self.overrides {
            all.extend(models.iter().map(|(name, entry)| ((provider.as_str(), name.as_str()), entry)));
        }
        all.into_iter().map(|((provider, name), entry)| (provider, name, entry))
    }
}
