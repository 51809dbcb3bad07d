//! OpenAI Responses.

use samokoder_llm::mock::{FinishReason, Reply};
use serde_json::{Value, json};

use super::{
    answering,
    client::{RESPONSES, ask, post, request},
};

#[tokio::test]
async fn a_whole_answer_has_an_item_for_each_of_its_parts() {
    let reply = Reply::text("Let me look.").thinking("A tool.").calling("weather", json!({"city": "Oslo"}));
    let server = answering(reply).await;
    let body = ask(&server, RESPONSES, false).await.json();
    assert_eq!((&body["object"], &body["status"]), (&json!("response"), &json!("completed")));
    let [reasoning, message, call] = &body["output"].as_array().unwrap()[..] else { panic!("{body}") };
    assert_eq!(reasoning["summary"], json!([{"type": "summary_text", "text": "A tool."}]));
    assert_eq!(message["content"][0]["text"], "Let me look.");
    assert_eq!(call["arguments"], r#"{"city":"Oslo"}"#);
    assert_eq!((&call["call_id"], &call["status"]), (&json!("call_mock00000100"), &json!("completed")));
    let usage = &body["usage"];
    assert_eq!(usage["output_tokens_details"]["reasoning_tokens"], 2);
    assert_eq!(
        usage["total_tokens"].as_u64().unwrap(),
        usage["input_tokens"].as_u64().unwrap() + usage["output_tokens"].as_u64().unwrap()
    );
}

#[tokio::test]
async fn a_stream_is_the_full_sequence_of_events() {
    let reply = Reply::text("Let me look.").thinking("A tool.").calling("weather", json!({"city": "Oslo"}));
    let server = answering(reply).await;
    let response = ask(&server, RESPONSES, true).await;
    let expected = [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "completed",
    ];
    assert_eq!(response.names(), expected.map(|name| format!("response.{name}")));
    for (at, (name, event)) in response.events().into_iter().enumerate() {
        assert_eq!(
            (event["sequence_number"].as_u64(), &event["type"]),
            (u64::try_from(at).ok(), &json!(name))
        );
    }
    assert_eq!(deltas(&response.data(), "response.output_text.delta"), "Let me look.");
    assert_eq!(deltas(&response.data(), "response.function_call_arguments.delta"), r#"{"city":"Oslo"}"#);
}

#[tokio::test]
async fn the_last_event_is_the_whole_answer() {
    let reply = Reply::text("Let me look.").thinking("A tool.").calling("weather", json!({}));
    let server = answering(reply).await;
    let streamed = ask(&server, RESPONSES, true).await.data().pop().unwrap();
    let whole = ask(&server, RESPONSES, false).await.json();
    let without_ids = |response: &Value| {
        let text = response.to_string().replace("000002", "000001");
        let mut response: Value = serde_json::from_str(&text).unwrap();
        response["created_at"] = Value::Null;
        response
    };
    assert_eq!(without_ids(&streamed["response"]), without_ids(&whole));
}

#[tokio::test]
async fn an_answer_that_was_cut_short_is_incomplete() {
    let call = Reply::tool_call("sum", json!("{\"x\":48151")).ending(FinishReason::Length);
    let server = answering(call).await;
    let data = ask(&server, RESPONSES, true).await.data();
    let [.., item, end] = &data[..] else { panic!("{data:?}") };
    assert_eq!(
        (&item["item"]["status"], &item["item"]["arguments"]),
        (&json!("incomplete"), &json!("{\"x\":48151"))
    );
    assert_eq!(end["type"], "response.incomplete");
    assert_eq!(end["response"]["incomplete_details"], json!({"reason": "max_output_tokens"}));

    let server = answering(Reply::text("No").ending(FinishReason::ContentFilter)).await;
    let body = ask(&server, RESPONSES, false).await.json();
    assert_eq!(body["status"], "incomplete");
    assert_eq!(body["incomplete_details"], json!({"reason": "content_filter"}));
}

#[tokio::test]
async fn a_response_repeats_what_was_asked_and_encrypts_reasoning_when_asked_to() {
    let server = answering(Reply::text("Good day.").thinking("Be polite.")).await;
    let mut request = request(RESPONSES, false);
    request["instructions"] = json!("Be brief.");
    request["max_output_tokens"] = json!(77);
    let body = post(&server, RESPONSES, &request).await.json();
    assert_eq!((&body["instructions"], &body["max_output_tokens"]), (&json!("Be brief."), &json!(77)));
    assert_eq!(body["output"][0].get("encrypted_content"), None);
    request["include"] = json!(["reasoning.encrypted_content"]);
    let body = post(&server, RESPONSES, &request).await.json();
    assert_eq!(body["output"][0]["encrypted_content"], "encrypted-mock000002");
}

fn deltas(data: &[Value], kind: &str) -> String {
    data.iter().filter(|event| event["type"] == kind).map(|event| event["delta"].as_str().unwrap()).collect()
}
