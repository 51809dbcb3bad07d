//! Tests of the crate from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that does not hold panics")]

mod cassettes;
mod catalogue;
mod credentials;
mod fan_out;
mod http;
mod layers;
mod reply;
mod tokens;
mod wire;
