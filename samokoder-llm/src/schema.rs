//! JSON schemas in the dialects that providers accept.

use std::convert::Infallible;

use serde_json::{Map, Value, json};

/// Keywords that a strict schema may have and that are copied as they are.
const KEPT: &[&str] = &[
    "type",
    "title",
    "description",
    "enum",
    "const",
    "pattern",
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minItems",
    "maxItems",
];

/// Formats that a strict schema may ask for.
const FORMATS: &[&str] =
    &["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

/// Keywords that say something a strict schema can't.
const INEXPRESSIBLE: &[&str] = &[
    "allOf",
    "not",
    "if",
    "dependentRequired",
    "dependentSchemas",
    "patternProperties",
    "prefixItems",
    "contains",
    "$dynamicRef",
];

/// The schema in the strict form of OpenAI's structured outputs, after their guide: every object is closed, all its
/// properties are required, and those that were optional may be null instead, unless they have a default that the
/// model can write. Keywords that only narrow a value, such as `minLength`, and annotations are dropped where they
/// are not supported.
///
/// `None` is for schemas that can't be made strict without changing what they describe: maps, values of any form,
/// a root that is not an object.
pub fn strict(schema: &Value) -> Option<Value> {
    let root = schema.as_object()?;
    let is_object = root.get("type").and_then(Value::as_str) == Some("object");
    if !is_object || root.contains_key("anyOf") || root.contains_key("oneOf") || root.contains_key("enum") {
        return None;
    }
    let mut made = strict_at(schema)?;
    for name in ["$defs", "definitions"] {
        if let Some(Value::Object(definitions)) = root.get(name) {
            let definitions = definitions
                .iter()
                .map(|(name, schema)| Some((name.clone(), strict_at(schema)?)))
                .collect::<Option<Map<_, _>>>()?;
            made.as_object_mut()?.insert(name.into(), Value::Object(definitions));
        }
    }
    Some(made)
}

/// The schema in the dialect of the Gemini API, which knows no `const` and has no use for the names of dialects.
pub fn google(schema: &Value) -> Value {
    let Some(schema) = schema.as_object() else { return schema.clone() };
    let mut made = Map::new();
    for (keyword, value) in schema {
        match keyword.as_str() {
            "$schema" | "$comment" | "discriminator" => {}
            "const" => {
                made.insert("enum".into(), json!([value]));
                if value.is_string() {
                    made.entry("type").or_insert("string".into());
                }
            }
            _ => {
                let Ok(value) = inner(keyword, value, |schema, _| Ok::<_, Infallible>(google(schema)));
                made.insert(keyword.clone(), value);
            }
        }
    }
    Value::Object(made)
}

/// The value of a keyword with each schema in it made anew. The function gets the schema and the path to it.
///
/// # Errors
/// Those of the function.
pub(crate) fn inner<E>(
    keyword: &str,
    value: &Value,
    make: impl Fn(&Value, &str) -> Result<Value, E>,
) -> Result<Value, E> {
    match (keyword, value) {
        ("properties" | "$defs" | "definitions" | "patternProperties", Value::Object(schemas)) => schemas
            .iter()
            .map(|(name, schema)| Ok((name.clone(), make(schema, &format!("/{keyword}/{name}"))?)))
            .collect(),
        ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(schemas)) => {
            schemas.iter().map(|schema| make(schema, &format!("/{keyword}"))).collect()
        }
        ("items" | "additionalProperties" | "not", schema) => make(schema, &format!("/{keyword}")),
        (_, value) => Ok(value.clone()),
    }
}

/// The words that ask for one JSON value of this schema, for a model that can't be held to it.
pub fn instruction(schema: &Value) -> String {
    format!(
        "Answer with one JSON value and nothing else, no code fence. It must fit this JSON schema:\n{schema}"
    )
}

fn strict_at(schema: &Value) -> Option<Value> {
    let schema = schema.as_object()?;
    if INEXPRESSIBLE.iter().any(|keyword| schema.contains_key(*keyword)) {
        return None;
    }
    let mut made = Map::new();
    for keyword in KEPT {
        if let Some(value) = schema.get(*keyword) {
            made.insert((*keyword).into(), value.clone());
        }
    }
    if let Some(format) = schema.get("format").filter(|format| FORMATS.iter().any(|known| *format == known)) {
        made.insert("format".into(), format.clone());
    }
    if let Some(alternatives) = schema.get("anyOf").or_else(|| schema.get("oneOf")) {
        let alternatives = alternatives.as_array()?.iter().map(strict_at).collect::<Option<Vec<_>>>()?;
        made.insert("anyOf".into(), alternatives.into());
    }
    if let Some(reference) = schema.get("$ref") {
        if !reference.as_str()?.starts_with('#') {
            return None;
        }
        // A reference stands alone; what was beside it goes around it.
        if made.is_empty() {
            return Some(json!({"$ref": reference}));
        }
        made.insert("anyOf".into(), json!([{"$ref": reference}]));
    }
    if has_type(schema, "array") {
        made.insert("items".into(), strict_at(schema.get("items")?)?);
    }
    if has_type(schema, "object") {
        close(schema, &mut made)?;
    }
    let says_what = ["type", "enum", "const", "anyOf"].iter().any(|keyword| made.contains_key(*keyword));
    says_what.then_some(Value::Object(made))
}

/// Closes an object and requires all its properties.
fn close(schema: &Map<String, Value>, made: &mut Map<String, Value>) -> Option<()> {
    if !matches!(schema.get("additionalProperties"), None | Some(Value::Bool(false))) {
        return None;
    }
    let closed = schema.contains_key("additionalProperties");
    let none = Map::new();
    let properties = match schema.get("properties") {
        Some(properties) => properties.as_object()?,
        None if closed => &none,
        None => return None,
    };
    let required = schema.get("required").and_then(Value::as_array);
    let mut all = Map::new();
    for (name, property) in properties {
        let is_required = required.is_some_and(|required| required.iter().any(|known| known == name));
        let has_default = property.get("default").is_some_and(|default| !default.is_null());
        let property = strict_at(property)?;
        all.insert(name.clone(), if is_required || has_default { property } else { nullable(property) });
    }
    made.insert("required".into(), all.keys().cloned().collect());
    made.insert("properties".into(), Value::Object(all));
    made.insert("additionalProperties".into(), false.into());
    Some(())
}

fn has_type(schema: &Map<String, Value>, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(kind)) => kind == name,
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == name),
        _ => false,
    }
}

/// The schema with null beside what it describes.
fn nullable(mut schema: Value) -> Value {
    let absent = json!({"type": "null"});
    if let Some(Value::Array(alternatives)) = schema.get_mut("anyOf") {
        if !alternatives.contains(&absent) {
            alternatives.push(absent);
        }
        return schema;
    }
    if schema.get("const").is_some() || schema.get("type").is_none() {
        return json!({"anyOf": [schema, absent]});
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    match &mut schema["type"] {
        Value::Array(kinds) if kinds.iter().any(|kind| kind == "null") => {}
        Value::Array(kinds) => kinds.push("null".into()),
        kind if kind == "null" => {}
        kind => *kind = json!([kind.take(), "null"]),
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(properties: &Value, required: &Value) -> Value {
        json!({"type": "object", "properties": properties, "required": required})
    }

    fn property(schema: &Value, required: bool) -> Option<Value> {
        let required = if required { json!(["a"]) } else { json!([]) };
        strict(&object(&json!({"a": schema}), &required)).map(|made| made["properties"]["a"].clone())
    }

    #[test]
    fn all_properties_are_required_and_optional_ones_may_be_null() {
        let schema = object(&json!({"a": {"type": "string"}, "b": {"type": "integer"}}), &json!(["b"]));
        let expected = json!({
            "type": "object",
            "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "integer"}},
            "required": ["a", "b"],
            "additionalProperties": false,
        });
        assert_eq!(strict(&schema), Some(expected));
    }

    #[test]
    fn null_joins_every_kind_of_schema() {
        for (schema, expected) in [
            (json!({"type": ["string", "null"]}), json!({"type": ["string", "null"]})),
            (
                json!({"type": "string", "enum": ["x"]}),
                json!({"type": ["string", "null"], "enum": ["x", null]}),
            ),
            (json!({"$ref": "#/$defs/X"}), json!({"anyOf": [{"$ref": "#/$defs/X"}, {"type": "null"}]})),
            (
                json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
                json!({"anyOf": [{"type": "string"}, {"type": "null"}]}),
            ),
            (
                json!({"type": "string", "const": "x"}),
                json!({"anyOf": [{"type": "string", "const": "x"}, {"type": "null"}]}),
            ),
        ] {
            assert_eq!(property(&schema, false), Some(expected), "{schema}");
        }
    }

    #[test]
    fn a_property_with_a_default_is_required_as_it_is() {
        let schema = json!({"type": "array", "items": {"type": "string"}, "default": []});
        assert_eq!(property(&schema, false), Some(json!({"type": "array", "items": {"type": "string"}})));
    }

    #[test]
    fn keywords_that_are_not_supported_are_dropped_and_others_stay() {
        let schema = json!({
            "type": "string", "minLength": 1, "format": "uint32", "examples": ["x"], "pattern": "^x", "$comment": "c",
        });
        assert_eq!(property(&schema, true), Some(json!({"type": "string", "pattern": "^x"})));
        let uuid = json!({"type": "string", "format": "uuid"});
        assert_eq!(property(&uuid, true), Some(uuid));
    }

    #[test]
    fn words_beside_a_reference_go_around_it() {
        let schema = json!({"$ref": "#/$defs/X", "description": "d"});
        let expected = json!({"description": "d", "anyOf": [{"$ref": "#/$defs/X"}]});
        assert_eq!(property(&schema, true), Some(expected));
    }

    #[test]
    fn definitions_and_alternatives_are_strict_too() {
        let mut schema = object(&json!({"a": {"$ref": "#/$defs/X"}}), &json!(["a"]));
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        schema["$defs"] = json!({"X": {"oneOf": [{"type": "object", "properties": {}}, {"type": "null"}]}});
        let made = strict(&schema).unwrap();
        assert_eq!(made.get("$schema"), None);
        let closed =
            json!({"type": "object", "properties": {}, "required": [], "additionalProperties": false});
        assert_eq!(made["$defs"], json!({"X": {"anyOf": [closed, {"type": "null"}]}}));
    }

    #[test]
    fn a_property_may_be_called_like_a_keyword() {
        let schema =
            object(&json!({"not": {"type": "string"}, "default": {"type": "null"}}), &json!(["not"]));
        let made = strict(&schema).unwrap();
        assert_eq!(made["properties"], json!({"not": {"type": "string"}, "default": {"type": "null"}}));
    }

    #[test]
    fn google_gets_a_constant_as_the_only_value_there_is() {
        let schema = json!({
            "$schema": "x",
            "oneOf": [object(&json!({"const": {"const": "a"}, "b": {"items": {"const": 1}}}), &json!(["const"]))],
        });
        let expected = json!({
            "oneOf": [object(
                &json!({"const": {"type": "string", "enum": ["a"]}, "b": {"items": {"enum": [1]}}}),
                &json!(["const"]),
            )],
        });
        assert_eq!(google(&schema), expected);
    }

    #[test]
    fn what_can_not_be_said_strictly_is_not_said() {
        for schema in [
            json!({"type": "object"}),
            json!({"type": "object", "additionalProperties": {"type": "string"}}),
            json!({}),
            json!(true),
            json!({"type": "array"}),
            json!({"allOf": [{"type": "string"}]}),
            json!({"type": "array", "prefixItems": [{"type": "string"}]}),
            json!({"$ref": "https://example.com/schema"}),
        ] {
            assert_eq!(property(&schema, true), None, "{schema}");
        }
        assert_eq!(strict(&json!({"type": "string"})), None);
        assert_eq!(strict(&json!({"anyOf": [{"type": "object", "properties": {}}]})), None);
    }
}
