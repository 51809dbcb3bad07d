//! The event that a stream is made of, a piece of an item.

use memchr::memmem;
use samokoder_core::llm::LlmError;
use serde::Deserialize;

use super::stream::parse;
use crate::wire::{Mould, Text};

/// Reads pieces of items.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// The form of the last piece that a parser read, and where its text belongs.
    usual: Option<(Mould, Place)>,
}

/// What an item is added to, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    pub(super) place: Place,
    text: Text<'a>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) output: Option<u64>,
    pub(super) content: Option<u64>,
    pub(super) summary: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    output_index: Option<u64>,
    content_index: Option<u64>,
    summary_index: Option<u64>,
    #[serde(borrow)]
    delta: Option<Text<'a>>,
}

impl Pieces {
    /// Reads an event.
    ///
    /// # Errors
    /// [`LlmErrorKind::Malformed`](samokoder_core::llm::LlmErrorKind::Malformed).
    pub(super) fn read<'a>(&mut self, data: &'a [u8]) -> Result<Piece<'a>, LlmError> {
        if let Some((mould, place)) = &self.usual
            && let Some(text) = mould.text(data)
        {
            return Ok(Piece { place: *place, text });
        }
        let event: Event<'_> = parse(data)?;
        let (output, content) = (event.output_index, event.content_index);
        let place = Place { output, content, summary: event.summary_index };
        let text = event.delta.unwrap_or_default();
        if let Some(mould) = Mould::of(data, &text, free(data)) {
            self.usual = Some((mould, place));
        }
        Ok(Piece { place, text })
    }
}

impl Piece<'_> {
    /// What it adds.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// Where the values are that differ from event to event and say nothing: the event's number, and padding.
fn free(data: &[u8]) -> impl Iterator<Item = usize> {
    let fields = [&br#""sequence_number":"#[..], br#""obfuscation":"#];
    fields.into_iter().filter_map(|field| Some(memmem::find(data, field)? + field.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn event(text: &str, number: u64, padding: &str) -> Value {
        json!({
            "type": "response.output_text.delta", "sequence_number": number, "item_id": "msg_1", "output_index": 1,
            "content_index": 3, "delta": text, "logprobs": [], "obfuscation": padding,
        })
    }

    proptest! {
        #[test]
        fn a_piece_is_the_same_whatever_was_read_before(
            text in any::<String>(),
            number in any::<u64>(),
            padding in any::<String>(),
            (other, index) in (any::<String>(), proptest::option::of(0u64..3)),
        ) {
            let mut event = event(&text, number, &padding);
            event["output_index"] = index.into();
            event[other] = json!("other");
            let event = event.to_string();
            let alone = Pieces::default().read(event.as_bytes()).ok();
            let mut pieces = Pieces::default();
            pieces.read(self::event("first", 7, "x").to_string().as_bytes()).unwrap();
            prop_assert_eq!(pieces.read(event.as_bytes()).ok(), alone);
            prop_assert_eq!(pieces.read(event.as_bytes()).ok(), Pieces::default().read(event.as_bytes()).ok());
        }
    }

    #[test]
    fn most_pieces_need_no_parser() {
        let mut pieces = Pieces::default();
        pieces.read(event("a", 9, "xy").to_string().as_bytes()).unwrap();
        let (mould, place) = pieces.usual.as_ref().unwrap();
        assert_eq!(*place, Place { output: Some(1), content: Some(3), summary: None });
        let next = event("b \"c\"", 10, "").to_string();
        assert_eq!(mould.text(next.as_bytes()).as_deref(), Some("b \"c\""));
    }

    #[test]
    fn a_piece_without_a_text_adds_none() {
        let piece = br#"{"output_index":1,"delta":null}"#;
        assert_eq!(Pieces::default().read(piece).unwrap().text(), "");
        assert!(Pieces::default().read(br#"{"delta":"a""#).is_err());
    }
}
