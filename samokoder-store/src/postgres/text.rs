//! Text for columns. PostgreSQL has all of Unicode but the character 0.

use std::borrow::Cow;

/// Stands before what replaces a character. No text has a use for it: it is not assigned and never will be.
const ESCAPE: char = '\u{10ffff}';

/// A text without the character 0. Different texts stay different, and most stay as they are.
pub(super) fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['\0', ESCAPE]) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\0' => escaped.extend([ESCAPE, '0']),
            ESCAPE => escaped.extend([ESCAPE, '1']),
            other => escaped.push(other),
        }
    }
    Cow::Owned(escaped)
}

/// What [`escape`] was given.
pub(super) fn unescape(text: &str) -> String {
    let mut parts = text.split(ESCAPE);
    let mut original = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        original.push(if part.starts_with('0') { '\0' } else { ESCAPE });
        original.push_str(part.get(1..).unwrap_or_default());
    }
    original
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_comes_back_and_none_has_the_character_0() {
        for text in ["", "plain", "\0", "a\0b\0", "\u{10ffff}", "\u{10ffff}0\0\u{10ffff}", "ё\0🦀"] {
            let escaped = escape(text);
            assert!(!escaped.contains('\0'));
            assert_eq!(unescape(&escaped), text);
        }
        assert!(matches!(escape("plain"), Cow::Borrowed(_)));
    }
}
