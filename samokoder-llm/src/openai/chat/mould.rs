//! The chunk that a stream is made of, again and again.

use memchr::memmem;

use crate::wire::Mould;

/// The form of a chunk that brings this text. Its id, with which it begins, and OpenAI's padding, with which it may end,
/// may differ in the next one.
pub(super) fn mould(chunk: &[u8], text: &str) -> Option<Mould> {
    const ID: &[u8] = br#"{"id":""#;
    const PADDING: &[u8] = br#","obfuscation":"#;
    let id = chunk.starts_with(ID).then_some(ID.len() - 1);
    let padding = memmem::rfind(chunk, PADDING).map(|at| at + PADDING.len());
    Mould::of(chunk, text, id.into_iter().chain(padding))
}
