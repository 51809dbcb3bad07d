//! Arguments of calls.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{
        Error, MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use serde_json::Value;

use super::{Text, raw};

/// Arguments of a call: a text with JSON in it, or, with some servers, the JSON itself. `null` is an empty text.
#[derive(Debug)]
pub(crate) enum Arguments<'a> {
    Text(Text<'a>),
    Json(Value),
}

impl Default for Arguments<'_> {
    fn default() -> Self {
        Self::Text(Text::default())
    }
}

impl<'a> Arguments<'a> {
    /// The arguments as a text.
    pub(crate) fn into_text(self) -> Text<'a> {
        match self {
            Self::Text(text) => text,
            Self::Json(json) => json.to_string().into(),
        }
    }

    /// The arguments as they are written at this place of `json`; an empty object if there are none.
    pub(crate) fn written(self, json: &[u8], place: &str) -> String {
        match self {
            Self::Text(text) if text.is_empty() => "{}".to_owned(),
            Self::Text(text) => text.into_owned(),
            Self::Json(value) => raw(json, place).map_or_else(|| value.to_string(), ToOwned::to_owned),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Arguments<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ArgumentsVisitor)
    }
}

struct ArgumentsVisitor;

impl<'de> Visitor<'de> for ArgumentsVisitor {
    type Value = Arguments<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("arguments")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Arguments<'de>, E> {
        Ok(Arguments::Text(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Arguments<'de>, E> {
        Ok(Arguments::Text(text.to_owned().into()))
    }

    fn visit_unit<E>(self) -> Result<Arguments<'de>, E> {
        Ok(Arguments::default())
    }

    fn visit_bool<E>(self, value: bool) -> Result<Arguments<'de>, E> {
        Ok(Arguments::Json(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Arguments<'de>, E> {
        Ok(Arguments::Json(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Arguments<'de>, E> {
        Ok(Arguments::Json(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Arguments<'de>, E> {
        Ok(Arguments::Json(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Arguments<'de>, A::Error> {
        Value::deserialize(SeqAccessDeserializer::new(list)).map(Arguments::Json)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Arguments<'de>, A::Error> {
        Value::deserialize(MapAccessDeserializer::new(map)).map(Arguments::Json)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_a_text_with_json_or_the_json() {
        for (given, text) in [
            (r#""{\"n\": 1}""#, r#"{"n": 1}"#),
            (r#"{"n": 1.0}"#, r#"{"n":1.0}"#),
            ("[1, null]", "[1,null]"),
            ("true", "true"),
            ("-1", "-1"),
            ("null", ""),
        ] {
            assert_eq!(&*serde_json::from_str::<Arguments<'_>>(given).unwrap().into_text(), text, "{given}");
        }
    }

    #[test]
    fn arguments_are_handed_out_as_they_are_written() {
        for (given, text) in [
            (r#"{"b": 2.50, "a": 1}"#, r#"{"b": 2.50, "a": 1}"#),
            (r#""{\"n\": 1}""#, r#"{"n": 1}"#),
            ("null", "{}"),
            (r#""""#, "{}"),
        ] {
            let json = format!(r#"{{"args":{given}}}"#);
            let arguments: Arguments<'_> = serde_json::from_str(given).unwrap();
            assert_eq!(arguments.written(json.as_bytes(), "/args"), text, "{given}");
        }
    }
}
