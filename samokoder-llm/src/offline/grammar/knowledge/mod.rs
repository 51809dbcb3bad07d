//! What the grammar knows about the world: which words mean which type, and what common records look like.

pub(super) mod common;
pub(super) mod deeds;
pub(super) mod kinds;
pub(super) mod patterns;
pub(super) mod unsupported;
