//! Groq: Chat Completions with thoughts and times of its own.
//!
//! Source: Groq's API reference; recorded traffic.

use samokoder_core::llm::ModelCapabilities;

use crate::{
    openai::chat::{ChatWire, Dialect},
    vendor::{Auth, Vendor},
};

/// Groq. Its base URL ends in `/openai/v1`.
pub const VENDOR: Vendor = Vendor {
    id: "groq",
    base_url: Some("https://api.groq.com/openai/v1"),
    version: "",
    auth: Auth::Bearer,
    headers: &[],
    models: "/models",
    wire: |_, _| &ChatWire { dialect: Dialect::GROQ },
    unknown: ModelCapabilities::default,
};
