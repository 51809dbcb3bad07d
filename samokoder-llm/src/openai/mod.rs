//! OpenAI: Chat Completions and Responses.

pub mod chat;
mod either;
pub mod responses;

use either::OpenAiWire;
use samokoder_core::llm::ModelCapabilities;

use crate::{
    catalogue::{ChatTools, ModelEntry},
    vendor::{Auth, Vendor},
    wire::Wire,
};

/// OpenAI. Its base URL ends in `/v1`.
///
/// Models that reason are spoken to in Responses, where their thoughts travel with the conversation and all of them
/// call tools; the others, and those that the catalogue does not know, in Chat Completions, which every server
/// behind a base URL of one's own speaks.
pub const VENDOR: Vendor = Vendor {
    id: "openai",
    base_url: Some("https://api.openai.com/v1"),
    version: "",
    auth: Auth::Bearer,
    headers: &[],
    models: "/models",
    wire,
    unknown: ModelCapabilities::default,
};

fn wire(model: &str, known: Option<&ModelEntry>) -> &'static dyn Wire {
    let needs_responses = match known {
        Some(entry) => {
            entry.reasoning == Some(true)
                || matches!(entry.chat_tools, Some(ChatTools::Never | ChatTools::ReasoningOff))
        }
        None => ["gpt-5", "gpt-6", "o1", "o3", "o4"].iter().any(|family| model.starts_with(family)),
    };
    if needs_responses { &OpenAiWire::RESPONSES } else { &OpenAiWire::CHAT }
}
