//! What goes wrong, in each protocol.

use std::time::Duration;

use samokoder_llm::mock::{Fault, Latency, Reply, Trouble};
use serde_json::{Value, json};
use tokio::{io::AsyncReadExt as _, time};

use super::{
    answering,
    client::{CHAT, MESSAGES, OLLAMA, RESPONSES, Response, ask, begin, request, send},
};

const ALL: [&str; 4] = [CHAT, RESPONSES, MESSAGES, OLLAMA];

/// What a request comes to when the only answer is this fault.
async fn failing(fault: Fault, path: &str, stream: bool) -> Response {
    let server = answering(Reply::text("One two three four.").failing(fault)).await;
    ask(&server, path, stream).await
}

#[tokio::test]
async fn a_rate_limit_tells_when_to_come_again_in_each_providers_headers() {
    let fault = Fault::RateLimit { retry_after_ms: Some(1500) };
    let openai = failing(fault.clone(), CHAT, true).await;
    assert_eq!((openai.status, &openai.json()["error"]["code"]), (429, &json!("rate_limit_exceeded")));
    assert_eq!((&*openai.headers["retry-after"], &*openai.headers["retry-after-ms"]), ("2", "1500"));
    assert_eq!(openai.headers["x-ratelimit-reset-tokens"], "6m0s");
    let anthropic = failing(fault.clone(), MESSAGES, true).await;
    assert_eq!((anthropic.status, &anthropic.json()["error"]["type"]), (429, &json!("rate_limit_error")));
    assert_eq!(anthropic.headers["retry-after"], "2");
    assert_eq!(anthropic.headers["anthropic-ratelimit-requests-remaining"], "0");
    assert_eq!(failing(fault, OLLAMA, false).await.headers["retry-after"], "2");
}

#[tokio::test]
async fn a_quota_that_is_used_up_looks_like_a_rate_limit_and_says_that_it_is_none() {
    let openai = failing(Fault::QuotaExhausted, RESPONSES, false).await;
    assert_eq!((openai.status, &openai.json()["error"]["code"]), (429, &json!("insufficient_quota")));
    let anthropic = failing(Fault::QuotaExhausted, MESSAGES, false).await;
    let details = anthropic.json()["error"]["details"].clone();
    assert_eq!((anthropic.status, details), (429, json!({"error_code": "enforced_spend_limit_reached"})));
    for response in [openai, anthropic] {
        assert_eq!(response.headers.get("retry-after"), None);
    }
}

#[tokio::test]
async fn other_troubles_have_each_providers_status() {
    for (fault, statuses) in [
        (Fault::Overloaded, [503, 503, 529, 503]),
        (Fault::Unauthorized, [401, 401, 401, 401]),
        (Fault::ContextTooLong, [400, 400, 400, 400]),
        (Fault::ServerError, [500, 500, 500, 500]),
    ] {
        for (path, status) in ALL.into_iter().zip(statuses) {
            let response = failing(fault.clone(), path, true).await;
            assert_eq!(response.status, status, "{path} {fault:?}");
            assert!(response.json().get("error").is_some());
        }
    }
}

#[tokio::test]
async fn any_response_at_all_can_be_given() {
    let fault = Fault::Status {
        status: 502,
        headers: [("Content-Type".to_owned(), "text/html".to_owned())].into(),
        body: "<h1>Bad Gateway</h1>".into(),
    };
    let response = failing(fault, CHAT, true).await;
    assert_eq!((response.status, response.text().as_str()), (502, "<h1>Bad Gateway</h1>"));
    assert_eq!(response.headers["content-type"], "text/html");
}

#[tokio::test]
async fn an_error_in_a_stream_has_the_form_of_its_protocol() {
    let fault = |trouble| Fault::ErrorInStream { after_tokens: 2, trouble };
    let chat = failing(fault(Trouble::Overloaded), CHAT, true).await;
    assert_eq!((chat.status, chat.is_whole), (200, true));
    let last = chat.data().pop().unwrap();
    assert_eq!(last["error"]["code"], "server_is_overloaded");

    let messages = failing(fault(Trouble::Overloaded), MESSAGES, true).await;
    let (name, last) = messages.events().pop().unwrap();
    let error = json!({"type": "overloaded_error", "message": "Overloaded"});
    assert_eq!((name.as_str(), last), ("error", json!({"type": "error", "error": error})));

    let ollama = failing(fault(Trouble::ServerError), OLLAMA, true).await;
    assert_eq!(ollama.lines().pop().unwrap(), json!({"error": "llama runner process has terminated"}));
    assert_eq!(ollama.lines().len(), 3, "two tokens went before");
}

#[tokio::test]
async fn groq_and_openrouter_have_forms_of_their_own() {
    let reply =
        Reply::text("One.").failing(Fault::ErrorInStream { after_tokens: 1, trouble: Trouble::Overloaded });
    let server = answering(reply).await;
    let headers = [("Authorization", "Bearer x")];
    let last = async |path| {
        let body = request(CHAT, true).to_string();
        send(server.address(), "POST", path, &headers, &body).await.events().pop().unwrap()
    };
    let (name, groq) = last("/openai/v1/chat/completions").await;
    assert_eq!((name.as_str(), &groq["error"]["status_code"]), ("error", &json!(503)));
    let (name, openrouter) = last("/api/v1/chat/completions").await;
    assert_eq!((name.as_str(), &openrouter["error"]["code"]), ("", &json!(503)));
    assert_eq!(openrouter["choices"][0]["finish_reason"], "error");
}

#[tokio::test]
async fn a_failed_response_ends_a_stream_of_responses() {
    let fault = |trouble| Fault::ErrorInStream { after_tokens: 0, trouble };
    let data = failing(fault(Trouble::QuotaExhausted), RESPONSES, true).await.data();
    let [.., error, failed] = &data[..] else { panic!("{data:?}") };
    assert_eq!((&error["type"], &error["error"]["code"]), (&json!("error"), &json!("insufficient_quota")));
    assert_eq!(
        (&failed["type"], &failed["response"]["status"]),
        (&json!("response.failed"), &json!("failed"))
    );
    let numbers: Vec<_> = data.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());

    let data = failing(fault(Trouble::RateLimit), RESPONSES, true).await.data();
    assert!(data.iter().all(|event| event["type"] != "error"), "a rate limit is told by the response alone");
    assert_eq!(data.last().unwrap()["response"]["error"]["code"], "rate_limit_exceeded");
}

#[tokio::test]
async fn an_error_in_a_stream_is_a_status_for_who_did_not_ask_for_a_stream() {
    let fault = Fault::ErrorInStream { after_tokens: 2, trouble: Trouble::Overloaded };
    assert_eq!(failing(fault, MESSAGES, false).await.status, 529);
}

#[tokio::test]
async fn a_cut_connection_ends_the_body_where_it_says() {
    for path in ALL {
        for stream in [false, true] {
            let whole = failing(Fault::Cut { after_bytes: 1 << 20 }, path, stream).await;
            for after_bytes in [0, 70] {
                let cut = failing(Fault::Cut { after_bytes }, path, stream).await;
                assert!(!cut.is_whole, "{path}");
                assert_eq!(cut.body, whole.body[..after_bytes], "{path}");
            }
        }
    }
}

#[tokio::test]
async fn malformed_json_is_one_event_of_a_stream_or_half_of_a_body() {
    for path in ALL {
        let stream = failing(Fault::MalformedJson { after_tokens: 1 }, path, true).await;
        let text = stream.text();
        let data = text.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
        let data = data.filter(|line| line.starts_with('{'));
        let broken = data.filter(|line| serde_json::from_str::<Value>(line).is_err()).count();
        assert_eq!((stream.is_whole, broken), (true, 1), "{path}");
        let unary = failing(Fault::MalformedJson { after_tokens: 0 }, path, false).await;
        assert_eq!((unary.status, unary.is_whole), (200, true));
        assert!(serde_json::from_slice::<Value>(&unary.body).is_err(), "{path}");
    }
}

#[tokio::test]
async fn an_unterminated_stream_ends_without_its_last_event() {
    let last = |text: String| text.trim_end().rsplit('\n').next().unwrap().to_owned();
    for (path, end) in
        [(CHAT, "[DONE]"), (RESPONSES, "response.completed"), (MESSAGES, "message_stop"), (OLLAMA, "true")]
    {
        let whole = ask(&answering(Reply::text("One two.")).await, path, true).await;
        assert!(last(whole.text()).contains(end), "{path}");
        let short = failing(Fault::Unterminated { keep_finish: false }, path, true).await;
        assert!(short.is_whole && !short.text().contains(end), "{path}");
    }
    let kept = failing(Fault::Unterminated { keep_finish: true }, CHAT, true).await.data();
    assert_eq!(kept.last().unwrap()["choices"][0]["finish_reason"], "stop");
    let dropped = failing(Fault::Unterminated { keep_finish: false }, CHAT, true).await.data();
    assert_eq!(dropped.last().unwrap()["choices"][0]["finish_reason"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_sends_nothing() {
    let server = answering(Reply::fault(Fault::Hang)).await;
    let body = request(CHAT, true).to_string();
    let mut socket = begin(server.address(), "POST", CHAT, &[("Authorization", "Bearer x")], &body).await;
    server.wait_until(|stats| stats.open == 1).await;
    let mut byte = [0];
    assert!(time::timeout(Duration::from_hours(1), socket.read(&mut byte)).await.is_err());
    drop(socket);
    assert_eq!(server.wait_until(|stats| stats.open == 0).await.broken, 1);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_stream_stays_open_after_its_tokens() {
    let reply = Reply::text("One two three.").failing(Fault::Stall { after_tokens: 2 });
    let server = answering(reply).await;
    let body = request(CHAT, true).to_string();
    let mut socket = begin(server.address(), "POST", CHAT, &[("Authorization", "Bearer x")], &body).await;
    let mut bytes = Vec::new();
    let read = time::timeout(Duration::from_hours(1), socket.read_to_end(&mut bytes)).await;
    assert!(read.is_err(), "the stream does not end");
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.contains("One") && text.contains(" two") && !text.contains(" three"));
    drop(socket);
    let stats = server.wait_until(|stats| stats.open == 0).await;
    assert_eq!((stats.broken, stats.billed, stats.output_tokens), (1, 1, 2));
}

#[tokio::test]
async fn a_fault_can_be_slow_too() {
    let reply = Reply::text("One two.").failing(Fault::Cut { after_bytes: 70 });
    let server = answering(reply.after(Latency::default().in_chunks(7, Duration::ZERO))).await;
    let cut = ask(&server, CHAT, true).await;
    assert!(!cut.is_whole && cut.body.len() == 70 && cut.chunks.iter().all(|chunk| chunk.len() <= 7));
}
