//! The protocols that models are spoken to in, without a socket: a request becomes bytes, bytes become events.
//!
//! Bytes go through a [`Framer`], which cuts them into [`Frame`]s wherever a network split them, and each frame goes
//! to the protocol's [`Decoder`], which adds
//! [`StreamEvent`](samokoder_core::llm::StreamEvent)s to [`Events`]. So every decoder can be tested with
//! recorded traffic, split anywhere.

mod accepts;
mod arguments;
mod body;
mod events;
#[cfg(feature = "sse-eventsource")]
mod eventsource;
mod framer;
mod mould;
mod number;
mod raw;
mod reader;
mod surrogates;
mod text;

use std::fmt::Debug;

use samokoder_core::llm::{ChatRequest, LlmError, ModelCapabilities};

pub(crate) use accepts::{accepts, refused};
pub(crate) use arguments::Arguments;
pub(crate) use body::{add_extra, decimal};
pub use events::Events;
pub use framer::{Frame, Framer, Framing};
pub(crate) use mould::Mould;
pub(crate) use number::{count, count_field};
pub(crate) use raw::{elements, raw};
pub use reader::Reader;
pub(crate) use text::{Text, from_json, quoted, string};

/// A protocol that models are spoken to in.
pub trait Wire: Debug + Send + Sync {
    /// What the protocol is called in an [`Echo`](samokoder_core::llm::Echo).
    fn name(&self) -> &'static str;

    /// How the bytes of a stream are cut into frames.
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    /// Writes a request for a streamed answer.
    ///
    /// # Errors
    /// [`LlmErrorKind::BadRequest`](samokoder_core::llm::LlmErrorKind::BadRequest) for what the protocol can't say.
    fn encode(&self, request: &ChatRequest, model: &ModelCapabilities) -> Result<Encoded, LlmError>;

    /// A decoder for one answer.
    fn decoder(&self) -> Box<dyn Decoder>;
}

/// A request in its protocol's form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    /// What follows the base URL, from its first `/` on.
    pub path: String,
    /// The body, JSON.
    pub body: Vec<u8>,
    /// Headers of the protocol, beside those of authentication.
    pub headers: Vec<(&'static str, String)>,
}

impl Encoded {
    /// A request with this body to this path.
    ///
    /// # Errors
    /// [`LlmErrorKind::BadRequest`](samokoder_core::llm::LlmErrorKind::BadRequest) for a value that has no JSON form.
    pub fn new(path: impl Into<String>, body: &impl serde::Serialize) -> Result<Self, LlmError> {
        let body = serde_json::to_vec(body).map_err(|error| {
            let message = format!("the request has no JSON form: {error}");
            LlmError::new(samokoder_core::llm::LlmErrorKind::BadRequest, message)
        })?;
        Ok(Self { path: path.into(), body, headers: vec![] })
    }
}

/// What turns the frames of one answer into events.
///
/// It adds [`Finish`](samokoder_core::llm::StreamEvent::Finish) exactly once, when the protocol's last frame is
/// there; nothing is handed to it after that.
pub trait Decoder: Debug + Send {
    /// Takes the next frame of a stream.
    ///
    /// # Errors
    /// What the provider reports within the stream, and
    /// [`LlmErrorKind::Malformed`](samokoder_core::llm::LlmErrorKind::Malformed).
    fn frame(&mut self, frame: &Frame<'_>, events: &mut Events) -> Result<(), LlmError>;

    /// Takes a whole body instead of a stream, as servers send it that don't stream, with its finish.
    ///
    /// # Errors
    /// As [`frame`](Self::frame).
    fn whole(&mut self, body: &[u8], events: &mut Events) -> Result<(), LlmError>;

    /// Is told that no more bytes come though no finish did. Protocols whose streams just end add it here.
    ///
    /// # Errors
    /// [`LlmErrorKind::Truncated`](samokoder_core::llm::LlmErrorKind::Truncated) when the answer is not whole.
    fn end(&mut self, events: &mut Events) -> Result<(), LlmError>;
}
