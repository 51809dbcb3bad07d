//! Puts layers in their order.

use std::{fmt, sync::Arc};

use samokoder_core::llm::LlmProvider;

use super::{Layer, chain::chained};

/// Where in a [`Stack`] a layer belongs, from the outside in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Place {
    /// Around all others: layers that say nothing else.
    Outside,
    /// Traces of calls.
    Telemetry,
    /// Counts of calls, tokens and money.
    Metering,
    /// Checks of prompts and answers.
    Guard,
    /// Answers kept for the same request.
    Cache,
    /// Money of callers outside of a pipeline.
    Budget,
    /// Recording and replaying.
    Cassette,
    /// Other models and providers.
    Fallback,
    /// Sparing a provider that fails.
    Breaker,
    /// Further attempts.
    Retry,
    /// How many attempts are under way.
    Concurrency,
    /// How many attempts and tokens a minute has.
    Governor,
    /// How long an attempt may take.
    Timeout,
    /// Next to the provider.
    Inside,
}

impl Place {
    /// Whether more than one layer may be here, in the order in which they were given.
    fn holds_many(self) -> bool {
        matches!(self, Self::Outside | Self::Guard | Self::Inside)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Layers to be wrapped around a provider, in the order that the [module](super) describes.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    layers: Vec<(Place, Arc<dyn Layer>)>,
}

impl Stack {
    /// No layers.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer at its place.
    #[must_use]
    pub fn with(self, layer: impl Layer + 'static) -> Self {
        let place = layer.place();
        self.with_at(place, layer)
    }

    /// Adds a layer at a place other than its own.
    #[must_use]
    pub fn with_at(mut self, place: Place, layer: impl Layer + 'static) -> Self {
        self.layers.push((place, Arc::new(layer)));
        self
    }

    /// Wraps the layers around `provider`. Layers at one place are nested as given, the first one outside.
    ///
    /// # Errors
    /// [`StackError`] for two layers where only one makes sense: attempts would multiply, money be reserved twice.
    pub fn build(mut self, provider: Arc<dyn LlmProvider>) -> Result<Arc<dyn LlmProvider>, StackError> {
        self.layers.sort_by_key(|(place, _)| *place);
        for pair in self.layers.windows(2) {
            if pair[0].0 == pair[1].0 && !pair[0].0.holds_many() {
                return Err(StackError { place: pair[0].0 });
            }
        }
        Ok(wrap_all(&self.layers, provider))
    }
}

/// Wraps layers around a provider, the first one outside. Neighbours that know each other become one provider.
fn wrap_all(layers: &[(Place, Arc<dyn Layer>)], mut provider: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
    let mut links = Vec::new();
    for (_, layer) in layers.iter().rev() {
        match layer.link() {
            Some(link) => links.insert(0, link),
            None => provider = layer.wrap(chained(std::mem::take(&mut links), provider)),
        }
    }
    chained(links, provider)
}

/// Two layers at a place that has room for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a stack has one layer at {place} at most; leave one of them out, or give it a place of its own with `with_at`"
)]
pub struct StackError {
    /// The place.
    pub place: Place,
}
