//! Further attempts after a failure.

mod allowance;
mod attempts;
mod backoff;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use samokoder_core::llm::{CallContext, ChatRequest, LlmError, LlmProvider};

use self::{allowance::Allowance, attempts::Attempts, backoff::Backoff};
use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
    restart::Restarting,
};

/// Tries again what may succeed later.
///
/// - It waits as long as the provider asks, and else a random time up to a bound that doubles with each attempt
///   ([full jitter](https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/)). A wait that is too
///   long, or would end after the call's deadline, gives the error back at once and names the wait.
/// - Every further attempt is paid for with [`CallContext::book_failed`]. Errors of quota and budget are never retried.
/// - All calls together may make one further attempt for every five calls, and a few at once
///   ([`shared`](Self::shared)): a provider that is down does not get several times the load.
/// - An answer that fails before its first content is tried again unnoticed. One that fails later is only with
///   [`mid_stream`](Self::mid_stream), and a [`Restart`](samokoder_core::llm::StreamEvent::Restart) says so.
///
/// ```
/// use std::time::Duration;
///
/// use samokoder_llm::layer::{Retry, Stack};
///
/// let retry = Retry::default().attempts(5).longest_wait(Duration::from_secs(30));
/// let stack = Stack::new().with(retry);
/// ```
#[derive(Debug, Clone)]
pub struct Retry {
    attempts: u32,
    backoff: Backoff,
    longest_wait: Duration,
    mid_stream: bool,
    allowance: Arc<Allowance>,
}

impl Default for Retry {
    /// Three attempts, up to half a second and up to one second apart, and waits of up to a minute that a provider
    /// asks for: most limits are per minute.
    fn default() -> Self {
        Self {
            attempts: 3,
            backoff: Backoff::default(),
            longest_wait: Duration::from_mins(1),
            mid_stream: false,
            allowance: Arc::new(Allowance::new(20, 10)),
        }
    }
}

impl Retry {
    /// Limits the attempts of one call, the first one included.
    #[must_use]
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets how long the first wait may be when the provider names none, and how long any such wait may get.
    #[must_use]
    pub fn backoff(mut self, first: Duration, longest: Duration) -> Self {
        self.backoff.first = first;
        self.backoff.longest = longest;
        self
    }

    /// Limits the wait that a provider may ask for.
    #[must_use]
    pub fn longest_wait(mut self, longest: Duration) -> Self {
        self.longest_wait = longest;
        self
    }

    /// Tries again after a part of the answer has come, too.
    #[must_use]
    pub fn mid_stream(mut self, mid_stream: bool) -> Self {
        self.mid_stream = mid_stream;
        self
    }

    /// Limits the further attempts of all calls together to `percent` of the calls, and to `burst` at once when there
    /// were none for a while.
    #[must_use]
    pub fn shared(mut self, percent: u32, burst: u32) -> Self {
        self.allowance = Arc::new(Allowance::new(percent, burst));
        self
    }

    /// Makes the random waits repeatable.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.backoff.seed(seed);
        self
    }
}

impl Layer for Retry {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(self.clone(), inner)
    }

    fn place(&self) -> Place {
        Place::Retry
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(self.clone()))
    }
}

#[async_trait]
impl Link for Retry {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        self.allowance.call();
        let mut attempts = Attempts::new(below, self.clone(), request);
        let answer = attempts.open(call).await?;
        if !self.mid_stream {
            return Ok(answer);
        }
        Ok(Answer::of(Restarting::new(answer, attempts, call.clone())))
    }
}
