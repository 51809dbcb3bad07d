//! The events that a decoder found and nobody took yet.

use std::collections::VecDeque;

use samokoder_core::llm::{Start, StreamEvent};

/// A queue of events between a decoder and whoever reads the stream.
///
/// Pieces of one text that arrive together are joined: a reader that is slow, or a network that delivers in bulk,
/// gets fewer and larger ones.
#[derive(Debug, Default)]
pub struct Events {
    queue: VecDeque<StreamEvent>,
    finished: bool,
}

impl Events {
    /// Adds an event.
    pub fn push(&mut self, event: StreamEvent) {
        self.finished |= matches!(event, StreamEvent::Finish(_));
        match (self.queue.back_mut(), event) {
            (Some(StreamEvent::Text(last)), StreamEvent::Text(more))
            | (Some(StreamEvent::Reasoning(last)), StreamEvent::Reasoning(more))
            | (Some(StreamEvent::Refusal(last)), StreamEvent::Refusal(more)) => last.push_str(&more),
            (
                Some(StreamEvent::ToolArguments { id: last, json }),
                StreamEvent::ToolArguments { id, json: more },
            ) if *last == id => json.push_str(&more),
            (_, event) => self.queue.push_back(event),
        }
    }

    /// Adds a piece of text, if it is not empty.
    pub fn text(&mut self, piece: &str) {
        match self.queue.back_mut() {
            _ if piece.is_empty() => {}
            Some(StreamEvent::Text(last)) => last.push_str(piece),
            _ => self.queue.push_back(StreamEvent::Text(piece.into())),
        }
    }

    /// Adds a piece of reasoning, if it is not empty.
    pub fn reasoning(&mut self, piece: &str) {
        match self.queue.back_mut() {
            _ if piece.is_empty() => {}
            Some(StreamEvent::Reasoning(last)) => last.push_str(piece),
            _ => self.queue.push_back(StreamEvent::Reasoning(piece.into())),
        }
    }

    /// Adds the answer's id and model.
    pub fn start(&mut self, id: Option<&str>, model: Option<&str>) {
        let start = Start { id: id.map(Into::into), model: model.map(Into::into), payer: None };
        self.push(StreamEvent::Start(start));
    }

    /// Takes the oldest event.
    pub fn pop(&mut self) -> Option<StreamEvent> {
        self.queue.pop_front()
    }

    /// Whether the finish was added, taken or not.
    pub fn finished(&self) -> bool {
        self.finished
    }
}
