//! Tests of the crate from outside.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that does not hold panics")]

mod cassettes;
mod catalogue;
mod credentials;
mod fan_out;
mod http;
mod layers;
#[cfg(feature = "mock")]
mod llama;
#[cfg(feature = "mock")]
mod mock;
#[cfg(all(feature = "http", feature = "mock"))]
mod own_client;
#[cfg(feature = "mock")]
mod python_clients;
mod reply;
mod tokens;
mod wire;
