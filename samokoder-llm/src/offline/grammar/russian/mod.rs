//! What the grammar knows about Russian.

pub(super) mod actions;
pub(super) mod adjective;
pub(super) mod connectors;
pub(super) mod dictionary;
pub(super) mod guess;
pub(super) mod paradigm;
pub(super) mod phrase;
pub(super) mod words;
