//! Checksums of rows.

use samokoder_core::store::StoreError;

use super::value::{Value, altered};

/// The first eight bytes of the BLAKE3 hash of some columns.
pub(super) fn row(table: &str, values: &[Value]) -> i64 {
    let mut hasher = blake3::Hasher::new();
    let mut add = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(table.as_bytes());
    for value in values {
        match value {
            Value::Int(Some(number)) => add(&number.to_le_bytes()),
            Value::Text(Some(text)) => add(text.as_bytes()),
            Value::Bytes(Some(bytes)) => add(bytes),
            Value::Int(None) | Value::Text(None) | Value::Bytes(None) => add(&[]),
        }
    }
    first(&hasher.finalize())
}

/// The checksum of a text alone.
pub(super) fn text(text: Option<&str>) -> i64 {
    row("", &[text.into()])
}

fn first(hash: &blake3::Hash) -> i64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.as_bytes()[..8]);
    i64::from_le_bytes(bytes)
}

/// Compares the checksum of a row, which is its last value, with what it should be.
pub(super) fn verify(table: &str, values: &[Value]) -> Result<(), StoreError> {
    match values.split_last() {
        Some((Value::Int(Some(stored)), values)) if *stored == row(table, values) => Ok(()),
        _ => Err(altered(format_args!("a row of {table} is not what was written"))),
    }
}

/// Adds the checksum of its values to a row.
pub(super) fn sealed(table: &str, mut values: Vec<Value>) -> Vec<Value> {
    values.push(row(table, &values).into());
    values
}

/// A prime: what is left of a number after division by it changes with every bit of the number.
macro_rules! prime {
    () => {
        "2147483647"
    };
}

/// An SQL expression that changes when one of these columns of `$table` does. It can't overflow, and NULL counts as -1.
macro_rules! mixed {
    ($table:literal: $($column:literal * $factor:literal),+ $(,)?) => {
        concat!(
            "(0",
            $(" + (COALESCE(", $table, ".", $column, ", -1) % ", $crate::projection::checksum::prime!(), ") * ", $factor),+,
            ")"
        )
    };
}

/// What the macro `mixed` gives for columns of these values, whose factors are the primes in their order.
pub(super) fn mix(values: &[Value]) -> i64 {
    const FACTORS: [i64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];
    let number = |value: &Value| match value {
        Value::Int(number) => number.unwrap_or(-1),
        Value::Text(_) | Value::Bytes(_) => -1,
    };
    values.iter().zip(FACTORS).map(|(value, factor)| (number(value) % PRIME) * factor).sum()
}

/// The same as `prime!`.
const PRIME: i64 = 2_147_483_647;

pub(super) use {mixed, prime};
