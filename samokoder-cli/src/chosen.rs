//! What is typed once and holds for every sitting: what a run that was cut off goes on with.

use samokoder::llm::ModelId;
use serde::{Deserialize, Serialize};

use crate::{args::Options, location::sandbox_from_here};

/// What was typed with `new` or `resume`, until something else is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Chosen {
    /// The model that agents ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<ModelId>,
    /// Where the app's code runs, by paths that mean the same from everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sandbox: Option<String>,
    /// The most that the app may cost over its whole life, in US dollars.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_cost: Option<f64>,
}

impl Chosen {
    /// What is typed now.
    pub(crate) fn typed(options: &Options) -> Self {
        let sandbox = options.sandbox.as_deref().map(sandbox_from_here);
        Self { model: options.model.clone(), sandbox, max_cost: options.max_cost }
    }

    /// What is typed, with this in place of what is not.
    pub(crate) fn within(&self, typed: Options) -> Options {
        let Self { model, sandbox, max_cost } = self.clone();
        Options { model, sandbox, max_cost, ..typed }
    }

    /// This, and what was typed before where nothing is now.
    pub(crate) fn or(self, before: &Self) -> Self {
        Self {
            model: self.model.or_else(|| before.model.clone()),
            sandbox: self.sandbox.or_else(|| before.sandbox.clone()),
            max_cost: self.max_cost.or(before.max_cost),
        }
    }
}
