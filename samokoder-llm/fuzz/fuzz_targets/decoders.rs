//! Every decoder takes any bytes: it finishes once at most, and what it finds does not depend on how they are split.
//! The first byte chooses the protocol, the second one the size of the pieces.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samokoder_core::llm::ChatResponse;
use samokoder_llm::{
    vendor::VENDORS,
    wire::{Reader, Wire},
};

fn read(wire: &dyn Wire, pieces: &mut dyn Iterator<Item = &[u8]>) -> Option<ChatResponse> {
    let mut reader = Reader::new(wire);
    let (mut response, mut finishes) = (ChatResponse::default(), 0);
    let mut take = |reader: &mut Reader| {
        while let Some(event) = reader.next_event() {
            finishes += usize::from(response.add(event));
        }
    };
    let mut whole = true;
    for piece in pieces {
        whole &= reader.feed(piece).is_ok();
        take(&mut reader);
        if !whole {
            break;
        }
    }
    whole = whole && reader.end().is_ok();
    take(&mut reader);
    assert!(finishes <= 1);
    whole.then_some(response)
}

fuzz_target!(|input: &[u8]| {
    let [protocol, size, stream @ ..] = input else { return };
    let vendor = VENDORS[usize::from(*protocol) % VENDORS.len()];
    // OpenAI speaks two protocols.
    let model = if *protocol < 128 { "gpt-4o" } else { "gpt-6.1-sol" };
    let wire = vendor.wire(model);
    let mut whole = Reader::new(wire);
    let _ = whole.whole(stream);
    let size = usize::from(*size).max(1);
    assert_eq!(read(wire, &mut stream.chunks(size)), read(wire, &mut std::iter::once(stream)));
});
