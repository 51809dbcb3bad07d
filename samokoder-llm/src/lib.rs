//! LLM providers for samokoder, and the layers around them.

#![forbid(unsafe_code)]

#[cfg(feature = "mock")]
pub mod mock;
#[cfg(feature = "offline")]
pub mod offline;
