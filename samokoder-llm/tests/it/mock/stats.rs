//! What the server counts.

use samokoder_llm::mock::{Fault, MockServer, Reply, Script, Stats, Trouble, Usage};
use serde_json::Value;

use super::client::{CHAT, MESSAGES, ask, get, post, request};

fn priced() -> Reply {
    let usage = Usage { input_tokens: Some(10), output_tokens: Some(7), ..Usage::default() };
    Reply::text("One two three four.").costing(usage)
}

fn sums(stats: Stats) -> (u64, u64, u64, u64, u64) {
    (stats.asked, stats.answered, stats.refused, stats.broken, stats.billed)
}

#[tokio::test]
async fn what_is_answered_is_billed_and_what_is_refused_is_not() {
    let script = Script::default().then(priced()).then(priced()).then(priced().failing(Fault::Overloaded));
    let server = MockServer::start(script).await.unwrap();
    ask(&server, CHAT, false).await;
    ask(&server, MESSAGES, true).await;
    ask(&server, CHAT, true).await;
    let stats = server.stats();
    assert_eq!(sums(stats), (3, 2, 1, 0, 2));
    assert_eq!((stats.input_tokens, stats.output_tokens, stats.open, stats.most_open), (20, 14, 0, 1));
}

#[tokio::test]
async fn a_stream_that_breaks_is_billed_from_its_first_token() {
    let broken = |after_tokens| Fault::ErrorInStream { after_tokens, trouble: Trouble::ServerError };
    let script = Script::default().then(priced().failing(broken(0))).then(priced().failing(broken(3)));
    let server = MockServer::start(script).await.unwrap();
    ask(&server, CHAT, true).await;
    assert_eq!(sums(server.stats()), (1, 0, 0, 1, 0));
    ask(&server, CHAT, true).await;
    let stats = server.stats();
    assert_eq!(sums(stats), (2, 0, 0, 2, 1));
    assert_eq!((stats.input_tokens, stats.output_tokens), (10, 3));
}

#[tokio::test]
async fn a_whole_answer_that_is_lost_on_its_way_is_billed() {
    let script = Script::default().then(priced().failing(Fault::Cut { after_bytes: 5 }));
    let server = MockServer::start(script).await.unwrap();
    ask(&server, CHAT, false).await;
    assert_eq!(sums(server.stats()), (1, 0, 0, 1, 1));
}

#[tokio::test]
async fn figures_are_read_over_http() {
    let server = MockServer::start(Script::default()).await.unwrap();
    ask(&server, CHAT, true).await;
    let stats: Stats = serde_json::from_slice(&get(&server, "/mock/stats", &[]).await.body).unwrap();
    assert_eq!(stats, server.stats());
    assert_eq!((stats.asked, stats.answered), (1, 1));
}

#[tokio::test]
async fn requests_are_kept_without_their_keys() {
    let server = MockServer::start(Script::default()).await.unwrap();
    post(&server, CHAT, &request(CHAT, true)).await;
    post(&server, MESSAGES, &request(MESSAGES, false)).await;
    let listed = get(&server, "/mock/requests", &[]).await;
    assert!(!listed.text().contains("sk-test"));
    let listed: Vec<Value> = serde_json::from_slice(&listed.body).unwrap();
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["headers"]["authorization"], "[redacted]");
    assert_eq!(listed[1]["headers"]["x-api-key"], "[redacted]");
    assert_eq!(
        (&listed[0]["number"], &listed[0]["protocol"]),
        (&Value::from(1), &Value::from("chat_completions"))
    );
    assert_eq!(listed[1]["body"], request(MESSAGES, false));
    assert_eq!(server.requests()[0].path, CHAT);
}

#[tokio::test]
async fn a_dropped_server_is_gone() {
    let server = MockServer::start(Script::default()).await.unwrap();
    let address = server.address();
    drop(server);
    tokio::task::yield_now().await;
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
