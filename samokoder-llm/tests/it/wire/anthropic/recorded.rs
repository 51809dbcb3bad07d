//! Recorded answers, against a second reading of their bytes.

use samokoder_core::llm::{ChatResponse, FinishReason, Message, ModelRole, Part, Usage};
use samokoder_llm::wire::Reader;
use serde_json::{Map, Value, json};

use super::{super::protocol::*, *};
use crate::cassettes::{Exchange, exchanges};

fn answers() -> Vec<Exchange> {
    exchanges(|exchange| {
        exchange.provider == "anthropic" && exchange.path == "/v1/messages" && exchange.status == 200
    })
    .unwrap_or_default()
}

fn decoded(exchange: &Exchange) -> ChatResponse {
    let bytes = exchange.response.as_bytes();
    let response = if exchange.sse { streamed(&WIRE, bytes) } else { whole(&WIRE, bytes) };
    response.unwrap_or_else(|error| panic!("{}: {error}", exchange.file))
}

/// The message that the bytes are, put together the way the protocol's documentation says.
fn message(exchange: &Exchange) -> Value {
    if !exchange.sse {
        return serde_json::from_str(&exchange.response).unwrap();
    }
    let (mut message, mut inputs) = (Value::Null, Map::new());
    for line in exchange.response.lines() {
        let Some(data) = line.strip_prefix("data:") else { continue };
        let event: Value = serde_json::from_str(data).unwrap();
        match event["type"].as_str().unwrap() {
            "message_start" => message = event["message"].clone(),
            "content_block_start" => {
                message["content"].as_array_mut().unwrap().push(event["content_block"].clone());
            }
            "content_block_delta" => {
                let index = event["index"].as_u64().unwrap();
                let block = &mut message["content"][usize::try_from(index).unwrap()];
                grow(block, &event["delta"], inputs.entry(index.to_string()).or_insert(json!("")));
            }
            "content_block_stop" => {
                let index = event["index"].as_u64().unwrap();
                if let Some(Value::String(input)) = inputs.get(&index.to_string())
                    && !input.is_empty()
                {
                    message["content"][usize::try_from(index).unwrap()]["input"] =
                        serde_json::from_str(input).unwrap();
                }
            }
            "message_delta" => {
                for (name, value) in event["delta"].as_object().unwrap() {
                    message[name] = value.clone();
                }
                for (name, value) in event["usage"].as_object().unwrap() {
                    message["usage"][name] = value.clone();
                }
                if let Some(applied) = event.get("context_management") {
                    message["context_management"] = applied.clone();
                }
            }
            "ping" | "message_stop" => {}
            other => panic!("{other} in {}", exchange.file),
        }
    }
    message
}

fn grow(block: &mut Value, delta: &Value, input: &mut Value) {
    let (target, piece) = match delta["type"].as_str().unwrap() {
        "text_delta" => (&mut block["text"], &delta["text"]),
        "thinking_delta" => (&mut block["thinking"], &delta["thinking"]),
        "signature_delta" => (&mut block["signature"], &delta["signature"]),
        "compaction_delta" => (&mut block["content"], &delta["content"]),
        "input_json_delta" => (input, &delta["partial_json"]),
        other => panic!("a piece of the type {other}"),
    };
    *target = json!(format!("{}{}", target.as_str().unwrap_or_default(), piece.as_str().unwrap()));
}

fn blocks_of<'m>(message: &'m Value, kind: &str) -> Vec<&'m Value> {
    message["content"].as_array().unwrap().iter().filter(|block| block["type"] == kind).collect()
}

fn check(exchange: &Exchange, response: &ChatResponse) {
    let (message, file) = (message(exchange), &exchange.file);
    assert_eq!(response.id.as_deref(), message["id"].as_str(), "{file}");
    assert_eq!(response.model.as_deref(), message["model"].as_str(), "{file}");
    let joined = |kind: &str| -> String {
        blocks_of(&message, kind).iter().map(|block| block[kind].as_str().unwrap()).collect()
    };
    assert_eq!(response.text(), joined("text"), "{file}");
    let thoughts: String = response
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Reasoning { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(thoughts, joined("thinking"), "{file}");
    let calls: Vec<_> = response
        .tool_calls()
        .map(|call| json!([call.id, call.name, serde_json::from_str::<Value>(&call.arguments).unwrap()]))
        .collect();
    let called = blocks_of(&message, "tool_use");
    let called: Vec<_> =
        called.iter().map(|block| json!([block["id"], block["name"], block["input"]])).collect();
    assert_eq!(calls, called, "{file}");
    assert_eq!(response.usage, usage(&message["usage"]), "{file}");
    let finish = match message["stop_reason"].as_str().unwrap() {
        "end_turn" | "stop_sequence" => FinishReason::Stop,
        "tool_use" => FinishReason::ToolCalls,
        other => panic!("{other} in {file}"),
    };
    assert_eq!(response.finish, finish, "{file}");
    for name in ["container", "context_management", "stop_sequence", "stop_details"] {
        assert_eq!(response.extra.get(name).unwrap_or(&Value::Null), &message[name], "{file}");
    }
    for name in ["service_tier", "iterations", "server_tool_use"] {
        assert_eq!(response.extra.get(name).unwrap_or(&Value::Null), &message["usage"][name], "{file}");
    }
}

fn usage(said: &Value) -> Usage {
    let count = |path: &str| said.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    let (read, written) = (count("/cache_read_input_tokens"), count("/cache_creation_input_tokens"));
    Usage {
        input: count("/input_tokens") + read + written,
        cached_input: read,
        cache_write: written,
        cache_write_long: count("/cache_creation/ephemeral_1h_input_tokens"),
        output: count("/output_tokens"),
        reasoning: count("/output_tokens_details/thinking_tokens"),
    }
}

/// The blocks that an answer becomes in the next request.
fn sent_back(response: ChatResponse) -> Vec<Value> {
    let conversation = vec![Message::new(ModelRole::User, "Hi"), response.into_message()];
    let body = encoded(&WIRE, &request("anthropic:claude", conversation));
    body["messages"][1]["content"].as_array().cloned().unwrap_or_default()
}

/// Blocks as they are sent back: without the caller that all calls have, and without blank texts, which are refused.
fn as_sent(blocks: &Value) -> Vec<Value> {
    let mut blocks = blocks.as_array().unwrap().clone();
    blocks.retain(|block| block["text"].as_str().is_none_or(|text| !text.trim().is_empty()));
    for block in &mut blocks {
        if block["type"] == "tool_use" && block["caller"] == json!({"type": "direct"}) {
            block.as_object_mut().unwrap().remove("caller");
        }
    }
    blocks
}

/// Drops what the recorded client added to the blocks: cache marks, and nulls for fields that were absent.
fn drop_client_fields(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(drop_client_fields),
        Value::Object(fields) => {
            fields.retain(|name, value| name != "cache_control" && !value.is_null());
            fields.values_mut().for_each(drop_client_fields);
        }
        _ => {}
    }
}

#[expect(clippy::print_stdout, reason = "the recordings differ from place to place")]
fn report(count: usize, what: &str) {
    println!("{count} {what}");
}

#[test]
fn recorded_answers_are_what_their_bytes_say() {
    let answers = answers();
    for exchange in &answers {
        check(exchange, &decoded(exchange));
    }
    let streams = answers.iter().filter(|exchange| exchange.sse).count();
    report(streams, "recorded streams checked");
    report(answers.len() - streams, "recorded bodies checked");
}

#[test]
fn recorded_streams_are_the_same_at_every_split() {
    let answers = answers();
    let streams: Vec<_> = answers.iter().filter(|exchange| exchange.sse).collect();
    for exchange in &streams {
        let bytes = exchange.response.as_bytes();
        let expected = events_of(&WIRE, [bytes]);
        for size in [1, 2, 3, 7, 64, 1000] {
            assert_eq!(events_of(&WIRE, bytes.chunks(size)), expected, "{} by {size}", exchange.file);
        }
        for seed in 1..=20_usize {
            let places: Vec<_> =
                (1..50).map(|n| seed.wrapping_mul(n).wrapping_mul(2_654_435_761) >> 7).collect();
            assert_eq!(events_of(&WIRE, cut(bytes, &places)), expected, "{} by seed {seed}", exchange.file);
        }
        let mut reader = Reader::new(&WIRE);
        let mut response = ChatResponse::default();
        for byte in bytes {
            reader.feed(std::slice::from_ref(byte)).unwrap();
            while let Some(event) = reader.next_event() {
                response.add(event);
            }
        }
        assert_eq!(response, decoded(exchange), "{}", exchange.file);
    }
    report(streams.len(), "recorded streams checked at 27 splits");
}

#[test]
fn recorded_answers_go_back_block_by_block() {
    let answers = answers();
    for exchange in &answers {
        assert_eq!(sent_back(decoded(exchange)), as_sent(&message(exchange)["content"]), "{}", exchange.file);
    }
    report(answers.len(), "recorded answers written back");
}

#[test]
fn recorded_conversations_go_on_with_the_same_blocks() {
    let answers = answers();
    let mut same = 0;
    for pair in answers.windows(2) {
        let [earlier, later] = pair else { continue };
        if earlier.file != later.file || later.request.is_empty() || earlier.request.is_empty() {
            continue;
        }
        let messages = |exchange: &Exchange| {
            let request: Value = serde_json::from_str(&exchange.request).unwrap();
            request["messages"].as_array().unwrap().clone()
        };
        let (before, after) = (messages(earlier), messages(later));
        let Some(turn) = after.get(before.len()).filter(|turn| turn["role"] == "assistant") else { continue };
        let mut sent = json!(as_sent(&turn["content"]));
        drop_client_fields(&mut sent);
        assert_eq!(json!(sent_back(decoded(earlier))), sent, "{}", earlier.file);
        same += 1;
    }
    report(same, "recorded turns went on the same way");
}
