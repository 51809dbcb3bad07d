//! How many tokens a text is.

mod counting;
mod measured;
