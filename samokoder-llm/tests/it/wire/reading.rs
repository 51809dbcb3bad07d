//! Reads answers in every way in which their bytes may arrive.

use samokoder_core::llm::{ChatResponse, LlmError, StreamEvent};
use samokoder_llm::wire::{Reader, Wire};

/// What reading an answer brought: its events put together, and how it failed if it did.
pub(crate) type Outcome = (ChatResponse, Result<(), LlmError>);

/// Reads a stream that arrives in these chunks.
pub(crate) fn stream<'a>(wire: &dyn Wire, chunks: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut reader = Reader::new(wire);
    let mut response = ChatResponse::default();
    let mut finishes = 0;
    for chunk in chunks {
        let fed = reader.feed(chunk);
        finishes += take(&mut reader, &mut response);
        if fed.is_err() {
            return (response, fed);
        }
    }
    let ended = reader.end();
    finishes += take(&mut reader, &mut response);
    assert_eq!(finishes, usize::from(ended.is_ok()), "one finish, and none beside an error: {response:?}");
    (response, ended)
}

/// Reads a whole body.
pub(crate) fn whole(wire: &dyn Wire, body: &[u8]) -> Outcome {
    let mut reader = Reader::new(wire);
    let mut response = ChatResponse::default();
    let read = reader.whole(body);
    let finishes = take(&mut reader, &mut response);
    assert_eq!(finishes, usize::from(read.is_ok()), "one finish, and none beside an error: {response:?}");
    (response, read)
}

/// Reads a stream at once and in many other ways, which must bring the same.
pub(crate) fn split_anywhere(wire: &dyn Wire, bytes: &[u8]) -> Outcome {
    let expected = stream(wire, [bytes]);
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(stream(wire, bytes.chunks(size)), expected, "in chunks of {size}");
    }
    for seed in 1..=5 {
        assert_eq!(stream(wire, random_chunks(bytes, seed)), expected, "in the chunks of seed {seed}");
    }
    expected
}

/// A stream of server-sent events with these data.
pub(crate) fn sse(data: &[impl AsRef<str>]) -> Vec<u8> {
    data.iter().flat_map(|data| format!("data: {}\n\n", data.as_ref()).into_bytes()).collect()
}

fn take(reader: &mut Reader, response: &mut ChatResponse) -> usize {
    let mut finishes = 0;
    while let Some(event) = reader.next_event() {
        finishes += usize::from(matches!(event, StreamEvent::Finish(_)));
        response.add(event);
    }
    finishes
}

/// Chunks of 1 to 200 bytes, by a linear congruential generator.
fn random_chunks(bytes: &[u8], seed: u64) -> Vec<&[u8]> {
    let (mut state, mut rest, mut chunks) = (seed, bytes, vec![]);
    while !rest.is_empty() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let size = usize::try_from((state >> 33) % 200).unwrap() + 1;
        let (chunk, more) = rest.split_at(size.min(rest.len()));
        chunks.push(chunk);
        rest = more;
    }
    chunks
}
