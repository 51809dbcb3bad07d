//! The event that a stream is made of, a piece of text, read without a parser.

use super::blocks::Delta;
use crate::wire::{Text, string};

/// Reads a piece of a block in exactly the form that the provider writes, with any number of spaces at its end:
/// `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}`. `None` is for a parser to
/// read. It is several times as fast as one, and a stream has little else in it.
pub(super) fn read(data: &[u8]) -> Option<(u64, Delta<'_>)> {
    let rest = data.strip_prefix(br#"{"type":"content_block_delta","index":"#)?;
    let digits = rest.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
    let index = std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()?;
    let rest = rest[digits..].strip_prefix(br#","delta":{"type":""#)?;
    if let Some(rest) = rest.strip_prefix(br#"text_delta","text":"#) {
        let text = last_string(rest)?;
        Some((index, Delta { kind: "text_delta".into(), text, ..Delta::default() }))
    } else if let Some(rest) = rest.strip_prefix(br#"input_json_delta","partial_json":"#) {
        let partial_json = last_string(rest)?;
        Some((index, Delta { kind: "input_json_delta".into(), partial_json, ..Delta::default() }))
    } else if let Some(rest) = rest.strip_prefix(br#"thinking_delta","thinking":"#) {
        let thinking = last_string(rest)?;
        Some((index, Delta { kind: "thinking_delta".into(), thinking, ..Delta::default() }))
    } else {
        None
    }
}

/// The string that is the last value of an object within an object, both of which end after it.
fn last_string(json: &[u8]) -> Option<Text<'_>> {
    let (text, after) = string(json)?;
    let after = after.trim_ascii().strip_prefix(b"}")?;
    (after.trim_ascii_start() == b"}").then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn piece(kind: &str, field: &str, text: &str, spaces: &str) -> String {
        let text = serde_json::Value::from(text);
        format!(
            r#"{{"type":"content_block_delta","index":12,"delta":{{"type":"{kind}","{field}":{text}}}{spaces}}}{spaces}"#
        )
    }

    proptest! {
        #[test]
        fn a_piece_is_what_a_parser_finds(
            (kind, field) in proptest::sample::select(vec![
                ("text_delta", "text"),
                ("input_json_delta", "partial_json"),
                ("thinking_delta", "thinking"),
            ]),
            text in any::<String>(),
            spaces in " {0,3}",
        ) {
            #[derive(serde::Deserialize)]
            struct Event<'a> {
                index: u64,
                #[serde(borrow)]
                delta: Delta<'a>,
            }
            let json = piece(kind, field, &text, &spaces);
            let event: Event<'_> = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(read(json.as_bytes()), Some((event.index, event.delta)));
        }
    }

    #[test]
    fn anything_else_is_left_to_a_parser() {
        let usual = piece("text_delta", "text", "Hi \"there\"", "");
        assert!(read(usual.as_bytes()).is_some());
        for length in 0..usual.len() {
            assert_eq!(read(&usual.as_bytes()[..length]), None, "{}", &usual[..length]);
        }
        for other in [
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a","x":"b"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"},"x":1}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\u00"}}"#,
            r#"{"type":"content_block_delta","index":-1,"delta":{"type":"text_delta","text":"a"}}"#,
            r#"{"type": "content_block_delta","index":0,"delta":{"type":"text_delta","text":"a"}}"#,
        ] {
            assert_eq!(read(other.as_bytes()), None, "{other}");
        }
    }
}
