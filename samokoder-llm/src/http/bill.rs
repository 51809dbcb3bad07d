//! What an answer costs.

use std::sync::Arc;

use samokoder_core::llm::{Money, Price, StreamEvent, Usage};

use crate::{
    anthropic,
    catalogue::{Catalogue, Prices},
};

/// What an answer costs by its tokens, unless its provider says so itself.
#[derive(Debug)]
pub(super) struct Bill {
    provider: &'static str,
    catalogue: Arc<Catalogue>,
    /// That of the model that was asked.
    price: Option<Price>,
    /// Whether the provider has its own account of the cost.
    is_said: bool,
    /// What the steps of the answer cost together, if there were several.
    steps: Option<Steps>,
}

/// What the steps of an answer cost together; `None` if the price of one is not known.
type Steps = Option<Money>;

impl Bill {
    /// A bill for an answer of a model with this price.
    pub(super) fn new(provider: &'static str, catalogue: Arc<Catalogue>, price: Option<Price>) -> Self {
        Self { provider, catalogue, price, is_said: false, steps: None }
    }

    /// The cost that follows from an event.
    pub(super) fn cost(&mut self, event: &StreamEvent) -> Option<Money> {
        match event {
            StreamEvent::Cost(_) => self.is_said = true,
            StreamEvent::Extra(extra) => {
                if let Some(steps) = anthropic::steps(extra) {
                    self.steps = Some(steps.iter().map(|(model, usage)| self.step(*model, usage)).sum());
                }
            }
            StreamEvent::Usage(usage) if !self.is_said => {
                let price = self.price.as_ref();
                return self.steps.unwrap_or_else(|| price.map(|price| price.cost(usage)));
            }
            _ => {}
        }
        None
    }

    /// What a step costs. Another model may have taken it, whose price may not be known.
    fn step(&self, model: Option<&str>, usage: &Usage) -> Option<Money> {
        match model {
            Some(model) => {
                let prices = self.catalogue.lookup(self.provider, model)?.prices.as_ref();
                Some(prices.map(Prices::price)?.cost(usage))
            }
            None => Some(self.price.as_ref()?.cost(usage)),
        }
    }
}
