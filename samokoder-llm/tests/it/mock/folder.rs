//! A folder in which a person or a program plays the model.

use std::{fs, path::Path, time::Duration};

use futures::future::join_all;
use samokoder_llm::mock::{Folder, MockServer, Source};
use serde_json::{Value, json};
use tokio::time;

use super::client::{CHAT, MESSAGES, ask, begin, post, request};

async fn server(folder: &Path) -> MockServer {
    let folder = Folder::new(folder).polled_every(Duration::from_millis(5));
    MockServer::builder(Source::Folder(folder)).start().await.unwrap()
}

/// Waits for a file. On a paused clock this takes no time.
async fn text_of(path: &Path) -> String {
    for _ in 0..10_000 {
        if let Ok(text) = fs::read_to_string(path) {
            return text;
        }
        tokio::task::yield_now().await;
        time::advance(Duration::from_millis(1)).await;
    }
    panic!("{} does not come", path.display());
}

#[tokio::test(start_paused = true)]
async fn a_request_is_read_as_a_page_and_answered_with_text() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let mut request = request(CHAT, false);
    request["messages"] =
        json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who are you?"}]);
    let tool = json!({"name": "weather", "description": "Tells it.", "parameters": {"type": "object"}});
    request["tools"] = json!([{"type": "function", "function": tool}]);
    let person = async {
        let page = text_of(&folder.path().join("0001-request.md")).await;
        fs::write(folder.path().join("0001-answer.md"), "A person.\n").unwrap();
        page
    };
    let (response, page) = tokio::join!(post(&server, CHAT, &request), person);
    assert_eq!(response.json()["choices"][0]["message"]["content"], "A person.");
    for part in [
        "OpenAI Chat Completions",
        "some-model",
        "## system\n\nBe brief.",
        "## user\n\nWho are you?",
        "## Tool `weather`",
        "0001-answer.json",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    let exact = fs::read_to_string(folder.path().join("0001-request.json")).unwrap();
    assert_eq!(exact, request.to_string());
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_be_a_reply_of_a_script() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let person = async {
        text_of(&folder.path().join("0001-request.md")).await;
        let reply = r#"{"tool_calls": [{"name": "weather", "arguments": {"city": "Oslo"}}]}"#;
        fs::write(folder.path().join("0001-answer.json"), reply).unwrap();
    };
    let (response, ()) = tokio::join!(ask(&server, MESSAGES, true), person);
    assert_eq!(response.data().last().unwrap()["type"], "message_stop");
    assert!(response.text().contains("tool_use"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_not_one_is_complained_about_and_can_be_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let person = async {
        text_of(&folder.path().join("0001-request.md")).await;
        fs::write(folder.path().join("0001-answer.json"), r#"{"txt": "A person."}"#).unwrap();
        let problem = text_of(&folder.path().join("0001-problem.md")).await;
        fs::write(folder.path().join("0001-answer.json"), r#"{"text": "A person."}"#).unwrap();
        problem
    };
    let (response, problem) = tokio::join!(ask(&server, CHAT, false), person);
    assert!(problem.contains("txt"), "{problem}");
    assert_eq!(response.status, 200);
}

#[tokio::test(start_paused = true)]
async fn requests_wait_side_by_side_and_numbers_go_on_where_they_stopped() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("0041-request.json"), "{}").unwrap();
    let server = server(folder.path()).await;
    let person = async {
        for number in ["0045", "0044", "0043", "0042"] {
            text_of(&folder.path().join(format!("{number}-request.md"))).await;
            fs::write(folder.path().join(format!("{number}-answer.md")), number).unwrap();
        }
    };
    let asking = join_all((0..4).map(|_| ask(&server, CHAT, false)));
    let (responses, ()) = tokio::join!(asking, person);
    let said = |body: Value| body["choices"][0]["message"]["content"].as_str().unwrap().to_owned();
    let mut answers: Vec<_> = responses.iter().map(|response| said(response.json())).collect();
    answers.sort();
    assert_eq!(answers, ["0042", "0043", "0044", "0045"]);
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_client_went_away_is_marked() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let body = request(CHAT, false).to_string();
    let socket = begin(server.address(), "POST", CHAT, &[("Authorization", "Bearer x")], &body).await;
    text_of(&folder.path().join("0001-request.md")).await;
    drop(socket);
    text_of(&folder.path().join("0001-abandoned.md")).await;
    assert_eq!(server.wait_until(|stats| stats.open == 0).await.broken, 1);
}
