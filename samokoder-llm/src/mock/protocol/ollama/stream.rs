//! A streamed answer of Ollama's chat: a line of JSON for each piece.

use serde_json::{Value, json};

use super::{
    super::{
        super::{question::Turn, tokens},
        Event, Part,
    },
    unary,
};

pub(in super::super) fn stream(turn: &Turn<'_>) -> Vec<Event> {
    let reply = turn.reply;
    let piece = |message: Value| Event::line(Part::Token, &unary::line(turn, &message));
    let thinking = tokens::pieces(&reply.reasoning)
        .map(|text| json!({"role": "assistant", "content": "", "thinking": text}));
    let said = tokens::pieces(&reply.text).map(|text| json!({"role": "assistant", "content": text}));
    let mut events: Vec<Event> = thinking.chain(said).map(piece).collect();
    if !reply.tool_calls.is_empty() {
        events.push(piece(json!({"role": "assistant", "content": "", "tool_calls": unary::calls(turn)})));
    }
    let end = unary::last(turn, &json!({"role": "assistant", "content": ""}));
    events.push(Event::line(Part::End, &end));
    events
}
