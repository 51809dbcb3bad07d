//! What goes into columns and comes out of them.

use std::fmt::Display;

use samokoder_core::{
    digest::Digest,
    store::{StoreError, StoreErrorKind},
};

/// The value of a column, with its type also where it is NULL: PostgreSQL wants to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// A statement in which each `$1`, `$2` … is written by `write`, which gets the text so far and the number.
pub(crate) fn with_values(sql: &str, mut write: impl FnMut(&mut String, usize)) -> String {
    let mut parts = sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        write(&mut text, number.parse().unwrap_or_default());
        text.push_str(rest);
    }
    text
}

/// Bytes as digits.
pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// A number as a database has it. One that is larger than it can store is larger than anything stored.
pub(crate) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<Option<u64>> for Value {
    fn from(value: Option<u64>) -> Self {
        Self::Int(value.map(number))
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self::Int(Some(number(value)))
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(Some(value.into()))
    }
}

impl From<samokoder_core::store::Seq> for Value {
    fn from(value: samokoder_core::store::Seq) -> Self {
        value.0.into()
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(Some(value.into()))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(Some(value))
    }
}

impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value)
    }
}

impl From<Option<&str>> for Value {
    fn from(value: Option<&str>) -> Self {
        Self::Text(value.map(Into::into))
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(Some(value))
    }
}

impl From<Digest> for Value {
    fn from(value: Digest) -> Self {
        Some(value).into()
    }
}

impl From<Option<Digest>> for Value {
    fn from(value: Option<Digest>) -> Self {
        Self::Bytes(value.map(|digest| digest.as_bytes().to_vec()))
    }
}

macro_rules! ids {
    ($($id:ident)*) => {$(
        impl From<samokoder_core::id::$id> for Value {
            fn from(id: samokoder_core::id::$id) -> Self {
                id.to_string().into()
            }
        }
    )*};
}

ids! { ProjectId BranchId EpicId TaskId StepId IterationId AssignmentId }

/// A row that a query found: its columns by their place, from 0.
pub(crate) trait Columns {
    /// A number.
    fn int(&self, column: usize) -> Result<Option<i64>, StoreError>;

    /// A text.
    fn text(&self, column: usize) -> Result<Option<&str>, StoreError>;

    /// Bytes.
    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError>;

    /// A number that is there.
    fn number(&self, column: usize) -> Result<u64, StoreError> {
        u64::try_from(self.int(column)?.unwrap_or_default())
            .map_err(|_| altered(format_args!("column {column} of a row is negative")))
    }

    /// A text that is there.
    fn word(&self, column: usize) -> Result<&str, StoreError> {
        self.text(column)?.ok_or_else(|| altered(format_args!("column {column} of a row is empty")))
    }

    /// A text that says what something else is: an id, a path.
    fn parsed<T: std::str::FromStr>(&self, column: usize) -> Result<T, StoreError> {
        let text = self.word(column)?;
        text.parse().map_err(|_| altered(format_args!("{text:?} is not what belongs in column {column}")))
    }

    /// A hash.
    fn digest(&self, column: usize) -> Result<Option<Digest>, StoreError> {
        let Some(bytes) = self.bytes(column)? else { return Ok(None) };
        let bytes = bytes.try_into().map_err(|_| altered("a hash has another length"))?;
        Ok(Some(Digest::from_bytes(bytes)))
    }
}

/// A row is not what was written.
pub(crate) fn altered(what: impl Display) -> StoreError {
    let message = format!("{what}: what is kept beside the log is damaged; rebuild it from the log");
    StoreError::new(StoreErrorKind::Damaged, "query", message)
}
