//! An answer on its way through the layers of a chain.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::{Stream, StreamExt as _};
use samokoder_core::llm::{ChatResponse, ChatStream, LlmError, LlmErrorKind, StreamEvent};

use super::watch::{Ending, Outcome};

type Item = Option<Result<StreamEvent, LlmError>>;

/// A stream and those who watch it. After its finish or error it is over.
///
/// Every event passes the watches from the inside out. Each is told of the end when what is below it is gone; so it is
/// when the answer is dropped before.
pub(super) struct Answer {
    /// Events that were looked at already.
    ahead: VecDeque<StreamEvent>,
    /// How many watches, from the inside, saw those.
    aware: usize,
    /// `None` when it is over.
    stream: Option<ChatStream>,
    /// From the inside out.
    watches: Vec<Ending>,
}

impl Answer {
    /// An answer that nobody watches yet.
    pub(super) fn new(stream: ChatStream) -> Self {
        Self { ahead: VecDeque::new(), aware: 0, stream: Some(stream), watches: Vec::new() }
    }

    /// An answer that nobody watches yet.
    pub(super) fn of(stream: impl Stream<Item = Result<StreamEvent, LlmError>> + Send + 'static) -> Self {
        Self::new(Box::pin(stream))
    }

    /// Has it watched from here on out, from its first event.
    pub(super) fn watch(&mut self, watch: Ending) {
        if self.watches.capacity() == 0 {
            // As many as a stack has.
            self.watches.reserve(8);
        }
        self.watches.push(watch);
    }

    /// Looks at its beginning, up to its first piece of content or its finish.
    ///
    /// # Errors
    /// That of the stream; [`LlmErrorKind::Truncated`] if it is over before any of these.
    pub(super) async fn begun(mut self) -> Result<Self, LlmError> {
        let mut seen = VecDeque::with_capacity(4);
        loop {
            let event = self.next().await.ok_or_else(truncated)??;
            let is_enough = event.is_content() || matches!(event, StreamEvent::Finish(_));
            seen.push_back(event);
            if is_enough {
                break;
            }
        }
        // What was ahead before ended with an event of this kind.
        (self.ahead, self.aware) = (seen, self.watches.len());
        Ok(self)
    }

    /// Waits for the whole answer.
    ///
    /// # Errors
    /// That of the stream; [`LlmErrorKind::Truncated`] if it is over before its finish.
    pub(super) async fn whole(mut self) -> Result<ChatResponse, LlmError> {
        let mut response = ChatResponse::default();
        while let Some(event) = self.next().await {
            if response.add(event?) {
                return Ok(response);
            }
        }
        Err(truncated())
    }

    fn end(&mut self, mut item: Item) -> Item {
        self.stream = None;
        for mut watch in std::mem::take(&mut self.watches) {
            let outcome = match &item {
                Some(Ok(StreamEvent::Finish(reason))) => Outcome::Finished(reason),
                Some(Err(error)) => Outcome::Failed(error),
                _ => Outcome::Stopped,
            };
            if let (Err(error), Some(Ok(_))) = (watch.end(outcome), &item) {
                item = Some(Err(error));
            }
        }
        item
    }
}

impl Stream for Answer {
    type Item = Result<StreamEvent, LlmError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Item> {
        let this = &mut *self;
        let (item, aware) = match (this.ahead.pop_front(), &mut this.stream) {
            (Some(event), _) => {
                if this.ahead.is_empty() {
                    // An answer may be open for long.
                    this.ahead = VecDeque::new();
                }
                (Some(Ok(event)), this.aware)
            }
            (None, Some(stream)) => (ready!(stream.as_mut().poll_next(context)), 0),
            (None, None) => return Poll::Ready(None),
        };
        match &item {
            Some(Ok(event)) if !matches!(event, StreamEvent::Finish(_)) => {
                this.watches.iter_mut().skip(aware).for_each(|watch| watch.event(event));
                Poll::Ready(item)
            }
            _ => Poll::Ready(this.end(item)),
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.stream = None;
        // In their order, as each of them is told when it is dropped.
        std::mem::take(&mut self.watches).into_iter().for_each(drop);
    }
}

/// The answer stopped before its end.
pub(super) fn truncated() -> LlmError {
    LlmError::new(LlmErrorKind::Truncated, "the answer stopped before its end")
}
