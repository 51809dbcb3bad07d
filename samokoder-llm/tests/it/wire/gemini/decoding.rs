//! What the chunks of an answer become.

use samokoder_core::llm::{ChatResponse, Echo, FinishReason, LlmErrorKind, Part, ToolCall, Usage};
use samokoder_llm::gemini::GeminiWire;
use serde_json::{Value, json};

use crate::wire::reading::{Outcome, split_anywhere, sse, stream, whole};

fn chunk(parts: &Value, finish: Option<&str>) -> String {
    let candidate = json!({"content": {"parts": parts, "role": "model"}, "finishReason": finish, "index": 0});
    json!({"candidates": [candidate], "modelVersion": "gemini-x", "responseId": "r1"}).to_string()
}

fn read(data: &[String]) -> Outcome {
    split_anywhere(&GeminiWire, &sse(data))
}

fn answer(data: &[String]) -> ChatResponse {
    let (response, outcome) = read(data);
    outcome.unwrap();
    response
}

fn finish(reason: &str) -> FinishReason {
    answer(&[chunk(&json!([{"text": "Hi"}]), Some(reason))]).finish
}

fn signed(signature: &str) -> Echo {
    Echo::new("gemini", json!({"thoughtSignature": signature}))
}

#[test]
fn an_answer_has_a_text_a_model_and_an_id() {
    let response =
        answer(&[chunk(&json!([{"text": "Hel"}]), None), chunk(&json!([{"text": "lo"}]), Some("STOP"))]);
    assert_eq!(response.parts, [Part::text("Hello")]);
    assert_eq!((response.id.as_deref(), response.model.as_deref()), (Some("r1"), Some("gemini-x")));
    assert_eq!(response.finish, FinishReason::Stop);
}

#[test]
fn lines_may_end_with_carriage_returns() {
    let stream = format!("data: {}\r\n\r\n", chunk(&json!([{"text": "é😀"}]), Some("STOP")));
    let (response, outcome) = split_anywhere(&GeminiWire, stream.as_bytes());
    assert_eq!((response.text().as_str(), outcome), ("é😀", Ok(())));
}

#[test]
fn an_answer_may_go_on_after_a_reason_to_end() {
    let response = answer(&[
        chunk(&json!([{"text": "One"}]), Some("STOP")),
        chunk(&json!([{"text": " two"}]), Some("STOP")),
        chunk(&json!([{"text": ""}]), None),
    ]);
    assert_eq!((response.text().as_str(), response.finish), ("One two", FinishReason::Stop));
}

#[test]
fn one_chunk_may_bring_a_thought_a_text_and_a_call() {
    let parts = json!([
        {"text": "Hm", "thought": true},
        {"text": "Let me see."},
        {"functionCall": {"id": "f1", "name": "look", "args": {"a": 1}}, "thoughtSignature": "s"},
        {"functionCall": {"id": "f2", "name": "look"}},
    ]);
    let response = answer(&[chunk(&parts, Some("STOP"))]);
    let call = |id: &str, arguments: &str, echo| {
        Part::ToolCall(ToolCall { id: id.into(), name: "look".into(), arguments: arguments.into(), echo })
    };
    let expected = [
        Part::Reasoning { text: "Hm".into(), echo: None },
        Part::text("Let me see."),
        call("f1", r#"{"a":1}"#, Some(signed("s"))),
        call("f2", "{}", None),
    ];
    assert_eq!(response.parts, expected);
    assert_eq!(response.finish, FinishReason::ToolCalls);
}

#[test]
fn a_call_without_an_id_gets_one_that_no_other_call_of_the_conversation_has() {
    let parts = json!([{"functionCall": {"name": "a"}}, {"functionCall": {"name": "b", "args": null}}]);
    let ids = |response: ChatResponse| response.tool_calls().map(|call| call.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(answer(&[chunk(&parts, Some("STOP"))])), ["call_0_r1", "call_1_r1"]);
    let nameless = json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}).to_string();
    assert_eq!(ids(answer(&[nameless])), ["call_0", "call_1"]);
}

#[test]
fn a_signature_stays_on_its_part() {
    let response = answer(&[
        chunk(&json!([{"text": "Thinking", "thought": true, "thoughtSignature": "t"}]), None),
        chunk(&json!([{"text": "One"}]), None),
        chunk(&json!([{"text": "Two", "thoughtSignature": "s"}]), None),
        chunk(&json!([{"text": "Three"}]), None),
        chunk(&json!([{"text": "", "thoughtSignature": "e"}]), Some("STOP")),
    ]);
    let text = |text: &str, echo| Part::Text { text: text.into(), echo };
    let expected = [
        Part::Reasoning { text: "Thinking".into(), echo: Some(signed("t")) },
        text("One", Some(Echo::new("gemini", json!({})))),
        text("Two", Some(signed("s"))),
        text("Three", None),
        Part::Opaque { echo: Echo::new("gemini", json!({"text": "", "thoughtSignature": "e"})) },
    ];
    assert_eq!(response.parts, expected);
    assert_eq!(response.text(), "OneTwoThree");
}

#[test]
fn code_pictures_and_parts_that_are_not_known_are_carried_as_they_are() {
    let parts = json!([
        {"text": "Look"},
        {"executableCode": {"language": "PYTHON", "code": "1"}, "thoughtSignature": "s"},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
        {"dream": {"of": "sheep"}},
    ]);
    let response = answer(&[chunk(&parts, Some("STOP"))]);
    let own: Vec<_> = parts.as_array().unwrap()[1..]
        .iter()
        .map(|part| Part::Opaque { echo: Echo::new("gemini", part.clone()) })
        .collect();
    assert_eq!(response.parts[1..], own);
}

#[test]
fn the_last_usage_wins_and_thoughts_are_output() {
    let usage = |prompt: u64, candidates: u64| {
        json!({"candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}], "usageMetadata": {
            "promptTokenCount": prompt, "toolUsePromptTokenCount": 5, "cachedContentTokenCount": 4,
            "candidatesTokenCount": candidates, "thoughtsTokenCount": 3, "totalTokenCount": 99,
        }})
        .to_string()
    };
    let response = answer(&[usage(10, 1), usage(11, 2)]);
    let expected = Usage { input: 16, cached_input: 4, output: 5, reasoning: 3, ..Usage::default() };
    assert_eq!(response.usage, expected);
}

#[test]
fn reasons_to_end_are_told_apart() {
    assert_eq!(finish("MAX_TOKENS"), FinishReason::Length);
    for reason in ["SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"] {
        assert_eq!(finish(reason), FinishReason::ContentFilter, "{reason}");
    }
    assert_eq!(finish("MALFORMED_FUNCTION_CALL"), FinishReason::Other("MALFORMED_FUNCTION_CALL".into()));
    assert_eq!(finish("TIRED"), FinishReason::Other("TIRED".into()));
}

#[test]
fn a_whole_body_needs_no_reason_to_end_and_a_stream_does() {
    let text = json!([{"text": "Hi"}]);
    let (response, outcome) = whole(&GeminiWire, chunk(&text, None).as_bytes());
    assert_eq!((response.finish, outcome), (FinishReason::Stop, Ok(())));
    for reason in [None, Some("")] {
        assert_eq!(read(&[chunk(&text, reason)]).1.unwrap_err().kind, LlmErrorKind::Truncated);
    }
}

#[test]
fn an_answer_without_a_candidate_is_truncated() {
    let empty = r#"{"usageMetadata":{"promptTokenCount":3},"modelVersion":"gemini-x"}"#;
    assert_eq!(read(&[empty.into()]).1.unwrap_err().kind, LlmErrorKind::Truncated);
    assert_eq!(whole(&GeminiWire, empty.as_bytes()).1.unwrap_err().kind, LlmErrorKind::Truncated);
    assert_eq!(stream(&GeminiWire, []).1.unwrap_err().kind, LlmErrorKind::Truncated);
}

#[test]
fn a_candidate_without_content_is_an_empty_answer() {
    let response = answer(&[json!({"candidates": [{"finishReason": "STOP", "content": {}}]}).to_string()]);
    assert_eq!((response.parts.len(), response.finish), (0, FinishReason::Stop));
    let blocked = answer(&[json!({"candidates": [{"finishReason": "SAFETY", "content": null}]}).to_string()]);
    assert_eq!(blocked.finish, FinishReason::ContentFilter);
}

#[test]
fn a_blocked_prompt_is_an_error() {
    let blocked =
        r#"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":3}}"#;
    let (response, outcome) = read(&[blocked.into()]);
    let error = outcome.unwrap_err();
    assert_eq!((error.kind, error.code()), (LlmErrorKind::ContentRefused, Some("PROHIBITED_CONTENT")));
    assert_eq!(response.usage.input, 3);
}

#[test]
fn errors_come_within_an_answer_alone_or_in_a_list() {
    let error = r#"{"error":{"code":503,"message":"Busy","status":"UNAVAILABLE"}}"#;
    let list = format!("[{error}]");
    for data in [error, &list] {
        let text = chunk(&json!([{"text": "Hi"}]), None);
        let (response, outcome) = read(&[text, data.into()]);
        assert_eq!((response.text().as_str(), outcome.unwrap_err().kind), ("Hi", LlmErrorKind::Overloaded));
        assert_eq!(whole(&GeminiWire, data.as_bytes()).1.unwrap_err().kind, LlmErrorKind::Overloaded);
    }
}

#[test]
fn a_body_may_be_a_list_of_chunks() {
    let chunks = [chunk(&json!([{"text": "Hel"}]), None), chunk(&json!([{"text": "lo"}]), Some("STOP"))];
    let (response, outcome) = whole(&GeminiWire, format!("[{}]", chunks.join(",\r\n")).as_bytes());
    assert_eq!((response.text().as_str(), outcome), ("Hello", Ok(())));
}

#[test]
fn what_the_answer_is_grounded_in_is_kept_beside_it() {
    let chunk = json!({"candidates": [{
        "content": {"parts": [{"text": "Hi"}]}, "finishReason": "STOP", "finishMessage": "done",
        "groundingMetadata": {"webSearchQueries": ["q"]},
    }]});
    let response = answer(&[chunk.to_string()]);
    assert_eq!(response.extra["grounding_metadata"], json!({"webSearchQueries": ["q"]}));
    assert_eq!(response.extra["finish_message"], "done");
}

#[test]
fn nulls_and_other_candidates_are_passed_over() {
    let second = json!({"index": 1, "content": {"parts": [{"text": "other"}]}, "finishReason": "MAX_TOKENS"});
    let first = json!({"index": 0, "content": {"parts": null}, "finishReason": "STOP"});
    let response = answer(&[
        json!({"candidates": null, "usageMetadata": null, "promptFeedback": {}}).to_string(),
        json!({"candidates": [second, first], "somethingNew": [1]}).to_string(),
    ]);
    assert_eq!((response.parts.len(), response.finish), (0, FinishReason::Stop));
}
