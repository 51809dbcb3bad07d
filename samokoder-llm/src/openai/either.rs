//! OpenAI's two protocols behind one base URL.

use samokoder_core::llm::{ChatRequest, LlmError, ModelCapabilities};

use super::{
    chat::{ChatWire, Dialect},
    responses::ResponsesWire,
};
use crate::wire::{Decoder, Encoded, Events, Frame, Wire};

/// The protocol that a model needs, read in whichever of the two its answer comes: gateways that translate between
/// them don't always answer in the one they were asked in.
#[derive(Debug, Clone, Copy)]
pub(super) struct OpenAiWire {
    asked: Asked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Chat,
    Responses,
}

impl OpenAiWire {
    /// Asks in Chat Completions.
    pub(super) const CHAT: Self = Self { asked: Asked::Chat };
    /// Asks in Responses.
    pub(super) const RESPONSES: Self = Self { asked: Asked::Responses };

    fn wire(self) -> &'static dyn Wire {
        match self.asked {
            Asked::Chat => &ChatWire { dialect: Dialect::OPENAI },
            Asked::Responses => &ResponsesWire,
        }
    }
}

impl Wire for OpenAiWire {
    fn name(&self) -> &'static str {
        self.wire().name()
    }

    fn encode(&self, request: &ChatRequest, model: &ModelCapabilities) -> Result<Encoded, LlmError> {
        self.wire().encode(request, model)
    }

    fn decoder(&self) -> Box<dyn Decoder> {
        Box::new(EitherDecoder { asked: *self, decoder: None })
    }
}

/// Decides by the first thing that comes.
#[derive(Debug)]
struct EitherDecoder {
    asked: OpenAiWire,
    decoder: Option<Box<dyn Decoder>>,
}

impl EitherDecoder {
    fn decoder(&mut self, first: &[u8]) -> &mut dyn Decoder {
        let asked = self.asked;
        &mut **self.decoder.get_or_insert_with(|| spoken(first).unwrap_or(asked).wire().decoder())
    }
}

/// The protocol in which something is said, if it says so.
fn spoken(data: &[u8]) -> Option<OpenAiWire> {
    #[derive(serde::Deserialize)]
    struct Head<'a> {
        #[serde(borrow, default)]
        object: crate::wire::Text<'a>,
        #[serde(borrow, default, rename = "type")]
        kind: crate::wire::Text<'a>,
    }
    let head: Head<'_> = crate::wire::from_json(data).ok()?;
    if head.object.starts_with("chat.completion") {
        Some(OpenAiWire::CHAT)
    } else if &*head.object == "response" || head.kind.starts_with("response.") {
        Some(OpenAiWire::RESPONSES)
    } else {
        None
    }
}

impl Decoder for EitherDecoder {
    fn frame(&mut self, frame: &Frame<'_>, events: &mut Events) -> Result<(), LlmError> {
        self.decoder(&frame.data).frame(frame, events)
    }

    fn whole(&mut self, body: &[u8], events: &mut Events) -> Result<(), LlmError> {
        self.decoder(body).whole(body, events)
    }

    fn end(&mut self, events: &mut Events) -> Result<(), LlmError> {
        self.decoder(b"").end(events)
    }
}
