//! Protocols: what is written, and what is read from bytes however they are split.

mod anthropic;
mod chat;
mod chat_gateways;
mod chat_quirks;
#[cfg(feature = "sse-eventsource")]
mod eventsource;
mod gemini;
mod ollama;
mod openai;
mod protocol;
mod reading;
mod recorded;
mod responses;

use samokoder_core::llm::{ChatResponse, LlmError};
use samokoder_llm::wire::{Reader, Wire};

/// Reads an answer from a stream that comes in these pieces.
pub(crate) fn read<'a>(
    wire: &dyn Wire,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<ChatResponse, LlmError> {
    let mut reader = Reader::new(wire);
    let mut response = ChatResponse::default();
    let mut finishes = 0;
    let mut outcome = Ok(());
    for piece in pieces {
        outcome = reader.feed(piece);
        while let Some(event) = reader.next_event() {
            finishes += usize::from(response.add(event));
        }
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok() {
        outcome = reader.end();
    }
    while let Some(event) = reader.next_event() {
        finishes += usize::from(response.add(event));
    }
    assert!(finishes <= 1, "the answer finished {finishes} times");
    outcome.map(|()| {
        assert_eq!(finishes, 1, "the answer has no finish");
        response
    })
}

/// Reads an answer from a whole body.
pub(crate) fn read_whole(wire: &dyn Wire, body: &[u8]) -> Result<ChatResponse, LlmError> {
    let mut reader = Reader::new(wire);
    reader.whole(body)?;
    let mut response = ChatResponse::default();
    while let Some(event) = reader.next_event() {
        response.add(event);
    }
    Ok(response)
}

/// The bytes in pieces of these sizes, over and over.
pub(crate) fn split<'a>(bytes: &'a [u8], sizes: &[usize]) -> Vec<&'a [u8]> {
    let (mut pieces, mut rest) = (vec![], bytes);
    for &size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, more) = rest.split_at(size.clamp(1, rest.len()));
        pieces.push(piece);
        rest = more;
    }
    pieces
}

/// Ways to split a stream: by single bytes, by a few, unevenly, by many.
pub(crate) const SPLITS: [&[usize]; 6] = [&[1], &[2], &[3, 7], &[64], &[1, 500, 13, 2, 90], &[4096]];
