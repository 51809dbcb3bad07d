//! An error is made of any reply: the first two bytes are its status.

#![no_main]

use libfuzzer_sys::fuzz_target;
use samokoder_llm::reply::error;

fuzz_target!(|input: &[u8]| {
    let [high, low, body @ ..] = input else { return };
    let found = error(u16::from_be_bytes([*high, *low]), body);
    assert!(!found.message.is_empty());
});
