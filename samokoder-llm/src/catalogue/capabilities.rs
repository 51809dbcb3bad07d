//! What a caller branches on, made of what is known.

use samokoder_core::llm::{ModelCapabilities, Price, PriceTier};

use super::{ModelEntry, Prices, Rates, Sampling};

impl ModelEntry {
    /// What the model can do: what the entry leaves unsaid is as `assumed`.
    pub fn capabilities(&self, assumed: ModelCapabilities) -> ModelCapabilities {
        let mut model = assumed;
        model.context_window = self.context_window.unwrap_or(model.context_window);
        model.max_output = self.max_output.unwrap_or(model.max_output);
        model.json_schema = self.json_schema.unwrap_or(model.json_schema);
        // Where reasoning can be switched off, the caller may know that it is.
        model.temperature = self.sampling.map_or(model.temperature, |sampling| sampling != Sampling::Never);
        model.tools = self.tools.unwrap_or(model.tools);
        model.forced_tools = self.forced_tool_choice.unwrap_or(model.forced_tools);
        model.images = self.vision.unwrap_or(model.images);
        model.price = self.prices.as_ref().map(Prices::price).or(model.price);
        model
    }
}

impl Prices {
    /// The price in the form that usage is billed with.
    pub fn price(&self) -> Price {
        let mut tiers: Vec<_> = self
            .tiers
            .iter()
            .map(|tier| PriceTier { above: tier.above, price: price(&tier.rates) })
            .collect();
        tiers.sort_by_key(|tier| tier.above);
        Price { tiers, ..price(&self.base) }
    }
}

fn price(rates: &Rates) -> Price {
    Price {
        input: rates.input,
        cached_input: rates.cache_read(),
        cache_write: rates.cache_write(),
        cache_write_long: rates.cache_write_long(),
        output: rates.output,
        tiers: vec![],
    }
}
