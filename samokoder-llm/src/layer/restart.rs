//! Answers that begin anew when they fail in their middle.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use async_trait::async_trait;
use futures::{Stream, future::BoxFuture};
use samokoder_core::llm::{CallContext, LlmError, LlmErrorKind, StreamEvent};

use super::answer::{Answer, truncated};

/// Who gets another answer for one that has begun and failed.
#[async_trait]
pub(super) trait Reopen: Send + Sync + 'static {
    /// Gets another answer, or gives the error back.
    async fn reopen(&mut self, error: LlmError, call: &CallContext) -> Result<Answer, LlmError>;
}

/// An answer that begins anew, with a [`StreamEvent::Restart`], as long as there is another one.
pub(super) struct Restarting<R> {
    state: State<R>,
    call: CallContext,
}

type Reopened<R> = (Box<R>, Result<Answer, LlmError>);

enum State<R> {
    Reading(Answer, Option<Box<R>>),
    Reopening(BoxFuture<'static, Reopened<R>>),
    Over,
}

impl<R: Reopen> Restarting<R> {
    /// This answer, and who gets another one.
    pub(super) fn new(answer: Answer, reopen: R, call: CallContext) -> Self {
        Self { state: State::Reading(answer, Some(Box::new(reopen))), call }
    }

    fn reopen(&mut self, mut reopen: Box<R>, error: LlmError) {
        let call = self.call.clone();
        self.state = State::Reopening(Box::pin(async move {
            let reopened = reopen.reopen(error, &call).await;
            (reopen, reopened)
        }));
    }
}

impl<R: Reopen> Stream for Restarting<R> {
    type Item = Result<StreamEvent, LlmError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.state {
                State::Reading(answer, reopen) => {
                    let error = match ready!(Pin::new(answer).poll_next(context)) {
                        Some(Ok(event)) => {
                            if matches!(event, StreamEvent::Finish(_)) {
                                self.state = State::Over;
                            }
                            return Poll::Ready(Some(Ok(event)));
                        }
                        Some(Err(error)) => error,
                        None => truncated(),
                    };
                    match reopen.take() {
                        Some(reopen) => self.reopen(reopen, error),
                        None => self.state = State::Over,
                    }
                }
                State::Reopening(reopening) => {
                    let (reopen, reopened) = ready!(reopening.as_mut().poll(context));
                    return Poll::Ready(Some(match reopened {
                        Ok(answer) => {
                            self.state = State::Reading(answer, Some(reopen));
                            Ok(StreamEvent::Restart)
                        }
                        Err(error) => {
                            self.state = State::Over;
                            Err(error)
                        }
                    }));
                }
                State::Over => return Poll::Ready(None),
            }
        }
    }
}

/// The error of an attempt as it is booked. Whatever the error of an answer that had begun is, what was written of it
/// may be billed.
pub(super) fn as_booked(error: &LlmError, begun: bool) -> LlmError {
    let mut booked = error.clone();
    if begun {
        booked.kind = LlmErrorKind::Truncated;
    }
    booked
}
