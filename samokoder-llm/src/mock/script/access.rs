//! Who may ask for what.

use serde::{Deserialize, Serialize};

/// Which keys and models are accepted. Ollama's protocol has no keys.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// The keys that are accepted; any, if none is named.
    pub keys: Vec<String>,
    /// The models there are; any, if none is named.
    pub models: Vec<String>,
}

impl Access {
    /// Whether a key opens the door.
    pub(crate) fn admits(&self, key: &str) -> bool {
        self.keys.is_empty() || self.keys.iter().any(|known| known == key)
    }

    /// Whether there is such a model.
    pub(crate) fn has_model(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|known| known == model)
    }

    /// The models that a list of them shows.
    pub(crate) fn listed(&self) -> Vec<&str> {
        match self.models.as_slice() {
            [] => vec!["mock-model"],
            models => models.iter().map(String::as_str).collect(),
        }
    }
}
