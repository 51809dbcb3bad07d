//! The sandboxes, from outside.

#![cfg(all(target_os = "linux", feature = "local"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "in a test, what is not as expected ends it")]

mod contract;
#[cfg(feature = "docker")]
mod docker;
mod greed;
mod host;
mod launch;
mod local;
mod proxy;
mod prying;
mod quota;
#[cfg(feature = "remote")]
mod remote;
mod support;
mod toolchains;
