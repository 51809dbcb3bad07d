//! The models that did not answer.

use samokoder_core::{
    budget::Spend,
    llm::{CallContext, LlmError, LlmErrorKind, ModelCapabilities, ModelId},
};

/// The models that did not answer.
#[derive(Debug)]
pub(super) struct Failed {
    /// That of the last one, in the words of all.
    pub(super) error: LlmError,
    /// What the last attempt came to; `None` if it was paid for or never made.
    pub(super) attempt: Option<Tried>,
    window: u64,
}

/// An attempt at a model.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tried {
    /// Tokens of the model's window.
    pub(super) window: u64,
    /// The most that it may have cost.
    pub(super) worst: Spend,
    /// Whether it brought content.
    pub(super) begun: bool,
}

impl Failed {
    /// Adds a model that failed, at an attempt or before there was one.
    pub(super) fn after(
        before: Option<Self>,
        model: &ModelId,
        mut error: LlmError,
        attempt: Option<Tried>,
    ) -> Self {
        error.message = match &before {
            Some(before) => format!("{model}: {}; before it, {}", error.message, before.error.message),
            None => format!("{model}: {}", error.message),
        };
        let window = before.as_ref().map_or(0, |before| before.window);
        let window = attempt.map_or(window, |tried| tried.window);
        Self { error, window, attempt: attempt.or_else(|| before?.attempt) }
    }

    pub(super) fn moves_to(&self, model: &ModelCapabilities) -> bool {
        self.error.kind != LlmErrorKind::ContextTooLong || model.context_window > self.window
    }

    /// Whether no other model is to be asked.
    pub(super) fn is_final(&self, call: &CallContext) -> bool {
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
