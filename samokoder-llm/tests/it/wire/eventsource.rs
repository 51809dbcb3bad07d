//! Our framer against the `eventsource-stream` crate: two readings of one standard.

use proptest::prelude::*;
use samokoder_llm::wire::{Framer, Framing};

use super::split;
use crate::cassettes::exchanges;

fn frames(framing: Framing, pieces: &[&[u8]]) -> Vec<(String, String)> {
    let mut framer = Framer::new(framing);
    let mut found = vec![];
    for mut piece in pieces.iter().copied() {
        while let Some(frame) = framer.next_frame(&mut piece) {
            found.push((frame.event.into_owned(), String::from_utf8_lossy(&frame.data).into_owned()));
        }
    }
    found
}

fn stream() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "data: ?[a-zé😀 :]{0,8}",
        "event: [a-lz]{1,4}",
        ": ?[a-z]{0,5}",
        "id: [a-z]{0,3}",
        Just(String::new()),
    ];
    // The other one takes a lone carriage return for the end of the stream's line only when more follows.
    let end = prop_oneof![Just("\n"), Just("\r\n")];
    proptest::collection::vec((line, end), 0..20)
        .prop_map(|lines| lines.into_iter().flat_map(|(line, end)| [line, end.to_owned()]).collect())
}

proptest! {
    #[test]
    fn both_cut_the_same_frames(stream in stream(), size in 1usize..40) {
        let pieces = split(stream.as_bytes(), &[size]);
        prop_assert_eq!(frames(Framing::Sse, &pieces), frames(Framing::Eventsource, &pieces));
    }
}

#[test]
fn both_cut_recorded_streams_into_the_same_frames() {
    for exchange in exchanges(|exchange| exchange.sse && exchange.status == 200).unwrap_or_default() {
        let bytes = exchange.response.as_bytes();
        let (own, other) = (frames(Framing::Sse, &[bytes]), frames(Framing::Eventsource, &[bytes]));
        assert_eq!(own, other, "{}", exchange.file);
    }
}
