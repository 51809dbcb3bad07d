//! Any server that speaks Chat Completions: llama.cpp, vLLM, LM Studio, a gateway.

use samokoder_core::llm::ModelCapabilities;

use crate::{
    openai::chat::{ChatWire, Dialect},
    vendor::{Auth, Vendor},
};

/// Any such server. Its base URL must be said and ends in `/v1` with most.
pub const VENDOR: Vendor = Vendor {
    id: "compatible",
    base_url: None,
    version: "",
    auth: Auth::OptionalBearer,
    headers: &[],
    models: "/models",
    wire: |_, _| &ChatWire { dialect: Dialect::COMPATIBLE },
    unknown: ModelCapabilities::default,
};
