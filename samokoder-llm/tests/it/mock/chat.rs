//! OpenAI Chat Completions.

use samokoder_llm::mock::{FinishReason, Reply, Usage};
use serde_json::{Value, json};

use super::{
    answering,
    client::{CHAT, ask, post, request},
};

fn usage() -> Usage {
    Usage {
        input_tokens: Some(20),
        output_tokens: Some(9),
        cached_tokens: 8,
        cache_write_tokens: 0,
        reasoning_tokens: Some(4),
    }
}

#[tokio::test]
async fn a_whole_answer_has_text_finish_reason_and_usage() {
    let server = answering(Reply::text("Good day.").thinking("Be polite.").costing(usage())).await;
    let response = ask(&server, CHAT, false).await;
    assert_eq!((response.status, response.is_whole), (200, true));
    assert_eq!(response.headers["content-type"], "application/json");
    assert_eq!(response.headers["x-request-id"], "req_mock000001");
    let body = response.json();
    assert_eq!((&body["object"], &body["model"]), (&json!("chat.completion"), &json!("some-model")));
    let choice = &body["choices"][0];
    assert_eq!(choice["message"]["content"], "Good day.");
    assert_eq!(choice["message"]["reasoning_content"], "Be polite.");
    assert_eq!(choice["finish_reason"], "stop");
    assert_eq!(body["usage"]["prompt_tokens"], 20);
    assert_eq!(body["usage"]["completion_tokens"], 9);
    assert_eq!(body["usage"]["total_tokens"], 29);
    assert_eq!(body["usage"]["prompt_tokens_details"]["cached_tokens"], 8);
    assert_eq!(body["usage"]["completion_tokens_details"]["reasoning_tokens"], 4);
}

#[tokio::test]
async fn a_stream_opens_with_the_role_and_ends_with_finish_reason_and_done() {
    let server = answering(Reply::text("Good day to you.").thinking("Be polite.")).await;
    let response = ask(&server, CHAT, true).await;
    assert_eq!(response.headers["content-type"], "text/event-stream; charset=utf-8");
    let data = response.data();
    assert_eq!(data[0]["choices"][0]["delta"]["role"], "assistant");
    assert_eq!(joined(&data, "reasoning_content"), "Be polite.");
    assert_eq!(joined(&data, "content"), "Good day to you.");
    let [.., finish, done] = &data[..] else { panic!("{data:?}") };
    assert_eq!(finish["choices"][0]["finish_reason"], "stop");
    assert_eq!(*done, "[DONE]");
    assert!(data[..data.len() - 1].iter().all(|chunk| chunk.get("usage").is_none()));
    assert!(data[..data.len() - 1].iter().all(|chunk| chunk["id"] == "chatcmpl-mock000001"));
}

#[tokio::test]
async fn a_stream_tells_its_usage_when_asked_to() {
    let server = answering(Reply::text("Good day.").costing(usage())).await;
    let mut request = request(CHAT, true);
    request["stream_options"] = json!({"include_usage": true});
    let data = post(&server, CHAT, &request).await.data();
    let [before @ .., usage, _done] = &data[..] else { panic!("{data:?}") };
    assert_eq!(usage["choices"], json!([]));
    assert_eq!(usage["usage"]["total_tokens"], 29);
    assert!(before.iter().all(|chunk| chunk["usage"] == Value::Null && chunk.get("usage").is_some()));
}

#[tokio::test]
async fn calls_of_tools_are_streamed_in_pieces_with_id_and_name_first() {
    let reply = Reply::tool_call("weather", json!({"city": "Saint Petersburg"}))
        .calling("time", json!({"zone": "Europe/Moscow"}));
    let server = answering(reply.clone()).await;
    let data = ask(&server, CHAT, true).await.data();
    let calls = tool_deltas(&data);
    assert_eq!(calls[0]["id"], "call_mock00000100");
    assert_eq!(calls[0]["function"], json!({"name": "weather", "arguments": ""}));
    assert!(calls.len() > 6, "the arguments come in pieces");
    assert_eq!(arguments(&calls, 0), r#"{"city":"Saint Petersburg"}"#);
    assert_eq!(arguments(&calls, 1), r#"{"zone":"Europe/Moscow"}"#);
    assert!(calls.is_sorted_by_key(|call| call["index"].as_u64()), "one call after the other");
    assert_eq!(data[data.len() - 2]["choices"][0]["finish_reason"], "tool_calls");

    let server = answering(Reply { interleaved: true, ..reply }).await;
    let calls = tool_deltas(&ask(&server, CHAT, true).await.data());
    let indices: Vec<_> = calls.iter().take(4).map(|call| call["index"].as_u64().unwrap()).collect();
    assert_eq!(indices, [0, 1, 0, 1]);
    assert_eq!(arguments(&calls, 1), r#"{"zone":"Europe/Moscow"}"#);
}

#[tokio::test]
async fn a_whole_answer_has_its_calls_of_tools_and_no_text() {
    let server = answering(Reply::tool_call("weather", json!({"city": "Oslo"}))).await;
    let choice = ask(&server, CHAT, false).await.json()["choices"][0].clone();
    assert_eq!(choice["message"]["content"], Value::Null);
    assert_eq!(
        choice["message"]["tool_calls"],
        json!([{"id": "call_mock00000100", "type": "function",
            "function": {"name": "weather", "arguments": r#"{"city":"Oslo"}"#}}])
    );
    assert_eq!(choice["finish_reason"], "tool_calls");
}

#[tokio::test]
async fn finish_reasons_are_those_of_the_protocol() {
    for (reason, shown) in [
        (FinishReason::Length, "length"),
        (FinishReason::ContentFilter, "content_filter"),
        (FinishReason::Other("insufficient_system_resource".into()), "insufficient_system_resource"),
    ] {
        let server = answering(Reply::text("Cut").ending(reason)).await;
        assert_eq!(ask(&server, CHAT, false).await.json()["choices"][0]["finish_reason"], shown);
    }
}

#[tokio::test]
async fn the_paths_of_groq_and_openrouter_lead_to_the_same_protocol() {
    let server = answering(Reply::text("Good day.")).await;
    for path in ["/openai/v1/chat/completions", "/api/v1/chat/completions"] {
        assert_eq!(post(&server, path, &request(CHAT, false)).await.status, 200, "{path}");
    }
    assert_eq!(post(&server, "/v1/v1/chat/completions", &request(CHAT, false)).await.status, 404);
}

fn joined(data: &[Value], name: &str) -> String {
    data.iter().filter_map(|chunk| chunk["choices"][0]["delta"][name].as_str()).collect()
}

fn tool_deltas(data: &[Value]) -> Vec<Value> {
    let deltas = data.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"].as_array());
    deltas.flatten().cloned().collect()
}

fn arguments(calls: &[Value], index: u64) -> String {
    let pieces = calls.iter().filter(|call| call["index"] == index);
    pieces.map(|call| call["function"]["arguments"].as_str().unwrap()).collect()
}
