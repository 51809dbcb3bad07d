//! A streamed answer of Responses.

use serde_json::{Value, json};

use super::{
    super::{
        super::{question::Turn, script::Trouble, tokens},
        ApiError, Event, Part,
    },
    item::{self, Item},
    unary,
};

pub(in super::super) fn stream(turn: &Turn<'_>) -> Vec<Event> {
    let mut events = Events::default();
    let begun = unary::begun(turn);
    events.add(Part::Frame, "response.created", json!({"response": begun}));
    events.add(Part::Frame, "response.in_progress", json!({"response": begun}));
    let items = item::items(turn);
    for (at, item) in items.iter().enumerate() {
        let is_last = at + 1 == items.len();
        let status = if is_last { item::last_status(&turn.reply.finish()) } else { "completed" };
        events.add(
            Part::Frame,
            "response.output_item.added",
            json!({"output_index": at, "item": item.begun(turn)}),
        );
        match item {
            Item::Reasoning(text) => events.reasoning(at, &item.id(turn), text),
            Item::Message(text) => events.message(at, &item.id(turn), text),
            Item::Call(_, call) => events.call(at, &item.id(turn), &call.name, &call.argument_text()),
        }
        events.add(
            Part::Frame,
            "response.output_item.done",
            json!({"output_index": at, "item": item.done(turn, status)}),
        );
    }
    let response = unary::unary(turn);
    let name = if response["status"] == "completed" { "response.completed" } else { "response.incomplete" };
    events.add(Part::End, name, json!({"response": response}));
    events.list
}

/// The end of a stream that failed after `sent` events. A rate limit is told by the failed response alone, all else by
/// an event of its own before it.
pub(in super::super) fn failed(
    trouble: Trouble,
    error: &ApiError,
    turn: &Turn<'_>,
    sent: usize,
) -> Vec<Event> {
    let mut events = Events { list: Vec::new(), before: sent };
    let code = error.code.unwrap_or(error.kind);
    if trouble != Trouble::RateLimit {
        let own = json!({"type": error.kind, "code": code, "message": error.message, "param": error.param});
        events.add(Part::Frame, "error", json!({"error": own}));
    }
    let mut response = unary::begun(turn);
    response["status"] = "failed".into();
    response["error"] = json!({"code": code, "message": error.message});
    events.add(Part::End, "response.failed", json!({"response": response}));
    events.list
}

/// Events with their numbers.
#[derive(Debug, Default)]
struct Events {
    list: Vec<Event>,
    /// How many went before these.
    before: usize,
}

impl Events {
    fn add(&mut self, part: Part, name: &str, mut event: Value) {
        event["type"] = name.into();
        event["sequence_number"] = (self.before + self.list.len()).into();
        self.list.push(Event::named(part, name, &event));
    }

    fn reasoning(&mut self, output: usize, item: &str, text: &str) {
        let at = |own: Value| place(own, item, output, "summary_index");
        let added = at(json!({"part": item::summary_part("")}));
        self.add(Part::Frame, "response.reasoning_summary_part.added", added);
        for piece in tokens::pieces(text) {
            self.add(Part::Token, "response.reasoning_summary_text.delta", at(json!({"delta": piece})));
        }
        self.add(Part::Frame, "response.reasoning_summary_text.done", at(json!({"text": text})));
        let done = at(json!({"part": item::summary_part(text)}));
        self.add(Part::Frame, "response.reasoning_summary_part.done", done);
    }

    fn message(&mut self, output: usize, item: &str, text: &str) {
        let at = |own: Value| place(own, item, output, "content_index");
        self.add(Part::Frame, "response.content_part.added", at(json!({"part": item::text_part("")})));
        for piece in tokens::pieces(text) {
            self.add(Part::Token, "response.output_text.delta", at(json!({"delta": piece, "logprobs": []})));
        }
        self.add(Part::Frame, "response.output_text.done", at(json!({"text": text, "logprobs": []})));
        self.add(Part::Frame, "response.content_part.done", at(json!({"part": item::text_part(text)})));
    }

    fn call(&mut self, output: usize, item: &str, name: &str, arguments: &str) {
        let at = |mut own: Value| {
            own["item_id"] = item.into();
            own["output_index"] = output.into();
            own
        };
        for piece in tokens::pieces(arguments) {
            self.add(Part::Token, "response.function_call_arguments.delta", at(json!({"delta": piece})));
        }
        let done = at(json!({"arguments": arguments, "name": name}));
        self.add(Part::Frame, "response.function_call_arguments.done", done);
    }
}

/// An event with its place in the answer. Each item has one part.
fn place(mut own: Value, item: &str, output: usize, part: &str) -> Value {
    own["item_id"] = item.into();
    own["output_index"] = output.into();
    own[part] = 0.into();
    own
}
