//! The Gemini API: `POST /v1beta/models/{model}:streamGenerateContent`.
//!
//! Source: Google's API reference (`ai.google.dev/api/generate-content`), its guides to thought signatures and
//! structured output, and recorded traffic.

mod answer;
mod contents;
mod request;
mod response;
mod stream;

use samokoder_core::llm::{ChatRequest, LlmError, ModelCapabilities};

use crate::wire::{Decoder, Encoded, Wire};

/// What an [`Echo`](samokoder_core::llm::Echo) of this protocol is called.
const PROTOCOL: &str = "gemini";

/// Google's Gemini API. The base URL is the host.
///
/// # What is given back
/// The echo of a text, a thought or a call holds the `thoughtSignature` that came with it; parts that are neither,
/// such as code that was run or a picture, are held as they came. So is a signature on a part without text. An empty
/// echo only keeps a part apart from the signed one after it, as the API does not want the two joined.
///
/// # Refusals
/// A prompt that was blocked is [`ContentRefused`](samokoder_core::llm::LlmErrorKind::ContentRefused), as nothing was
/// generated; an answer that was blocked finishes with
/// [`ContentFilter`](samokoder_core::llm::FinishReason::ContentFilter).
#[derive(Debug, Clone, Copy, Default)]
pub struct GeminiWire;

impl Wire for GeminiWire {
    fn name(&self) -> &'static str {
        PROTOCOL
    }

    fn encode(&self, request: &ChatRequest, model: &ModelCapabilities) -> Result<Encoded, LlmError> {
        Encoded::new(request::path(request.model.name()), &request::body(request, model)?)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::<stream::GeminiDecoder>::default()
    }
}
