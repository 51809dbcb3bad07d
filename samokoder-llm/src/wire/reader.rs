//! Reads one answer from bytes.

use samokoder_core::llm::{LlmError, LlmErrorKind, StreamEvent};

use super::{Decoder, Events, Frame, Framer, Framing, Wire, surrogates::mended};
use crate::reply;

/// A frame larger than this is taken for a fault: no provider sends one.
const MAX_FRAME: usize = 64 << 20;

/// Bytes of what is no stream that are shown.
const SHOWN: usize = 1024;

/// Reads one answer from bytes: a framer and a decoder together.
#[derive(Debug)]
pub struct Reader {
    framer: Framer,
    decoder: Box<dyn Decoder>,
    events: Events,
    form: Form,
    /// Whether there was a frame.
    is_framed: bool,
    /// How the stream begins, until there is one.
    beginning: Vec<u8>,
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
        let (framer, decoder) = (Framer::new(framing), wire.decoder());
        Self { framer, decoder, events: Events::default(), form, is_framed: false, beginning: vec![] }
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
        let (all, mut is_framed) = (bytes, false);
        while !self.events.finished()
            && let Some(frame) = self.framer.next_frame(&mut bytes)
        {
            is_framed = true;
            decode(&mut *self.decoder, &frame, &mut self.events)?;
        }
        if !self.is_framed && is_framed {
            (self.is_framed, self.beginning) = (true, vec![]);
        } else if !self.is_framed {
            let most = SHOWN.saturating_sub(self.beginning.len()).min(all.len());
            self.beginning.extend_from_slice(&all[..most]);
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
            return whole(&mut *self.decoder, body, &mut self.events);
        }
        if !self.is_framed && is_no_stream(&self.beginning) {
            return Err(reply::error(200, &self.beginning));
        }
        if let Some(frame) = self.framer.last_frame() {
            match decode(&mut *self.decoder, &frame, &mut self.events) {
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
        whole(&mut *self.decoder, body, &mut self.events)
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

/// Hands on a frame. One that can't be read for half a character is read without it.
fn decode(decoder: &mut dyn Decoder, frame: &Frame<'_>, events: &mut Events) -> Result<(), LlmError> {
    match decoder.frame(frame, events) {
        Err(error) if error.kind == LlmErrorKind::Malformed => match mended(&frame.data) {
            Some(data) => decoder.frame(&Frame { event: frame.event.clone(), data: data.into() }, events),
            None => Err(error),
        },
        outcome => outcome,
    }
}

/// The same for a whole body.
fn whole(decoder: &mut dyn Decoder, body: &[u8], events: &mut Events) -> Result<(), LlmError> {
    match decoder.whole(body, events) {
        Err(error) if error.kind == LlmErrorKind::Malformed => match mended(body) {
            Some(body) => decoder.whole(&body, events),
            None => Err(error),
        },
        outcome => outcome,
    }
}

/// Whether what came is a page or a sentence, and not the beginning of a stream of events.
fn is_no_stream(beginning: &[u8]) -> bool {
    const FIELDS: [&[u8]; 5] = [b":", b"data", b"event", b"id", b"retry"];
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
    !matches!(text, [] | [b'{', ..])
        && !FIELDS.iter().any(|field| text.starts_with(field) || field.starts_with(text))
}

/// Refuses to keep more bytes than an event can have.
fn limited(bytes: usize) -> Result<(), LlmError> {
    if bytes > MAX_FRAME {
        let message = format!("the stream has an event of more than {} MiB", MAX_FRAME >> 20);
        return Err(LlmError::new(LlmErrorKind::Malformed, message));
    }
    Ok(())
}
