//! What a request asks, the same whichever protocol it came in.

use serde_json::Value;

use super::{
    Protocol,
    script::{Reply, Usage},
    tokens,
};

/// What a request asks.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) protocol: Protocol,
    /// Whose it is among the providers that speak the protocol, as recordings name them.
    pub(crate) provider: &'static str,
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) messages: Vec<Message>,
    pub(crate) tools: Vec<Tool>,
    /// The JSON schema that the answer must have.
    pub(crate) schema: Option<Value>,
    /// The whole request.
    pub(crate) body: Value,
}

/// A message as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) role: String,
    pub(crate) text: String,
}

/// A tool that may be called.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) parameters: Value,
}

/// A question with its answer: what a response is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn<'a> {
    /// The number of the request, of which ids are made.
    pub(crate) number: u64,
    pub(crate) question: &'a Question,
    pub(crate) reply: &'a Reply,
    pub(crate) spent: Spent,
}

/// Tokens of a request and its answer, all of them known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    /// Cache reads and writes among them.
    pub(crate) input: u64,
    pub(crate) output: u64,
    pub(crate) cached: u64,
    pub(crate) cache_write: u64,
    pub(crate) reasoning: u64,
}

impl Question {
    /// The text of the last message of the user; empty if there is none.
    pub(crate) fn last_user_text(&self) -> &str {
        let last = self.messages.iter().rfind(|message| message.role == "user");
        last.map_or("", |message| message.text.as_str())
    }

    /// Its tokens.
    pub(crate) fn count(&self) -> u64 {
        let texts = self.messages.iter().map(|message| tokens::count(&message.text)).sum::<u64>();
        let tools = self.tools.iter().map(|tool| tokens::count(&tool.parameters.to_string())).sum::<u64>();
        texts + tools
    }

    /// A field of the request, `null` if it has none.
    pub(crate) fn field(&self, name: &str) -> Value {
        self.body.get(name).cloned().unwrap_or_default()
    }
}

impl Message {
    pub(crate) fn new(role: impl Into<String>, text: impl Into<String>) -> Self {
        Self { role: role.into(), text: text.into() }
    }
}

impl<'a> Turn<'a> {
    pub(crate) fn new(number: u64, question: &'a Question, reply: &'a Reply) -> Self {
        Self { number, question, reply, spent: Spent::of(question, reply) }
    }

    /// An id that is the same in every run.
    pub(crate) fn id(&self, prefix: &str) -> String {
        format!("{prefix}mock{:06}", self.number)
    }

    /// The id of a part of the answer.
    pub(crate) fn part_id(&self, prefix: &str, nth: usize) -> String {
        format!("{prefix}mock{:06}{nth:02}", self.number)
    }

    /// The id of a call of a tool.
    pub(crate) fn call_id(&self, prefix: &str, nth: usize) -> String {
        let given = self.reply.tool_calls.get(nth).and_then(|call| call.id.clone());
        given.unwrap_or_else(|| self.part_id(prefix, nth))
    }

    /// Seconds since 1970 at which the answer was made: a second for each request from the start of 2026.
    pub(crate) fn created(&self) -> u64 {
        1_767_225_600 + self.number
    }
}

impl Spent {
    fn of(question: &Question, reply: &Reply) -> Self {
        let given = reply.usage.unwrap_or_default();
        let reasoning = given.reasoning_tokens.unwrap_or_else(|| tokens::count(&reply.reasoning));
        Self {
            input: given.input_tokens.unwrap_or_else(|| count_prompt(question, given)),
            output: given.output_tokens.unwrap_or_else(|| reasoning + count_answer(reply)),
            cached: given.cached_tokens,
            cache_write: given.cache_write_tokens,
            reasoning,
        }
    }

    pub(crate) fn total(self) -> u64 {
        self.input + self.output
    }

    /// The prompt without what came from a cache or went into one.
    pub(crate) fn fresh(self) -> u64 {
        self.input.saturating_sub(self.cached + self.cache_write)
    }
}

fn count_prompt(question: &Question, given: Usage) -> u64 {
    question.count().max(given.cached_tokens + given.cache_write_tokens)
}

fn count_answer(reply: &Reply) -> u64 {
    let calls = reply.tool_calls.iter().map(|call| tokens::count(&call.argument_text())).sum::<u64>();
    tokens::count(&reply.text) + calls
}
