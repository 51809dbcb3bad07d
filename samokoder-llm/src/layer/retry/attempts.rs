//! The attempts of one call.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use samokoder_core::llm::{CallContext, ChatRequest, LlmError};

use super::Retry;
use crate::layer::{
    answer::Answer,
    chain::{Below, Handle, Known},
    restart::{Reopen, as_booked},
    wait::within,
};

/// The attempts of one call.
#[derive(Debug)]
pub(super) struct Attempts {
    below: Handle,
    known: Known,
    policy: Retry,
    request: Arc<ChatRequest>,
    made: u32,
    /// Whether the last attempt has brought content.
    begun: bool,
}

impl Attempts {
    pub(super) fn new(below: Below<'_>, policy: Retry, request: Arc<ChatRequest>) -> Self {
        Self { below: below.handle(), known: below.known().clone(), policy, request, made: 0, begun: false }
    }

    /// Makes attempts until one has brought content or a finish.
    pub(super) async fn open(&mut self, call: &CallContext) -> Result<Answer, LlmError> {
        loop {
            (self.made, self.begun) = (self.made + 1, false);
            let opened = match self.below.below(&self.known).send(self.request.clone(), call).await {
                Ok(answer) => answer.begun().await,
                Err(error) => Err(error),
            };
            match opened {
                Ok(answer) => {
                    self.begun = true;
                    return Ok(answer);
                }
                Err(error) => self.prepare(error, call).await?,
            }
        }
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
        let below = self.below.below(&self.known);
        let Ok(capabilities) = below.capabilities(self.request.model.name()).await else {
            return Err(error);
        };
        let worst = capabilities.worst_case(&self.request);
        call.book_failed(&as_booked(&error, self.begun), worst, &self.request.model).await?;
        tracing::debug!(model = %self.request.model, made = self.made, ?wait, %error, "trying again");
        within(call, "the next attempt", tokio::time::sleep(wait)).await
    }
}

#[async_trait]
impl Reopen for Attempts {
    async fn reopen(&mut self, error: LlmError, call: &CallContext) -> Result<Answer, LlmError> {
        self.prepare(error, call).await?;
        self.open(call).await
    }
}

fn not_retried(mut error: LlmError, wait: Duration, why: std::fmt::Arguments<'_>) -> LlmError {
    error.message = format!("{}; not tried again: the wait would be {wait:?}, {why}", error.message);
    error
}
