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
    form: Form,
}

/// What the bytes are.
#[derive(Debug)]
enum Form {
    /// Nothing but white space came yet.
    Unknown,
    Stream,
    /// JSON where server-sent events should be: no event begins so, but errors and whole answers of some servers do.
    Body(Vec<u8>),
}

impl Reader {
    /// A reader of an answer in this protocol.
    pub fn new(wire: &dyn Wire) -> Self {
        Self::framed(wire, wire.framing())
    }

    /// The same, with the stream cut in another way.
    pub fn framed(wire: &dyn Wire, framing: Framing) -> Self {
        // Lines are JSON anyway.
        let form = if framing == Framing::Lines { Form::Stream } else { Form::Unknown };
        Self { framer: Framer::new(framing), decoder: wire.decoder(), events: Events::default(), form }
    }

    /// Takes more bytes of a stream. What comes after the finish is ignored.
    ///
    /// # Errors
    /// What the provider reports in the stream; [`LlmErrorKind::Malformed`]. Events that were found before it can
    /// still be taken.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<(), LlmError> {
        if let Form::Unknown = self.form {
            match bytes.trim_ascii_start() {
                [] => {}
                [b'{' | b'[', ..] => self.form = Form::Body(vec![]),
                _ => self.form = Form::Stream,
            }
        }
        if let Form::Body(body) = &mut self.form {
            body.extend_from_slice(bytes);
            return limited(body.len());
        }
        while !self.events.finished()
            && let Some(frame) = self.framer.next_frame(&mut bytes)
        {
            self.decoder.frame(&frame, &mut self.events)?;
        }
        limited(self.framer.pending())
    }

    /// Takes the end of the stream.
    ///
    /// # Errors
    /// What the provider reports in a last event; [`LlmErrorKind::Truncated`] when the answer is not whole.
    pub fn end(&mut self) -> Result<(), LlmError> {
        if self.events.finished() {
            return Ok(());
        }
        if let Form::Body(body) = &self.form {
            return self.decoder.whole(body, &mut self.events);
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

/// Refuses to keep more bytes than an event can have.
fn limited(bytes: usize) -> Result<(), LlmError> {
    if bytes > MAX_FRAME {
        let message = format!("the stream has an event of more than {} MiB", MAX_FRAME >> 20);
        return Err(LlmError::new(LlmErrorKind::Malformed, message));
    }
    Ok(())
}
