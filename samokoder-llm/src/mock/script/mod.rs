//! What the server answers, as data.

mod access;
mod choice;
mod fault;
mod latency;
mod reply;

use serde::{Deserialize, Serialize};

pub use access::Access;
pub(crate) use choice::Choice;
pub use fault::{Fault, Trouble};
pub use latency::Latency;
pub use reply::{FinishReason, Reply, ToolCall, Usage};

use super::Protocol;

/// What the server answers: the reply of the first rule that fits, else the next of the list, else the default.
///
/// As JSON:
///
/// ```
/// # use samokoder_llm::mock::Script;
/// let script = Script::from_json(r#"{
///   "access": {"keys": ["sk-test"], "models": ["gpt-6-sol"]},
///   "latency": {"first_byte_ms": 300, "per_token_ms": 20},
///   "rules": [
///     {"when": {"contains": "weather", "call": 1}, "reply": {"fault": {"kind": "rate_limit", "retry_after_ms": 1500}}},
///     {"when": {"contains": "weather"}, "times": 1,
///      "reply": {"tool_calls": [{"name": "weather", "arguments": {"city": "Oslo"}}]}}
///   ],
///   "replies": [{"text": "First."}, {"text": "Second.", "reasoning": "One went before."}],
///   "default": {"reply": {"text": "Enough."}}
/// }"#)?;
/// assert_eq!(script.replies.len(), 2);
/// # Ok::<(), samokoder_llm::mock::ScriptError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Script {
    /// Which keys and models are accepted.
    pub access: Access,
    /// How slow an answer is, where its reply says nothing else.
    pub latency: Latency,
    /// Tried in order before the list.
    pub rules: Vec<Rule>,
    /// Given one after another, in the order in which requests arrive.
    pub replies: Vec<Reply>,
    /// The answer when no rule fits and the list is used up.
    #[serde(rename = "default")]
    pub fallback: Fallback,
}

/// A reply to the requests that fit.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rule {
    /// Which requests it is for.
    pub when: When,
    /// How many requests it answers, if not all.
    pub times: Option<u64>,
    /// The answer.
    pub reply: Reply,
}

/// Which requests a rule is for: those of which everything given here is true.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The protocol.
    pub protocol: Option<Protocol>,
    /// The whole name of the model.
    pub model: Option<String>,
    /// A part of the last message of the user.
    pub contains: Option<String>,
    /// The number of the request among all that asked for an answer and passed the checks, counted from 1.
    pub call: Option<u64>,
}

/// The answer when nothing else is left to answer with.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fallback {
    /// The text of the last message of the user.
    #[default]
    Echo,
    /// This reply.
    Reply(Box<Reply>),
}

/// A script that can't be read.
#[derive(Debug, thiserror::Error)]
#[error("the script is not one: {0}")]
pub struct ScriptError(#[from] serde_json::Error);

impl Script {
    /// Reads a script from JSON.
    ///
    /// # Errors
    /// With line and column, when it is not JSON or has a field that no script has.
    pub fn from_json(json: &str) -> Result<Self, ScriptError> {
        Ok(serde_json::from_str(json)?)
    }

    /// Adds a reply to the end of the list.
    #[must_use]
    pub fn then(mut self, reply: Reply) -> Self {
        self.replies.push(reply);
        self
    }

    /// Adds a rule after those that are there.
    #[must_use]
    pub fn when(mut self, when: When, reply: Reply) -> Self {
        self.rules.push(Rule { when, times: None, reply });
        self
    }

    /// Sets the answer to all that nothing else fits.
    #[must_use]
    pub fn otherwise(mut self, reply: Reply) -> Self {
        self.fallback = Fallback::Reply(Box::new(reply));
        self
    }

    /// Sets how slow answers are.
    #[must_use]
    pub fn with_latency(mut self, latency: Latency) -> Self {
        self.latency = latency;
        self
    }

    /// Sets which keys and models are accepted.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }
}
