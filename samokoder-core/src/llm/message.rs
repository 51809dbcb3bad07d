//! The turns of a conversation and what they are made of.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: ModelRole,
    /// What is said, in order.
    pub parts: Vec<Part>,
    /// Whether the provider should keep everything up to and including this turn in its prompt cache. Providers that
    /// cache by themselves ignore it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache: Option<CacheMark>,
}

impl Message {
    /// A turn of plain text.
    pub fn new(role: ModelRole, text: impl Into<String>) -> Self {
        Self::of(role, vec![Part::text(text)])
    }

    /// A turn made of these parts.
    pub fn of(role: ModelRole, parts: Vec<Part>) -> Self {
        Self { role, parts, cache: None }
    }

    /// Asks the provider to keep everything up to here in its prompt cache.
    #[must_use]
    pub fn cached(mut self, mark: CacheMark) -> Self {
        self.cache = Some(mark);
        self
    }

    /// The text of all its text parts.
    pub fn text(&self) -> String {
        text_of(&self.parts)
    }

    /// Bytes of what is sent, roughly.
    pub(super) fn size(&self) -> usize {
        self.parts.iter().map(Part::size).sum()
    }
}

/// The text of the text parts among `parts`.
pub(super) fn text_of(parts: &[Part]) -> String {
    parts
        .iter()
        .filter_map(|part| match part {
            Part::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

/// Who speaks in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelRole {
    /// The rules that the model is to follow.
    System,
    /// The one who asks. What its tools returned comes from here too.
    User,
    /// The model.
    Assistant,
}

/// How long a provider should keep the beginning of a conversation in its prompt cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CacheMark {
    /// The provider's short time, about five minutes.
    Short,
    /// The provider's long time, about an hour. Writing costs more.
    Long,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// Text.
    Text {
        /// The text.
        text: String,
        /// What the provider wants back with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        echo: Option<Echo>,
    },
    /// A picture, for a model that sees.
    Image {
        /// Where it is.
        source: ImageSource,
    },
    /// What the model thought, as far as its provider shows it.
    Reasoning {
        /// The thoughts or a summary of them; may be empty.
        text: String,
        /// What the provider wants back with it: a signature, or the thoughts in a form that only it can read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        echo: Option<Echo>,
    },
    /// A call of a tool by the model.
    ToolCall(ToolCall),
    /// What a tool returned.
    ToolResult {
        /// The call's id.
        id: String,
        /// The tool's name. Some providers need it.
        name: String,
        /// What it returned.
        content: String,
        /// Whether it failed.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
    /// The model's words when it declines.
    Refusal {
        /// The words.
        text: String,
    },
    /// Something of the provider's own, such as a search that it did: carried through round trips untouched.
    Opaque {
        /// What it wants back.
        echo: Echo,
    },
}

impl Part {
    /// A text part.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into(), echo: None }
    }

    fn size(&self) -> usize {
        let echo = |echo: &Option<Echo>| echo.as_ref().map_or(0, Echo::size);
        match self {
            Self::Text { text, echo: back } | Self::Reasoning { text, echo: back } => text.len() + echo(back),
            Self::Refusal { text } => text.len(),
            Self::Image { source } => source.size(),
            Self::ToolCall(call) => call.name.len() + call.arguments.len() + echo(&call.echo),
            Self::ToolResult { content, .. } => content.len(),
            Self::Opaque { echo } => echo.size(),
        }
    }
}

/// A call of a tool by a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The provider's id of the call; its result is given back under it.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments as the model wrote them: a JSON object, if the answer was not cut off within it.
    pub arguments: String,
    /// What the provider wants back with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub echo: Option<Echo>,
}

impl ToolCall {
    /// The arguments as JSON. No text at all is an empty object, as models write it for tools without arguments.
    ///
    /// # Errors
    /// What is wrong with the JSON: an answer that was cut off leaves half of it.
    pub fn parsed(&self) -> Result<Value, serde_json::Error> {
        match self.arguments.trim() {
            "" => Ok(Value::Object(serde_json::Map::new())),
            text => serde_json::from_str(text),
        }
    }
}

/// Something that a provider gave with a part of its answer and wants back, verbatim, when the answer is part of the
/// next request. It means nothing to other providers, and they don't get it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Echo {
    /// The protocol that it is written in: `anthropic`, `openai-responses`, `gemini`.
    pub protocol: String,
    /// The thing, in the provider's own form.
    pub data: Value,
}

impl Echo {
    /// Something that is given back to this protocol.
    pub fn new(protocol: impl Into<String>, data: Value) -> Self {
        Self { protocol: protocol.into(), data }
    }

    fn size(&self) -> usize {
        self.data.to_string().len()
    }
}

/// Where a picture is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ImageSource {
    /// At an address that the provider can reach.
    Url(String),
    /// Here.
    Base64 {
        /// Its media type: `image/png`.
        media_type: String,
        /// Its bytes in standard base64.
        data: String,
    },
}

impl ImageSource {
    /// Providers count a picture by its area, not its bytes: about 1,600 tokens at most, at two bytes a token.
    fn size(&self) -> usize {
        match self {
            Self::Url(_) | Self::Base64 { .. } => 3_200,
        }
    }
}
