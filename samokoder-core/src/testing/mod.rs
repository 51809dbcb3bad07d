//! For tests: what any implementor of a port can run against theirs.

pub mod store;
