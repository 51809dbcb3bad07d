//! Watching a stream and learning how it ended, also when nobody reads it to its end.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::Stream;
use samokoder_core::llm::{
    CallContext, ChatRequest, ChatStream, FinishReason, LlmError, LlmProvider, StreamEvent,
};

/// How a call ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Outcome<'a> {
    /// With a whole answer.
    Finished(&'a FinishReason),
    /// With an error, before or within the answer.
    Failed(&'a LlmError),
    /// The stream was over before its finish.
    Stopped,
    /// Nobody waits for it any more.
    Dropped,
}

/// What a layer does while an answer passes. It is dropped right after its end.
pub(super) trait Watch: Send + Unpin + 'static {
    /// Sees an event other than the finish.
    fn event(&mut self, _event: &StreamEvent) {}

    /// Is told once how the call ended. The stream below is gone by then.
    ///
    /// # Errors
    /// One that takes the place of the answer's finish. It is ignored after another outcome.
    fn end(&mut self, _outcome: Outcome<'_>) -> Result<(), LlmError> {
        Ok(())
    }
}

/// Tells its watch of the end exactly once.
#[derive(Debug)]
struct Ending<W: Watch>(Option<W>);

impl<W: Watch> Ending<W> {
    fn end(&mut self, outcome: Outcome<'_>) -> Result<(), LlmError> {
        self.0.take().map_or(Ok(()), |mut watch| watch.end(outcome))
    }
}

impl<W: Watch> Drop for Ending<W> {
    fn drop(&mut self) {
        // There is no finish that an error could take the place of.
        let _ = self.end(Outcome::Dropped);
    }
}

/// A stream that is watched. After its finish or error it is over.
#[derive(Debug)]
pub(super) struct Watched<W: Watch, S = ChatStream> {
    // Goes before the watch, which is told that it is gone.
    stream: Option<S>,
    ending: Ending<W>,
}

/// Sends a request and watches its answer.
pub(super) async fn watched<W: Watch>(
    inner: &dyn LlmProvider,
    request: ChatRequest,
    call: &CallContext,
    watch: W,
) -> Result<Watched<W>, LlmError> {
    let mut ending = Ending(Some(watch));
    match inner.stream(request, call).await {
        Ok(stream) => Ok(Watched { stream: Some(stream), ending }),
        Err(error) => {
            let _ = ending.end(Outcome::Failed(&error));
            Err(error)
        }
    }
}

impl<W: Watch, S: Stream<Item = Result<StreamEvent, LlmError>> + Unpin> Stream for Watched<W, S> {
    type Item = Result<StreamEvent, LlmError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(stream) = &mut this.stream else { return Poll::Ready(None) };
        let item = ready!(Pin::new(stream).poll_next(context));
        let outcome = match &item {
            Some(Ok(StreamEvent::Finish(reason))) => Outcome::Finished(reason),
            Some(Ok(event)) => {
                if let Some(watch) = &mut this.ending.0 {
                    watch.event(event);
                }
                return Poll::Ready(item);
            }
            Some(Err(error)) => Outcome::Failed(error),
            None => Outcome::Stopped,
        };
        this.stream = None;
        let replaced = this.ending.end(outcome);
        Poll::Ready(match (replaced, item) {
            (Err(error), Some(Ok(_))) => Some(Err(error)),
            (_, item) => item,
        })
    }
}
