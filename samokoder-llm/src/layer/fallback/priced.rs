//! Answers that say what they cost.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures::Stream;
use samokoder_core::llm::{LlmError, Price, StreamEvent, Usage};

use crate::layer::answer::Answer;

/// An answer that says what it cost: its caller knows only the highest price of the chain.
struct Priced {
    answer: Answer,
    price: Price,
    usage: Option<Usage>,
    said: bool,
    finish: Option<StreamEvent>,
}

/// Adds the cost before the finish, if the price is known and the provider does not say the cost itself.
pub(super) fn priced(answer: Answer, price: Option<Price>) -> Answer {
    match price {
        Some(price) => Answer::of(Priced { answer, price, usage: None, said: false, finish: None }),
        None => answer,
    }
}

impl Stream for Priced {
    type Item = Result<StreamEvent, LlmError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        if let Some(finish) = this.finish.take() {
            return Poll::Ready(Some(Ok(finish)));
        }
        let item = ready!(Pin::new(&mut this.answer).poll_next(context));
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
