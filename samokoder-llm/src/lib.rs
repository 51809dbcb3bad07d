//! LLM providers for samokoder, and the layers around them.

#![forbid(unsafe_code)]

pub mod anthropic;
pub mod catalogue;
pub mod compatible;
pub mod credentials;
pub mod fan_out;
pub mod gemini;
pub mod groq;
#[cfg(feature = "http")]
pub mod http;
pub mod layer;
#[cfg(feature = "mock")]
pub mod mock;
#[cfg(feature = "offline")]
pub mod offline;
pub mod ollama;
pub mod openai;
pub mod openrouter;
pub mod reply;
pub mod schema;
pub mod tokens;
pub mod vendor;
pub mod wire;
