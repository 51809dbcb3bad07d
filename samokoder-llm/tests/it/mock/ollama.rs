//! Ollama's own chat.

use samokoder_llm::mock::{FinishReason, Reply};
use serde_json::json;

use super::{
    answering,
    client::{OLLAMA, ask, post},
};

#[tokio::test]
async fn a_stream_is_a_line_of_json_for_each_piece() {
    let server = answering(Reply::text("Good day to you.").thinking("Be polite.")).await;
    let response = ask(&server, OLLAMA, true).await;
    assert_eq!(response.headers["content-type"], "application/x-ndjson");
    let lines = response.lines();
    let [pieces @ .., end] = &lines[..] else { panic!("{lines:?}") };
    let joined =
        |name: &str| -> String { pieces.iter().filter_map(|line| line["message"][name].as_str()).collect() };
    assert_eq!((joined("thinking"), joined("content")), ("Be polite.".into(), "Good day to you.".into()));
    assert!(pieces.iter().all(|line| line["done"] == false));
    assert_eq!((&end["done"], &end["done_reason"]), (&json!(true), &json!("stop")));
    assert_eq!((&end["prompt_eval_count"], &end["eval_count"]), (&json!(1), &json!(6)));
    assert!(end["total_duration"].as_u64().unwrap() > end["eval_duration"].as_u64().unwrap());
}

#[tokio::test]
async fn a_request_that_does_not_say_so_is_answered_by_a_stream() {
    let server = answering(Reply::text("Good day.")).await;
    let messages = json!([{"role": "user", "content": "Hello."}]);
    let response = post(&server, OLLAMA, &json!({"model": "m", "messages": messages})).await;
    assert!(response.lines().len() > 1);
    let response = ask(&server, OLLAMA, false).await;
    assert_eq!(response.json()["message"]["content"], "Good day.");
}

#[tokio::test]
async fn calls_of_tools_have_a_value_for_arguments() {
    let server = answering(Reply::tool_call("weather", json!({"city": "Oslo"}))).await;
    let lines = ask(&server, OLLAMA, true).await.lines();
    let call = json!([{"function": {"index": 0, "name": "weather", "arguments": {"city": "Oslo"}}}]);
    assert_eq!(lines[0]["message"]["tool_calls"], call);
    assert_eq!(lines[1]["done_reason"], "stop");
}

#[tokio::test]
async fn a_request_without_messages_loads_the_model() {
    let server = answering(Reply::text("Good day.")).await;
    let response = post(&server, OLLAMA, &json!({"model": "m"})).await;
    assert_eq!(response.lines().len(), 1);
    assert_eq!(response.lines()[0]["done_reason"], "load");
}

#[tokio::test]
async fn the_limit_of_tokens_is_told() {
    let server = answering(Reply::text("Cut").ending(FinishReason::Length)).await;
    assert_eq!(ask(&server, OLLAMA, false).await.json()["done_reason"], "length");
}
