//! Other models and providers, for when one does not answer.

mod dearest;
mod priced;

use std::sync::Arc;

use async_trait::async_trait;
use samokoder_core::llm::{
    CallContext, ChatRequest, ChatStream, LlmError, LlmErrorKind, LlmProvider, ModelCapabilities, ModelId,
};

use self::{dearest::dearest, priced::Priced};
use super::{Layer, Place, peek, wait::within};

/// Asks other models, at this provider or others, when one does not answer.
///
/// It moves on after errors that a retry below gave up on, a missing or wrong key, used up quota and an unknown model;
/// after a request that is too long only to a model with a larger window. A request that is wrong, content that is
/// refused, an exceeded budget and a cancelled call are the same everywhere. An answer that has begun is not moved.
///
/// What a chain can do is what its first model can, at the highest price among all models: reserving the worst case
/// for it is enough whoever answers. Each answer says what it cost itself. A further model gets no more room for its
/// answer than the first one had. Every move is paid for with [`CallContext::book_failed`].
///
/// Each further provider is a stack of its own, with its own retries, limits and breaker.
///
/// ```
/// use std::sync::Arc;
///
/// use samokoder_core::llm::{InvalidModelId, LlmProvider};
/// use samokoder_llm::layer::{Fallback, Stack};
///
/// fn demo(anthropic: Arc<dyn LlmProvider>, groq: Arc<dyn LlmProvider>) -> Result<Stack, InvalidModelId> {
///     let fallback = Fallback::new()
///         .then("anthropic:claude-sonnet-5-5".parse()?, anthropic)
///         .then("groq:openai/gpt-oss-120b".parse()?, groq);
///     Ok(Stack::new().with(fallback))
/// }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Fallback {
    choices: Vec<Choice>,
}

#[derive(Debug, Clone)]
struct Choice {
    model: ModelId,
    provider: Arc<dyn LlmProvider>,
}

impl Fallback {
    /// No other models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a model that is asked when those before it did not answer.
    #[must_use]
    pub fn then(mut self, model: ModelId, provider: Arc<dyn LlmProvider>) -> Self {
        self.choices.push(Choice { model, provider });
        self
    }
}

impl Layer for Fallback {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        Arc::new(Chain { first: inner, further: self.choices.clone() })
    }

    fn place(&self) -> Place {
        Place::Fallback
    }
}

#[derive(Debug)]
struct Chain {
    first: Arc<dyn LlmProvider>,
    further: Vec<Choice>,
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl LlmProvider for Chain {
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        let mut found = self.first.capabilities(model).await;
        for choice in &self.further {
            let other = choice.provider.capabilities(choice.model.name()).await;
            match (&mut found, other) {
                (Ok(found), Ok(other)) => found.price = dearest(found.price.as_ref(), other.price.as_ref()),
                (Err(_), Ok(other)) => found = Ok(other),
                // A model that can't be asked costs nothing.
                (_, Err(_)) => {}
            }
        }
        found
    }

    async fn stream(&self, mut request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        let mut failed: Option<Failed> = None;
        let first = (&self.first, request.model.clone());
        let further = self.further.iter().map(|choice| (&choice.provider, choice.model.clone()));
        for (provider, model) in std::iter::once(first).chain(further) {
            let capabilities = match provider.capabilities(model.name()).await {
                Ok(capabilities) => capabilities,
                Err(error) => {
                    failed = Some(Failed::after(failed, &model, error, None));
                    continue;
                }
            };
            if let Some(before) = &failed {
                if !before.moves_to(&capabilities) {
                    continue;
                }
                if let Some(worst) = before.worst {
                    within(call, "the budget of a further model", call.book_failed(&before.error, worst))
                        .await??;
                }
                tracing::debug!(%model, error = %before.error, "moving on");
            }
            let room = request.max_output.unwrap_or(u64::MAX).min(capabilities.max_output);
            if failed.is_some() || request.max_output.is_some() {
                request.max_output = Some(room);
            }
            request.model = model.clone();
            let worst = capabilities.worst_case(&request);
            let attempt = provider.stream(request.clone(), call).await;
            // Whoever is asked next has no more room than this one.
            request.max_output = Some(room);
            match open(attempt).await {
                Ok(stream) => return Ok(Priced::wrap(stream, capabilities.price)),
                Err(error) => {
                    let window = capabilities.context_window;
                    failed = Some(Failed::after(failed, &model, error, Some((window, worst))));
                }
            }
            if failed.as_ref().is_some_and(|failed| failed.is_final(call)) {
                break;
            }
        }
        Err(failed.map_or_else(peek::truncated, |failed| failed.error))
    }
}

async fn open(attempt: Result<ChatStream, LlmError>) -> Result<ChatStream, LlmError> {
    peek::content(attempt?).await
}

/// The models that did not answer.
#[derive(Debug)]
struct Failed {
    error: LlmError,
    window: u64,
    /// What the last attempt may have cost; `None` if it was paid for or never made.
    worst: Option<samokoder_core::budget::Spend>,
}

impl Failed {
    fn after(
        before: Option<Self>,
        model: &ModelId,
        mut error: LlmError,
        attempt: Option<(u64, samokoder_core::budget::Spend)>,
    ) -> Self {
        let (mut window, mut worst) = (0, None);
        if let Some(before) = before {
            error.message = format!("{model}: {}; before it, {}", error.message, before.error.message);
            (window, worst) = (before.window, before.worst.filter(|_| attempt.is_none()));
        } else {
            error.message = format!("{model}: {}", error.message);
        }
        if let Some((tried, cost)) = attempt {
            (window, worst) = (tried, Some(cost));
        }
        Self { error, window, worst }
    }

    fn moves_to(&self, model: &ModelCapabilities) -> bool {
        self.error.kind != LlmErrorKind::ContextTooLong || model.context_window > self.window
    }

    /// Whether no other model is to be asked.
    fn is_final(&self, call: &CallContext) -> bool {
        let moves = self.error.is_retryable()
            || matches!(
                self.error.kind,
                LlmErrorKind::Authentication
                    | LlmErrorKind::QuotaExhausted
                    | LlmErrorKind::UnknownModel
                    | LlmErrorKind::ContextTooLong
            );
        !moves || call.cancellation.is_cancelled() || call.remaining().is_some_and(|left| left.is_zero())
    }
}
