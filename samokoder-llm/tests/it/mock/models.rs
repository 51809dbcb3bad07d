//! Lists of models, and paths that lead nowhere.

use samokoder_llm::mock::{Access, MockServer, Script};
use serde_json::json;

use super::client::{CHAT, MESSAGES, OLLAMA, RESPONSES, ask, get, send};

const BEARER: (&str, &str) = ("Authorization", "Bearer sk-test");

async fn server() -> MockServer {
    let access = Access { keys: vec!["sk-test".into()], models: vec!["first".into(), "second".into()] };
    MockServer::start(Script::default().with_access(access)).await.unwrap()
}

#[tokio::test]
async fn models_are_listed_in_each_providers_form() {
    let server = server().await;
    let openai = get(&server, "/v1/models", &[BEARER]).await.json();
    assert_eq!((&openai["object"], &openai["data"][1]["id"]), (&json!("list"), &json!("second")));
    let version = ("anthropic-version", "2023-06-01");
    let anthropic = get(&server, "/v1/models", &[("x-api-key", "sk-test"), version]).await.json();
    assert_eq!((&anthropic["has_more"], &anthropic["data"][0]["type"]), (&json!(false), &json!("model")));
    assert_eq!(get(&server, "/v1/models/second", &[BEARER]).await.json(), openai["data"][1]);
    assert_eq!(get(&server, "/v1/models/third", &[BEARER]).await.status, 404);
    let one = get(&server, "/v1/models/first", &[("x-api-key", "sk-test"), version]).await.json();
    assert_eq!(one, anthropic["data"][0]);
    let ollama = get(&server, "/api/tags", &[]).await.json();
    assert_eq!(ollama["models"][0]["name"], "first");
    let shown = send(server.address(), "POST", "/api/show", &[], r#"{"model": "first"}"#).await.json();
    assert_eq!(shown["model_info"]["mock.context_length"], 131_072);
    assert_eq!(server.stats().asked, 0, "a list is not an answer of a model");
}

#[tokio::test]
async fn the_tokens_of_a_request_are_counted_as_they_are_billed() {
    let server = server().await;
    let body = json!({"model": "first", "messages": [{"role": "user", "content": "One two three."}]});
    let headers = [("x-api-key", "sk-test"), ("anthropic-version", "2023-06-01")];
    let path = "/v1/messages/count_tokens";
    let counted = send(server.address(), "POST", path, &headers, &body.to_string()).await;
    assert_eq!(counted.json(), json!({"input_tokens": 3}));
    assert_eq!(send(server.address(), "POST", path, &headers, "[]").await.status, 400);
    assert_eq!(server.stats().asked, 0, "counting is not an answer of a model");
}

#[tokio::test]
async fn a_list_of_models_needs_a_key_too() {
    assert_eq!(get(&server().await, "/v1/models", &[]).await.status, 401);
}

#[tokio::test]
async fn a_model_that_is_not_there_is_refused_in_each_providers_form() {
    let server = server().await;
    let chat = ask(&server, CHAT, false).await;
    assert_eq!((chat.status, &chat.json()["error"]["code"]), (404, &json!("model_not_found")));
    let responses = ask(&server, RESPONSES, false).await;
    assert_eq!((responses.status, &responses.json()["error"]["code"]), (400, &json!("model_not_found")));
    let messages = ask(&server, MESSAGES, false).await;
    assert_eq!((messages.status, &messages.json()["error"]["type"]), (404, &json!("not_found_error")));
    let ollama = ask(&server, OLLAMA, false).await;
    assert_eq!((ollama.status, ollama.json()), (404, json!({"error": "model 'some-model' not found"})));
    assert_eq!(send(server.address(), "POST", "/api/show", &[], r#"{"model": "x"}"#).await.status, 404);
}

#[tokio::test]
async fn unknown_paths_and_methods_are_refused() {
    let server = server().await;
    let unknown = get(&server, "/v1/nothing", &[BEARER]).await;
    assert_eq!(
        (unknown.status, unknown.json()["error"]["message"].as_str()),
        (404, Some("Invalid URL (GET /v1/nothing)"))
    );
    assert_eq!(get(&server, CHAT, &[BEARER]).await.status, 405);
}
