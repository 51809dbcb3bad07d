//! What the bodies of requests have in common, whatever their protocol.

use serde_json::{Map, Value};

/// Adds `extra` to a request's body and overwrites nothing: objects are merged, lists go on, and of two other values
/// the body's stays.
pub(crate) fn add_extra(body: &mut Map<String, Value>, extra: &Map<String, Value>) {
    for (name, value) in extra {
        match (body.get_mut(name), value) {
            (None, value) => {
                body.insert(name.clone(), value.clone());
            }
            (Some(Value::Object(body)), Value::Object(extra)) => add_extra(body, extra),
            (Some(Value::Array(body)), Value::Array(extra)) => {
                for value in extra {
                    if !body.contains(value) {
                        body.push(value.clone());
                    }
                }
            }
            _ => {}
        }
    }
}

/// A number as it is written in decimals: 0.2 stays 0.2 and does not become 0.20000000298.
pub(crate) fn decimal(number: f32) -> Value {
    number.to_string().parse::<f64>().map_or(Value::Null, Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn extra_fields_are_added_and_never_overwrite() {
        let Value::Object(mut body) = json!({
            "model": "m",
            "tools": [{"name": "mine"}],
            "output_config": {"effort": "low"},
        }) else {
            panic!("it is an object");
        };
        let Value::Object(extra) = json!({
            "model": "other",
            "tools": [{"type": "web_search"}],
            "output_config": {"effort": "max", "task_budget": 1},
            "top_k": 5,
        }) else {
            panic!("it is an object");
        };
        add_extra(&mut body, &extra);
        assert_eq!(
            Value::Object(body),
            json!({
                "model": "m",
                "tools": [{"name": "mine"}, {"type": "web_search"}],
                "output_config": {"effort": "low", "task_budget": 1},
                "top_k": 5,
            })
        );
    }

    #[test]
    fn a_decimal_has_the_digits_that_it_was_written_with() {
        assert_eq!(decimal(0.2).to_string(), "0.2");
        assert_eq!(decimal(1.0).to_string(), "1.0");
    }
}
