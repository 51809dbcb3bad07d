//! Anthropic's Messages protocol, `POST /v1/messages`.
//!
//! The format is that of Anthropic's API reference, "Messages" and "Streaming Messages"
//! (<https://platform.claude.com/docs/en/api/messages>), version 2023-06-01, with the fields that recorded traffic of
//! 2026 has beside it. What is not known here is carried through: blocks of the provider's own as
//! [`Part::Opaque`](samokoder_core::llm::Part::Opaque), everything else that an answer says in
//! [`ChatResponse::extra`](samokoder_core::llm::ChatResponse::extra).

mod blocks;
mod piece;
mod request;
mod response;
mod schema;
mod stream;
mod thinking;
mod usage;

use samokoder_core::llm::{ChatRequest, LlmError, ModelCapabilities};
#[cfg(feature = "http")]
pub(crate) use usage::steps;

use crate::{
    vendor::{Auth, Vendor},
    wire::{Decoder, Encoded, Wire},
};

/// The version of the protocol, which every request names.
const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// Anthropic. Its base URL is the host.
pub const VENDOR: Vendor = Vendor {
    id: "anthropic",
    base_url: Some("https://api.anthropic.com"),
    version: "/v1",
    auth: Auth::Header("x-api-key"),
    headers: &[VERSION],
    models: "/v1/models",
    wire: |_, _| &const { MessagesWire::new() },
    unknown: ModelCapabilities::default,
};

/// What the protocol is called in an [`Echo`](samokoder_core::llm::Echo).
const PROTOCOL: &str = "anthropic";

/// Anthropic's Messages protocol. Its base URL is the host.
///
/// - What the model thought goes back with its signature, in its place; that of other protocols is left out.
/// - `extra` joins the typed fields: `{"output_config": {"task_budget": …}}` stays beside an effort, and the provider's
///   own tools in `{"tools": […]}` follow the typed ones.
/// - Models are told how much to think in the form that they know; a name that is not known gets the newest one.
///
/// ```
/// use samokoder_core::llm::{ChatRequest, Message, ModelCapabilities, ModelRole};
/// use samokoder_llm::{anthropic::MessagesWire, wire::Wire as _};
///
/// let model = "anthropic:claude-sonnet-5-5".parse()?;
/// let request = ChatRequest::new(model, vec![Message::new(ModelRole::User, "Hello!")]);
/// let encoded = MessagesWire::new().encode(&request, &ModelCapabilities::default())?;
/// assert_eq!(encoded.path, "/v1/messages");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct MessagesWire {}

impl MessagesWire {
    /// The protocol.
    pub const fn new() -> Self {
        Self {}
    }
}

impl Wire for MessagesWire {
    fn name(&self) -> &'static str {
        PROTOCOL
    }

    fn encode(&self, request: &ChatRequest, model: &ModelCapabilities) -> Result<Encoded, LlmError> {
        let body = request::body(request, model)?;
        let mut encoded = Encoded::new("/v1/messages", &body)?;
        encoded.headers.push((VERSION.0, VERSION.1.to_owned()));
        Ok(encoded)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(stream::MessagesDecoder::default())
    }
}
