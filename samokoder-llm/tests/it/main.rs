//! Tests of the crate from outside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod cassettes;
mod catalogue;
mod http;
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
