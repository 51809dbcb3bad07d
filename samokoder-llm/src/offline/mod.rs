//! The offline model: rule-based, deterministic, without a key and without a network.
//!
//! It is no language model. It reads the entities, fields, types and relations out of a description in English or
//! Russian and plays every agent of the built-in team with an app that needs nothing installed. What it understands is
//! documented in `docs/offline-model.md`.

mod app;
mod grammar;
mod provider;

pub use grammar::NothingToBuild;
pub use provider::Offline;
