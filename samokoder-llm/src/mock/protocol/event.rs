//! One event of a stream, as bytes.

use bytes::Bytes;
use serde_json::Value;

/// One event of a stream, as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) part: Part,
    pub(crate) bytes: Bytes,
}

/// What an event is to a stream, whichever protocol it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// It opens or closes something.
    Frame,
    /// It carries a piece of the answer.
    Token,
    /// It tells the finish reason or the usage.
    Finish,
    /// The protocol ends with it.
    End,
}

impl Event {
    /// A server-sent event without a name.
    pub(crate) fn data(part: Part, data: &Value) -> Self {
        Self::text(part, format!("data: {data}\n\n"))
    }

    /// A server-sent event with a name.
    pub(crate) fn named(part: Part, name: &str, data: &Value) -> Self {
        Self::text(part, format!("event: {name}\ndata: {data}\n\n"))
    }

    /// A line of JSON.
    pub(crate) fn line(part: Part, data: &Value) -> Self {
        Self::text(part, format!("{data}\n"))
    }

    pub(crate) fn text(part: Part, text: String) -> Self {
        Self { part, bytes: Bytes::from(text) }
    }

    /// The same event with its JSON broken off in the middle.
    pub(crate) fn broken(&self) -> Self {
        let text = String::from_utf8_lossy(&self.bytes);
        let whole = text.trim_end();
        let end = &text[whole.len()..];
        let json = whole.find('{').unwrap_or(0);
        let half = whole.floor_char_boundary(json + (whole.len() - json) / 2);
        Self::text(self.part, format!("{}{end}", &whole[..half]))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_broken_event_keeps_its_frame_and_loses_its_json() {
        let event = Event::named(Part::Token, "delta", &json!({"text": "слово"})).broken();
        assert_eq!(event.bytes, "event: delta\ndata: {\"text\":\"\n\n");
        assert_eq!(Event::line(Part::Token, &json!({"done": false})).broken().bytes, "{\"done\"\n");
    }
}
