//! Anthropic Messages.

use samokoder_llm::mock::{FinishReason, Reply, Usage};
use serde_json::{Value, json};

use super::{
    answering,
    client::{MESSAGES, ask},
};

fn reply() -> Reply {
    let usage = Usage {
        input_tokens: Some(100),
        output_tokens: Some(30),
        cached_tokens: 60,
        cache_write_tokens: 10,
        reasoning_tokens: Some(5),
    };
    Reply::text("Let me look.").thinking("A tool.").calling("weather", json!({"city": "Oslo"})).costing(usage)
}

#[tokio::test]
async fn a_whole_answer_has_a_block_for_each_of_its_parts() {
    let server = answering(reply()).await;
    let response = ask(&server, MESSAGES, false).await;
    assert_eq!(response.headers["request-id"], "req_mock000001");
    let body = response.json();
    let [thinking, text, call] = &body["content"].as_array().unwrap()[..] else { panic!("{body}") };
    assert_eq!(
        (&thinking["thinking"], &thinking["signature"]),
        (&json!("A tool."), &json!("signature-mock000001"))
    );
    assert_eq!(*text, json!({"type": "text", "text": "Let me look."}));
    assert_eq!((&call["id"], &call["input"]), (&json!("toolu_mock00000100"), &json!({"city": "Oslo"})));
    assert_eq!(body["stop_reason"], "tool_use");
}

#[tokio::test]
async fn input_tokens_are_without_what_came_from_a_cache_or_went_into_one() {
    let server = answering(reply()).await;
    let usage = ask(&server, MESSAGES, false).await.json()["usage"].clone();
    assert_eq!(usage["input_tokens"], 30);
    assert_eq!(
        (&usage["cache_read_input_tokens"], &usage["cache_creation_input_tokens"]),
        (&json!(60), &json!(10))
    );
    assert_eq!(usage["output_tokens"], 30);
}

#[tokio::test]
async fn a_stream_is_the_full_sequence_of_events() {
    let server = answering(reply()).await;
    let response = ask(&server, MESSAGES, true).await;
    let block = ["content_block_start", "content_block_delta", "content_block_stop"];
    let mut expected =
        vec!["message_start", "content_block_start", "ping", "content_block_delta", "content_block_stop"];
    expected.extend(block.iter().chain(&block));
    expected.extend(["message_delta", "message_stop"]);
    assert_eq!(response.names(), expected);
    assert!(response.events().iter().all(|(name, event)| event["type"] == **name));
    let data = response.data();
    assert_eq!(deltas(&data, 0, "thinking"), "A tool.");
    assert_eq!(deltas(&data, 0, "signature"), "signature-mock000001");
    assert_eq!(deltas(&data, 1, "text"), "Let me look.");
    assert_eq!(deltas(&data, 2, "partial_json"), r#"{"city":"Oslo"}"#);
}

#[tokio::test]
async fn usage_in_a_stream_is_cumulative() {
    let server = answering(reply()).await;
    let data = ask(&server, MESSAGES, true).await.data();
    let start = &data[0]["message"]["usage"];
    let [.., delta, _stop] = &data[..] else { panic!("{data:?}") };
    assert_eq!((&start["input_tokens"], &start["output_tokens"]), (&json!(30), &json!(1)));
    assert_eq!((&delta["usage"]["input_tokens"], &delta["usage"]["output_tokens"]), (&json!(30), &json!(30)));
    assert_eq!(delta["usage"]["output_tokens_details"]["thinking_tokens"], 5);
    assert_eq!(delta["delta"]["stop_reason"], "tool_use");
}

#[tokio::test]
async fn stop_reasons_are_those_of_the_protocol() {
    for (reason, shown) in [
        (FinishReason::Stop, "end_turn"),
        (FinishReason::Length, "max_tokens"),
        (FinishReason::ContentFilter, "refusal"),
        (FinishReason::Other("pause_turn".into()), "pause_turn"),
    ] {
        let server = answering(Reply::text("So.").ending(reason)).await;
        assert_eq!(ask(&server, MESSAGES, false).await.json()["stop_reason"], shown);
    }
}

fn deltas(data: &[Value], index: u64, field: &str) -> String {
    let own = data.iter().filter(|event| event["index"] == index);
    own.filter_map(|event| event["delta"][field].as_str()).collect()
}
