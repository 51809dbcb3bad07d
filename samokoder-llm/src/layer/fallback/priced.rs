//! Answers that say what they cost.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::Stream;
use samokoder_core::llm::{ChatStream, LlmError, Price, StreamEvent, Usage};

/// An answer that says what it cost: its caller knows only the highest price of the chain.
pub(super) struct Priced {
    stream: ChatStream,
    price: Price,
    usage: Option<Usage>,
    said: bool,
    finish: Option<StreamEvent>,
}

impl Priced {
    /// Adds the cost before the finish, if the price is known and the provider does not say the cost itself.
    pub(super) fn wrap(stream: ChatStream, price: Option<Price>) -> ChatStream {
        match price {
            Some(price) => Box::pin(Self { stream, price, usage: None, said: false, finish: None }),
            None => stream,
        }
    }
}

impl Stream for Priced {
    type Item = Result<StreamEvent, LlmError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(finish) = this.finish.take() {
            return Poll::Ready(Some(Ok(finish)));
        }
        let item = ready!(this.stream.as_mut().poll_next(context));
        match (&item, this.usage) {
            (Some(Ok(StreamEvent::Usage(usage))), _) => this.usage = Some(*usage),
            (Some(Ok(StreamEvent::Cost(_))), _) => this.said = true,
            (Some(Ok(StreamEvent::Restart)), _) => (this.usage, this.said) = (None, false),
            (Some(Ok(StreamEvent::Finish(_))), Some(usage)) if !this.said => {
                this.finish = item.and_then(Result::ok);
                return Poll::Ready(Some(Ok(StreamEvent::Cost(this.price.cost(&usage)))));
            }
            _ => {}
        }
        Poll::Ready(item)
    }
}
