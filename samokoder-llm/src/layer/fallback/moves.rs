//! The models that one call is sent to, one after the other.

use std::sync::Arc;

use async_trait::async_trait;
use samokoder_core::llm::{CallContext, ChatRequest, LlmError, LlmProvider, ModelCapabilities, ModelId};

use super::{
    Choice,
    failed::{Failed, Tried},
    priced::priced,
};
use crate::layer::{
    answer::{Answer, truncated},
    chain::{Handle, Known},
    restart::{Reopen, as_booked},
};

/// The models that one call is sent to.
#[derive(Debug)]
pub(super) struct Moves {
    first: Handle,
    choices: Arc<Vec<Choice>>,
    /// Which is asked next; the first one is none of the choices.
    next: usize,
    request: Arc<ChatRequest>,
    /// Tokens that the answer may have, as far as that is limited.
    room: u64,
    failed: Option<Failed>,
    /// The model that answers at the moment.
    answers: Option<(ModelId, Tried)>,
}

/// Whom a request is sent to.
enum Target<'a> {
    First(&'a Handle),
    Other(&'a Arc<dyn LlmProvider>),
}

impl Moves {
    pub(super) fn new(first: Handle, choices: Arc<Vec<Choice>>, request: Arc<ChatRequest>) -> Self {
        let room = request.max_output.unwrap_or(u64::MAX);
        Self { first, choices, next: 0, request, room, failed: None, answers: None }
    }

    /// Asks one model after the other until one has brought content or a finish.
    pub(super) async fn open(&mut self, call: &CallContext) -> Result<Answer, LlmError> {
        while let Some((target, model)) = next(&mut self.next, &self.first, &self.choices, &self.request) {
            let capabilities = match target.capabilities(&model).await {
                Ok(capabilities) => capabilities,
                Err(error) => {
                    self.failed = Some(Failed::after(self.failed.take(), &model, error, None));
                    continue;
                }
            };
            if let Some(before) = &mut self.failed {
                if !before.moves_to(&capabilities) {
                    continue;
                }
                if let Some(tried) = before.attempt.take() {
                    call.book_failed(&as_booked(&before.error, tried.begun), tried.worst, &model).await?;
                }
                tracing::debug!(%model, error = %before.error, "moving on");
            }
            let is_limited = self.failed.is_some() || self.room < u64::MAX;
            // Whoever is asked next has no more room than this one.
            self.room = self.room.min(capabilities.max_output);
            address(&mut self.request, &model, is_limited.then_some(self.room));
            let worst = capabilities.worst_case(&self.request);
            let (window, price) = (capabilities.context_window, capabilities.price.clone());
            let tried = Tried { window, worst, begun: false };
            match target.open(capabilities, self.request.clone(), call).await {
                Ok(answer) => {
                    self.answers = Some((model, Tried { begun: true, ..tried }));
                    return Ok(priced(answer, price));
                }
                Err(error) => {
                    let failed = Failed::after(self.failed.take(), &model, error, Some(tried));
                    let is_final = failed.is_final(call);
                    self.failed = Some(failed);
                    if is_final {
                        break;
                    }
                }
            }
        }
        Err(self.failed.take().map_or_else(truncated, |failed| failed.error))
    }
}

#[async_trait]
impl Reopen for Moves {
    async fn reopen(&mut self, error: LlmError, call: &CallContext) -> Result<Answer, LlmError> {
        let Some((model, tried)) = self.answers.take() else { return Err(error) };
        let failed = Failed::after(self.failed.take(), &model, error, Some(tried));
        if failed.is_final(call) {
            return Err(failed.error);
        }
        self.failed = Some(failed);
        self.open(call).await
    }
}

/// Who is asked next, and for which model.
fn next<'a>(
    at: &mut usize,
    first: &'a Handle,
    choices: &'a [Choice],
    request: &ChatRequest,
) -> Option<(Target<'a>, ModelId)> {
    *at += 1;
    match at.checked_sub(2) {
        None => Some((Target::First(first), request.model.clone())),
        Some(index) => {
            let choice = choices.get(index)?;
            Some((Target::Other(&choice.provider), choice.model.clone()))
        }
    }
}

/// Makes a request one for this model. One that is for it already is not copied.
fn address(request: &mut Arc<ChatRequest>, model: &ModelId, room: Option<u64>) {
    let room = room.or(request.max_output);
    if request.model != *model || request.max_output != room {
        let request = Arc::make_mut(request);
        (request.model, request.max_output) = (model.clone(), room);
    }
}

impl Target<'_> {
    async fn capabilities(&self, model: &ModelId) -> Result<ModelCapabilities, LlmError> {
        match self {
            Self::First(below) => below.capabilities(model.name()).await,
            Self::Other(provider) => provider.capabilities(model.name()).await,
        }
    }

    async fn open(
        &self,
        capabilities: ModelCapabilities,
        request: Arc<ChatRequest>,
        call: &CallContext,
    ) -> Result<Answer, LlmError> {
        let answer = match self {
            Self::First(below) => below.below(&Known::from(capabilities)).send(request, call).await?,
            Self::Other(provider) => Answer::new(provider.stream(Arc::unwrap_or_clone(request), call).await?),
        };
        answer.begun().await
    }
}
