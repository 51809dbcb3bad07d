//! What implementors of a port test themselves with.

pub mod sandbox;
