//! What the grammar knows about English.

pub(super) mod actions;
pub(super) mod connectors;
pub(super) mod nouns;
pub(super) mod phrase;
pub(super) mod words;
