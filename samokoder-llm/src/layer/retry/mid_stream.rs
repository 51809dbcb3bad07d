//! Answers that begin anew.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{Stream, future::BoxFuture};
use samokoder_core::llm::{CallContext, ChatStream, LlmError, StreamEvent};

use super::attempts::Attempts;
use crate::layer::peek::truncated;

type Reopened = (Box<Attempts>, Result<ChatStream, LlmError>);

/// An answer that begins anew when it fails in its middle.
pub(super) struct MidStream {
    state: State,
    call: CallContext,
}

enum State {
    Reading(ChatStream, Option<Box<Attempts>>),
    Reopening(BoxFuture<'static, Reopened>),
    Over,
}

impl MidStream {
    pub(super) fn new(stream: ChatStream, attempts: Box<Attempts>, call: CallContext) -> Self {
        Self { state: State::Reading(stream, Some(attempts)), call }
    }

    fn reopen(&mut self, mut attempts: Box<Attempts>, error: LlmError) {
        let call = self.call.clone();
        self.state = State::Reopening(Box::pin(async move {
            let reopened = attempts.reopen(error, &call).await;
            (attempts, reopened)
        }));
    }
}

impl Stream for MidStream {
    type Item = Result<StreamEvent, LlmError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.state {
                State::Reading(stream, attempts) => {
                    let error = match ready!(stream.as_mut().poll_next(context)) {
                        Some(Ok(event)) => {
                            if matches!(event, StreamEvent::Finish(_)) {
                                self.state = State::Over;
                            }
                            return Poll::Ready(Some(Ok(event)));
                        }
                        Some(Err(error)) => error,
                        None => truncated(),
                    };
                    match attempts.take() {
                        Some(attempts) => self.reopen(attempts, error),
                        None => self.state = State::Over,
                    }
                }
                State::Reopening(reopening) => {
                    let (attempts, reopened) = ready!(reopening.as_mut().poll(context));
                    return Poll::Ready(Some(match reopened {
                        Ok(stream) => {
                            self.state = State::Reading(stream, Some(attempts));
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
