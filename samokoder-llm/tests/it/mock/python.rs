//! The official clients of OpenAI and Anthropic against the server: what they understand is what was scripted.
//!
//! They are programs in `tests/clients`, which print what they understood.

use samokoder_llm::mock::{Access, Fault, MockServer, Reply, Script, Stats, Trouble, Usage};
use serde_json::{Value, json};

use crate::python_clients;

const OPENAI: &str = "openai_client.py";
const ANTHROPIC: &str = "anthropic_client.py";

/// What a client understood in each of these cases, and what the server counted; nothing where the clients are not
/// installed.
async fn understood(client: &str, cases: &[&str], script: Script) -> Option<(Vec<Value>, Stats)> {
    let server = MockServer::start(script).await.unwrap();
    let url = server.base_url();
    let output = python_clients::run(client, &[&[url.as_str()], cases].concat()).await?;
    let answers = output.lines().map(|line| serde_json::from_str(line).unwrap());
    Some((answers.collect(), server.stats()))
}

fn always(reply: Reply) -> Script {
    Script::default().otherwise(reply)
}

fn priced(reply: Reply) -> Reply {
    let usage =
        Usage { input_tokens: Some(40), output_tokens: Some(9), cached_tokens: 30, ..Usage::default() };
    reply.costing(usage)
}

fn failing(faults: impl IntoIterator<Item = Fault>) -> Script {
    faults
        .into_iter()
        .fold(Script::default(), |script, fault| script.then(Reply::text("One two.").failing(fault)))
}

#[tokio::test]
async fn openai_reads_chat_completions_with_python_clients() {
    let script = always(priced(Reply::text("Rain, as ever.")));
    let Some((answers, stats)) = understood(OPENAI, &["chat", "chat_stream"], script).await else { return };
    let expected = json!({"text": "Rain, as ever.", "finish": "stop", "tokens": 49});
    assert_eq!((answers, stats.answered), (vec![expected.clone(), expected], 2));
}

#[tokio::test]
async fn openai_puts_calls_of_tools_together_with_python_clients() {
    let reply = Reply::tool_call("weather", json!({"city": "Oslo"}))
        .calling("weather", json!({"city": "Санкт-Петербург"}));
    let Some((answers, _)) = understood(OPENAI, &["chat_tools"], always(reply)).await else { return };
    let calls = json!([
        ["call_mock00000100", "weather", r#"{"city":"Oslo"}"#],
        ["call_mock00000101", "weather", r#"{"city":"Санкт-Петербург"}"#]
    ]);
    assert_eq!(answers[0], json!({"calls": calls, "finish": "tool_calls"}));
}

#[tokio::test]
async fn openai_reads_responses_with_python_clients() {
    let reply = Reply::text("Let me look.").thinking("A tool.").calling("weather", json!({"city": "Oslo"}));
    let cases = ["responses", "responses_stream"];
    let Some((answers, _)) = understood(OPENAI, &cases, always(priced(reply))).await else { return };
    for (answer, id) in answers.iter().zip(["call_mock00000100", "call_mock00000200"]) {
        let calls = json!([[id, "weather", r#"{"city":"Oslo"}"#]]);
        let expected = json!({"text": "Let me look.", "reasoning": ["A tool."], "calls": calls, "status": "completed",
            "tokens": 49});
        assert_eq!(*answer, expected);
    }
}

#[tokio::test]
async fn both_parse_structured_output_with_python_clients() {
    let weather = json!({"city": "Oslo", "degrees": -3});
    for (client, cases) in [(OPENAI, &["chat_parse", "responses_parse"][..]), (ANTHROPIC, &["parse"])] {
        let script = always(Reply::text(weather.to_string()));
        let Some((answers, _)) = understood(client, cases, script).await else { return };
        assert_eq!(answers, vec![weather.clone(); cases.len()], "{client}");
    }
}

#[tokio::test]
async fn both_list_models_with_python_clients() {
    let access = Access { models: vec!["first".into(), "second".into()], ..Access::default() };
    for client in [OPENAI, ANTHROPIC] {
        let script = Script::default().with_access(access.clone());
        let Some((models, _)) = understood(client, &["models"], script).await else { return };
        assert_eq!(models, [json!(["first", "second"])], "{client}");
    }
}

#[tokio::test]
async fn openai_raises_the_right_errors_with_python_clients() {
    let script = failing([
        Fault::RateLimit { retry_after_ms: None },
        Fault::QuotaExhausted,
        Fault::Unauthorized,
        Fault::ContextTooLong,
        Fault::Overloaded,
        Fault::ServerError,
    ]);
    let Some((errors, _)) = understood(OPENAI, &["errors"], script).await else { return };
    let expected = json!([
        ["RateLimitError", 429, "rate_limit_exceeded"],
        ["RateLimitError", 429, "insufficient_quota"],
        ["AuthenticationError", 401, "invalid_api_key"],
        ["BadRequestError", 400, "context_length_exceeded"],
        ["InternalServerError", 503, "server_is_overloaded"],
        ["InternalServerError", 500, null],
    ]);
    assert_eq!(errors, [expected]);
}

#[tokio::test]
async fn openai_sees_what_is_wrong_with_a_stream_with_python_clients() {
    let script = failing([
        Fault::ErrorInStream { after_tokens: 1, trouble: Trouble::Overloaded },
        Fault::Cut { after_bytes: 300 },
        Fault::MalformedJson { after_tokens: 0 },
    ]);
    let Some((errors, stats)) = understood(OPENAI, &["stream_errors"], script).await else { return };
    let expected = json!([
        ["APIError", "server_is_overloaded"],
        ["APIConnectionError", null],
        ["JSONDecodeError", null]
    ]);
    assert_eq!(errors, [expected]);
    assert_eq!((stats.broken, stats.answered), (3, 1));
}

#[tokio::test]
async fn anthropic_reads_messages_with_python_clients() {
    let reply = Reply::text("Let me look.").thinking("A tool.").calling("weather", json!({"city": "Oslo"}));
    let cases = ["messages", "messages_stream"];
    let Some((answers, _)) = understood(ANTHROPIC, &cases, always(priced(reply))).await else { return };
    for (answer, number) in answers.iter().zip(["000001", "000002"]) {
        let expected = json!({"text": "Let me look.", "thinking": [["A tool.", format!("signature-mock{number}")]],
            "calls": [[format!("toolu_mock{number}00"), "weather", {"city": "Oslo"}]], "stop": "tool_use",
            "tokens": [10, 30, 9]});
        assert_eq!(*answer, expected);
    }
}

#[tokio::test]
async fn anthropic_raises_the_right_errors_with_python_clients() {
    let script = failing([
        Fault::RateLimit { retry_after_ms: None },
        Fault::QuotaExhausted,
        Fault::Unauthorized,
        Fault::ContextTooLong,
        Fault::Overloaded,
        Fault::ServerError,
    ]);
    let Some((errors, _)) = understood(ANTHROPIC, &["errors"], script).await else { return };
    let expected = json!([
        ["RateLimitError", 429, "rate_limit_error"],
        ["EnforcedSpendLimitReachedError", 429, "rate_limit_error"],
        ["AuthenticationError", 401, "authentication_error"],
        ["BadRequestError", 400, "invalid_request_error"],
        ["OverloadedError", 529, "overloaded_error"],
        ["InternalServerError", 500, "api_error"],
    ]);
    assert_eq!(errors, [expected]);
}

#[tokio::test]
async fn anthropic_sees_an_error_in_a_stream_with_python_clients() {
    let script = failing([Fault::ErrorInStream { after_tokens: 1, trouble: Trouble::Overloaded }]);
    let Some((errors, _)) = understood(ANTHROPIC, &["stream_errors"], script).await else { return };
    assert_eq!(errors[0][0][2], "overloaded_error");
}

#[tokio::test]
async fn both_try_again_when_they_are_told_to_with_python_clients() {
    for (client, case) in [(OPENAI, "chat"), (ANTHROPIC, "messages")] {
        let script = failing([Fault::RateLimit { retry_after_ms: Some(20) }, Fault::Overloaded]);
        let script = script.then(Reply::text("At last."));
        let Some((answers, stats)) = understood(client, &[case], script).await else { return };
        assert_eq!(answers[0]["text"], "At last.", "{client}");
        assert_eq!((stats.asked, stats.refused, stats.answered, stats.billed), (3, 2, 1, 1), "{client}");
    }
}
