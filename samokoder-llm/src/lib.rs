//! samokoder-llm.

#[cfg(feature = "offline")]
pub mod offline;
