//! OpenRouter: Chat Completions in front of many providers.
//!
//! Source: OpenRouter's API reference; recorded traffic.

use samokoder_core::llm::ModelCapabilities;

use crate::{
    openai::chat::{ChatWire, Dialect},
    vendor::{Auth, Vendor},
};

/// OpenRouter. Its base URL ends in `/api/v1`.
pub const VENDOR: Vendor = Vendor {
    id: "openrouter",
    base_url: Some("https://openrouter.ai/api/v1"),
    version: "",
    auth: Auth::Bearer,
    headers: &[],
    models: "/models",
    wire: |_, _| &ChatWire { dialect: Dialect::OPENROUTER },
    unknown: ModelCapabilities::default,
};
