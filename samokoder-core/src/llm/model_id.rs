//! How models are named.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A model and the provider that serves it, written `provider:model`.
///
/// ```
/// use samokoder_core::llm::ModelId;
///
/// let model: ModelId = "ollama:qwen3:8b".parse().unwrap();
/// assert_eq!((model.provider(), model.name()), ("ollama", "qwen3:8b"));
/// let offline: ModelId = "offline".parse().unwrap();
/// assert_eq!((offline.provider(), offline.name()), ("offline", "offline"));
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId {
    text: String,
    provider: usize,
}

impl ModelId {
    /// The provider's id.
    pub fn provider(&self) -> &str {
        &self.text[..self.provider]
    }

    /// The model's name at the provider. A provider with a single model may be named without it.
    pub fn name(&self) -> &str {
        self.text.get(self.provider + 1..).unwrap_or(&self.text)
    }
}

impl std::str::FromStr for ModelId {
    type Err = InvalidModelId;

    fn from_str(text: &str) -> Result<Self, InvalidModelId> {
        let provider = text.find(':').unwrap_or(text.len());
        let name = text.get(provider + 1..).unwrap_or("-");
        let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if provider == 0 || name.trim().is_empty() || !text[..provider].chars().all(is_id) {
            return Err(InvalidModelId(text.chars().take(100).collect()));
        }
        Ok(Self { text: text.into(), provider })
    }
}

/// A text is not a [`ModelId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a model; write `provider:model`, such as `openai:gpt-6.1-sol`, or `offline`")]
pub struct InvalidModelId(String);

impl TryFrom<String> for ModelId {
    type Error = InvalidModelId;

    fn try_from(text: String) -> Result<Self, InvalidModelId> {
        text.parse()
    }
}

impl From<ModelId> for String {
    fn from(model: ModelId) -> Self {
        model.text
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModelId({})", self.text)
    }
}
