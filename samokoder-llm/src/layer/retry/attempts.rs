//! The attempts of one call.

use std::{sync::Arc, time::Duration};

use samokoder_core::llm::{CallContext, ChatRequest, ChatStream, LlmError, LlmErrorKind, LlmProvider};

use super::Retry;
use crate::layer::{peek, wait::within};

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Attempts {
    inner: Arc<dyn LlmProvider>,
    policy: Retry,
    request: ChatRequest,
    made: u32,
    /// Whether the last attempt has brought content.
    begun: bool,
}

impl Attempts {
    pub(super) fn new(inner: Arc<dyn LlmProvider>, policy: Retry, request: ChatRequest) -> Self {
        Self { inner, policy, request, made: 0, begun: false }
    }

    /// Makes attempts until one has brought content or a finish.
    pub(super) async fn open(&mut self, call: &CallContext) -> Result<ChatStream, LlmError> {
        loop {
            (self.made, self.begun) = (self.made + 1, false);
            let opened = match self.inner.stream(self.request.clone(), call).await {
                Ok(stream) => peek::content(stream).await,
                Err(error) => Err(error),
            };
            match opened {
                Ok(stream) => {
                    self.begun = true;
                    return Ok(stream);
                }
                Err(error) => self.prepare(error, call).await?,
            }
        }
    }

    /// Makes further attempts after one that brought content and failed then.
    pub(super) async fn reopen(
        &mut self,
        error: LlmError,
        call: &CallContext,
    ) -> Result<ChatStream, LlmError> {
        self.prepare(error, call).await?;
        self.open(call).await
    }

    /// Waits for the next attempt and pays for the failed one, or gives its error back.
    async fn prepare(&self, error: LlmError, call: &CallContext) -> Result<(), LlmError> {
        if !error.is_retryable() || self.made >= self.policy.attempts {
            return Err(error);
        }
        let wait = self.policy.backoff.wait(self.made, error.retry_after);
        if let Some(asked) = error.retry_after.filter(|asked| *asked > self.policy.longest_wait) {
            return Err(not_retried(error, asked, format_args!("more than {:?}", self.policy.longest_wait)));
        }
        if call.remaining().is_some_and(|left| left <= wait) {
            return Err(not_retried(error, wait, format_args!("longer than the call's deadline allows")));
        }
        if !self.policy.allowance.take() {
            return Err(not_retried(error, wait, format_args!("and too many calls are tried again already")));
        }
        let Ok(capabilities) = self.inner.capabilities(self.request.model.name()).await else {
            return Err(error);
        };
        let worst = capabilities.worst_case(&self.request);
        // Whatever the error of an answer that had begun is, what was written of it may be billed.
        let mut failed = error.clone();
        if self.begun {
            failed.kind = LlmErrorKind::Truncated;
        }
        within(call, "the budget of a further attempt", call.book_failed(&failed, worst)).await??;
        tracing::debug!(model = %self.request.model, made = self.made, ?wait, %error, "trying again");
        within(call, "the next attempt", tokio::time::sleep(wait)).await
    }
}

fn not_retried(mut error: LlmError, wait: Duration, why: std::fmt::Arguments<'_>) -> LlmError {
    error.message = format!("{}; not tried again: the wait would be {wait:?}, {why}", error.message);
    error
}
