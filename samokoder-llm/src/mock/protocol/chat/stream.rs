//! A streamed answer of Chat Completions.

use serde_json::{Value, json};

use super::super::{
    super::{question::Turn, tokens},
    ApiError, Event, Part, openai,
};

pub(in super::super) fn stream(turn: &Turn<'_>) -> Vec<Event> {
    let reply = turn.reply;
    let wants_usage = turn.question.body["stream_options"]["include_usage"] == true;
    let chunk = Chunk { turn, wants_usage };
    let mut events =
        vec![chunk.delta(Part::Frame, &json!({"role": "assistant", "content": "", "refusal": null}))];
    let pieces = |name: &'static str, text| tokens::pieces(text).map(move |piece| json!({name: piece}));
    let said = pieces("reasoning_content", &reply.reasoning).chain(pieces("content", &reply.text));
    events.extend(said.map(|delta| chunk.delta(Part::Token, &delta)));
    events
        .extend(calls(turn).into_iter().map(|call| chunk.delta(Part::Token, &json!({"tool_calls": [call]}))));
    events.push(chunk.event(
        Part::Finish,
        &json!([{
            "index": 0, "delta": {}, "logprobs": null, "finish_reason": openai::finish_reason(&reply.finish()),
        }]),
        Value::Null,
    ));
    if wants_usage {
        events.push(chunk.event(Part::Finish, &json!([]), openai::chat_usage(turn.spent)));
    }
    events.push(Event::text(Part::End, "data: [DONE]\n\n".to_owned()));
    events
}

/// The end of a stream that failed. Groq names the event, `OpenRouter` makes it a chunk.
pub(in super::super) fn failed(error: &ApiError, turn: &Turn<'_>) -> Event {
    let mut body = error.openai_body();
    match turn.question.provider {
        "groq" => {
            body["error"]["status_code"] = error.status.into();
            Event::named(Part::End, "error", &body)
        }
        "openrouter" => {
            let choice =
                json!({"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "error"});
            let mut chunk = Chunk { turn, wants_usage: false }.value(&json!([choice]), Value::Null);
            chunk["error"] = json!({"code": error.status, "message": error.message});
            Event::data(Part::End, &chunk)
        }
        _ => Event::data(Part::End, &body),
    }
}

/// The pieces of all calls: one call after another, or by turns.
fn calls(turn: &Turn<'_>) -> Vec<Value> {
    let calls = turn.reply.tool_calls.iter().enumerate().map(|(nth, call)| {
        let first = json!({
            "index": nth,
            "id": turn.call_id("call_", nth),
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        });
        let arguments = call.argument_text();
        let rest =
            tokens::pieces(&arguments).map(|piece| json!({"index": nth, "function": {"arguments": piece}}));
        std::iter::once(first).chain(rest).collect::<Vec<_>>()
    });
    let calls: Vec<Vec<Value>> = calls.collect();
    if !turn.reply.interleaved {
        return calls.concat();
    }
    let longest = calls.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|at| calls.iter().filter_map(move |call| call.get(at).cloned())).collect()
}

/// What the chunks of one answer have in common.
#[derive(Debug, Clone, Copy)]
struct Chunk<'a> {
    turn: &'a Turn<'a>,
    /// With it, every chunk has the field.
    wants_usage: bool,
}

impl Chunk<'_> {
    fn delta(&self, part: Part, delta: &Value) -> Event {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": null});
        self.event(part, &json!([choice]), Value::Null)
    }

    fn event(&self, part: Part, choices: &Value, usage: Value) -> Event {
        Event::data(part, &self.value(choices, usage))
    }

    fn value(&self, choices: &Value, usage: Value) -> Value {
        let mut chunk = json!({
            "id": self.turn.id("chatcmpl-"),
            "object": "chat.completion.chunk",
            "created": self.turn.created(),
            "model": self.turn.question.model,
            "service_tier": "default",
            "system_fingerprint": null,
            "choices": choices,
        });
        if self.wants_usage {
            chunk["usage"] = usage;
        }
        chunk
    }
}
