//! The engine from outside.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod broken_store;
mod cost;
mod durability;
mod embedding;
mod folder;
mod forks;
mod model;
mod pipeline;
mod policy;
mod redaction;
mod resend;
mod script;
mod snapshots;
mod store;
mod team;
mod watched_store;
