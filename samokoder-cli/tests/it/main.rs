//! The command from outside: what is typed, what comes of it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends at the first thing that is not as it should be"
)]

mod apps;
mod branches;
mod browser;
mod carrying;
mod client;
mod command;
mod contents;
mod damage;
mod edits;
mod full;
mod history;
mod http;
mod json;
mod kill;
mod limits;
mod looking;
mod model;
mod people;
mod policy;
mod sandbox;
mod secrets;
mod terminal;
mod usage;
