//! Ollama's own protocol, `POST /api/chat`.
//!
//! The format is that of Ollama's API reference, "Generate a chat message"
//! (<https://docs.ollama.com/api/chat>), and of the server's `api/types.go`. Its stream is lines of JSON.

mod request;
mod response;
mod stream;

use samokoder_core::llm::{ChatRequest, LlmError, ModelCapabilities, Price};

use crate::{
    vendor::{Auth, Vendor},
    wire::{Decoder, Encoded, Framing, Wire},
};

/// Ollama, on the own machine unless something else is said. Its base URL is the host.
pub const VENDOR: Vendor = Vendor {
    id: "ollama",
    base_url: Some("http://localhost:11434"),
    version: "",
    auth: Auth::OptionalBearer,
    headers: &[],
    models: "/api/tags",
    wire: |_, _| &const { OllamaWire::new() },
    unknown: own_model,
};

/// A model on the own machine: it costs nothing, and the server holds it to a schema whatever it is.
fn own_model() -> ModelCapabilities {
    let mut model = ModelCapabilities::default().price(Price::FREE);
    model.json_schema = true;
    model
}

/// What the protocol is called in an [`Echo`](samokoder_core::llm::Echo).
const PROTOCOL: &str = "ollama";

/// Ollama's own protocol. Its base URL is the host.
///
/// Unlike the server's imitation of OpenAI's protocol it takes the size of the window and how long the model stays
/// loaded: `extra` may be `{"options": {"num_ctx": 32768}, "keep_alive": "10m"}`.
///
/// ```
/// use samokoder_core::llm::{ChatRequest, Message, ModelCapabilities, ModelRole};
/// use samokoder_llm::{ollama::OllamaWire, wire::Wire as _};
///
/// let model = "ollama:qwen3:8b".parse()?;
/// let request = ChatRequest::new(model, vec![Message::new(ModelRole::User, "Hello!")]);
/// let encoded = OllamaWire::new().encode(&request, &ModelCapabilities::default())?;
/// assert_eq!(encoded.path, "/api/chat");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct OllamaWire {}

impl OllamaWire {
    /// The protocol.
    pub const fn new() -> Self {
        Self {}
    }
}

impl Wire for OllamaWire {
    fn name(&self) -> &'static str {
        PROTOCOL
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn encode(&self, request: &ChatRequest, model: &ModelCapabilities) -> Result<Encoded, LlmError> {
        Encoded::new("/api/chat", &request::body(request, model)?)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(stream::OllamaDecoder::default())
    }
}
