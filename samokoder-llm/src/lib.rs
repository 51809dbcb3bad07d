//! LLM providers for samokoder, and the layers around them.

#![forbid(unsafe_code)]

#[cfg(feature = "offline")]
pub mod offline;

pub mod gemini;
pub mod openai;
pub mod reply;
pub mod schema;
pub mod wire;
