//! Asks a model whether content is acceptable.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use futures::future::BoxFuture;
use samokoder_core::llm::{
    CallContext, ChatRequest, ChatResponse, LlmError, LlmErrorKind, LlmProvider, Message, ModelId, ModelRole,
    Part, ResponseFormat,
};
use serde::Deserialize;
use serde_json::json;

use super::Hook;
use crate::layer::within;

/// What the model is told before the content.
const INSTRUCTIONS: &str = include_str!("moderation.txt");

type Ask = dyn for<'a> Fn(&'a str) -> BoxFuture<'a, Result<Option<String>, LlmError>> + Send + Sync;

/// Asks a model, or a service for moderation, whether what people write and models answer is acceptable.
///
/// What is not is [`ContentRefused`](LlmErrorKind::ContentRefused), with the reason given. A check that fails lets
/// nothing pass: its error is the call's. A request is checked by its last turn: those before it were checked when
/// they were the last ones.
///
/// ```
/// use std::sync::Arc;
///
/// use samokoder_core::llm::{InvalidModelId, LlmProvider};
/// use samokoder_llm::layer::{Guard, Moderation, Stack};
///
/// fn demo(provider: Arc<dyn LlmProvider>) -> Result<Stack, InvalidModelId> {
///     let policy = "No instructions for building weapons.";
///     let moderation = Moderation::by_model(provider, "groq:openai/gpt-oss-20b".parse()?, policy);
///     Ok(Stack::new().with(Guard::new(moderation.answers(false))))
/// }
/// ```
pub struct Moderation {
    judge: Judge,
    answers: bool,
}

enum Judge {
    Model { provider: Arc<dyn LlmProvider>, model: ModelId, policy: String },
    Service(Box<Ask>),
}

impl Moderation {
    /// Asks this model, which is told the policy. Its calls are paid from the budget of the call that is checked.
    pub fn by_model(provider: Arc<dyn LlmProvider>, model: ModelId, policy: impl Into<String>) -> Self {
        Self { judge: Judge::Model { provider, model, policy: policy.into() }, answers: true }
    }

    /// Asks a service: a function from a text to the reason why it is not acceptable, if it is not.
    pub fn by(
        ask: impl for<'a> Fn(&'a str) -> BoxFuture<'a, Result<Option<String>, LlmError>> + Send + Sync + 'static,
    ) -> Self {
        Self { judge: Judge::Service(Box::new(ask)), answers: true }
    }

    /// Whether answers are checked too, which holds each one back until it is whole.
    #[must_use]
    pub fn answers(mut self, answers: bool) -> Self {
        self.answers = answers;
        self
    }

    async fn check(&self, text: &str, call: &CallContext) -> Result<(), LlmError> {
        if text.trim().is_empty() {
            return Ok(());
        }
        let reason = match &self.judge {
            Judge::Service(ask) => within(call, "the moderation", ask(text)).await??,
            Judge::Model { provider, model, policy } => judge(&**provider, model, policy, text, call).await?,
        };
        reason.map_or(Ok(()), |reason| Err(self.refusal(&reason)))
    }
}

impl fmt::Debug for Moderation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let judge = match &self.judge {
            Judge::Model { model, .. } => model.to_string(),
            Judge::Service(_) => "a service".into(),
        };
        f.debug_struct("Moderation").field("judge", &judge).field("answers", &self.answers).finish()
    }
}

#[async_trait]
impl Hook for Moderation {
    async fn before(&self, request: &mut ChatRequest, call: &CallContext) -> Result<(), LlmError> {
        let last = request.messages.last().map_or(&[][..], |message| &message.parts);
        self.check(&text_of(last), call).await
    }

    async fn after(&self, response: &mut ChatResponse, call: &CallContext) -> Result<(), LlmError> {
        self.check(&text_of(&response.parts), call).await
    }

    fn reads_answers(&self) -> bool {
        self.answers
    }
}

fn text_of(parts: &[Part]) -> String {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text { text, .. } | Part::Refusal { text } => Some(text.as_str()),
        Part::ToolCall(call) => Some(call.arguments.as_str()),
        Part::ToolResult { content, .. } => Some(content.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// What the model answers.
#[derive(Debug, Deserialize)]
struct Judgement {
    acceptable: bool,
    #[serde(default)]
    reason: String,
}

async fn judge(
    provider: &dyn LlmProvider,
    model: &ModelId,
    policy: &str,
    text: &str,
    call: &CallContext,
) -> Result<Option<String>, LlmError> {
    let rules = format!("{}\n{policy}\n", INSTRUCTIONS.trim_end());
    let messages = vec![Message::new(ModelRole::System, rules), Message::new(ModelRole::User, text)];
    let mut request = ChatRequest::new(model.clone(), messages).max_output(1_000);
    request.response_format = ResponseFormat::JsonSchema {
        name: "judgement".into(),
        schema: json!({
            "type": "object",
            "properties": {"acceptable": {"type": "boolean"}, "reason": {"type": "string"}},
            "required": ["acceptable", "reason"],
            "additionalProperties": false,
        }),
    };
    let answer = call.complete_beside(provider, request).await?;
    let text = answer.text();
    let judgement: Judgement = serde_json::from_str(text.trim()).map_err(|error| {
        let message = format!("{model} did not answer as a moderator must: {error}");
        LlmError::new(LlmErrorKind::Malformed, message)
    })?;
    Ok((!judgement.acceptable).then_some(judgement.reason))
}
