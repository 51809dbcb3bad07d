//! The crate's own client against the servers that other people's clients were held against, and against llama.cpp's.

use std::{sync::Arc, time::Duration};

use samokoder_core::llm::{
    CallContext, ChatRequest, ChatResponse, FinishReason, LlmError, LlmErrorKind, LlmProviderExt as _,
    Message, ModelRole, Tool, ToolChoice,
};
use samokoder_llm::{
    credentials::Keys,
    http::{HttpConfig, HttpProvider},
    mock::{Fault, MockServer, Reply, Script, Trouble, Usage},
    vendor::Vendor,
};
use serde_json::{Value, json};

use crate::llama::LlamaServer;

async fn ask(base_url: &str, request: ChatRequest) -> Result<ChatResponse, LlmError> {
    let keys = Keys::new().platform("groq", "sk-test");
    let config = HttpConfig::default().base_url(format!("{base_url}/v1")).credentials(Arc::new(keys));
    let provider = HttpProvider::new(Vendor::by_id(request.model.provider()).unwrap(), config).unwrap();
    provider.complete(request, &CallContext::default()).await
}

fn request() -> ChatRequest {
    let weather = Tool::new(
        "weather",
        "Tells it.",
        json!({
            "type": "object", "properties": {"city": {"type": "string", "maxLength": 10}}, "required": ["city"],
            "additionalProperties": false,
        }),
    );
    ChatRequest::new("groq:tiny".parse().unwrap(), vec![Message::new(ModelRole::User, "Hello.")])
        .tools([weather])
}

async fn answer_to(reply: Reply) -> Result<ChatResponse, LlmError> {
    let server = MockServer::start(Script::default().then(reply)).await.unwrap();
    ask(&server.base_url(), request()).await
}

#[tokio::test]
async fn text_calls_and_usage_are_read() {
    let usage =
        Usage { input_tokens: Some(40), output_tokens: Some(9), cached_tokens: 30, ..Usage::default() };
    let reply = Reply::text("Let me look.").calling("weather", json!({"city": "Oslo"}));
    for interleaved in [false, true] {
        let reply = reply.clone().calling("weather", json!({"city": "Rome"})).costing(usage);
        let answer = answer_to(Reply { interleaved, ..reply }).await.unwrap();
        assert_eq!((answer.text().as_str(), &answer.finish), ("Let me look.", &FinishReason::ToolCalls));
        let used = &answer.usage;
        assert_eq!((used.input, used.cached_input, used.output), (40, 30, 9));
        let calls: Vec<_> = answer.tool_calls().map(|call| call.arguments.as_str()).collect();
        assert_eq!(calls, [r#"{"city":"Oslo"}"#, r#"{"city":"Rome"}"#]);
    }
}

#[tokio::test]
async fn each_trouble_is_known_for_what_it_is() {
    let in_stream = |trouble| Fault::ErrorInStream { after_tokens: 1, trouble };
    for (fault, kind) in [
        (Fault::RateLimit { retry_after_ms: Some(3000) }, LlmErrorKind::RateLimited),
        (Fault::QuotaExhausted, LlmErrorKind::QuotaExhausted),
        (Fault::Overloaded, LlmErrorKind::Overloaded),
        (Fault::Unauthorized, LlmErrorKind::Authentication),
        (Fault::ContextTooLong, LlmErrorKind::ContextTooLong),
        (in_stream(Trouble::Overloaded), LlmErrorKind::Overloaded),
        (in_stream(Trouble::QuotaExhausted), LlmErrorKind::QuotaExhausted),
        (Fault::Cut { after_bytes: 400 }, LlmErrorKind::Truncated),
        (Fault::Unterminated { keep_finish: false }, LlmErrorKind::Truncated),
        (Fault::MalformedJson { after_tokens: 0 }, LlmErrorKind::Malformed),
    ] {
        let error = answer_to(Reply::text("One two three.").failing(fault.clone())).await.unwrap_err();
        assert_eq!(error.kind, kind, "{fault:?}: {error}");
        if matches!(fault, Fault::RateLimit { .. }) {
            assert_eq!(error.retry_after, Some(Duration::from_secs(3)));
        }
    }
}

#[tokio::test]
async fn a_real_server_answers_and_calls_a_tool_with_python_clients() {
    let Some(server) = LlamaServer::start().await else { return };
    let answer = ask(&server.base_url, request()).await.unwrap();
    assert!(answer.usage.input > 0, "{answer:?}");
    let mut request = request();
    request.tool_choice = ToolChoice::Required;
    let answer = ask(&server.base_url, request).await.unwrap();
    assert_eq!(answer.finish, FinishReason::ToolCalls);
    for call in answer.tool_calls() {
        let arguments: Value = serde_json::from_str(&call.arguments).unwrap();
        assert!(call.name == "weather" && arguments["city"].is_string(), "{call:?}");
    }
}

#[tokio::test]
async fn a_real_server_calls_the_tool_that_is_named_with_python_clients() {
    let Some(server) = LlamaServer::start().await else { return };
    let mut request = request();
    request.model = "compatible:tiny".parse().unwrap();
    request.tools.insert(0, Tool::new("joke", "Tells one.", json!({ "type": "object", "properties": {} })));
    request.tool_choice = ToolChoice::Tool("weather".into());
    let answer = ask(&server.base_url, request).await.unwrap();
    assert!(answer.tool_calls().next().is_some(), "{answer:?}");
    assert!(answer.tool_calls().all(|call| call.name == "weather"), "{answer:?}");
}
