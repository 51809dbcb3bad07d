//! LLM providers for samokoder, and the layers around them.

#![forbid(unsafe_code)]

#[cfg(feature = "offline")]
pub mod offline;

pub mod credentials;
pub mod fan_out;
pub mod layer;
pub mod reply;
pub mod wire;
