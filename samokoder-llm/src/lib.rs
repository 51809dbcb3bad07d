//! LLM providers for samokoder, and the layers around them.

#![forbid(unsafe_code)]

pub mod catalogue;
#[cfg(feature = "offline")]
pub mod offline;
pub mod tokens;
