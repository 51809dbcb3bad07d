//! LLM providers for samokoder, and the layers around them.

#![forbid(unsafe_code)]

pub mod catalogue;
#[cfg(feature = "http")]
pub mod compatible;
pub mod credentials;
pub mod fan_out;
#[cfg(feature = "http")]
pub mod gemini;
#[cfg(feature = "http")]
pub mod groq;
#[cfg(feature = "http")]
pub mod http;
pub mod layer;
#[cfg(feature = "offline")]
pub mod offline;
#[cfg(feature = "http")]
pub mod openai;
#[cfg(feature = "http")]
pub mod openrouter;
pub mod reply;
pub mod schema;
pub mod tokens;
#[cfg(feature = "http")]
pub mod vendor;
pub mod wire;
