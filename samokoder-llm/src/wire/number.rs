//! Counts in JSON, read without trust.

use serde::{Deserialize as _, Deserializer};
use serde_json::Value;

/// A count, however it is written: `12` or `12.0`. Anything else, such as -1 for what a server does not know, is none.
pub(crate) fn count(value: &Value) -> Option<u64> {
    // A whole fraction is shown without its point.
    value.as_u64().or_else(|| value.as_f64()?.to_string().parse().ok())
}

/// The same for a field. One that a server fills in its own way must not cost the answer.
pub(crate) fn count_field<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Value::deserialize(deserializer).map(|value| count(&value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_count_is_a_whole_number_that_is_not_negative() {
        for (value, expected) in [
            (json!(12), Some(12)),
            (json!(12.0), Some(12)),
            (json!(u64::MAX), Some(u64::MAX)),
            (json!(1.5), None),
            (json!(-1), None),
            (json!(null), None),
            (json!("12"), None),
            (json!({}), None),
        ] {
            assert_eq!(count(&value), expected, "{value}");
        }
    }
}
