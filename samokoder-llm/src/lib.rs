//! LLM providers for samokoder, and the layers around them.

#![forbid(unsafe_code)]

pub mod catalogue;
#[cfg(feature = "http")]
pub mod compatible;
#[cfg(feature = "http")]
pub mod credentials;
#[cfg(feature = "http")]
pub mod groq;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "mock")]
pub mod mock;
#[cfg(feature = "offline")]
pub mod offline;
#[cfg(feature = "http")]
pub mod openai;
#[cfg(feature = "http")]
pub mod openrouter;
pub mod reply;
pub mod tokens;
#[cfg(feature = "http")]
pub mod vendor;
pub mod wire;
