//! What the tests of a protocol are made of.

use proptest::prelude::*;
use samokoder_core::llm::{ChatRequest, ChatResponse, LlmError, Message, ModelCapabilities, StreamEvent};
use samokoder_llm::wire::{Reader, Wire};
use serde_json::Value;

/// What a stream in these chunks brings, and how it ends.
pub(crate) fn events_of<'a>(
    wire: &dyn Wire,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<StreamEvent>, Result<(), LlmError>) {
    let mut reader = Reader::new(wire);
    let outcome = chunks.into_iter().try_for_each(|chunk| reader.feed(chunk)).and_then(|()| reader.end());
    (std::iter::from_fn(|| reader.next_event()).collect(), outcome)
}

/// The answer that a stream is.
pub(crate) fn streamed(wire: &dyn Wire, bytes: &[u8]) -> Result<ChatResponse, LlmError> {
    let (events, outcome) = events_of(wire, [bytes]);
    outcome.map(|()| put_together(events))
}

/// The answer that a body is.
pub(crate) fn whole(wire: &dyn Wire, body: &[u8]) -> Result<ChatResponse, LlmError> {
    let mut reader = Reader::new(wire);
    reader.whole(body)?;
    Ok(put_together(std::iter::from_fn(|| reader.next_event())))
}

pub(crate) fn put_together(events: impl IntoIterator<Item = StreamEvent>) -> ChatResponse {
    let mut response = ChatResponse::default();
    let finished = events.into_iter().map(|event| response.add(event)).filter(|finished| *finished).count();
    assert_eq!(finished, 1, "an answer finishes once");
    response
}

/// The body of a request.
pub(crate) fn encoded(wire: &dyn Wire, request: &ChatRequest) -> Value {
    encoded_for(wire, request, &ModelCapabilities::default()).unwrap()
}

pub(crate) fn encoded_for(
    wire: &dyn Wire,
    request: &ChatRequest,
    model: &ModelCapabilities,
) -> Result<Value, LlmError> {
    Ok(serde_json::from_slice(&wire.encode(request, model)?.body).unwrap())
}

pub(crate) fn request(model: &str, messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new(model.parse().unwrap(), messages)
}

/// Cuts bytes at these places.
pub(crate) fn cut<'a>(bytes: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

/// Whatever the bytes, in whatever pieces: there is an end, at most one finish, and the pieces make no difference.
pub(crate) fn check_any_bytes(wire: &dyn Wire, bytes: &[u8], places: &[usize]) -> Result<(), TestCaseError> {
    let (at_once, outcome) = events_of(wire, [bytes]);
    let finishes = at_once.iter().filter(|event| matches!(event, StreamEvent::Finish(_))).count();
    prop_assert_eq!(finishes, usize::from(outcome.is_ok()));
    prop_assert!(!matches!(at_once.iter().position(|event| matches!(event, StreamEvent::Finish(_))),
        Some(place) if place + 1 < at_once.len()));
    let (in_pieces, same) = events_of(wire, cut(bytes, places));
    prop_assert_eq!((at_once, outcome), (in_pieces, same));
    let mut reader = Reader::new(wire);
    let is_answer = reader.whole(bytes).is_ok();
    prop_assert_eq!(reader.finished(), is_answer);
    Ok(())
}

/// Bytes, and pieces of protocols in any order with a byte changed here and there.
pub(crate) fn any_bytes(pieces: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => proptest::sample::select(pieces).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ];
    let changes = proptest::collection::vec((any::<usize>(), any::<u8>()), 0..3);
    (proptest::collection::vec(piece, 0..16), changes).prop_map(|(pieces, changes)| {
        let mut bytes = pieces.concat();
        for (place, byte) in changes {
            let length = bytes.len().max(1);
            if let Some(changed) = bytes.get_mut(place % length) {
                *changed = byte;
            }
        }
        bytes
    })
}

/// Places to cut at.
pub(crate) fn any_places() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0usize..4096, 0..8)
}
