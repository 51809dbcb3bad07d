//! Texts in JSON, without a copy where that can be.

use std::{borrow::Cow, ops::Deref};

use serde::Deserialize;

/// A text that is borrowed from the JSON around it unless it has escapes in it.
///
/// It is for fields that may be missing: of an `Option<Cow<str>>` serde makes a copy every time.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl Text<'_> {
    pub(crate) fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// Reads JSON. Bytes that are known to be UTF-8 as a whole are read faster than text by text.
pub(crate) fn from_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_copied_only_for_its_escapes() {
        let borrowed = |json| {
            serde_json::from_str::<Option<Text<'_>>>(json)
                .unwrap()
                .map(|text| matches!(text.0, Cow::Borrowed(_)))
        };
        assert_eq!(borrowed(r#""é""#), Some(true));
        assert_eq!(borrowed(r#""\n""#), Some(false));
        assert_eq!(borrowed("null"), None);
    }
}
