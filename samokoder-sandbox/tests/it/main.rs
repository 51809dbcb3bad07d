//! The sandboxes, from outside.

#![cfg(all(target_os = "linux", feature = "local", feature = "suite"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not as expected ends it")]

mod abuse;
mod contract;
mod data;
#[cfg(feature = "docker")]
mod docker;
mod host;
mod killed;
mod launch;
mod local;
#[cfg(feature = "mutants")]
mod mutants;
mod owner;
mod proxy;
mod quota;
#[cfg(feature = "remote")]
mod remote;
mod support;
mod toolchains;
