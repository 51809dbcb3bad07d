//! What a strict JSON schema must say, by the rules that OpenAI and Anthropic share.

use std::collections::BTreeSet;

use serde_json::Value;

/// Which rule a schema breaks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An object that does not forbid other properties. The path to it.
    OpenObject(Vec<String>),
    /// A property that is not required. The path to its object, and its name.
    Optional(Vec<String>, String),
}

/// The first rule that a schema breaks: every object forbids other properties and, if so asked, requires all its own.
pub(crate) fn first_fault(schema: &Value, all_required: bool) -> Option<Fault> {
    search(schema, all_required, &mut Vec::new())
}

fn search(schema: &Value, all_required: bool, path: &mut Vec<String>) -> Option<Fault> {
    let properties = schema.get("properties").and_then(Value::as_object);
    if properties.is_some() || schema.get("type").is_some_and(|kind| kind == "object") {
        if schema.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Some(Fault::OpenObject(path.clone()));
        }
        let required: BTreeSet<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let optional = properties.into_iter().flatten().find(|(name, _)| !required.contains(name.as_str()));
        if let Some((name, _)) = optional.filter(|_| all_required) {
            return Some(Fault::Optional(path.clone(), name.clone()));
        }
    }
    inner(schema).find_map(|(step, part)| {
        path.extend(step.iter().map(|step| (*step).to_owned()));
        let fault = search(part, all_required, path);
        path.truncate(path.len() - step.len());
        fault
    })
}

/// The schemas that a schema is made of, each with the steps to it.
fn inner(schema: &Value) -> impl Iterator<Item = (Vec<&str>, &Value)> {
    let named = ["properties", "$defs", "definitions"].into_iter().flat_map(move |key| {
        let parts = schema.get(key).and_then(Value::as_object).into_iter().flatten();
        parts.map(move |(name, part)| (vec![key, name.as_str()], part))
    });
    let items = schema.get("items").map(|part| (vec!["items"], part));
    let choices = ["anyOf", "allOf"].into_iter().flat_map(move |key| {
        let parts = schema.get(key).and_then(Value::as_array).into_iter().flatten();
        parts.map(move |part| (vec![key], part))
    });
    named.chain(items).chain(choices)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_closed_schema_with_all_its_properties_required_has_no_fault() {
        let item = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"],
            "additionalProperties": false});
        let list = json!({"type": "object", "properties": {"list": {"type": "array", "items": item}},
            "required": ["list"], "additionalProperties": false});
        assert_eq!(first_fault(&list, true), None);
    }

    #[test]
    fn an_open_or_optional_part_is_found_where_it_is() {
        let open = json!({"type": "object", "properties": {"x": {"type": "array", "items": {"type": "object"}}},
            "required": ["x"], "additionalProperties": false});
        let path = ["properties", "x", "items"].map(str::to_owned).to_vec();
        assert_eq!(first_fault(&open, true), Some(Fault::OpenObject(path)));
        let optional = json!({"type": "object", "properties": {"x": {}}, "additionalProperties": false});
        assert_eq!(first_fault(&optional, true), Some(Fault::Optional(Vec::new(), "x".into())));
        assert_eq!(first_fault(&optional, false), None);
    }
}
