//! Where samokoder keeps the history of projects: implementations of
//! [`StateStore`](samokoder_core::store::StateStore).

#![forbid(unsafe_code)]

#[cfg(feature = "blobs")]
pub mod blobs;
#[cfg(any(feature = "blobs", feature = "postgres", feature = "sqlite"))]
mod compress;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
mod projection;
#[cfg(feature = "sqlite")]
pub mod sqlite;

#[cfg(feature = "postgres")]
pub use postgres::PostgresStore;
#[cfg(feature = "sqlite")]
pub use sqlite::SqliteStore;
