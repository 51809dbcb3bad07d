//! Reads one answer from bytes.

use samokoder_core::llm::{LlmError, LlmErrorKind, StreamEvent};

use super::{Decoder, Events, Framer, Framing, Wire};

/// A frame larger than this is taken for a fault: no provider sends one.
const MAX_FRAME: usize = 64 << 20;

/// Reads one answer from bytes: a framer and a decoder together.
#[derive(Debug)]
pub struct Reader {
    framer: Framer,
    decoder: Box<dyn Decoder>,
    events: Events,
}

impl Reader {
    /// A reader of an answer in this protocol.
    pub fn new(wire: &dyn Wire) -> Self {
        Self::framed(wire, wire.framing())
    }

    /// The same, with the stream cut in another way.
    pub fn framed(wire: &dyn Wire, framing: Framing) -> Self {
        Self { framer: Framer::new(framing), decoder: wire.decoder(), events: Events::default() }
    }

    /// Takes more bytes of a stream. What comes after the finish is ignored.
    ///
    /// # Errors
    /// What the provider reports in the stream; [`LlmErrorKind::Malformed`]. Events that were found before it can
    /// still be taken.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<(), LlmError> {
        while !self.events.finished()
            && let Some(frame) = self.framer.next_frame(&mut bytes)
        {
            self.decoder.frame(&frame, &mut self.events)?;
        }
        if self.framer.pending() > MAX_FRAME {
            let message = format!("the stream has an event of more than {} MiB", MAX_FRAME >> 20);
            return Err(LlmError::new(LlmErrorKind::Malformed, message));
        }
        Ok(())
    }

    /// Takes the end of the stream.
    ///
    /// # Errors
    /// What the provider reports in a last event; [`LlmErrorKind::Truncated`] when the answer is not whole.
    pub fn end(&mut self) -> Result<(), LlmError> {
        if self.events.finished() {
            return Ok(());
        }
        if let Some(frame) = self.framer.last_frame() {
            match self.decoder.frame(&frame, &mut self.events) {
                // It was cut off within the event.
                Err(error) if error.kind == LlmErrorKind::Malformed => {}
                outcome => outcome?,
            }
        }
        if self.events.finished() { Ok(()) } else { self.decoder.end(&mut self.events) }
    }

    /// Takes a whole body instead of a stream.
    ///
    /// # Errors
    /// What the provider reports in it; [`LlmErrorKind::Malformed`].
    pub fn whole(&mut self, body: &[u8]) -> Result<(), LlmError> {
        self.decoder.whole(body, &mut self.events)
    }

    /// The next event that was found.
    pub fn next_event(&mut self) -> Option<StreamEvent> {
        self.events.pop()
    }

    /// Whether the finish was found.
    pub fn finished(&self) -> bool {
        self.events.finished()
    }
}
