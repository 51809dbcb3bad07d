//! Answers that are values of a Rust type.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{
    CallContext, ChatRequest, ChatResponse, FinishReason, LlmError, LlmErrorKind, LlmProvider,
    LlmProviderExt as _, Message, ModelRole, ResponseFormat,
};

/// The schema of a type, with everything inline: not every model follows references.
pub(crate) fn schema<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.inline_subschemas = true;
        settings.meta_schema = None;
    });
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

/// Asks for a value of a type, and once more if the answer is none.
pub(super) async fn complete_as<T: JsonSchema + DeserializeOwned>(
    provider: &(impl LlmProvider + ?Sized),
    mut request: ChatRequest,
    call: &CallContext,
) -> Result<(T, ChatResponse), LlmError> {
    request.response_format = ResponseFormat::JsonSchema { name: name::<T>(), schema: schema::<T>() };
    let first = whole(provider.complete(request.clone(), call).await?)?;
    let problem = match parse(&first.text()) {
        Ok(value) => return Ok((value, first)),
        Err(problem) => problem,
    };
    let model = provider.capabilities(request.model.name()).await?;
    let useless = LlmError::new(LlmErrorKind::Malformed, problem.clone());
    call.book_failed(&useless, model.spent(&first), &request.model).await?;
    request.messages.push(first.into_message());
    request.messages.push(Message::new(ModelRole::User, correction(&problem)));
    let second = whole(provider.complete(request, call).await?)?;
    match parse(&second.text()) {
        Ok(value) => Ok((value, second)),
        Err(problem) => Err(LlmError::new(LlmErrorKind::Malformed, problem)),
    }
}

/// What a model is told whose answer can't be used.
pub(crate) fn correction(problem: &str) -> String {
    format!(
        "That answer can't be used: {problem}\nAnswer again, whole, with this put right and nothing else changed."
    )
}

/// Refuses an answer that the model did not give or did not finish.
fn whole(response: ChatResponse) -> Result<ChatResponse, LlmError> {
    match response.finish {
        FinishReason::Refusal | FinishReason::ContentFilter => {
            Err(LlmError::new(LlmErrorKind::ContentRefused, "the model declined to answer"))
        }
        FinishReason::Length => Err(LlmError::new(
            LlmErrorKind::Truncated,
            "the answer was cut off at the limit of output; allow more tokens or choose a model that can give more",
        )),
        _ => Ok(response),
    }
}

/// A schema's name as providers accept it: letters, digits and `_`.
fn name<T: JsonSchema>() -> String {
    T::schema_name().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(64).collect()
}

/// Finds the JSON in an answer: bare, in a fenced block, or with words around it. What models commonly get wrong is
/// put right: a comma too many, a line break within a text.
///
/// # Errors
/// What is wrong with it, in words for the model.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let text = text.trim();
    let (from, to) = match (text.find(['{', '[']), text.rfind(['}', ']'])) {
        (Some(from), Some(to)) if from < to => (from, to),
        // A type may be a bare number or text.
        _ => return serde_json::from_str(text).map_err(|_| "it has no JSON in it".into()),
    };
    let json = &text[from..=to];
    serde_json::from_str(json)
        .or_else(|error| serde_json::from_str(&repair(json)).map_err(|_| error))
        .map_err(|error| format!("its JSON does not fit the schema: {error}"))
}

/// Takes out commas before a closing bracket and escapes control characters within texts.
fn repair(json: &str) -> String {
    let mut repaired = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for c in json.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '\n' if in_text => {
                repaired.push_str("\\n");
                continue;
            }
            '\t' if in_text => {
                repaired.push_str("\\t");
                continue;
            }
            '\r' if in_text => continue,
            '}' | ']' if !in_text && repaired.trim_end().ends_with(',') => {
                repaired.truncate(repaired.trim_end().len() - 1);
            }
            _ => {}
        }
        repaired.push(c);
    }
    repaired
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize, JsonSchema)]
    struct Word {
        word: String,
    }

    #[test]
    fn json_is_found_bare_fenced_and_among_words() {
        for text in
            [r#"{"word":"a"}"#, "```json\n{\"word\":\"a\"}\n```", "Sure! {\"word\":\"a\"} Anything else?"]
        {
            assert_eq!(parse::<Word>(text), Ok(Word { word: "a".into() }), "{text}");
        }
        assert_eq!(parse::<u8>(" 7\n"), Ok(7));
    }

    #[test]
    fn a_comma_too_many_and_a_bare_line_break_are_put_right() {
        assert_eq!(parse::<Vec<u8>>("[1, 2,\n]"), Ok(vec![1, 2]));
        let word = parse::<Word>("{\"word\": \"a\n\\\"b,}\\\"\",}").unwrap();
        assert_eq!(word.word, "a\n\"b,}\"");
    }

    #[test]
    fn what_is_wrong_is_said_in_words_for_the_model() {
        assert_eq!(parse::<Word>("no").unwrap_err(), "it has no JSON in it");
        assert!(parse::<Word>(r#"{"wort":1}"#).unwrap_err().contains("missing field `word`"));
    }
}
