//! Tests of the crate from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that does not hold panics")]

mod cassettes;
mod catalogue;
mod http;
mod reply;
mod tokens;
mod wire;
