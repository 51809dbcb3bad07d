//! Makes a JSON schema one that models can be held to.

use samokoder_core::llm::{LlmError, LlmErrorKind};
use serde_json::{Map, Value, json};

use crate::schema::inner;

/// Formats of texts that the provider knows.
const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// Keywords that say nothing of the value.
const SILENT: [&str; 4] = ["$schema", "$id", "$comment", "discriminator"];

/// The schema as the provider takes it: objects are closed, `oneOf` is `anyOf`, and keywords that it does not know are
/// said in the description, so that the model reads them though it is not held to them.
///
/// From Anthropic's documentation of structured outputs, "JSON schema limitations", and what its Python SDK does
/// (`transform_schema`).
///
/// # Errors
/// [`LlmErrorKind::BadRequest`] for an object with keys that the schema does not name: the model could only leave it
/// empty.
pub(super) fn acceptable(schema: &Value, whose: &str) -> Result<Value, LlmError> {
    at(schema, "").map_err(|FreeKeys(path)| {
        let message = format!(
            "the schema of {whose} has an object at \"{path}\" whose keys it does not name (`additionalProperties`): \
             Anthropic's models can't be held to that. Use a list of objects with a key and a value there"
        );
        LlmError::new(LlmErrorKind::BadRequest, message)
    })
}

/// Where in a schema an object has keys without names.
struct FreeKeys(String);

fn at(schema: &Value, path: &str) -> Result<Value, FreeKeys> {
    let Some(schema) = schema.as_object() else {
        return Ok(schema.clone());
    };
    let mut kept = Map::new();
    let mut said = vec![];
    for (keyword, value) in schema {
        match (keyword.as_str(), value) {
            ("$defs" | "definitions" | "properties" | "anyOf" | "allOf" | "oneOf" | "items", value) => {
                let value = inner(keyword, value, |schema, step| at(schema, &format!("{path}{step}")))?;
                let keyword = if keyword == "oneOf" { "anyOf" } else { keyword };
                kept.insert(keyword.to_owned(), value);
            }
            ("additionalProperties", Value::Bool(false)) => {}
            ("additionalProperties", _) if schema.contains_key("properties") => {}
            ("additionalProperties", _) => return Err(FreeKeys(path.to_owned())),
            ("type" | "enum" | "const" | "$ref" | "required" | "title" | "description", value) => {
                kept.insert(keyword.clone(), value.clone());
            }
            ("format", Value::String(format)) if FORMATS.contains(&format.as_str()) => {
                kept.insert(keyword.clone(), value.clone());
            }
            ("minItems", Value::Number(count)) if matches!(count.as_u64(), Some(0 | 1)) => {
                kept.insert(keyword.clone(), value.clone());
            }
            (keyword, _) if SILENT.contains(&keyword) => {}
            (keyword, value) => said.push(format!("{keyword}: {value}")),
        }
    }
    if is_object(schema) {
        kept.insert("additionalProperties".into(), json!(false));
    }
    if !said.is_empty() && !kept.contains_key("$ref") {
        let described = kept.get("description").and_then(Value::as_str).map(|text| format!("{text}\n\n"));
        let description = format!("{}{{{}}}", described.unwrap_or_default(), said.join(", "));
        kept.insert("description".into(), json!(description));
    }
    Ok(Value::Object(kept))
}

fn is_object(schema: &Map<String, Value>) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == "object",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
        _ => schema.contains_key("properties"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_closed_at_every_depth() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {"list": {"type": "array", "items": {"type": "object", "properties": {}}}},
            "$defs": {"inner": {"type": ["object", "null"], "properties": {"a": {"$ref": "#/$defs/inner"}}}},
            "required": ["list"],
        });
        assert_eq!(
            acceptable(&schema, "the answer").unwrap(),
            json!({
                "type": "object",
                "properties": {"list": {
                    "type": "array",
                    "items": {"type": "object", "properties": {}, "additionalProperties": false},
                }},
                "$defs": {"inner": {
                    "type": ["object", "null"],
                    "properties": {"a": {"$ref": "#/$defs/inner"}},
                    "additionalProperties": false,
                }},
                "required": ["list"],
                "additionalProperties": false,
            })
        );
    }

    #[test]
    fn keywords_that_are_not_known_are_said_in_the_description() {
        let schema = json!({"type": "integer", "format": "uint32", "minimum": 0, "description": "How many."});
        assert_eq!(
            acceptable(&schema, "the answer").unwrap(),
            json!({"type": "integer", "description": "How many.\n\n{format: \"uint32\", minimum: 0}"})
        );
        let schema = json!({"type": "array", "items": {"type": "string", "format": "uuid"}, "minItems": 1});
        assert_eq!(acceptable(&schema, "the answer").unwrap(), schema);
    }

    #[test]
    fn one_of_becomes_any_of() {
        let schema = json!({"oneOf": [{"const": "a"}, {"type": "string", "maxLength": 3}]});
        assert_eq!(
            acceptable(&schema, "the answer").unwrap(),
            json!({"anyOf": [{"const": "a"}, {"type": "string", "description": "{maxLength: 3}"}]})
        );
    }

    #[test]
    fn an_object_with_free_keys_is_refused_with_its_place() {
        let schema = json!({
            "type": "object",
            "properties": {"files": {"type": "object", "additionalProperties": {"type": "string"}}},
        });
        let error = acceptable(&schema, "the answer").unwrap_err();
        assert_eq!(error.kind, LlmErrorKind::BadRequest);
        assert!(error.message.contains("/properties/files"), "{error}");
    }
}
