//! The Responses API: `POST /v1/responses`, spoken by OpenAI, by routers and by local servers.
//!
//! Source: the API reference of OpenAI (`platform.openai.com/docs/api-reference/responses` and
//! `…/responses-streaming`), and recorded traffic.
//!
//! It is used without state at the provider: every request carries the whole conversation, and reasoning travels
//! through the caller in a form that only the provider can read.

mod answer;
mod input;
mod item;
mod piece;
mod request;
mod response;
mod stream;

use samokoder_core::llm::{ChatRequest, LlmError, ModelCapabilities};

use crate::wire::{Decoder, Encoded, Wire};

/// What an [`Echo`](samokoder_core::llm::Echo) of this protocol is called.
const PROTOCOL: &str = "openai-responses";

/// OpenAI's Responses API. The base URL ends in `/v1`.
///
/// # What is given back
/// An echo holds an item of the answer without what the part beside it says: of a message its id and phase, of a call
/// its id and namespace. Reasoning and items of the provider's own tools are held as they came.
#[derive(Debug, Clone, Copy, Default)]
pub struct ResponsesWire;

impl Wire for ResponsesWire {
    fn name(&self) -> &'static str {
        PROTOCOL
    }

    fn encode(&self, request: &ChatRequest, model: &ModelCapabilities) -> Result<Encoded, LlmError> {
        Encoded::new("/responses", &request::body(request, model)?)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::<stream::ResponsesDecoder>::default()
    }
}
