//! Checks of prompts and answers.

mod moderation;
mod secrets;

use std::{fmt::Debug, sync::Arc};

use async_trait::async_trait;
use futures::stream;
use samokoder_core::llm::{CallContext, ChatRequest, ChatResponse, LlmError, LlmErrorKind, LlmProvider};

pub(super) use self::secrets::redact_value;
pub use self::{moderation::Moderation, secrets::Secrets};
use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Known, Link, Linked, wrapped},
    tape::events_of,
};

/// A check of prompts and answers, which may change or refuse them.
#[async_trait]
pub trait Hook: Debug + Send + Sync {
    /// Checks a request before anything below sees it.
    ///
    /// # Errors
    /// What the caller gets instead of an answer, usually made by [`refusal`](Self::refusal).
    async fn before(&self, _request: &mut ChatRequest, _call: &CallContext) -> Result<(), LlmError> {
        Ok(())
    }

    /// Checks an answer before the caller sees any of it.
    ///
    /// # Errors
    /// What the caller gets instead of the answer. The answer is paid for all the same.
    async fn after(&self, _response: &mut ChatResponse, _call: &CallContext) -> Result<(), LlmError> {
        Ok(())
    }

    /// Whether it looks at answers. One that does holds back each answer until it is whole.
    fn reads_answers(&self) -> bool {
        true
    }

    /// The error of content that is refused for this reason.
    fn refusal(&self, reason: &str) -> LlmError {
        LlmError::new(LlmErrorKind::ContentRefused, reason)
    }
}

/// Has prompts and answers checked by a [`Hook`]: [`Secrets`], [`Moderation`], or one's own.
///
/// ```
/// use samokoder_llm::layer::{Guard, Secrets, Stack};
///
/// let stack = Stack::new().with(Guard::new(Secrets::redact()));
/// ```
#[derive(Debug, Clone)]
pub struct Guard {
    hook: Arc<dyn Hook>,
}

impl Guard {
    /// Has them checked by this hook.
    pub fn new(hook: impl Hook + 'static) -> Self {
        Self { hook: Arc::new(hook) }
    }
}

impl Layer for Guard {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(self.clone(), inner)
    }

    fn place(&self) -> Place {
        Place::Guard
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(self.clone()))
    }
}

#[async_trait]
impl Link for Guard {
    async fn send(
        &self,
        mut request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let model = request.model.clone();
        let before = self.hook.before(Arc::make_mut(&mut request), call).await;
        before.map_err(|error| error.billed(false))?;
        let anew = Known::new();
        let below = if request.model == model { below } else { below.knowing(&anew) };
        if !self.hook.reads_answers() {
            return below.send(request, call).await;
        }
        let mut response = below.send(request, call).await?.whole().await?;
        self.hook.after(&mut response, call).await.map_err(|error| error.billed(true))?;
        Ok(Answer::of(stream::iter(events_of(response).into_iter().map(Ok))))
    }
}
