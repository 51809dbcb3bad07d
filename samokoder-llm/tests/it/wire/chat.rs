//! Chat Completions.

use samokoder_core::llm::LlmErrorKind;
use samokoder_llm::openai::chat::{ChatWire, Dialect};
use serde_json::Value;

use super::{
    SPLITS, read, read_whole,
    recorded::{Said, arguments, events},
    split,
};
use crate::cassettes::{Exchange, exchanges};

const WIRE: ChatWire = ChatWire { dialect: Dialect::COMPATIBLE };

fn recorded(sse: bool) -> Vec<Exchange> {
    exchanges(|exchange| {
        exchange.path.contains("/chat/completions") && exchange.sse == sse && exchange.status == 200
    })
    .unwrap_or_default()
}

#[test]
#[expect(clippy::print_stdout, reason = "says how much was checked")]
fn recorded_streams_say_what_their_bytes_say_however_they_are_split() {
    let recorded = recorded(true);
    for exchange in &recorded {
        let chunks = events(exchange);
        let bytes = exchange.response.as_bytes();
        if let Some(error) = chunks.iter().find(|chunk| !chunk["error"].is_null()) {
            let found = read(&WIRE, [bytes]).unwrap_err();
            assert_eq!(found.code(), error["error"]["code"].as_str(), "{}", exchange.file);
            continue;
        }
        let expected = stream(&chunks);
        for sizes in SPLITS {
            let found =
                read(&WIRE, split(bytes, sizes)).unwrap_or_else(|error| panic!("{}: {error}", exchange.file));
            assert_eq!(Said::of(&found), expected, "{} split by {sizes:?}", exchange.file);
        }
    }
    println!("{} recorded streams of Chat Completions", recorded.len());
}

#[test]
#[expect(clippy::print_stdout, reason = "says how much was checked")]
fn recorded_answers_say_what_their_bytes_say() {
    let recorded = recorded(false);
    for exchange in &recorded {
        let body: Value = serde_json::from_str(&exchange.response).unwrap();
        let found = read_whole(&WIRE, exchange.response.as_bytes());
        if !body["error"].is_null() {
            assert!(found.is_err(), "{}", exchange.file);
            continue;
        }
        let found = found.unwrap_or_else(|error| panic!("{}: {error}", exchange.file));
        assert_eq!(Said::of(&found), stream(&[body]), "{}", exchange.file);
    }
    println!("{} recorded answers of Chat Completions", recorded.len());
}

#[test]
fn recorded_refusals_have_a_kind_and_the_providers_words() {
    for exchange in exchanges(|exchange| exchange.status >= 400).unwrap_or_default() {
        let error = samokoder_llm::reply::error(exchange.status, exchange.response.as_bytes());
        assert_ne!(error.kind, LlmErrorKind::Malformed, "{}", exchange.file);
        assert!(!error.message.is_empty() && !error.message.contains('{'), "{}: {error}", exchange.file);
    }
}

/// What chunks say, or whole answers, which have `message` instead of `delta`.
fn stream(chunks: &[Value]) -> Said {
    let mut said = Said::default();
    let mut calls: Vec<(Value, String, String, String)> = vec![];
    let content = |said: &mut Said, content: &Value| match content {
        Value::Array(parts) => {
            for part in parts {
                said.text.push_str(part["text"].as_str().unwrap_or_default());
                for thought in part["thinking"].as_array().into_iter().flatten() {
                    said.reasoning.push_str(thought["text"].as_str().unwrap_or_default());
                }
            }
        }
        text => said.text.push_str(text.as_str().unwrap_or_default()),
    };
    for chunk in chunks {
        let usage = match &chunk["usage"] {
            Value::Null => &chunk["x_groq"]["usage"],
            usage => usage,
        };
        if usage.is_object() {
            said.usage = usage_of(usage);
        }
        for choice in chunk["choices"].as_array().into_iter().flatten() {
            let delta = if choice["delta"].is_null() { &choice["message"] } else { &choice["delta"] };
            content(&mut said, &delta["content"]);
            let thought = delta["reasoning"].as_str().or(delta["reasoning_content"].as_str());
            said.reasoning.push_str(thought.unwrap_or_default());
            said.refusal.push_str(delta["refusal"].as_str().unwrap_or_default());
            for call in delta["tool_calls"].as_array().into_iter().flatten() {
                let function = &call["function"];
                let json = function["arguments"].as_str().unwrap_or_default();
                match calls.iter_mut().find(|(index, ..)| !index.is_null() && *index == call["index"]) {
                    Some((.., arguments)) => arguments.push_str(json),
                    None => calls.push((
                        call["index"].clone(),
                        call["id"].as_str().unwrap_or_default().into(),
                        function["name"].as_str().unwrap_or_default().into(),
                        json.into(),
                    )),
                }
            }
            if let Some(reason) = choice["finish_reason"].as_str().filter(|reason| !reason.is_empty()) {
                said.finish = reason.into();
            }
        }
    }
    // A call without an id gets one, as its result is given back under it.
    let named = |nth: usize, id: String| if id.is_empty() { format!("call_{nth}") } else { id };
    let calls = calls.into_iter().enumerate();
    said.calls = calls.map(|(nth, (_, id, name, json))| (named(nth, id), name, arguments(&json))).collect();
    said
}

fn usage_of(usage: &Value) -> [u64; 5] {
    let number = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or_default();
    let (input, mut output, reasoning) = (
        number("/prompt_tokens"),
        number("/completion_tokens"),
        number("/completion_tokens_details/reasoning_tokens"),
    );
    if reasoning > 0 && input + output + reasoning == number("/total_tokens") {
        output += reasoning;
    }
    let cached = number("/prompt_tokens_details/cached_tokens").max(number("/prompt_cache_hit_tokens"));
    [input, cached, number("/prompt_tokens_details/cache_write_tokens"), output, reasoning]
}
