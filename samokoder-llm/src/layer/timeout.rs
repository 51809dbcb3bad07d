//! How long an answer may take.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use async_trait::async_trait;
use futures::Stream;
use samokoder_core::llm::{CallContext, ChatRequest, LlmError, LlmErrorKind, LlmProvider, StreamEvent};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use super::{
    Layer, Place,
    answer::Answer,
    chain::{Below, Link, Linked, wrapped},
    wait::cancelled,
};

/// Limits how long an answer may take: until its first event, between events, and as a whole.
///
/// It also ends an answer at the call's own deadline and when the call is cancelled.
///
/// ```
/// use std::time::Duration;
///
/// use samokoder_llm::layer::{Stack, Timeout};
///
/// let timeout = Timeout::default().first(Duration::from_mins(1)).whole(Duration::from_mins(10));
/// let stack = Stack::new().with(timeout);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Timeout {
    first: Option<Duration>,
    idle: Option<Duration>,
    whole: Option<Duration>,
}

impl Default for Timeout {
    /// Three minutes until the first event and two between events: models think long before they write, and some send
    /// nothing while they do. No limit on the whole.
    fn default() -> Self {
        Self { first: Some(Duration::from_mins(3)), idle: Some(Duration::from_mins(2)), whole: None }
    }
}

impl Timeout {
    /// No limits but the call's own deadline and cancellation.
    pub fn none() -> Self {
        Self { first: None, idle: None, whole: None }
    }

    /// Limits the time from sending the request to the first event.
    #[must_use]
    pub fn first(mut self, limit: Duration) -> Self {
        self.first = Some(limit);
        self
    }

    /// Limits the time between two events.
    #[must_use]
    pub fn idle(mut self, limit: Duration) -> Self {
        self.idle = Some(limit);
        self
    }

    /// Limits the time from sending the request to its finish.
    #[must_use]
    pub fn whole(mut self, limit: Duration) -> Self {
        self.whole = Some(limit);
        self
    }
}

impl Layer for Timeout {
    fn wrap(&self, inner: Arc<dyn LlmProvider>) -> Arc<dyn LlmProvider> {
        wrapped(*self, inner)
    }

    fn place(&self) -> Place {
        Place::Timeout
    }

    fn link(&self) -> Option<Linked> {
        Some(Linked::new(*self))
    }
}

#[async_trait]
impl Link for Timeout {
    async fn send(
        &self,
        request: Arc<ChatRequest>,
        call: &CallContext,
        below: Below<'_>,
    ) -> Result<Answer, LlmError> {
        let clock = Clock::new(*self, call);
        let late = async {
            match clock.due() {
                Some((due, limit)) => {
                    tokio::time::sleep_until(due).await;
                    limit
                }
                None => std::future::pending().await,
            }
        };
        let answer = tokio::select! {
            biased;
            () = call.cancellation.cancelled() => return Err(cancelled()),
            answer = below.send(request, call) => answer?,
            limit = late => return Err(limit.error()),
        };
        let token = call.cancellation.clone();
        let cancelled = Box::pin(token.clone().cancelled_owned());
        Ok(Answer::of(TimedAnswer {
            answer: Some(answer),
            clock,
            heard: false,
            alarm: None,
            token,
            cancelled,
        }))
    }
}

/// Which limit ends an answer.
#[derive(Debug, Clone, Copy)]
enum Limit {
    First(Duration),
    Idle(Duration),
    Whole(Duration),
    Deadline,
}

impl Limit {
    fn error(self) -> LlmError {
        let message = match self {
            Self::First(limit) => format!("there was no first event after {limit:?}"),
            Self::Idle(limit) => format!("there was no further event for {limit:?}"),
            Self::Whole(limit) => format!("the answer was not whole after {limit:?}"),
            Self::Deadline => "the answer was not whole at the call's deadline".into(),
        };
        LlmError::new(LlmErrorKind::Timeout, message)
    }
}

#[derive(Debug)]
struct Clock {
    limits: Timeout,
    begun: Instant,
    last: Option<Instant>,
    deadline: Option<Instant>,
}

impl Clock {
    fn new(limits: Timeout, call: &CallContext) -> Self {
        Self { limits, begun: Instant::now(), last: None, deadline: call.deadline.map(Into::into) }
    }

    /// When the answer is late, if nothing comes before, and by which limit.
    fn due(&self) -> Option<(Instant, Limit)> {
        let next = match self.last {
            None => self.limits.first.map(|limit| (self.begun + limit, Limit::First(limit))),
            Some(last) => self.limits.idle.map(|limit| (last + limit, Limit::Idle(limit))),
        };
        let whole = self.limits.whole.map(|limit| (self.begun + limit, Limit::Whole(limit)));
        let deadline = self.deadline.map(|deadline| (deadline, Limit::Deadline));
        [next, whole, deadline].into_iter().flatten().min_by_key(|(due, _)| *due)
    }
}

struct TimedAnswer {
    answer: Option<Answer>,
    clock: Clock,
    /// Whether an event came since the clock was last looked at.
    heard: bool,
    /// Rings when the answer may be late. It is not set anew with each event: it rings, and is set to when it must.
    alarm: Option<Pin<Box<Sleep>>>,
    token: CancellationToken,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl TimedAnswer {
    /// Waits for the alarm and says which limit has passed.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<Limit> {
        let Some((due, limit)) = self.clock.due() else { return Poll::Pending };
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if alarm.deadline() > due {
            alarm.as_mut().reset(due);
        }
        while alarm.as_mut().poll(context).is_ready() {
            if alarm.deadline() >= due {
                return Poll::Ready(limit);
            }
            alarm.as_mut().reset(due);
        }
        Poll::Pending
    }

    fn fail(&mut self, error: LlmError) -> Poll<Option<Result<StreamEvent, LlmError>>> {
        self.answer = None;
        Poll::Ready(Some(Err(error)))
    }
}

impl Stream for TimedAnswer {
    type Item = Result<StreamEvent, LlmError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(answer) = &mut this.answer else { return Poll::Ready(None) };
        if this.token.is_cancelled() {
            return this.fail(cancelled());
        }
        if let Poll::Ready(item) = Pin::new(answer).poll_next(context) {
            if !matches!(item, Some(Ok(ref event)) if !matches!(event, StreamEvent::Finish(_))) {
                this.answer = None;
            }
            this.heard = true;
            return Poll::Ready(item);
        }
        // Only what is waited for counts: whoever reads may take its time between two events.
        if std::mem::take(&mut this.heard) {
            this.clock.last = Some(Instant::now());
        }
        if this.cancelled.as_mut().poll(context).is_ready() {
            return this.fail(cancelled());
        }
        match this.poll_late(context) {
            Poll::Ready(limit) => this.fail(limit.error()),
            Poll::Pending => Poll::Pending,
        }
    }
}
