//! The event that a stream is made of, a piece of an item.

use samokoder_core::llm::LlmError;
use serde::Deserialize;

use super::stream::parse;
use crate::wire::{Text, string};

/// A piece of an item.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Piece<'a> {
    pub(super) output_index: Option<u64>,
    pub(super) content_index: Option<u64>,
    pub(super) summary_index: Option<u64>,
    #[serde(borrow)]
    delta: Option<Text<'a>>,
}

impl<'a> Piece<'a> {
    /// Reads an event.
    ///
    /// # Errors
    /// [`LlmErrorKind::Malformed`](samokoder_core::llm::LlmErrorKind::Malformed).
    pub(super) fn of(data: &'a [u8]) -> Result<Self, LlmError> {
        read(data).map_or_else(|| parse(data), Ok)
    }

    /// What it adds.
    pub(super) fn text(&self) -> &str {
        self.delta.as_deref().unwrap_or_default()
    }
}

/// Reads an event in the form that the API writes, without a parser and twice as fast as one: without spaces, all its
/// fields texts, counts, names of values or empty lists. `None` is for a parser to read.
fn read(data: &[u8]) -> Option<Piece<'_>> {
    let mut piece = Piece::default();
    let mut rest = data.strip_prefix(b"{")?;
    loop {
        let (name, after) = string(rest)?;
        let value = after.strip_prefix(b":")?;
        let index = match &*name {
            "output_index" => Some(&mut piece.output_index),
            "content_index" => Some(&mut piece.content_index),
            "summary_index" => Some(&mut piece.summary_index),
            _ => None,
        };
        rest = match index {
            Some(index) => {
                let (count, after) = count(value)?;
                // A field that comes twice is the parser's to refuse.
                if index.replace(count).is_some() {
                    return None;
                }
                after
            }
            None if *name == *"delta" => {
                let (text, after) = string(value)?;
                if piece.delta.replace(text).is_some() {
                    return None;
                }
                after
            }
            None => behind(value)?,
        };
        rest = match rest.split_first()? {
            (b',', rest) => rest,
            (b'}', []) => return Some(piece),
            _ => return None,
        };
    }
}

/// What follows a value of a field that is not read.
fn behind(value: &[u8]) -> Option<&[u8]> {
    match value.first()? {
        b'"' => Some(string(value)?.1),
        b'0'..=b'9' => Some(count(value)?.1),
        _ => [&b"[]"[..], b"null", b"true", b"false"].iter().find_map(|name| value.strip_prefix(*name)),
    }
}

/// The count that JSON begins with, of a few digits, and what follows it.
fn count(json: &[u8]) -> Option<(u64, &[u8])> {
    let digits = json.iter().take(12).take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, after) = json.split_at(digits);
    if digits.len() > 1 && digits.starts_with(b"0") {
        return None;
    }
    Some((std::str::from_utf8(digits).ok()?.parse().ok()?, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn event(text: &str) -> Value {
        json!({
            "type": "response.output_text.delta", "sequence_number": 12, "item_id": "msg_1", "output_index": 0,
            "content_index": 3, "delta": text, "logprobs": [], "obfuscation": "x9", "done": false, "more": null,
        })
    }

    proptest! {
        #[test]
        fn a_piece_is_what_a_parser_finds(text in any::<String>(), index in any::<u64>(), other in any::<String>()) {
            let mut event = event(&text);
            event["output_index"] = index.into();
            event[other] = json!("other");
            let written = event.to_string();
            if let Some(piece) = read(written.as_bytes()) {
                prop_assert_eq!(Some(piece), serde_json::from_str(&written).ok());
            } else {
                prop_assert!(index > 999_999_999_999 || !event["delta"].is_string() || !event["content_index"].is_u64());
            }
        }

        #[test]
        fn what_a_parser_refuses_is_not_read(at in 0usize..200, byte in any::<u8>()) {
            let mut written = event("Hi \"there\"").to_string().into_bytes();
            let at = at % written.len();
            written[at] = byte;
            if let Some(piece) = read(&written) {
                prop_assert_eq!(Some(piece), serde_json::from_slice(&written).ok());
            }
        }
    }

    #[test]
    fn anything_else_is_left_to_a_parser() {
        for other in [
            r#"{"delta":"a","delta":"b"}"#,
            r#"{"output_index":0,"output_index":0}"#,
            r#"{"output_index":01}"#,
            r#"{"output_index":1.5}"#,
            r#"{"output_index":null}"#,
            r#"{"delta": "a"}"#,
            r#"{"delta":{"a":"b"}}"#,
            r#"{"delta":"a","logprobs":[{}]}"#,
            r#"{"delta":"a"} "#,
            r#"{"delta":"a""#,
            "{}",
        ] {
            assert_eq!(read(other.as_bytes()), None, "{other}");
        }
        assert_eq!(read(event("a").to_string().as_bytes()).unwrap().text(), "a");
    }
}
