//! Sending what is planned, at its pace.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use futures::{StreamExt as _, future, stream, stream::BoxStream};
use http_body_util::StreamBody;
use hyper::{Response, StatusCode, body::Frame};

use super::{
    plan::{Ending, Plan},
    protocol::{Event, Part},
    script::Latency,
    stats::{Outcome, Ticket},
};

/// The body of a response.
pub(crate) type Body = StreamBody<BoxStream<'static, Result<Frame<Bytes>, Cut>>>;

/// A connection that ends in the middle of a body.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut here")]
pub(crate) struct Cut;

/// Bytes that are sent at once.
#[derive(Debug)]
struct Chunk {
    bytes: Bytes,
    wait: Duration,
    /// Whether a token begins with them.
    is_token: bool,
}

/// What is left to send.
#[derive(Debug)]
struct Playback {
    chunks: VecDeque<Chunk>,
    ending: Ending,
    /// Gone once the request is settled.
    ticket: Option<Ticket>,
}

/// The response to a request. It is late by what the plan says, and never there for a plan that hangs.
///
/// # Cancel safety
/// Dropped, the request counts as broken.
pub(crate) async fn respond(plan: Plan, mut ticket: Option<Ticket>) -> Response<Body> {
    wait(plan.latency.before_head(plan.unary_tokens)).await;
    if plan.ending == Ending::Hang {
        return future::pending().await;
    }
    if let Some(ticket) = &mut ticket {
        ticket.began(plan.status, &plan.headers);
        ticket.costs(plan.spent);
        if !plan.events.iter().any(|event| event.part == Part::Token || event.part == Part::End) {
            ticket.bill();
        }
    }
    let mut response = Response::builder().status(plan.status);
    for (name, value) in &plan.headers {
        response = response.header(name, value);
    }
    let playback = Playback { chunks: chunks(&plan), ending: plan.ending, ticket };
    let body = stream::unfold(playback, Playback::next).boxed();
    response.body(StreamBody::new(body)).unwrap_or_else(|_| unsendable())
}

impl Playback {
    async fn next(mut self) -> Option<(Result<Frame<Bytes>, Cut>, Self)> {
        let Some(chunk) = self.chunks.pop_front() else { return self.end().await };
        wait(chunk.wait).await;
        if let Some(ticket) = &mut self.ticket {
            ticket.sends(&chunk.bytes, chunk.is_token);
        }
        // Before the last bytes are sent, so that who reads them finds the figures as they are.
        if self.chunks.is_empty() {
            self.settle();
        }
        Some((Ok(Frame::data(chunk.bytes)), self))
    }

    async fn end(mut self) -> Option<(Result<Frame<Bytes>, Cut>, Self)> {
        self.settle();
        match self.ending {
            Ending::Whole(_) => None,
            Ending::Cut(_) => {
                // What was handed over before is sent while this waits.
                tokio::task::yield_now().await;
                Some((Err(Cut), self))
            }
            Ending::Stall | Ending::Hang => future::pending().await,
        }
    }

    fn settle(&mut self) {
        let outcome = match self.ending {
            Ending::Whole(outcome) => outcome,
            Ending::Cut(_) => Outcome::Broken,
            // It stays open until the client leaves.
            Ending::Stall | Ending::Hang => return,
        };
        if let Some(mut ticket) = self.ticket.take() {
            ticket.settle(outcome);
        }
    }
}

/// All that is sent, in the pieces in which it is.
fn chunks(plan: &Plan) -> VecDeque<Chunk> {
    let is_whole = plan.unary_tokens > 0;
    let mut chunks: VecDeque<Chunk> =
        plan.events.iter().flat_map(|event| split(event, plan.latency, is_whole)).collect();
    if let Ending::Cut(mut left) = plan.ending {
        for chunk in &mut chunks {
            chunk.bytes.truncate(left);
            left -= chunk.bytes.len();
        }
        chunks.retain(|chunk| !chunk.bytes.is_empty());
    }
    chunks
}

fn split(event: &Event, latency: Latency, is_whole: bool) -> impl Iterator<Item = Chunk> {
    let size = if latency.chunk_bytes == 0 { usize::MAX } else { latency.chunk_bytes };
    let is_token = event.part == Part::Token;
    let first_wait = if is_token && !is_whole { latency.per_token_ms } else { 0 };
    let mut rest = event.bytes.clone();
    let mut is_first = true;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let bytes = rest.split_to(size.min(rest.len()));
        let milliseconds = if is_first { first_wait } else { latency.per_chunk_ms };
        let chunk =
            Chunk { bytes, wait: Duration::from_millis(milliseconds), is_token: is_token && is_first };
        is_first = false;
        Some(chunk)
    })
}

async fn wait(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}

/// A script may name a status or a header that HTTP does not have.
fn unsendable() -> Response<Body> {
    let message = Bytes::from_static(b"the script's status or headers are not HTTP");
    let body = stream::once(future::ready(Ok(Frame::data(message)))).boxed();
    let mut response = Response::new(StreamBody::new(body));
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response
}
