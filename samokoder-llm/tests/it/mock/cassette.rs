//! Recordings: written while the server answers, and answered from.

use std::path::Path;

use samokoder_llm::mock::{Cassette, Exchange, Fault, MockServer, Reply, Script, Source};
use serde_json::{Value, json};

use super::client::{CHAT, MESSAGES, OLLAMA, ask, post, request};

async fn recording(script: Script, path: &Path) -> MockServer {
    MockServer::builder(Source::Script(script)).record(path).start().await.unwrap()
}

async fn replaying(cassette: Cassette) -> MockServer {
    MockServer::builder(Source::Cassette(cassette)).start().await.unwrap()
}

#[tokio::test]
async fn what_is_recorded_is_replayed_byte_by_byte() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cassette.jsonl");
    let script = Script::default().then(Reply::text("Good day.")).then(Reply::fault(Fault::Overloaded));
    let server = recording(script, &path).await;
    let asked = [(CHAT, true), (MESSAGES, false), (OLLAMA, true)];
    let mut answers = Vec::new();
    for (path, stream) in asked {
        answers.push(ask(&server, path, stream).await);
    }
    let cassette = Cassette::read(&path).unwrap();
    let providers: Vec<_> = cassette.exchanges.iter().map(|exchange| exchange.provider.as_str()).collect();
    assert_eq!(providers, ["openai", "anthropic", "ollama"]);
    let first = &cassette.exchanges[0];
    assert_eq!((first.sse, first.request.as_str()), (true, &*request(CHAT, true).to_string()));

    let server = replaying(cassette).await;
    for ((path, stream), answer) in asked.into_iter().zip(answers) {
        let again = ask(&server, path, stream).await;
        assert_eq!((again.status, again.body), (answer.status, answer.body));
        assert_eq!(again.headers["content-type"], answer.headers["content-type"]);
    }
    let stats = server.stats();
    assert_eq!((stats.answered, stats.refused, stats.billed, stats.mismatched), (2, 1, 2, 0));
}

#[tokio::test]
async fn a_request_that_is_not_in_the_recording_is_refused_and_counted() {
    let exchange = Exchange {
        method: "POST".into(),
        path: CHAT.into(),
        status: 200,
        request: json!({"model": "other"}).to_string(),
        ..Exchange::default()
    };
    let server = replaying(Cassette { exchanges: vec![exchange] }).await;
    let response = ask(&server, CHAT, false).await;
    let message = response.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(
        response.status == 400 && message.contains("other") && message.contains("some-model"),
        "{message}"
    );
    assert_eq!(server.stats().mismatched, 1);
}

#[tokio::test]
async fn an_exchange_with_the_same_json_is_used_once_and_before_one_for_any_request() {
    let lines = [
        json!({"method": "POST", "path": CHAT, "status": 429, "headers": {"retry-after": "7", "content-length": "999"},
            "content_type": "application/json", "response": "{}"}),
        json!({"method": "POST", "path": "/v1/chat/completions#1", "status": 200, "content_type": "text/event-stream",
            "request": r#"{"messages": [{"role":"user","content":"Hello."}], "stream":true, "model":"some-model"}"#,
            "response": "data: [DONE]\n\n", "file": "a name", "i": 1}),
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    let server = replaying(Cassette::from_lines(&text).unwrap()).await;
    let first = ask(&server, CHAT, true).await;
    assert_eq!((first.status, first.text().as_str()), (200, "data: [DONE]\n\n"));
    let second = ask(&server, CHAT, true).await;
    assert_eq!((second.status, second.headers["retry-after"].as_str()), (429, "7"));
    assert!(second.is_whole, "the length of the recorded body is not repeated");
    let third = ask(&server, CHAT, true).await;
    assert!(third.json()["error"]["message"].as_str().unwrap().starts_with("The recording is used up"));
}

#[tokio::test]
async fn what_was_sent_before_a_cut_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cassette.jsonl");
    let script = Script::default().then(Reply::text("Good day.").failing(Fault::Cut { after_bytes: 50 }));
    let server = recording(script, &path).await;
    post(&server, CHAT, &request(CHAT, true)).await;
    let exchanges = Cassette::read(&path).unwrap().exchanges;
    assert_eq!(exchanges[0].response.len(), 50);
}

#[test]
fn a_line_that_is_not_an_exchange_is_named() {
    let error = Cassette::from_lines("{}\n\n{\"status\": \"ok\"}\n").unwrap_err();
    assert!(error.to_string().starts_with("line 3: "), "{error}");
    let line: Value = serde_json::to_value(Exchange::default()).unwrap();
    assert_eq!(line.as_object().unwrap().len(), 9);
}
