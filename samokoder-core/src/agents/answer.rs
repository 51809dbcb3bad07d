//! Typed answers of a model.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A type that a model can be asked to answer with.
///
/// The type is the only source: it makes the JSON schema, and its example is what the prompt shows.
pub trait Answer: Serialize + DeserializeOwned + JsonSchema {
    /// A short name for the schema, in `snake_case`.
    const NAME: &'static str;

    /// A good answer to some other question.
    fn example() -> Self;
}

/// The schema of a type, with everything inline: not every model follows references.
pub(super) fn schema<T: Answer>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Finds the JSON in an answer: bare, in a fenced block, or with words around it.
///
/// # Errors
/// What is wrong with it, in words for the model.
pub(super) fn parse<T: Answer>(text: &str) -> Result<T, String> {
    let text = text.trim();
    let (from, to) = match (text.find(['{', '[']), text.rfind(['}', ']'])) {
        (Some(from), Some(to)) if from < to => (from, to),
        _ => return Err("it has no JSON in it".into()),
    };
    serde_json::from_str(&text[from..=to])
        .map_err(|error| format!("its JSON does not fit the schema: {error}"))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
    struct Word {
        word: String,
    }

    impl Answer for Word {
        const NAME: &'static str = "word";

        fn example() -> Self {
            Self { word: "hello".into() }
        }
    }

    #[test]
    fn json_is_found_bare_fenced_and_among_words() {
        for text in
            [r#"{"word":"a"}"#, "```json\n{\"word\":\"a\"}\n```", "Sure! {\"word\":\"a\"} Anything else?"]
        {
            assert_eq!(parse::<Word>(text), Ok(Word { word: "a".into() }), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_in_words_for_the_model() {
        assert_eq!(parse::<Word>("no").unwrap_err(), "it has no JSON in it");
        assert!(parse::<Word>(r#"{"wort":1}"#).unwrap_err().contains("missing field `word`"));
    }
}
