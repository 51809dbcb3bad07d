//! Texts in JSON, read without copies and without trust.

use std::{borrow::Cow, fmt, ops::Deref};

use memchr::memchr2;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// A text that is borrowed from the JSON around it unless it has escapes in it. Whatever is not a text, such as
/// `null`, is an empty one: a field that a server fills in its own way must not cost the answer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    /// The text, if there is one.
    pub(crate) fn some(&self) -> Option<&str> {
        Some(&*self.0).filter(|text| !text.is_empty())
    }

    pub(crate) fn into_owned(self) -> String {
        self.0.into_owned()
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Text<'de>, E> {
        Ok(text.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Text<'de>, E> {
        Ok(text.to_owned().into())
    }

    fn visit_unit<E>(self) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }

    fn visit_bool<E>(self, _: bool) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Text<'de>, E> {
        Ok(Text::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Text<'de>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Text<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
}

/// Reads JSON. Bytes that are known to be UTF-8 as a whole are read faster than text by text.
pub(crate) fn from_json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(bytes) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(bytes),
    }
}

/// Reads the string that JSON begins with, without a parser where it has no escapes. Returns what follows it too.
pub(crate) fn string(json: &[u8]) -> Option<(Text<'_>, &[u8])> {
    let content = json.strip_prefix(b"\"")?;
    let (mut end, mut has_escapes) = (0, false);
    loop {
        end += memchr2(b'"', b'\\', content.get(end..)?)?;
        if content[end] == b'"' {
            break;
        }
        has_escapes = true;
        end += 2;
    }
    let text = if has_escapes {
        Text(Cow::Owned(serde_json::from_slice(&json[..end + 2]).ok()?))
    } else if content[..end].iter().all(|byte| *byte >= b' ') {
        std::str::from_utf8(&content[..end]).ok()?.into()
    } else {
        return None;
    };
    Some((text, &content[end + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn what_is_not_a_text_is_an_empty_one() {
        for json in ["null", "true", "1", "-1", "0.5", "[1, [2]]", r#"{"a": {"b": 1}}"#] {
            assert_eq!(serde_json::from_str::<Text<'_>>(json).unwrap().some(), None, "{json}");
        }
    }

    proptest! {
        #[test]
        fn a_string_without_a_parser_is_what_a_parser_finds(text in any::<String>(), after in "[\",}]{0,2}") {
            let json = serde_json::Value::from(text.as_str()).to_string() + &after;
            prop_assert_eq!(string(json.as_bytes()), Some((Text::from(text), after.as_bytes())));
        }

        #[test]
        fn what_a_parser_refuses_is_no_string(bytes in proptest::collection::vec(any::<u8>(), 0..6)) {
            let json = [b"\"", &*bytes, b"\""].concat();
            let whole = string(&json).filter(|(_, rest)| rest.is_empty()).map(|(text, _)| text.into_owned());
            prop_assert_eq!(whole, serde_json::from_slice::<String>(&json).ok());
        }
    }
}
