//! Checksums of rows: SQLite does not notice a bit that flips inside of a value.

use super::error::{Failure, damaged};

/// 16 bytes of the BLAKE3 hash of some columns.
pub(super) struct Checksum(blake3::Hasher);

impl Checksum {
    /// Of the columns of a row of this table.
    pub(super) fn of(table: &'static str) -> Self {
        Self(blake3::Hasher::new()).text(table)
    }

    /// Adds a column of text.
    pub(super) fn text(self, value: &str) -> Self {
        self.bytes_of(value.as_bytes())
    }

    /// Adds a column of bytes.
    pub(super) fn bytes_of(mut self, value: &[u8]) -> Self {
        self.0.update(&(value.len() as u64).to_le_bytes());
        self.0.update(value);
        self
    }

    /// Adds a column of numbers.
    pub(super) fn number(mut self, value: i64) -> Self {
        self.0.update(&value.to_le_bytes());
        self
    }

    /// The checksum.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.0.finalize().as_bytes()[..16].to_vec()
    }

    /// Compares with what is stored.
    pub(super) fn verify(
        &self,
        stored: &[u8],
        operation: &'static str,
        what: impl std::fmt::Display,
    ) -> Result<(), Failure> {
        if self.bytes() == stored { Ok(()) } else { Err(damaged(operation, what)) }
    }
}
