//! LLM providers for samokoder, and the layers around them.

#![forbid(unsafe_code)]

#[cfg(feature = "offline")]
pub mod offline;
#[cfg(feature = "mock")]
pub mod mock;
