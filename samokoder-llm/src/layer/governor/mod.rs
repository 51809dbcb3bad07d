//! How many requests and tokens a minute has.

mod allowed;
mod queue;
mod window;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use samokoder_core::llm::{
    CallContext, ChatRequest, LlmError, LlmErrorKind, LlmProvider, ModelId, StreamEvent, Usage,
};

use self::queue::{Grant, Queue};
use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
    watch::{Outcome, Watch},
};

/// How much is sent to one model at one provider in a window of time. What is absent is unlimited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// Requests.
    pub requests: Option<u64>,
    /// Tokens of requests and answers.
    pub tokens: Option<u64>,
    /// The window's length.
    pub window: Duration,
}

impl Default for Rate {
    /// No limits; a minute, as providers count.
    fn default() -> Self {
        Self { requests: None, tokens: None, window: Duration::from_mins(1) }
    }
}

impl Rate {
    /// Limits the requests.
    #[must_use]
    pub fn requests(mut self, limit: u64) -> Self {
        self.requests = Some(limit.max(1));
        self
    }

    /// Limits the tokens.
    #[must_use]
    pub fn tokens(mut self, limit: u64) -> Self {
        self.tokens = Some(limit.max(1));
        self
    }

    /// Sets the window. A provider that spreads its limit over the minute wants a short one with a part of the limit.
    #[must_use]
    pub fn window(mut self, window: Duration) -> Self {
        self.window = window;
        self
    }
}

/// Sends no more requests and tokens to a model than a [`Rate`] and its provider allow.
///
/// The rate is kept exactly: every grant is logged for the length of the window. **In no interval of that length are
/// more requests granted than the limit, and the calls granted in it use no more tokens than the limit**, wherever the
/// interval begins, as long as no call uses more than was reserved for it. A token bucket would let up to twice the
/// limit pass around a full one.
///
/// A call reserves its worst case in tokens (or what [`expected_output`](Self::expected_output) says) and keeps what
/// it really used; the rest comes back at once, also when its stream is dropped. A call that used more than was
/// reserved keeps that from the calls that follow. One whose estimate is more than the limit waits for an empty
/// window and goes alone.
///
/// What providers say they still allow is kept to as well: their `remaining`, which is taken to fill up evenly until
/// `reset`, and the wait that comes with "slow down". It can only make calls wait longer.
///
/// Calls are granted in the order in which they came, each model by itself, and wait until their deadline.
///
/// ```
/// use samokoder_llm::layer::{Governor, Rate, Stack};
///
/// let governor = Governor::new(Rate::default().requests(50).tokens(30_000));
/// let stack = Stack::new().with(governor);
/// ```
#[derive(Debug, Clone)]
pub struct Governor {
    rate: Rate,
    of_models: BTreeMap<ModelId, Rate>,
    expected_output: Option<u64>,
    longest_wait: Option<Duration>,
    queues: Arc<Mutex<BTreeMap<ModelId, Arc<Queue>>>>,
}

impl Governor {
    /// This rate for each model by itself.
    pub fn new(rate: Rate) -> Self {
        Self {
            rate,
            of_models: BTreeMap::new(),
            expected_output: None,
            longest_wait: None,
            queues: Arc::default(),
        }
    }

    /// Another rate for one model.
    #[must_use]
    pub fn model(mut self, model: ModelId, rate: Rate) -> Self {
        self.of_models.insert(model, rate);
        self
    }

    /// Reserves this many tokens for an answer instead of the most that it may have: more calls at a time, at the risk
    /// that long answers use more than was reserved.
    #[must_use]
    pub fn expected_output(mut self, tokens: u64) -> Self {
        self.expected_output = Some(tokens);
        self
    }

    /// Refuses a call after this long instead of at its deadline, so that it can go elsewhere.
    #[must_use]
    pub fn longest_wait(mut self, wait: Duration) -> Self {
        self.longest_wait = Some(wait);
        self
    }

    fn queue(&self, model: &ModelId) -> Arc<Queue> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(queue) = queues.get(model) {
            return queue.clone();
        }
        let rate = self.of_models.get(model).copied().unwrap_or(self.rate);
        queues.entry(model.clone()).or_insert(Arc::new(Queue::new(rate))).clone()
    }
}

impl Layer for Governor {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(self.clone(), inner)
    }

    fn place(&self) -> Place {
        Place::Governor
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(self.clone()))
    }
}

#[async_trait]
impl Link for Governor {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let input = request.estimate_tokens();
        let capabilities = below.capabilities(request.model.name()).await?;
        let most = request.max_output.unwrap_or(capabilities.max_output);
        let output = self.expected_output.map_or(most, |expected| expected.min(most));
        let queue = self.queue(&request.model);
        let tokens = input.saturating_add(output);
        let grant = queue.grant(tokens, &request.model, self.longest_wait, call).await?;
        let account = Account { grant, input, usage: None, written: 0 };
        below.watched(request, call, account).await
    }
}

/// What a granted call used so far.
#[derive(Debug)]
struct Account {
    grant: Grant,
    input: u64,
    usage: Option<Usage>,
    /// Bytes of the answer.
    written: usize,
}

impl Account {
    /// An upper estimate of what was used of an answer that did not get to its end.
    fn estimate(&self) -> u64 {
        let written = self.input.saturating_add(self.written.div_ceil(2) as u64);
        self.usage.map_or(written, |usage| usage.total().max(written))
    }
}

impl Watch for Account {
    fn event(&mut self, event: &StreamEvent) {
        match event {
            StreamEvent::Text(piece) | StreamEvent::Reasoning(piece) | StreamEvent::Refusal(piece) => {
                self.written += piece.len();
            }
            StreamEvent::ToolCall(tool) => self.written += tool.name.len() + tool.arguments.len(),
            StreamEvent::ToolArguments { json, .. } => self.written += json.len(),
            StreamEvent::Usage(usage) => self.usage = Some(*usage),
            StreamEvent::RateLimits(limits) => self.grant.told(limits),
            _ => {}
        }
    }

    fn end(&mut self, outcome: Outcome<'_>) -> Result<(), LlmError> {
        match outcome {
            // Without an account of the usage the whole reservation stays.
            Outcome::Finished(_) => {
                if let Some(usage) = self.usage {
                    self.grant.settle(usage.total());
                }
            }
            Outcome::Failed(error) => {
                if let Some(limits) = error.reply.as_ref().and_then(|reply| reply.limits.as_ref()) {
                    self.grant.told(limits);
                }
                if let (LlmErrorKind::RateLimited, Some(wait)) = (error.kind, error.retry_after) {
                    self.grant.told_to_wait(wait);
                }
                let refused = error.was_refused() && self.written == 0;
                self.grant.settle(if refused { 0 } else { self.estimate() });
            }
            Outcome::Stopped | Outcome::Dropped => self.grant.settle(self.estimate()),
        }
        Ok(())
    }
}
