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
    let Quoted { content, has_escapes, after } = quoted(json)?;
    let text = if has_escapes {
        Text(Cow::Owned(serde_json::from_slice(&json[..content.len() + 2]).ok()?))
    } else {
        std::str::from_utf8(content).ok()?.into()
    };
    Some((text, after))
}

/// A string of JSON as it is written.
pub(crate) struct Quoted<'a> {
    /// What is between its quotation marks, which may not be UTF-8.
    pub(crate) content: &'a [u8],
    /// Whether there are escapes in it, right or wrong.
    pub(crate) has_escapes: bool,
    /// What follows it.
    pub(crate) after: &'a [u8],
}

/// Finds the end of the string that JSON begins with. There is none in a string with control characters.
pub(crate) fn quoted(json: &[u8]) -> Option<Quoted<'_>> {
    let content = json.strip_prefix(b"\"")?;
    let (mut end, mut has_escapes) = (0, false);
    loop {
        end += stop(content.get(end..)?)?;
        match content[end] {
            b'"' => break,
            b'\\' => has_escapes = true,
            _ => return None,
        }
        end += 2;
    }
    Some(Quoted { content: &content[..end], has_escapes, after: &content[end + 1..] })
}

/// Where a string's end, an escape or a control character is.
fn stop(content: &[u8]) -> Option<usize> {
    /// As long as most strings are: a search of its own would take longer to begin.
    const SHORT: usize = 16;
    let is_stop = |byte: &u8| matches!(byte, b'"' | b'\\' | ..b' ');
    let (short, long) = content.split_at(SHORT.min(content.len()));
    if let Some(found) = short.iter().position(is_stop) {
        return Some(found);
    }
    let found = memchr2(b'"', b'\\', long)?;
    let control = long[..found].iter().position(|byte| *byte < b' ');
    Some(short.len() + control.unwrap_or(found))
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
