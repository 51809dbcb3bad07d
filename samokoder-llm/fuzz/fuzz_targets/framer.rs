//! The frames of a stream are the same however it is split: the first byte says how.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samokoder_llm::wire::{Framer, Framing};

fn frames(framing: Framing, pieces: &mut dyn Iterator<Item = &[u8]>) -> Vec<(String, Vec<u8>)> {
    let mut framer = Framer::new(framing);
    let mut found = vec![];
    for mut piece in pieces {
        while let Some(frame) = framer.next_frame(&mut piece) {
            found.push((frame.event.into_owned(), frame.data.into_owned()));
        }
    }
    found.extend(framer.last_frame().map(|frame| (frame.event.into_owned(), frame.data.into_owned())));
    found
}

fuzz_target!(|input: &[u8]| {
    let Some((size, stream)) = input.split_first() else { return };
    let size = usize::from(*size).max(1);
    for framing in [Framing::Sse, Framing::Lines] {
        let whole = frames(framing, &mut std::iter::once(stream));
        assert_eq!(frames(framing, &mut stream.chunks(size)), whole);
    }
});
