//! Fields that a caller adds to a request in its protocol's form.

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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_overwritten() {
        let Value::Object(mut body) = json!({"model": "a", "tools": [1], "text": {"format": "f"}}) else {
            unreachable!()
        };
        let Value::Object(extra) = json!({
            "model": "b", "tools": [1, 2], "text": {"format": "g", "verbosity": "low"}, "user": "u",
        }) else {
            unreachable!()
        };
        add_extra(&mut body, &extra);
        let expected = json!({
            "model": "a", "tools": [1, 2], "text": {"format": "f", "verbosity": "low"}, "user": "u",
        });
        assert_eq!(Value::Object(body), expected);
    }
}
