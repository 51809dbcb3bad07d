//! The port to agents.

mod role;

pub use role::{Resource, Role, Subject};
