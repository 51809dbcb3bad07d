//! The providers, from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that does not hold panics")]

mod cassettes;
mod wire;
