//! Where samokoder keeps the history of projects: implementations of
//! [`StateStore`](samokoder_core::store::StateStore).

#![forbid(unsafe_code)]

#[cfg(feature = "sqlite")]
mod compress;
#[cfg(feature = "sqlite")]
mod projection;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
