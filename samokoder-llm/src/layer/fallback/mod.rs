//! Other models and providers, for when one does not answer.

mod dearest;
mod failed;
mod moves;
mod priced;

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use samokoder_core::llm::{CallContext, ChatRequest, LlmError, LlmProvider, ModelCapabilities, ModelId};

use self::{dearest::dearest, moves::Moves};
use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Handle, Link, Linked, wrapped},
    restart::Restarting,
};

/// Asks other models, at this provider or others, when one does not answer.
///
/// It moves on after errors that a retry below gave up on, a missing or wrong key, used up quota and an unknown model;
/// after a request that is too long only to a model with a larger window. A request that is wrong, content that is
/// refused, an exceeded budget and a cancelled call are the same everywhere.
///
/// An answer that fails before its first content is moved unnoticed. One that fails later is only with
/// [`mid_stream`](Self::mid_stream), when the attempts below are used up, and a
/// [`Restart`](samokoder_core::llm::StreamEvent::Restart) says so.
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
    choices: Arc<Vec<Choice>>,
    mid_stream: bool,
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
        Arc::make_mut(&mut self.choices).push(Choice { model, provider });
        self
    }

    /// Moves on after a part of the answer has come, too.
    #[must_use]
    pub fn mid_stream(mut self, mid_stream: bool) -> Self {
        self.mid_stream = mid_stream;
        self
    }
}

impl Layer for Fallback {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(self.clone(), inner)
    }

    fn place(&self) -> Place {
        Place::Fallback
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(self.clone()))
    }
}

#[async_trait]
impl Link for Fallback {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let mut moves = Moves::new(below.handle(), self.choices.clone(), request);
        let answer = moves.open(call).await?;
        if !self.mid_stream {
            return Ok(answer);
        }
        Ok(Answer::of(Restarting::new(answer, moves, call.clone())))
    }

    fn capabilities<'a>(
        &'a self,
        model: &'a str,
        below: &dyn Fn() -> Handle,
    ) -> Option<BoxFuture<'a, Result<ModelCapabilities, LlmError>>> {
        let first = below();
        Some(Box::pin(async move {
            let mut found = first.capabilities(model).await;
            for choice in &*self.choices {
                let other = choice.provider.capabilities(choice.model.name()).await;
                match (&mut found, other) {
                    (Ok(found), Ok(other)) => {
                        found.price = dearest(found.price.as_ref(), other.price.as_ref());
                    }
                    (Err(_), Ok(other)) => found = Ok(other),
                    // A model that can't be asked costs nothing.
                    (_, Err(_)) => {}
                }
            }
            found
        }))
    }
}
