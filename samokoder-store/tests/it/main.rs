//! Tests of the crate from outside.

#![expect(clippy::unwrap_used, reason = "a test that does not hold panics")]

mod blobs;
#[cfg(feature = "postgres")]
mod postgres;
mod s3;
mod sqlite;
