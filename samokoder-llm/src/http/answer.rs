//! An answer that comes over HTTP.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures::Stream;
use http_body::Body as _;
use samokoder_core::llm::{CallContext, LlmError, LlmErrorKind, Payer, RateLimits, Start, StreamEvent};
use tokio::time::{Instant, Sleep};
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::{
    bill::Bill,
    redaction::Redaction,
    send::{cancelled, connection},
};
use crate::wire::Reader;

/// An answer that comes over HTTP. Dropping it closes its connection or, with HTTP/2, its stream.
pub(super) struct Answer {
    reader: Reader,
    /// `None` when the answer was read whole.
    body: Option<reqwest::Body>,
    head: Vec<StreamEvent>,
    idle_timeout: Duration,
    /// When the wait began that goes on.
    waits_since: Instant,
    /// Whether something came since then.
    heard: bool,
    alarm: Pin<Box<Sleep>>,
    deadline: Option<Instant>,
    cancelled: Pin<Box<WaitForCancellationFutureOwned>>,
    redaction: Redaction,
    bill: Bill,
    failed: Option<LlmError>,
    over: bool,
}

impl Answer {
    pub(super) fn new(
        reader: Reader,
        response: Option<reqwest::Response>,
        idle_timeout: Duration,
        call: CallContext,
        bill: Bill,
    ) -> Self {
        let now = Instant::now();
        let deadline = call.deadline.map(Instant::from_std);
        let first = now + idle_timeout;
        Self {
            reader,
            body: response.map(reqwest::Body::from),
            head: vec![],
            idle_timeout,
            waits_since: now,
            heard: false,
            alarm: Box::pin(tokio::time::sleep_until(deadline.map_or(first, |deadline| deadline.min(first)))),
            deadline,
            cancelled: Box::pin(call.cancellation.cancelled_owned()),
            redaction: Redaction::default(),
            bill,
            failed: None,
            over: false,
        }
    }

    /// Says first whose key is used and what the provider allows.
    pub(super) fn begin(mut self, payer: Payer, redaction: Redaction, limits: Option<RateLimits>) -> Self {
        self.head.extend(limits.map(StreamEvent::RateLimits));
        self.head.push(StreamEvent::Start(Start { payer: Some(payer), ..Start::default() }));
        self.redaction = redaction;
        self
    }

    fn next_event(&mut self) -> Option<StreamEvent> {
        if let Some(event) = self.head.pop() {
            if self.head.is_empty() {
                // An answer may be open for long.
                self.head = vec![];
            }
            return Some(event);
        }
        let event = self.reader.next_event()?;
        self.head.extend(self.bill.cost(&event).map(StreamEvent::Cost));
        self.over |= matches!(event, StreamEvent::Finish(_));
        Some(event)
    }

    /// Waits for bytes and hands them to the reader. Ready when there may be events.
    fn poll_bytes(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), LlmError>> {
        let Some(body) = &mut self.body else { return Poll::Ready(Ok(())) };
        let bytes: Bytes = match Pin::new(body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
            Poll::Ready(Some(Err(error))) => {
                self.body = None;
                // What came may be the whole answer all the same.
                return Poll::Ready(self.reader.end().map_err(|_| truncated(&error)));
            }
            Poll::Ready(None) => {
                self.body = None;
                return Poll::Ready(self.reader.end());
            }
            Poll::Pending => return self.poll_alarms(cx),
        };
        self.heard = true;
        Poll::Ready(self.reader.feed(&bytes))
    }

    fn poll_alarms(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), LlmError>> {
        if self.cancelled.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(cancelled()));
        }
        if std::mem::take(&mut self.heard) {
            self.waits_since = Instant::now();
        }
        loop {
            ready!(self.alarm.as_mut().poll(cx));
            let now = Instant::now();
            let idle = self.waits_since + self.idle_timeout;
            if self.deadline.is_some_and(|deadline| deadline <= now) {
                let message = "there was no whole answer in time";
                return Poll::Ready(Err(LlmError::new(LlmErrorKind::Timeout, message)));
            }
            if idle <= now {
                // A server that said all but does not hang up has answered.
                let message = format!("nothing came for {:?}", self.idle_timeout);
                let outcome = self.reader.end();
                return Poll::Ready(outcome.map_err(|_| LlmError::new(LlmErrorKind::Timeout, message)));
            }
            self.alarm.as_mut().reset(self.deadline.map_or(idle, |deadline| deadline.min(idle)));
        }
    }
}

impl Stream for Answer {
    type Item = Result<StreamEvent, LlmError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if this.over {
                this.body = None;
                return Poll::Ready(None);
            }
            if let Some(event) = this.next_event() {
                return Poll::Ready(Some(Ok(event)));
            }
            if let Some(error) = this.failed.take() {
                this.over = true;
                return Poll::Ready(Some(Err(error)));
            }
            if let Err(error) = ready!(this.poll_bytes(cx)) {
                // Events that came before it are handed out first.
                this.failed = Some(this.redaction.clean(error));
            } else if this.body.is_none() && !this.reader.finished() && this.failed.is_none() {
                let message = "the answer stopped before its end";
                this.failed = Some(LlmError::new(LlmErrorKind::Truncated, message));
            }
        }
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Answer").field("reader", &self.reader).finish_non_exhaustive()
    }
}

fn truncated(error: &reqwest::Error) -> LlmError {
    let mut error = connection(error);
    if error.kind == LlmErrorKind::Connection {
        error.kind = LlmErrorKind::Truncated;
    }
    error
}
