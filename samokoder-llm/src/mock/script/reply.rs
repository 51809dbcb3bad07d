//! One answer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Fault, Latency};

/// One answer, the same whichever protocol it is asked in.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reply {
    /// What the model says.
    pub text: String,
    /// What it thought before: a reasoning summary, a thinking block, `reasoning_content`.
    pub reasoning: String,
    /// Which tools it calls.
    pub tool_calls: Vec<ToolCall>,
    /// Whether the arguments of several calls are streamed by turns and not one call after another. Only Chat
    /// Completions allows it, and OpenAI's own Python client can't put such a stream together.
    pub interleaved: bool,
    /// What it cost. What is not given is counted in the pieces that the server streams, which no real tokenizer does.
    pub usage: Option<Usage>,
    /// Why it ends; if not given, because it is complete.
    pub finish_reason: Option<FinishReason>,
    /// Headers beside the usual ones.
    pub headers: BTreeMap<String, String>,
    /// How slow it is, if not like the others of the script.
    pub latency: Option<Latency>,
    /// What goes wrong.
    pub fault: Option<Fault>,
}

/// A call of a tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolCall {
    /// Its id; if not given, one made of the numbers of the request and the call.
    #[serde(default)]
    pub id: Option<String>,
    /// The tool.
    pub name: String,
    /// The arguments: an object, or a string that is sent as it is, so that it need not be JSON.
    #[serde(default)]
    pub arguments: Value,
}

/// Tokens of a request and its answer. What is not given is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    /// Of the prompt, what came from a cache or went into one among them.
    pub input_tokens: Option<u64>,
    /// Of the answer, reasoning among them.
    pub output_tokens: Option<u64>,
    /// Of the prompt, read from a cache.
    pub cached_tokens: u64,
    /// Of the prompt, written to a cache.
    pub cache_write_tokens: u64,
    /// Of the answer, reasoning; if not given, the pieces of the reply's reasoning.
    pub reasoning_tokens: Option<u64>,
}

/// Why an answer ends, in each protocol's own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// It is complete.
    Stop,
    /// The limit of tokens.
    Length,
    /// Tools are to be called.
    ToolCalls,
    /// The provider held it back: a filter, or a refusal.
    ContentFilter,
    /// Sent as it is.
    #[serde(untagged)]
    Other(String),
}

impl Reply {
    /// A reply that is text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A reply that is a call of a tool.
    pub fn tool_call(name: impl Into<String>, arguments: Value) -> Self {
        Self::default().calling(name, arguments)
    }

    /// A reply that is nothing but a fault.
    pub fn fault(fault: Fault) -> Self {
        Self::default().failing(fault)
    }

    /// Adds a call of a tool.
    #[must_use]
    pub fn calling(mut self, name: impl Into<String>, arguments: Value) -> Self {
        self.tool_calls.push(ToolCall { id: None, name: name.into(), arguments });
        self
    }

    /// Sets what the model thought before.
    #[must_use]
    pub fn thinking(mut self, reasoning: impl Into<String>) -> Self {
        self.reasoning = reasoning.into();
        self
    }

    /// Sets what it cost.
    #[must_use]
    pub fn costing(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }

    /// Sets why it ends.
    #[must_use]
    pub fn ending(mut self, reason: FinishReason) -> Self {
        self.finish_reason = Some(reason);
        self
    }

    /// Sets how slow it is.
    #[must_use]
    pub fn after(mut self, latency: Latency) -> Self {
        self.latency = Some(latency);
        self
    }

    /// Sets what goes wrong.
    #[must_use]
    pub fn failing(mut self, fault: Fault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Why it ends.
    pub(crate) fn finish(&self) -> FinishReason {
        let complete = if self.tool_calls.is_empty() { FinishReason::Stop } else { FinishReason::ToolCalls };
        self.finish_reason.clone().unwrap_or(complete)
    }
}

impl ToolCall {
    /// The arguments as the text that a model writes.
    pub(crate) fn argument_text(&self) -> String {
        match &self.arguments {
            Value::Null => "{}".to_owned(),
            Value::String(text) => text.clone(),
            arguments => arguments.to_string(),
        }
    }

    /// The arguments as a value; an empty object if they are not JSON.
    pub(crate) fn argument_value(&self) -> Value {
        serde_json::from_str(&self.argument_text()).unwrap_or_else(|_| Value::Object(serde_json::Map::new()))
    }
}
