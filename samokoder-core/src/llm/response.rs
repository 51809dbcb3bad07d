//! What a model answers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Echo, Message, ModelRole, Money, Part, StreamEvent, ToolCall, Usage, message::text_of};

/// A whole answer: what its stream brought, put together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ChatResponse {
    /// The provider's id of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The model that answered, as its provider names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Whose key was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payer: Option<Payer>,
    /// What was said, thought and called, in order.
    pub parts: Vec<Part>,
    /// Tokens used.
    pub usage: Usage,
    /// What the answer cost, if whoever got it knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// Why it ended.
    pub finish: FinishReason,
    /// What the provider said beside that and has no typed form here, such as its own account of the cost.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extra: Map<String, Value>,
}

impl ChatResponse {
    /// The text.
    pub fn text(&self) -> String {
        text_of(&self.parts)
    }

    /// The calls of tools.
    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.parts.iter().filter_map(|part| match part {
            Part::ToolCall(call) => Some(call),
            _ => None,
        })
    }

    /// The answer as a turn of the conversation, to go on from.
    pub fn into_message(self) -> Message {
        Message::of(ModelRole::Assistant, self.parts)
    }

    /// Adds what an event brings and says whether it was the last one.
    pub fn add(&mut self, event: StreamEvent) -> bool {
        match event {
            StreamEvent::Start(start) => {
                self.id = start.id.or(self.id.take());
                self.model = start.model.or(self.model.take());
                self.payer = start.payer.or(self.payer.take());
            }
            StreamEvent::Text(piece) => match self.parts.last_mut() {
                Some(Part::Text { text, echo: None }) => text.push_str(&piece),
                _ => self.parts.push(Part::text(piece)),
            },
            StreamEvent::Reasoning(piece) => match self.parts.last_mut() {
                Some(Part::Reasoning { text, echo: None }) => text.push_str(&piece),
                _ => self.parts.push(Part::Reasoning { text: piece, echo: None }),
            },
            StreamEvent::Refusal(piece) => match self.parts.last_mut() {
                Some(Part::Refusal { text }) => text.push_str(&piece),
                _ => self.parts.push(Part::Refusal { text: piece }),
            },
            StreamEvent::Echo(echo) => self.close(echo),
            StreamEvent::Opaque(echo) => self.parts.push(Part::Opaque { echo }),
            StreamEvent::ToolCall(call) => self.parts.push(Part::ToolCall(call)),
            StreamEvent::ToolArguments { id, json } => {
                if let Some(call) = self.call_mut(&id) {
                    call.arguments.push_str(&json);
                }
            }
            StreamEvent::ToolCallEnd { id, arguments } => {
                if let (Some(call), Some(arguments)) = (self.call_mut(&id), arguments) {
                    call.arguments = arguments;
                }
            }
            StreamEvent::Usage(usage) => self.usage = usage,
            StreamEvent::Cost(cost) => self.cost = Some(cost),
            StreamEvent::Extra(extra) => self.extra.extend(extra),
            StreamEvent::RateLimits(_) => {}
            StreamEvent::Restart => *self = Self { payer: self.payer.take(), ..Self::default() },
            StreamEvent::Finish(reason) => {
                self.finish = reason;
                return true;
            }
        }
        false
    }

    fn call_mut(&mut self, id: &str) -> Option<&mut ToolCall> {
        self.parts.iter_mut().rev().find_map(|part| match part {
            Part::ToolCall(call) if call.id == id => Some(call),
            _ => None,
        })
    }

    fn close(&mut self, back: Echo) {
        if let Some(
            Part::Text { echo, .. } | Part::Reasoning { echo, .. } | Part::ToolCall(ToolCall { echo, .. }),
        ) = self.parts.last_mut()
        {
            *echo = Some(back);
        }
    }
}

/// Why an answer ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The model was done.
    #[default]
    Stop,
    /// The limit of tokens or the model's window was reached; the answer is cut off.
    Length,
    /// The model waits for what its tools return.
    ToolCalls,
    /// The model declined.
    Refusal,
    /// The provider's filter stopped the answer.
    ContentFilter,
    /// The provider stopped in the middle of its own work; sending the answer back goes on.
    Pause,
    /// Something that this version does not know, in the provider's words.
    Other(String),
}

impl std::fmt::Display for FinishReason {
    /// The name that it has in JSON; the provider's own word for one that is not known.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::Refusal => "refusal",
            Self::ContentFilter => "content_filter",
            Self::Pause => "pause",
            Self::Other(reason) => reason,
        })
    }
}

/// Whose key a call was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Payer {
    /// That of the person or organisation that the run is for.
    Own,
    /// That of whoever runs the platform.
    Platform,
}
