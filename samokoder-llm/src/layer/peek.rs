//! Looking at the beginning of an answer.

use std::{
    pin::Pin,
    task::{Context, Poll},
    vec,
};

use futures::{Stream, StreamExt as _};
use samokoder_core::llm::{ChatStream, LlmError, LlmErrorKind, StreamEvent};

/// Reads a stream up to its first piece of content or its finish, and gives back a stream that begins as it did.
///
/// # Errors
/// That of the stream; [`LlmErrorKind::Truncated`] if it is over before any of these.
pub(super) async fn content(mut stream: ChatStream) -> Result<ChatStream, LlmError> {
    let mut seen = Vec::with_capacity(4);
    loop {
        let Some(event) = stream.next().await else { return Err(truncated()) };
        let event = event?;
        let is_enough = event.is_content() || matches!(event, StreamEvent::Finish(_));
        seen.push(event);
        if is_enough {
            return Ok(Box::pin(Peeked { seen: seen.into_iter(), rest: stream }));
        }
    }
}

/// The answer stopped before its end.
pub(super) fn truncated() -> LlmError {
    LlmError::new(LlmErrorKind::Truncated, "the answer stopped before its end")
}

struct Peeked {
    seen: vec::IntoIter<StreamEvent>,
    rest: ChatStream,
}

impl Stream for Peeked {
    type Item = Result<StreamEvent, LlmError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.seen.next() {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None => self.rest.as_mut().poll_next(context),
        }
    }
}
