//! Keeps secrets out of prompts and answers.

use async_trait::async_trait;
use samokoder_core::{
    llm::{CallContext, ChatRequest, ChatResponse, LlmError, Part},
    secrets::{find_secrets, remove_secrets},
};
use serde_json::Value;

use super::Hook;

/// Keeps secrets out of prompts and answers: keys of known forms, private keys, and values that look random where a
/// name says that they are a key, token or password.
///
/// A request is looked through whole: its texts, results and arguments of tools, and the variables of its prompt.
///
/// ```
/// use samokoder_llm::layer::{Guard, Secrets, Stack};
///
/// // What people write is refused with a secret in it; what models answer is let through as it comes.
/// let stack = Stack::new().with(Guard::new(Secrets::refuse().answers(false)));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Secrets {
    redacts: bool,
    answers: bool,
}

impl Secrets {
    /// Refuses what has a secret in it.
    pub fn refuse() -> Self {
        Self { redacts: false, answers: true }
    }

    /// Replaces each secret by its description: `[AWS access key removed]`.
    pub fn redact() -> Self {
        Self { redacts: true, answers: true }
    }

    /// Whether answers are looked through too, which holds each one back until it is whole.
    #[must_use]
    pub fn answers(mut self, answers: bool) -> Self {
        self.answers = answers;
        self
    }

    fn clean(self, text: &mut String) -> Result<(), LlmError> {
        let Some(found) = find_secrets(text).first().map(|secret| secret.what) else { return Ok(()) };
        if !self.redacts {
            return Err(
                self.refusal(&format!("there is a secret in it ({found}); take it out and ask again"))
            );
        }
        redact(text);
        Ok(())
    }

    fn clean_parts(self, parts: &mut [Part]) -> Result<(), LlmError> {
        for part in parts {
            match part {
                Part::Text { text, .. } | Part::Reasoning { text, .. } | Part::Refusal { text } => {
                    self.clean(text)?;
                }
                Part::ToolCall(call) => self.clean(&mut call.arguments)?,
                Part::ToolResult { content, .. } => self.clean(content)?,
                // Pictures are not read, and what a provider wants back must stay as it is.
                _ => {}
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Hook for Secrets {
    async fn before(&self, request: &mut ChatRequest, _call: &CallContext) -> Result<(), LlmError> {
        for message in &mut request.messages {
            self.clean_parts(&mut message.parts)?;
        }
        if let Some(prompt) = &mut request.prompt {
            each_text(&mut prompt.variables, &mut |text| self.clean(text))?;
        }
        Ok(())
    }

    async fn after(&self, response: &mut ChatResponse, _call: &CallContext) -> Result<(), LlmError> {
        self.clean_parts(&mut response.parts)
    }

    fn reads_answers(&self) -> bool {
        self.answers
    }
}

/// Replaces each secret in a text by its description.
fn redact(text: &mut String) {
    let found = find_secrets(text);
    if !found.is_empty() {
        *text = remove_secrets(text, &found);
    }
}

/// Replaces each secret in the texts of a JSON value by its description.
pub(in crate::layer) fn redact_value(value: &mut Value) {
    let redact = &mut |text: &mut String| {
        redact(text);
        Ok(())
    };
    // Redacting never fails.
    let _ = each_text(value, redact);
}

fn each_text(
    value: &mut Value,
    act: &mut dyn FnMut(&mut String) -> Result<(), LlmError>,
) -> Result<(), LlmError> {
    match value {
        Value::String(text) => act(text),
        Value::Array(items) => items.iter_mut().try_for_each(|item| each_text(item, act)),
        Value::Object(map) => map.values_mut().try_for_each(|item| each_text(item, act)),
        _ => Ok(()),
    }
}
