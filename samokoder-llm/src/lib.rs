//! LLM providers for samokoder, and the layers around them.

#![forbid(unsafe_code)]

#[cfg(feature = "offline")]
pub mod offline;

pub mod anthropic;
pub mod ollama;
pub mod reply;
pub mod wire;
