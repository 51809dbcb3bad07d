//! Which request gets which answer.

use samokoder_llm::mock::{Fault, MockServer, Protocol, Reply, Rule, Script, ScriptError, When};
use serde_json::{Value, json};

use super::client::{CHAT, MESSAGES, ask, post, request};

async fn said(server: &MockServer, model: &str, text: &str) -> String {
    let mut request = request(CHAT, false);
    request["model"] = json!(model);
    request["messages"] = json!([{"role": "user", "content": "Before."}, {"role": "user", "content": text},
        {"role": "assistant", "content": "So."}]);
    let body = post(server, CHAT, &request).await.json();
    body["choices"][0]["message"]["content"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn without_a_script_the_last_message_of_the_user_is_repeated() {
    let server = MockServer::start(Script::default()).await.unwrap();
    assert_eq!(said(&server, "m", "Anyone there?").await, "Anyone there?");
}

#[tokio::test]
async fn replies_are_given_in_order_and_then_the_default() {
    let script =
        Script::default().then(Reply::text("1")).then(Reply::text("2")).otherwise(Reply::text("rest"));
    let server = MockServer::start(script).await.unwrap();
    let mut texts = Vec::new();
    for _ in 0..4 {
        texts.push(said(&server, "m", "?").await);
    }
    assert_eq!(texts, ["1", "2", "rest", "rest"]);
}

#[tokio::test]
async fn the_first_rule_that_fits_goes_before_the_list() {
    let mut script = Script::default()
        .when(When { contains: Some("rain".into()), ..When::default() }, Reply::text("weather"))
        .when(When { model: Some("small".into()), ..When::default() }, Reply::text("small model"))
        .when(When { call: Some(3), ..When::default() }, Reply::text("third call"))
        .then(Reply::text("list"));
    script.rules.insert(0, Rule { times: Some(1), reply: Reply::text("once"), ..Rule::default() });
    let server = MockServer::start(script).await.unwrap();
    assert_eq!(said(&server, "big", "Will it rain?").await, "once");
    assert_eq!(said(&server, "small", "Will it rain?").await, "weather");
    assert_eq!(said(&server, "big", "?").await, "third call");
    assert_eq!(said(&server, "small", "?").await, "small model");
    assert_eq!(said(&server, "big", "?").await, "list");
}

#[tokio::test]
async fn a_rule_can_be_for_a_protocol() {
    let when = When { protocol: Some(Protocol::Messages), ..When::default() };
    let server =
        MockServer::start(Script::default().when(when, Reply::fault(Fault::Overloaded))).await.unwrap();
    assert_eq!(ask(&server, CHAT, false).await.status, 200);
    assert_eq!(ask(&server, MESSAGES, false).await.status, 529);
}

#[tokio::test]
async fn a_script_comes_from_json_and_goes_back_to_it() {
    let script = Script::from_json(
        r#"{"rules": [{"when": {"contains": "x"}, "times": 2,
            "reply": {"fault": {"kind": "error_in_stream", "after_tokens": 3, "trouble": "quota_exhausted"}}}],
          "replies": [{"text": "a", "finish_reason": "length"}, {"finish_reason": "odd"}],
          "default": "echo"}"#,
    )
    .unwrap();
    let again: Script = serde_json::from_value(serde_json::to_value(&script).unwrap()).unwrap();
    assert_eq!(script, again);
    assert_eq!(script.rules[0].times, Some(2));
}

#[tokio::test]
async fn a_field_that_no_script_has_is_an_error() {
    let error: ScriptError = Script::from_json(r#"{"replys": []}"#).unwrap_err();
    assert!(error.to_string().contains("replys"), "{error}");
    assert!(Script::from_json(r#"{"replies": [{"fault": {"kind": "odd"}}]}"#).is_err());
}

#[tokio::test]
async fn the_same_requests_get_the_same_bytes() {
    let run = async || {
        let server = MockServer::start(Script::default()).await.unwrap();
        (ask(&server, CHAT, true).await.body, ask(&server, MESSAGES, true).await.body)
    };
    assert_eq!(run().await, run().await);
}

#[tokio::test]
async fn headers_of_a_reply_are_sent() {
    let headers = [("x-ratelimit-remaining-requests".to_owned(), "41".to_owned())].into();
    let script = Script::default().then(Reply { headers, ..Reply::text("Good day.") });
    let response = ask(&MockServer::start(script).await.unwrap(), CHAT, true).await;
    assert_eq!(response.headers["x-ratelimit-remaining-requests"], "41");
    assert_ne!(response.data()[0], Value::Null);
}
