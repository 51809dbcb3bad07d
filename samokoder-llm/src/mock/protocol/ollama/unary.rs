//! A whole answer of Ollama's chat.

use serde_json::{Value, json};

use super::super::super::{question::Turn, script::FinishReason};

/// Nanoseconds that a token takes by the durations of an answer, which no clock measured.
const TOKEN_NANOSECONDS: u64 = 10_000_000;

pub(in super::super) fn unary(turn: &Turn<'_>) -> Value {
    let reply = turn.reply;
    let mut message = json!({"role": "assistant", "content": reply.text});
    if !reply.reasoning.is_empty() {
        message["thinking"] = reply.reasoning.as_str().into();
    }
    if !reply.tool_calls.is_empty() {
        message["tool_calls"] = calls(turn);
    }
    last(turn, &message)
}

/// The line of a piece.
pub(super) fn line(turn: &Turn<'_>, message: &Value) -> Value {
    json!({"model": turn.question.model, "created_at": created_at(turn), "message": message, "done": false})
}

/// The line that ends an answer.
pub(super) fn last(turn: &Turn<'_>, message: &Value) -> Value {
    let mut line = line(turn, message);
    line["done"] = true.into();
    if turn.question.messages.is_empty() {
        line["done_reason"] = "load".into();
        return line;
    }
    line["done_reason"] = done_reason(&turn.reply.finish()).into();
    line["prompt_eval_count"] = turn.spent.input.into();
    line["eval_count"] = turn.spent.output.into();
    let (load, prompt, answer) =
        (TOKEN_NANOSECONDS, turn.spent.input * TOKEN_NANOSECONDS, turn.spent.output * TOKEN_NANOSECONDS);
    line["load_duration"] = load.into();
    line["prompt_eval_duration"] = prompt.into();
    line["eval_duration"] = answer.into();
    line["total_duration"] = (load + prompt + answer).into();
    line
}

/// Calls, whose arguments are a value here and not text.
pub(super) fn calls(turn: &Turn<'_>) -> Value {
    let calls = turn.reply.tool_calls.iter().enumerate();
    calls
        .map(|(index, call)| {
            json!({"function": {"index": index, "name": call.name, "arguments": call.argument_value()}})
        })
        .collect()
}

/// A call of a tool is a stop as well.
fn done_reason(reason: &FinishReason) -> &str {
    match reason {
        FinishReason::Length => "length",
        FinishReason::Other(reason) => reason,
        _ => "stop",
    }
}

fn created_at(turn: &Turn<'_>) -> String {
    let (minutes, seconds) = (turn.number / 60 % 60, turn.number % 60);
    format!("2026-01-01T00:{minutes:02}:{seconds:02}Z")
}
