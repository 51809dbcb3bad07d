//! Texts that were cut within a character of two UTF-16 units, as gateways written in JavaScript do.

/// The same JSON with U+FFFD for each half of a pair that is without its other half; `None` when there is none.
pub(super) fn mended(json: &[u8]) -> Option<Vec<u8>> {
    let mut mended = Vec::new();
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = memchr::memchr(b'\\', &json[at..]) {
        at += found;
        let len = match (unit(&json[at..]), unit(json.get(at + ESCAPE..).unwrap_or_default())) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 2 * ESCAPE,
            (Some(0xD800..=0xDFFF), _) => {
                mended.extend_from_slice(&json[copied..at]);
                mended.extend_from_slice(br"\uFFFD");
                copied = at + ESCAPE;
                ESCAPE
            }
            (Some(_), _) => ESCAPE,
            (None, _) => 2,
        };
        at = (at + len).min(json.len());
    }
    if copied == 0 {
        return None;
    }
    mended.extend_from_slice(&json[copied..]);
    Some(mended)
}

/// Bytes of an escape such as `\u0041`.
const ESCAPE: usize = 6;

/// The unit that an escape at the beginning stands for.
fn unit(json: &[u8]) -> Option<u16> {
    let digits = json.strip_prefix(br"\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(json: &str) -> Option<String> {
        mended(json.as_bytes()).map(|mended| serde_json::from_slice(&mended).unwrap())
    }

    #[test]
    fn half_a_character_becomes_a_replacement() {
        assert_eq!(shown(r#""a\ud83d""#).as_deref(), Some("a\u{fffd}"));
        assert_eq!(
            shown(r#""\uDE00b\ud83d\ude00\ud83d\n""#).as_deref(),
            Some("\u{fffd}b\u{1f600}\u{fffd}\n")
        );
        assert_eq!(shown(r#""\ud83d\ud83d\ude00""#).as_deref(), Some("\u{fffd}\u{1f600}"));
    }

    #[test]
    fn what_is_whole_stays() {
        for json in [r#""\ud83d\ude00 \u0041 \\ud83d""#, r#""\\""#, r#""a\"#, r#""\ud8"#, ""] {
            assert_eq!(mended(json.as_bytes()), None, "{json}");
        }
    }
}
