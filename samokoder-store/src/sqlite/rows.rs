//! Rows as one value of a statement, which is the same however many there are.

use samokoder_core::store::{StoreError, StoreErrorKind};

use crate::projection::{Value, hexadecimal};

/// Rows in JSON, as `json_each` takes them apart: each an array of its columns, bytes as hexadecimal digits.
#[derive(Debug)]
pub(super) struct Rows(
    /// But for the last bracket.
    String,
);

impl Rows {
    pub(super) fn new() -> Self {
        Self("[".into())
    }

    /// Adds a row.
    pub(super) fn push(&mut self, values: impl IntoIterator<Item = Value>) -> Result<(), StoreError> {
        let Self(json) = self;
        json.push_str(if json.len() > 1 { ",[" } else { "[" });
        for (nth, value) in values.into_iter().enumerate() {
            if nth > 0 {
                json.push(',');
            }
            match value {
                Value::Int(Some(number)) => json.push_str(&number.to_string()),
                Value::Text(Some(text)) => json.push_str(&quoted(&text)?),
                Value::Bytes(Some(bytes)) => json.extend(["\"", &hexadecimal(&bytes), "\""]),
                Value::Int(None) | Value::Text(None) | Value::Bytes(None) => json.push_str("null"),
            }
        }
        json.push(']');
        Ok(())
    }
}

impl From<Rows> for Value {
    fn from(Rows(json): Rows) -> Self {
        (json + "]").into()
    }
}

fn quoted(text: &str) -> Result<String, StoreError> {
    serde_json::to_string(text).map_err(|error| {
        StoreError::new(StoreErrorKind::Unavailable, "encode", format!("a value can't be stored: {error}"))
    })
}
