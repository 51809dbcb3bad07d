//! The items of an answer.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::wire::Text;

/// All fields of an item.
pub(super) type Fields = Map<String, Value>;

/// What every item has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
}

impl Head<'_> {
    pub(super) fn kind(&self) -> Kind {
        match self.kind.as_deref() {
            Some("message") => Kind::Message,
            Some("reasoning") => Kind::Reasoning,
            Some("function_call" | "custom_tool_call") => Kind::Call,
            _ => Kind::Other,
        }
    }
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text or a refusal.
    Message,
    /// Thoughts.
    Reasoning,
    /// A call of a tool of the caller's.
    Call,
    /// The provider's own: a search, a call of a server's tool, a compacted conversation.
    Other,
}

/// A message or a piece of reasoning.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Contents<'a> {
    #[serde(borrow)]
    pub(super) content: Option<Vec<Content<'a>>>,
    #[serde(borrow)]
    pub(super) summary: Option<Vec<Content<'a>>>,
}

/// A piece of a message or of reasoning.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Content<'a> {
    #[serde(borrow)]
    pub(super) text: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) refusal: Option<Text<'a>>,
    pub(super) annotations: Option<Vec<Value>>,
}

/// A call of a tool.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Call<'a> {
    #[serde(rename = "call_id", borrow)]
    pub(super) id: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) name: Option<Text<'a>>,
    #[serde(borrow)]
    arguments: Option<Text<'a>>,
    /// The arguments of a custom tool: a text.
    #[serde(borrow)]
    input: Option<Text<'a>>,
}

impl Call<'_> {
    pub(super) fn arguments(&self) -> &str {
        self.arguments.as_deref().or(self.input.as_deref()).unwrap_or_default()
    }
}

/// What is given back of an item: all but what the part itself says.
pub(super) fn echo(kind: Kind, item: &Fields) -> Value {
    let said: &[&str] = match kind {
        Kind::Message => &["content"],
        Kind::Call => &["call_id", "name", "arguments", "input", "status"],
        // The status of reasoning is the API's to say.
        Kind::Reasoning => &["status"],
        Kind::Other => &[],
    };
    let is_kept = |(name, value): &(&String, &Value)| {
        let is_nothing = kind == Kind::Reasoning && value.is_null();
        !is_nothing && !said.contains(&name.as_str())
    };
    let kept = item.iter().filter(is_kept).map(|(name, value)| (name.clone(), value.clone()));
    Value::Object(kept.collect())
}
