//! The engine from outside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod cost;
mod durability;
mod folder;
mod forks;
mod model;
mod pipeline;
mod redaction;
mod script;
mod store;
mod team;
mod watched_store;
