//! What happens while an answer is written.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Echo, FinishReason, Money, Payer, ToolCall, Usage};

/// Something that happens while an answer is written.
///
/// Pieces go to the last part of their kind: text after text is one text, text after a tool call a new one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StreamEvent {
    /// What is known of the answer as a whole. A later one adds to an earlier one.
    Start(Start),
    /// More text of the answer.
    Text(String),
    /// More of what the model thinks.
    Reasoning(String),
    /// More of the words with which the model declines.
    Refusal(String),
    /// What the provider wants back with the last part, which it closes.
    Echo(Echo),
    /// A part of the provider's own.
    Opaque(Echo),
    /// A call of a tool begins. Its arguments, if they are not here, follow.
    ToolCall(ToolCall),
    /// More of the arguments of a call. Those of parallel calls may be mixed.
    ToolArguments {
        /// The call's id.
        id: String,
        /// The piece.
        json: String,
    },
    /// The arguments of a call are whole.
    ToolCallEnd {
        /// The call's id.
        id: String,
        /// All of them, where the provider repeats them: they win over the pieces.
        arguments: Option<String>,
    },
    /// Tokens used so far. A later one replaces an earlier one.
    Usage(Usage),
    /// What the answer costs. A later one replaces an earlier one.
    Cost(Money),
    /// What the provider says that has no typed form here. A later value replaces an earlier one of the same name.
    Extra(Map<String, Value>),
    /// What the provider allows at the moment.
    RateLimits(RateLimits),
    /// The attempt failed and another begins: what came so far is void.
    Restart,
    /// The end of the answer.
    Finish(FinishReason),
}

impl StreamEvent {
    /// Whether it is a piece of the answer itself: after the first one an attempt can't be made again unnoticed.
    pub fn is_content(&self) -> bool {
        matches!(
            self,
            Self::Text(_)
                | Self::Reasoning(_)
                | Self::Refusal(_)
                | Self::Echo(_)
                | Self::Opaque(_)
                | Self::ToolCall(_)
                | Self::ToolArguments { .. }
                | Self::ToolCallEnd { .. }
        )
    }
}

/// What is known of an answer as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Start {
    /// The provider's id of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The model that answers, as its provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Whose key is used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer: Option<Payer>,
}

/// What a provider allows at the moment, as it says with each answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateLimits {
    /// Requests.
    pub requests: Allowance,
    /// Tokens.
    pub tokens: Allowance,
}

/// What is allowed of one thing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Allowance {
    /// At most this many in the provider's window.
    pub limit: Option<u64>,
    /// This many are left.
    pub remaining: Option<u64>,
    /// All are back after this time.
    pub reset: Option<Duration>,
}
