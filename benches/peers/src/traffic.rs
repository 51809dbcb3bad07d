//! What the server sends: Chat Completions in the form of OpenAI's, every chunk with all the fields that OpenAI's has.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// Server-sent events of a stream: the role, the words, the finish, the usage and `[DONE]`.
pub(crate) const EVENTS: usize = 203;

/// Tokens of the answer, as the usage says, and chunks with text.
pub(crate) const TOKENS: usize = EVENTS - 4;

const WORDS: [&str; 8] = [" the", " library", " keeps", " \"books\"", ",", " members", ".\n", " и займы"];

fn words() -> impl Iterator<Item = &'static str> {
    WORDS.into_iter().cycle().take(TOKENS)
}

/// Bytes of the answer's text.
pub(crate) fn text() -> usize {
    words().map(str::len).sum()
}

/// Bytes of text that the first half of the events brings: all of them but the first are text.
pub(crate) fn half() -> usize {
    words().take(EVENTS / 2 - 1).map(str::len).sum()
}

/// The events of a stream, each one whole.
pub(crate) fn stream() -> Vec<String> {
    let delta = |delta: Value, finish: Value| {
        chunk(&json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]), &Value::Null)
    };
    let mut events = vec![delta(json!({"role": "assistant", "content": "", "refusal": null}), Value::Null)];
    events.extend(words().map(|word| delta(json!({"content": word}), Value::Null)));
    events.push(delta(json!({}), json!("stop")));
    events.push(chunk(&json!([]), &usage()));
    events.push("[DONE]".into());
    events.iter().map(|data| format!("data: {data}\n\n")).collect()
}

/// The same answer in one piece.
pub(crate) fn whole() -> String {
    let text: String = words().collect();
    let message = json!({"role": "assistant", "content": text, "refusal": null, "annotations": []});
    let mut body = head("chat.completion");
    let choices = json!([{"index": 0, "message": message, "logprobs": null, "finish_reason": "stop"}]);
    let _ = write!(body, r#""choices":{choices},"usage":{}}}"#, usage());
    body
}

fn chunk(choices: &Value, usage: &Value) -> String {
    let mut body = head("chat.completion.chunk");
    let _ = write!(body, r#""choices":{choices},"usage":{usage}}}"#);
    body
}

/// In the order in which OpenAI sends it.
fn head(object: &str) -> String {
    format!(
        r#"{{"id":"chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG","object":"{object}","created":1784728648,"model":"gpt-4.1-mini-2025-04-14","service_tier":"default","system_fingerprint":"fp_6f2eabb9a5","#
    )
}

fn usage() -> Value {
    json!({
        "prompt_tokens": 57, "completion_tokens": TOKENS, "total_tokens": 57 + TOKENS,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0, "audio_tokens": 0,
            "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0
        }
    })
}
