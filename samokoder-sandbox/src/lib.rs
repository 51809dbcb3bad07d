//! Sandboxes for code that a model wrote.
//!
//! A backend implements [`samokoder_core::sandbox::Sandbox`]. What it can't enforce it refuses to run: there is
//! no fallback to the host.

#![forbid(unsafe_code)]

#[cfg(feature = "docker")]
pub mod docker;
#[cfg(local_backend)]
#[path = "../inside/mod.rs"]
#[allow(dead_code, unreachable_pub, unused_imports, reason = "each side uses its half")]
mod inside;
#[cfg(feature = "local")]
pub mod local;
#[cfg(local_backend)]
mod outcome;
#[cfg(local_backend)]
mod output;
#[cfg(feature = "proxy")]
pub mod proxy;
mod quota;
#[cfg(all(unix, feature = "remote"))]
pub mod remote;
#[cfg(local_backend)]
mod request;
#[cfg(local_backend)]
mod slots;
#[cfg(feature = "suite")]
pub mod suite;

pub use quota::Quota;
