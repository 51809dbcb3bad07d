//! Providers over real connections, to a server that sends what it is told.

mod server;

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use samokoder_core::llm::{
    CallContext, ChatRequest, ChatResponse, LlmError, LlmErrorKind, LlmProvider as _, LlmProviderExt as _,
    Message, ModelRole, Payer, StreamEvent,
};
use samokoder_llm::{
    catalogue::Catalogue,
    credentials::Keys,
    http::{HttpConfig, HttpProvider},
    vendor::Vendor,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use server::{Reply, Server};

const KEY: &str = "sk-test-0123456789";

fn provider(id: &str, server: &Server, config: HttpConfig) -> Arc<HttpProvider> {
    let vendor = Vendor::by_id(id).unwrap();
    let config = config.base_url(server.url("/v1")).credentials(Arc::new(Keys::new().platform(id, KEY)));
    HttpProvider::new(vendor, config).unwrap()
}

fn request(model: &str) -> ChatRequest {
    ChatRequest::new(model.parse().unwrap(), vec![Message::new(ModelRole::User, "hi")])
}

async fn ask(server: &Server) -> Result<ChatResponse, LlmError> {
    let provider = provider("groq", server, HttpConfig::default().idle_timeout(Duration::from_millis(200)));
    provider.complete(request("groq:m"), &CallContext::default()).await
}

const ANSWER: &str = "data: {\"id\":\"1\",\"choices\":[{\"delta\":{\"content\":\"Привет\"}}]}\r\n\r\n\
                      data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n";

#[tokio::test]
async fn an_answer_is_read_however_the_network_delivers_it() {
    for size in [1, 7, 4096] {
        let server = Server::start(Reply::stream(ANSWER).pieces(size)).await;
        assert_eq!(ask(&server).await.unwrap().text(), "Привет", "pieces of {size}");
    }
}

#[tokio::test]
async fn the_key_is_sent_and_its_payer_recorded() {
    let server = Server::start(Reply::stream(ANSWER)).await;
    assert_eq!(ask(&server).await.unwrap().payer, Some(Payer::Platform));
    let head = server.requests().swap_remove(0);
    assert!(head.starts_with("POST /v1/chat/completions HTTP/1.1"), "{head}");
    assert!(head.contains(&format!("authorization: Bearer {KEY}")), "{head}");
}

#[tokio::test]
async fn a_last_event_ends_the_answer_though_the_connection_stays_open() {
    let server = Server::start(Reply::stream(ANSWER).stays_open()).await;
    let provider = provider("groq", &server, HttpConfig::default().idle_timeout(Duration::from_mins(10)));
    let call = CallContext::default();
    let answer = provider.complete(request("groq:m"), &call);
    let answer = tokio::time::timeout(Duration::from_secs(20), answer).await;
    assert_eq!(answer.unwrap().unwrap().text(), "Привет");
}

#[tokio::test]
async fn a_connection_that_is_cut_is_a_truncated_answer_and_what_came_is_handed_out() {
    let server = Server::start(Reply::stream(&ANSWER[..60]).cut()).await;
    let provider = provider("groq", &server, HttpConfig::default());
    let events: Vec<_> =
        provider.stream(request("groq:m"), &CallContext::default()).await.unwrap().collect().await;
    let server = Server::start(Reply::stream(&ANSWER[..80]).cut()).await;
    assert_eq!(ask(&server).await.unwrap_err().kind, LlmErrorKind::Truncated);
    assert!(matches!(events.last(), Some(Err(error)) if error.kind == LlmErrorKind::Truncated), "{events:?}");
}

#[tokio::test]
async fn silence_is_a_timeout_unless_everything_was_said() {
    let server = Server::start(Reply::stream(&ANSWER[..80]).stays_open()).await;
    assert_eq!(ask(&server).await.unwrap_err().kind, LlmErrorKind::Timeout);
    let without_done = ANSWER.strip_suffix("data: [DONE]\r\n\r\n").unwrap();
    let server = Server::start(Reply::stream(without_done).stays_open()).await;
    assert_eq!(ask(&server).await.unwrap().text(), "Привет");
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    let body = r#"{"id":"1","choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let server = Server::start(Reply::json(200, body)).await;
    let response = ask(&server).await.unwrap();
    assert_eq!((response.text().as_str(), response.usage.total()), ("Hello", 3));
}

#[tokio::test]
async fn a_refusal_keeps_status_id_body_and_wait_but_not_the_key() {
    let body =
        format!(r#"{{"error":{{"message":"Incorrect API key provided: {KEY}","code":"invalid_api_key"}}}}"#);
    let server =
        Server::start(Reply::json(401, &body).header("x-request-id", "req_7").header("retry-after", "2"))
            .await;
    let error = ask(&server).await.unwrap_err();
    assert_eq!((error.kind, error.status()), (LlmErrorKind::Authentication, Some(401)));
    assert_eq!(error.retry_after, Some(Duration::from_secs(2)));
    let reply = error.reply.as_ref().unwrap();
    assert_eq!(reply.request_id.as_deref(), Some("req_7"));
    assert!(reply.body.contains("[key]"), "{reply:?}");
    assert!(!format!("{error:?} {error}").contains(KEY));
}

#[tokio::test]
async fn no_secret_is_in_what_is_shown_of_a_provider_or_its_errors() {
    const SECRETS: [&str; 4] = [KEY, "header-secret-1", "basic-secret-2", "query-secret-3"];
    let repeated = SECRETS.join(" ");
    let cut_off = "x".repeat(4096 - 10) + KEY;
    let stream = |data: &str| Reply::stream(&format!("event: error\ndata: {data}\n\n"));
    for reply in [
        Reply::json(401, &format!(r#"{{"error":{{"message":"{repeated}","code":"{repeated}"}}}}"#)),
        Reply::json(400, &cut_off),
        Reply::json(302, "").header("location", &format!("https://example.com/?key={KEY}")),
        stream(&format!(r#"{{"error":"{repeated}"}}"#)),
        stream(&format!("{}{KEY}", "x".repeat(290))),
        Reply::stream(&format!("data: {{{}{KEY}\n\n", "x".repeat(190))),
        Reply::json(200, &format!(r#"{{"error":"{repeated}"}}"#)),
    ] {
        let server = Server::start(reply).await;
        let config = HttpConfig::default()
            .header("x-gateway", SECRETS[1])
            .header("proxy-authorization", format!("Basic {}", SECRETS[2]))
            .key("compatible", KEY)
            .base_url(
                server.url("/v1").replace("http://", "http://user:url-secret-4@") + "?key=query-secret-3",
            );
        let shown = format!("{config:?}");
        let provider = HttpProvider::new(Vendor::by_id("compatible").unwrap(), config).unwrap();
        let error = provider.complete(request("compatible:m"), &CallContext::default()).await.unwrap_err();
        let stored = serde_json::to_string(&error).unwrap();
        let all = format!("{shown} {provider:?} {} {error} {error:?} {stored}", provider.base_url());
        for secret in SECRETS.into_iter().chain(["url-secret-4", &KEY[..9]]) {
            assert!(!all.contains(secret), "{secret} is in {all}");
        }
    }
}

#[tokio::test]
async fn a_key_takes_the_place_of_a_password_in_the_address_and_neither_is_shown_encoded() {
    let echo = r#"{"error":{"message":"GET /v1?api-key=QUERY%2fSECRET%2B7 authorization: Basic dXNlcjp1cmwtc2VjcmV0LTQ="}}"#;
    let server = Server::start(Reply::json(400, echo)).await;
    let address = server.url("/v1").replace("http://", "http://user:url-secret-4@");
    let config =
        HttpConfig::default().base_url(address + "?api-key=QUERY%2FSECRET%2B7").key("compatible", KEY);
    let provider = HttpProvider::new(Vendor::by_id("compatible").unwrap(), config).unwrap();
    let error = provider.complete(request("compatible:m"), &CallContext::default()).await.unwrap_err();
    assert_eq!(error.message, "GET /v1?api-key=[key] authorization: Basic [key]");
    let head = server.requests().swap_remove(0);
    assert_eq!(head.matches("authorization:").count(), 1, "{head}");
    assert!(head.contains(&format!("authorization: Bearer {KEY}")), "{head}");
}

#[tokio::test]
async fn an_error_that_is_cut_off_says_what_came_of_it() {
    let server = Server::start(Reply::json(429, r#"{"error":{"message":"slow do"#).cut()).await;
    let error = ask(&server).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::RateLimited);
    assert!(error.message.contains("slow do"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_compressed_though_nobody_asked_is_said_to_be() {
    let reply = Reply::stream("\u{1f}\u{8b}").header("content-encoding", "gzip");
    let error = ask(&Server::start(reply).await).await.unwrap_err();
    assert_eq!(error.message, "the answer is compressed (gzip), which was not asked for");
}

#[tokio::test]
async fn an_address_that_can_not_be_reached_is_shown_without_its_secrets() {
    let server = Server::start(Reply::silence()).await;
    let url = server.url("/v1").replace("http://", "http://user:url-secret-4@") + "?key=query-secret-3";
    drop(server);
    let vendor = Vendor::by_id("compatible").unwrap();
    let provider = HttpProvider::new(vendor, HttpConfig::default().base_url(url)).unwrap();
    let error = provider.complete(request("compatible:m"), &CallContext::default()).await.unwrap_err();
    assert!(error.message.contains("/v1/chat/completions"), "{error}");
    assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    let wrong =
        HttpProvider::new(vendor, HttpConfig::default().base_url("ftp://a:url-secret-4@there/v1?key=b"));
    assert!(wrong.unwrap_err().message.starts_with("\"ftp://there/v1\" is no base URL"));
}

#[tokio::test]
async fn each_step_of_an_answer_is_paid_at_the_price_of_the_model_that_took_it() {
    let steps = json!([
        { "input_tokens": 1_000, "output_tokens": 0 },
        { "input_tokens": 0, "output_tokens": 1_000, "model": "claude-opus-5-5" },
    ]);
    let events = [
        json!({ "type": "message_start", "message": { "id": "m", "usage": { "input_tokens": 9 } } }),
        json!({
            "type": "message_delta", "delta": { "stop_reason": "end_turn" },
            "usage": { "input_tokens": 1_000, "output_tokens": 0, "iterations": steps },
        }),
        json!({ "type": "message_stop" }),
    ];
    let stream = events.map(|event| format!("data: {event}\n\n")).concat();
    let prices = Catalogue::builtin();
    let price = |model: &str| prices.lookup("anthropic", model).unwrap().prices.as_ref().unwrap().price();
    let (own, adviser) = (price("claude-sonnet-5-5"), price("claude-opus-5-5"));
    let server = Server::start(Reply::stream(&stream)).await;
    let provider = provider("anthropic", &server, HttpConfig::default());
    let call = CallContext::default();
    let answer = provider.complete(request("anthropic:claude-sonnet-5-5"), &call).await.unwrap();
    assert_eq!((answer.usage.input, answer.usage.output), (1_000, 0));
    assert_eq!(answer.cost, Some(own.input.times(1_000).plus(adviser.output.times(1_000))));
}

#[tokio::test]
async fn a_path_goes_before_the_query_of_the_address() {
    let server = Server::start(Reply::stream(ANSWER)).await;
    let url = server.url("/openai/deployments/d/?api-version=2024-10-21");
    let config = HttpConfig::default().base_url(url).header("api-key", "azure-key");
    let provider = HttpProvider::new(Vendor::by_id("compatible").unwrap(), config).unwrap();
    provider.complete(request("compatible:m"), &CallContext::default()).await.unwrap();
    let head = server.requests().swap_remove(0);
    assert!(
        head.starts_with("POST /openai/deployments/d/chat/completions?api-version=2024-10-21 HTTP/1.1"),
        "{head}"
    );
    assert!(head.contains("api-key: azure-key"), "{head}");
    assert_eq!(provider.base_url(), server.url("/openai/deployments/d"));
}

#[tokio::test]
async fn limits_in_headers_are_handed_on_with_answers_and_refusals() {
    let limited = |reply: Reply| {
        reply
            .header("x-ratelimit-limit-requests", "100")
            .header("x-ratelimit-remaining-requests", "99")
            .header("x-ratelimit-reset-requests", "6m0s")
            .header("x-ratelimit-remaining-tokens", "-1")
    };
    let server = Server::start(limited(Reply::stream(ANSWER))).await;
    let provider = provider("groq", &server, HttpConfig::default());
    let mut stream = provider.stream(request("groq:m"), &CallContext::default()).await.unwrap();
    let mut found = None;
    while let Some(event) = stream.next().await {
        if let StreamEvent::RateLimits(limits) = event.unwrap() {
            found = Some(limits);
        }
    }
    let limits = found.unwrap();
    assert_eq!((limits.requests.remaining, limits.requests.reset), (Some(99), Some(Duration::from_mins(6))));
    assert_eq!(limits.tokens.remaining, None);
    let server = Server::start(limited(Reply::json(429, "{}"))).await;
    assert_eq!(ask(&server).await.unwrap_err().reply.unwrap().limits, Some(limits));
}

#[tokio::test]
async fn limits_of_anthropic_come_back_at_a_time_of_day() {
    let reply = Reply::json(429, "{}")
        .header("anthropic-ratelimit-tokens-limit", "30000")
        .header("anthropic-ratelimit-tokens-remaining", "0")
        .header("anthropic-ratelimit-tokens-reset", "2100-01-01T00:00:00Z");
    let server = Server::start(reply).await;
    let provider = provider("anthropic", &server, HttpConfig::default());
    let error = provider.complete(request("anthropic:m"), &CallContext::default()).await.unwrap_err();
    let tokens = error.reply.unwrap().limits.unwrap().tokens;
    assert_eq!((tokens.limit, tokens.remaining), (Some(30_000), Some(0)));
    assert!(tokens.reset.is_some_and(|reset| reset > Duration::from_hours(24)), "{tokens:?}");
}

#[tokio::test]
async fn dropping_the_answer_hangs_up() {
    let server = Server::start(Reply::stream(&ANSWER[..80]).stays_open()).await;
    let provider = provider("groq", &server, HttpConfig::default());
    let mut stream = provider.stream(request("groq:m"), &CallContext::default()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    server.hung_up().await;
}

#[tokio::test]
async fn cancelling_ends_the_answer_before_and_while_it_comes() {
    for reply in [Reply::silence(), Reply::stream(&ANSWER[..80]).stays_open()] {
        let server = Server::start(reply).await;
        let provider = provider("groq", &server, HttpConfig::default());
        let token = CancellationToken::new();
        let call = CallContext::default().cancellation(token.clone());
        let answer = provider.complete(request("groq:m"), &call);
        let cancel = async {
            server.asked().await;
            token.cancel();
        };
        let (answer, ()) = tokio::join!(answer, cancel);
        assert_eq!(answer.unwrap_err().kind, LlmErrorKind::Cancelled);
    }
}

#[tokio::test]
async fn the_deadline_of_a_call_ends_it() {
    let server = Server::start(Reply::silence()).await;
    let provider = provider("groq", &server, HttpConfig::default());
    let call = CallContext::default().deadline(std::time::Instant::now() + Duration::from_millis(100));
    assert_eq!(provider.complete(request("groq:m"), &call).await.unwrap_err().kind, LlmErrorKind::Timeout);
}

#[tokio::test]
async fn nobody_there_is_a_connection_error() {
    let server = Server::start(Reply::silence()).await;
    let url = server.url("/v1");
    drop(server);
    let config = HttpConfig::default().base_url(url);
    let provider = HttpProvider::new(Vendor::by_id("compatible").unwrap(), config).unwrap();
    let error = provider.complete(request("compatible:m"), &CallContext::default()).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::Connection);
}

#[tokio::test]
async fn a_missing_key_is_said_before_anything_is_sent() {
    let server = Server::start(Reply::stream(ANSWER)).await;
    let config = HttpConfig::default().base_url(server.url("/v1"));
    let provider = HttpProvider::new(Vendor::by_id("openai").unwrap(), config).unwrap();
    let error = provider.complete(request("openai:gpt-4o"), &CallContext::default()).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::Authentication);
    assert!(error.message.contains("OPENAI_API_KEY"), "{error}");
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_provider_lists_its_models() {
    let server = Server::start(Reply::json(200, r#"{"object":"list","data":[{"id":"a"},{"id":"b"}]}"#)).await;
    let provider = provider("groq", &server, HttpConfig::default());
    assert_eq!(provider.models().await.unwrap(), ["a", "b"]);
}

#[test]
fn a_base_url_may_end_in_a_slash_and_must_be_one() {
    let vendor = Vendor::by_id("compatible").unwrap();
    let of = |url: &str| HttpProvider::new(vendor, HttpConfig::default().base_url(url));
    assert_eq!(of("http://localhost:8080/v1/").unwrap().base_url(), "http://localhost:8080/v1");
    assert!(!of("user:url-secret-4@there/v1").unwrap_err().message.contains("secret"));
    for wrong in ["", "localhost:8080", "ftp://there/v1", "not a url"] {
        assert_eq!(of(wrong).unwrap_err().kind, LlmErrorKind::BadRequest, "{wrong}");
    }
    assert!(
        HttpProvider::new(vendor, HttpConfig::default()).unwrap_err().message.contains("say the base URL")
    );
}

#[tokio::test]
async fn what_a_model_can_not_do_or_hold_is_refused_before_it_is_sent() {
    let server = Server::start(Reply::stream(ANSWER)).await;
    let groq = provider("groq", &server, HttpConfig::default());
    let long = "word ".repeat(300_000);
    let mut too_long = request("groq:qwen/qwen3.8-27b");
    too_long.messages.push(Message::new(ModelRole::User, long));
    let error = groq.complete(too_long, &CallContext::default()).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::ContextTooLong);
    assert!(error.message.contains("larger context window"), "{error}");
    let openai = provider("openai", &server, HttpConfig::default());
    let mut warm = request("openai:gpt-daybreak-blue-latest");
    warm.temperature = Some(0.5);
    let error = openai.complete(warm, &CallContext::default()).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::BadRequest);
    assert!(error.message.contains("does not take a temperature"), "{error}");
    assert!(server.requests().is_empty());
}
