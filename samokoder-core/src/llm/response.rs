//! What a model answers.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Something that happens while an answer is written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamEvent {
    /// More text of the answer.
    Text(String),
    /// Tokens used so far. A later one replaces an earlier one.
    Usage(Usage),
    /// The end of the answer.
    Finish(FinishReason),
}

/// A whole answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ChatResponse {
    /// The text.
    pub text: String,
    /// Tokens used.
    pub usage: Usage,
    /// Why it ended.
    pub finish: FinishReason,
}

impl ChatResponse {
    /// Adds what an event brings and says whether it was the last one.
    pub fn add(&mut self, event: StreamEvent) -> bool {
        match event {
            StreamEvent::Text(text) => self.text.push_str(&text),
            StreamEvent::Usage(usage) => self.usage = usage,
            StreamEvent::Finish(reason) => {
                self.finish = reason;
                return true;
            }
        }
        false
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
    /// The limit of tokens was reached; the text is cut off.
    Length,
    /// The model or its provider declined.
    Refusal,
    /// Something that this version does not know, in the provider's words.
    Other(String),
}

/// Tokens that a call used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Usage {
    /// Tokens of the request, cached ones included.
    pub input: u64,
    /// Those of `input` that were read from the provider's cache.
    pub cached_input: u64,
    /// Those of `input` that were written to it.
    pub cache_write: u64,
    /// Tokens of the answer, reasoning included.
    pub output: u64,
    /// Those of `output` that were reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// Tokens of the request and the answer.
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        self.input += other.input;
        self.cached_input += other.cached_input;
        self.cache_write += other.cache_write;
        self.output += other.output;
        self.reasoning += other.reasoning;
    }
}
