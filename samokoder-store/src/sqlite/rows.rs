//! Rows as one value of a statement, which is the same however many there are.

use serde_json::Value as Json;

use crate::projection::{Value, hexadecimal};

/// Rows as `json_each` takes them apart: each an array of its columns, bytes as hexadecimal digits.
#[derive(Debug, Default)]
pub(super) struct Rows(Vec<Json>);

impl Rows {
    /// Adds a row.
    pub(super) fn push(&mut self, values: impl IntoIterator<Item = Value>) {
        let column = |value| -> Json {
            match value {
                Value::Int(number) => number.into(),
                Value::Text(text) => text.into(),
                Value::Bytes(bytes) => bytes.map(|bytes| hexadecimal(&bytes)).into(),
            }
        };
        self.0.push(values.into_iter().map(column).collect());
    }
}

impl From<Rows> for Value {
    fn from(Rows(rows): Rows) -> Self {
        Json::Array(rows).to_string().into()
    }
}
