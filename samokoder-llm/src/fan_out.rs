//! Many independent requests at once.

use std::{pin::pin, sync::Arc};

use futures::{StreamExt as _, stream::FuturesUnordered};
use samokoder_core::llm::{
    CallContext, ChatRequest, ChatResponse, LlmError, LlmErrorKind, LlmProvider, LlmProviderExt as _,
};

/// Sends many independent requests, some at a time.
///
/// Each one comes to its own end: a failure of one is reported in its place and the others go on.
///
/// ```
/// use std::sync::Arc;
///
/// use samokoder_core::llm::{CallContext, ChatRequest, LlmProvider};
/// use samokoder_llm::fan_out::FanOut;
///
/// async fn ask(provider: Arc<dyn LlmProvider>, requests: Vec<ChatRequest>) -> usize {
///     let answers = FanOut::new(provider, 16).stop_on_fatal(true).send(requests, &CallContext::default()).await;
///     answers.iter().filter(|answer| answer.is_ok()).count()
/// }
/// ```
#[derive(Debug, Clone)]
pub struct FanOut {
    provider: Arc<dyn LlmProvider>,
    at_once: usize,
    stop_on_fatal: bool,
}

impl FanOut {
    /// Sends to `provider`, at most `at_once` requests at a time; zero is taken for one.
    pub fn new(provider: Arc<dyn LlmProvider>, at_once: usize) -> Self {
        Self { provider, at_once: at_once.max(1), stop_on_fatal: false }
    }

    /// Sends no more after an error that every further request would meet too: used up quota, a missing or wrong key,
    /// an exceeded budget. What is under way is waited for: it may be paid for already.
    #[must_use]
    pub fn stop_on_fatal(mut self, stop: bool) -> Self {
        self.stop_on_fatal = stop;
        self
    }

    /// Sends the requests and returns what came of each, in their order. Those that were not sent, and those that were
    /// under way when the call was cancelled, are [`LlmErrorKind::Cancelled`].
    ///
    /// # Cancel safety
    /// Dropping the future, or cancelling the call, cancels what is under way and sends no more.
    pub async fn send(
        &self,
        requests: impl IntoIterator<Item = ChatRequest, IntoIter: Send>,
        call: &CallContext,
    ) -> Vec<Result<ChatResponse, LlmError>> {
        let mut waiting = requests.into_iter().enumerate();
        let mut answers: Vec<Option<Result<ChatResponse, LlmError>>> = Vec::new();
        let mut under_way = FuturesUnordered::new();
        let mut stopped: Option<String> = None;
        let mut cancelled = pin!(call.cancellation.cancelled());
        loop {
            while stopped.is_none()
                && under_way.len() < self.at_once
                && let Some((index, request)) = waiting.next()
            {
                answers.push(None);
                under_way.push(async move { (index, self.provider.complete(request, call).await) });
            }
            let (index, answer) = tokio::select! {
                biased;
                () = &mut cancelled => {
                    stopped = Some("nobody waits for the answers any more".into());
                    break;
                }
                answer = under_way.next() => match answer {
                    Some(answer) => answer,
                    None => break,
                },
            };
            if let Err(error) = &answer
                && self.stop_on_fatal
                && is_fatal(error)
            {
                stopped.get_or_insert_with(|| format!("not sent, as an earlier request failed: {error}"));
            }
            if let Some(place) = answers.get_mut(index) {
                *place = Some(answer);
            }
        }
        drop(under_way);
        answers.extend(waiting.map(|_| None));
        let why = stopped.unwrap_or_default();
        let missing = || Err(LlmError::new(LlmErrorKind::Cancelled, why.clone()));
        answers.into_iter().map(|answer| answer.unwrap_or_else(missing)).collect()
    }
}

fn is_fatal(error: &LlmError) -> bool {
    matches!(
        error.kind,
        LlmErrorKind::QuotaExhausted | LlmErrorKind::Authentication | LlmErrorKind::BudgetExceeded
    )
}
