//! OpenAI: Chat Completions and Responses.

pub mod chat;
pub mod responses;

use samokoder_core::llm::ModelCapabilities;

use crate::{
    openai::chat::{ChatWire, Dialect},
    vendor::{Auth, Vendor},
};

/// OpenAI. Its base URL ends in `/v1`.
pub const VENDOR: Vendor = Vendor {
    id: "openai",
    base_url: Some("https://api.openai.com/v1"),
    version: "",
    auth: Auth::Bearer,
    headers: &[],
    models: "/models",
    wire: |_, _| &ChatWire { dialect: Dialect::OPENAI },
    unknown: ModelCapabilities::default,
};
