//! A provider that does what a test says, and notes what it was asked and when.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::{StreamExt as _, stream};
use samokoder_core::{
    id::{AssignmentId, RunId},
    llm::{
        CallContext, CallId, ChatRequest, ChatStream, FinishReason, LlmError, LlmErrorKind, LlmProvider,
        Message, ModelCapabilities, ModelRole, Price, StreamEvent, Usage,
    },
    store::Scope,
};
use tokio::time::Instant;

/// What a provider does next.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Wait(Duration),
    Send(StreamEvent),
    Fail(LlmError),
}

/// The steps of one answer. Those before the first event are done before the stream is there.
pub(crate) type Turn = Vec<Step>;

#[derive(Debug)]
pub(crate) struct Scripted {
    capabilities: ModelCapabilities,
    turns: Mutex<VecDeque<Turn>>,
    otherwise: Turn,
    asked: Mutex<Vec<(Instant, ChatRequest)>>,
    under_way: Arc<AtomicUsize>,
    most_under_way: AtomicUsize,
}

impl Scripted {
    /// Answers with these turns, and with `ok` after them.
    pub(crate) fn new(turns: impl IntoIterator<Item = Turn>) -> Arc<Self> {
        Self::with(priced(), turns, answer("ok"))
    }

    /// Answers every request with this turn.
    pub(crate) fn always(turn: Turn) -> Arc<Self> {
        Self::with(priced(), [], turn)
    }

    pub(crate) fn with(
        capabilities: ModelCapabilities,
        turns: impl IntoIterator<Item = Turn>,
        otherwise: Turn,
    ) -> Arc<Self> {
        Arc::new(Self {
            capabilities,
            turns: Mutex::new(turns.into_iter().collect()),
            otherwise,
            asked: Mutex::default(),
            under_way: Arc::default(),
            most_under_way: AtomicUsize::new(0),
        })
    }

    pub(crate) fn calls(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    pub(crate) fn requests(&self) -> Vec<ChatRequest> {
        self.asked.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
    }

    /// When each request came, after `start`.
    pub(crate) fn times(&self, start: Instant) -> Vec<Duration> {
        self.asked.lock().unwrap().iter().map(|(at, _)| *at - start).collect()
    }

    /// Answers that were neither finished nor dropped yet.
    pub(crate) fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    pub(crate) fn most_under_way(&self) -> usize {
        self.most_under_way.load(Ordering::SeqCst)
    }
}

/// Counts an answer as long as it lives.
struct UnderWay(Arc<AtomicUsize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl LlmProvider for Scripted {
    async fn capabilities(&self, _model: &str) -> Result<ModelCapabilities, LlmError> {
        Ok(self.capabilities.clone())
    }

    async fn stream(&self, request: ChatRequest, _call: &CallContext) -> Result<ChatStream, LlmError> {
        self.asked.lock().unwrap().push((Instant::now(), request));
        let turn = self.turns.lock().unwrap().pop_front().unwrap_or_else(|| self.otherwise.clone());
        let under_way = UnderWay(self.under_way.clone());
        let count = self.under_way.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_under_way.fetch_max(count, Ordering::SeqCst);
        let mut steps = turn.into_iter().peekable();
        loop {
            match steps.peek() {
                Some(Step::Wait(time)) => tokio::time::sleep(*time).await,
                Some(Step::Fail(error)) => return Err(error.clone()),
                _ => break,
            }
            steps.next();
        }
        let events = stream::iter(steps).filter_map(|step| async move {
            match step {
                Step::Wait(time) => {
                    tokio::time::sleep(time).await;
                    None
                }
                Step::Send(event) => Some(Ok(event)),
                Step::Fail(error) => Some(Err(error)),
            }
        });
        let events: Pin<Box<_>> = Box::pin(events);
        Ok(Box::pin(events.inspect(move |_| {
            let _ = &under_way;
        })))
    }
}

/// A dollar per million tokens of the request, ten of the answer; answers of up to a thousand tokens.
pub(crate) fn priced() -> ModelCapabilities {
    let mut capabilities = ModelCapabilities::default().price(Price::per_million(1.0, 10.0));
    capabilities.max_output = 1_000;
    capabilities
}

pub(crate) fn unpriced() -> ModelCapabilities {
    let mut capabilities = priced();
    capabilities.price = None;
    capabilities
}

pub(crate) fn usage(input: u64, output: u64) -> Usage {
    Usage { input, output, ..Usage::default() }
}

pub(crate) fn text(piece: &str) -> Step {
    Step::Send(StreamEvent::Text(piece.into()))
}

pub(crate) fn wait(ms: u64) -> Step {
    Step::Wait(Duration::from_millis(ms))
}

pub(crate) fn used(input: u64, output: u64) -> Step {
    Step::Send(StreamEvent::Usage(usage(input, output)))
}

pub(crate) fn finish() -> Step {
    Step::Send(StreamEvent::Finish(FinishReason::Stop))
}

pub(crate) fn fail(kind: LlmErrorKind) -> Step {
    Step::Fail(LlmError::new(kind, "scripted"))
}

/// A whole answer at once: ten tokens asked, five answered.
pub(crate) fn answer(words: &str) -> Turn {
    vec![text(words), used(10, 5), finish()]
}

/// An answer that takes this long.
pub(crate) fn slow_answer(words: &str, ms: u64) -> Turn {
    vec![wait(ms), text(words), used(10, 5), finish()]
}

pub(crate) fn request(words: &str) -> ChatRequest {
    ask("scripted:model", words)
}

pub(crate) fn ask(model: &str, words: &str) -> ChatRequest {
    ChatRequest::new(model.parse().unwrap(), vec![Message::new(ModelRole::User, words)])
}

pub(crate) fn call() -> CallContext {
    CallContext::default()
}

/// A call that is of use for this long.
pub(crate) fn call_of(ms: u64) -> CallContext {
    call().deadline((Instant::now() + Duration::from_millis(ms)).into())
}

/// Runs a future on a clock that moves only when everything waits.
pub(crate) fn on_paused_clock<F: Future>(future: F) -> F::Output {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// A call by this agent in a run of this tenant.
pub(crate) fn call_by(scope: &str, agent: &str) -> CallContext {
    call().id(CallId {
        scope: Scope::new(scope),
        run: RunId::derive(["run"]),
        assignment: AssignmentId::derive(["assignment"]),
        agent: agent.into(),
        attempt: 1,
        effect: "write".into(),
    })
}
