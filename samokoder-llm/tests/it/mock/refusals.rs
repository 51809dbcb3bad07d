//! Requests that a provider refuses.

use samokoder_llm::mock::{Access, MockServer, Reply, Script};
use serde_json::{Value, json};

use super::{
    answering,
    client::{CHAT, MESSAGES, OLLAMA, RESPONSES, post, request, send},
};

/// A request with a field set, or without it.
fn with(path: &str, field: &str, value: Option<Value>) -> Value {
    let mut request = request(path, false);
    match value {
        Some(value) => request[field] = value,
        None => drop(request.as_object_mut().unwrap().remove(field)),
    }
    request
}

async fn refusal(path: &str, request: &Value) -> (u16, Value) {
    let server = answering(Reply::text("Good day.")).await;
    let response = post(&server, path, request).await;
    assert_eq!(server.stats().refused, 1);
    assert_eq!(server.stats().billed, 0);
    (response.status, response.json())
}

#[tokio::test]
async fn openai_refuses_what_has_no_model_or_messages() {
    let (status, body) = refusal(CHAT, &with(CHAT, "model", None)).await;
    let error = json!({"message": "you must provide a model parameter", "type": "invalid_request_error", "param": null,
        "code": null});
    assert_eq!((status, body), (400, json!({"error": error})));
    let missing = |name: &str| {
        json!({"error": {"message": format!("Missing required parameter: '{name}'."), "type": "invalid_request_error",
            "param": name, "code": "missing_required_parameter"}})
    };
    assert_eq!(refusal(CHAT, &with(CHAT, "messages", None)).await, (400, missing("messages")));
    assert_eq!(refusal(RESPONSES, &with(RESPONSES, "model", None)).await, (400, missing("model")));
    assert_eq!(refusal(RESPONSES, &with(RESPONSES, "input", None)).await, (400, missing("input")));
}

#[tokio::test]
async fn anthropic_refuses_what_has_no_model_messages_or_limit() {
    for field in ["model", "messages", "max_tokens"] {
        let (status, body) = refusal(MESSAGES, &with(MESSAGES, field, None)).await;
        let error = json!({"type": "invalid_request_error", "message": format!("{field}: Field required")});
        let body_expected = json!({"type": "error", "error": error, "request_id": "req_mock000001"});
        assert_eq!((status, body), (400, body_expected));
    }
}

#[tokio::test]
async fn ollama_refuses_what_has_no_model() {
    let body = json!({"error": "model is required"});
    assert_eq!(refusal(OLLAMA, &with(OLLAMA, "model", None)).await, (400, body));
}

#[tokio::test]
async fn a_request_without_a_key_or_with_another_is_refused() {
    let access = Access { keys: vec!["sk-right".into()], models: Vec::new() };
    let server = MockServer::start(Script::default().with_access(access)).await.unwrap();
    let version = ("anthropic-version", "2023-06-01");
    for (path, headers, code) in [
        (CHAT, vec![], Value::Null),
        (RESPONSES, vec![("Authorization", "Bearer sk-wrong")], json!("invalid_api_key")),
    ] {
        let response =
            send(server.address(), "POST", path, &headers, &request(path, false).to_string()).await;
        let error = response.json()["error"].clone();
        assert_eq!((response.status, &error["code"]), (401, &code));
        assert_eq!(error["type"], "invalid_request_error");
    }
    for headers in [vec![version], vec![version, ("x-api-key", "sk-wrong")]] {
        let body = request(MESSAGES, false).to_string();
        let response = send(server.address(), "POST", MESSAGES, &headers, &body).await;
        let kind = response.json()["error"]["type"].clone();
        assert_eq!((response.status, kind), (401, json!("authentication_error")));
    }
    let body = request(MESSAGES, false).to_string();
    let response = send(server.address(), "POST", MESSAGES, &[("x-api-key", "sk-right")], &body).await;
    assert_eq!(response.json()["error"]["message"], "anthropic-version: header is required");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_refused() {
    let server = answering(Reply::text("Good day.")).await;
    for (path, headers) in [
        (CHAT, vec![("Authorization", "Bearer x")]),
        (MESSAGES, vec![("x-api-key", "x"), ("anthropic-version", "2023-06-01")]),
        (OLLAMA, vec![]),
    ] {
        let response = send(server.address(), "POST", path, &headers, "{\"model\": ").await;
        assert_eq!(response.status, 400, "{path}");
        assert!(response.json().get("error").is_some(), "{path}");
    }
}

#[tokio::test]
async fn fields_of_chat_completions_are_unknown_to_responses() {
    let format = json!({"type": "json_object"});
    let (status, body) = refusal(RESPONSES, &with(RESPONSES, "response_format", Some(format))).await;
    assert_eq!((status, &body["error"]["code"]), (400, &json!("unknown_parameter")));
}

#[tokio::test]
async fn a_call_of_a_tool_without_its_result_is_refused() {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let assistant = json!({"role": "assistant", "content": null, "tool_calls": [call]});
    let user = json!({"role": "user", "content": "Go on."});
    let result = json!({"role": "tool", "tool_call_id": "c1", "content": "4"});
    let (status, body) = refusal(CHAT, &with(CHAT, "messages", Some(json!([user, assistant, user])))).await;
    assert_eq!((status, &body["error"]["param"]), (400, &json!("messages.[2].role")));
    let (status, _) = refusal(CHAT, &with(CHAT, "messages", Some(json!([user, result])))).await;
    assert_eq!(status, 400);

    let call = json!({"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"});
    let (status, body) = refusal(RESPONSES, &with(RESPONSES, "input", Some(json!([user, call])))).await;
    let message = "No tool output found for function call c1.";
    assert_eq!((status, &body["error"]["message"]), (400, &json!(message)));

    let call =
        json!({"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {}}]});
    let (status, body) =
        refusal(MESSAGES, &with(MESSAGES, "messages", Some(json!([user, call, user])))).await;
    let message = body["error"]["message"].as_str().unwrap();
    assert!(
        status == 400 && message.starts_with("messages.1: `tool_use` ids were found without"),
        "{message}"
    );
}

#[tokio::test]
async fn a_conversation_with_its_results_is_answered() {
    let server = answering(Reply::text("Four.")).await;
    let user = json!({"role": "user", "content": "Two and two?"});
    let call = json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let chat = json!([user, {"role": "assistant", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "4"}]);
    assert_eq!(post(&server, CHAT, &with(CHAT, "messages", Some(chat))).await.status, 200);
    let responses = json!([user, {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "4"}]);
    assert_eq!(post(&server, RESPONSES, &with(RESPONSES, "input", Some(responses))).await.status, 200);
    let messages = json!([user,
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c1", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c1", "content": "4"}]}]);
    assert_eq!(post(&server, MESSAGES, &with(MESSAGES, "messages", Some(messages))).await.status, 200);
}

#[tokio::test]
async fn a_reasoning_item_without_what_follows_it_is_refused() {
    let input =
        json!([{"type": "reasoning", "id": "rs_1", "summary": []}, {"role": "user", "content": "Go on."}]);
    let (status, body) = refusal(RESPONSES, &with(RESPONSES, "input", Some(input))).await;
    let message = "Item 'rs_1' of type 'reasoning' was provided without its required following item.";
    assert_eq!((status, &body["error"]["message"]), (400, &json!(message)));
}

#[tokio::test]
async fn a_strict_schema_that_is_not_strict_is_refused() {
    let schema =
        json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    let inner = json!({"name": "answer", "strict": true, "schema": schema});
    let format = json!({"type": "json_schema", "json_schema": inner});
    let (status, body) = refusal(CHAT, &with(CHAT, "response_format", Some(format))).await;
    assert_eq!((status, &body["error"]["param"]), (400, &json!("response_format")));
    assert!(body["error"]["message"].as_str().unwrap().ends_with("Missing 'a'."), "{body}");

    let format = json!({"type": "json_schema", "name": "answer", "strict": true, "schema": schema});
    let (status, body) = refusal(RESPONSES, &with(RESPONSES, "text", Some(json!({"format": format})))).await;
    assert_eq!((status, &body["error"]["param"]), (400, &json!("text.format.schema")));

    let format = json!({"type": "json_schema", "schema": {"type": "object", "properties": {}}});
    let (status, body) =
        refusal(MESSAGES, &with(MESSAGES, "output_config", Some(json!({"format": format})))).await;
    assert!(status == 400 && body["error"]["message"].as_str().unwrap().contains("additionalProperties"));
}

#[tokio::test]
async fn more_than_one_choice_is_refused() {
    let (status, body) = refusal(CHAT, &with(CHAT, "n", Some(json!(2)))).await;
    assert_eq!((status, &body["error"]["param"]), (400, &json!("n")));
}
