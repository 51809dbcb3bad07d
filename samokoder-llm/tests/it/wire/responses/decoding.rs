//! What the events of a stream and the items of a body become.

use samokoder_core::llm::{ChatResponse, Echo, FinishReason, LlmErrorKind, Money, Part, ToolCall, Usage};
use samokoder_llm::openai::responses::ResponsesWire;
use serde_json::{Value, json};

use crate::wire::reading::{Outcome, split_anywhere, sse, whole};

const CREATED: &str = r#"{"type":"response.created","response":{"id":"resp_1","model":"gpt-x","status":"in_progress","output":[]}}"#;
const COMPLETED: &str = r#"{"type":"response.completed","response":{"status":"completed","output":[]}}"#;

fn read(data: &[&str]) -> Outcome {
    split_anywhere(&ResponsesWire, &sse(data))
}

fn answer(data: &[&str]) -> ChatResponse {
    let (response, outcome) = read(data);
    outcome.unwrap();
    response
}

fn body(body: &Value) -> ChatResponse {
    let (response, outcome) = whole(&ResponsesWire, body.to_string().as_bytes());
    outcome.unwrap();
    response
}

fn echo(data: Value) -> Echo {
    Echo::new("openai-responses", data)
}

fn failure(data: &[&str]) -> (LlmErrorKind, Option<String>) {
    let error = read(data).1.unwrap_err();
    (error.kind, error.code().map(Into::into))
}

#[test]
fn text_comes_in_pieces_and_its_message_s_id_and_phase_are_kept() {
    let response = answer(&[
        CREATED,
        r#"{"type":"response.output_item.added","output_index":0,"item":{"id":"msg_1","type":"message","content":[]}}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hel","obfuscation":"x"}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"lo \"😀\""}"#,
        r#"{"type":"response.output_text.done","output_index":0,"content_index":0,"text":"Hello \"😀\""}"#,
        r#"{"type":"response.output_item.done","output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant","status":"completed","phase":"final_answer","content":[{"type":"output_text","text":"Hello \"😀\"","annotations":[]}]}}"#,
        COMPLETED,
    ]);
    assert_eq!((response.id.as_deref(), response.model.as_deref()), (Some("resp_1"), Some("gpt-x")));
    let kept = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "phase": "final_answer",
    });
    assert_eq!(response.parts, [Part::Text { text: "Hello \"😀\"".into(), echo: Some(echo(kept)) }]);
    assert_eq!(response.finish, FinishReason::Stop);
}

#[test]
fn a_call_s_last_arguments_win_over_its_pieces() {
    let response = answer(&[
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":"","status":"in_progress"}}"#,
        r#"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"a\":"}"#,
        r#"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"1"}"#,
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":"{\"a\":1}","status":"completed"}}"#,
        COMPLETED,
    ]);
    let kept = Some(echo(json!({"type": "function_call", "id": "fc_1"})));
    let call =
        ToolCall { id: "call_1".into(), name: "add".into(), arguments: r#"{"a":1}"#.into(), echo: kept };
    assert_eq!(response.parts, [Part::ToolCall(call)]);
    assert_eq!(response.finish, FinishReason::ToolCalls);
}

#[test]
fn a_call_that_was_cut_off_keeps_half_its_arguments() {
    let response = answer(&[
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":""}}"#,
        r#"{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{\"x\":48"}"#,
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"add","arguments":"{\"x\":48151","status":"incomplete"}}"#,
        r#"{"type":"response.incomplete","response":{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},"output":[]}}"#,
    ]);
    let call = response.tool_calls().next().unwrap();
    assert_eq!(call.arguments, r#"{"x":48151"#);
    assert!(call.parsed().is_err());
    assert_eq!(response.finish, FinishReason::Length);
}

#[test]
fn parallel_calls_may_be_mixed() {
    let call = |index: u32, id: &str| {
        format!(
            r#"{{"type":"response.output_item.added","output_index":{index},"item":{{"type":"function_call","call_id":"{id}","name":"f","arguments":""}}}}"#
        )
    };
    let piece = |index: u32, json: &str| {
        format!(
            r#"{{"type":"response.function_call_arguments.delta","output_index":{index},"delta":"{json}"}}"#
        )
    };
    let response = answer(&[
        &call(0, "a"),
        &call(1, "b"),
        &piece(0, "[1"),
        &piece(1, "[2"),
        &piece(0, "]"),
        &piece(1, "]"),
        COMPLETED,
    ]);
    let calls: Vec<_> =
        response.tool_calls().map(|call| (call.id.as_str(), call.arguments.as_str())).collect();
    assert_eq!(calls, [("a", "[1]"), ("b", "[2]")]);
}

#[test]
fn a_custom_tool_is_called_with_a_text() {
    let response = answer(&[
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"custom_tool_call","id":"ctc_1","call_id":"call_1","name":"run","input":""}}"#,
        r#"{"type":"response.custom_tool_call_input.delta","output_index":0,"delta":"SELECT "}"#,
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"custom_tool_call","id":"ctc_1","call_id":"call_1","name":"run","input":"SELECT 1","status":"completed"}}"#,
        COMPLETED,
    ]);
    let call = response.tool_calls().next().unwrap();
    assert_eq!(call.arguments, "SELECT 1");
    assert_eq!(call.echo, Some(echo(json!({"type": "custom_tool_call", "id": "ctc_1"}))));
    assert_eq!(response.finish, FinishReason::ToolCalls);
}

#[test]
fn a_summary_of_reasoning_is_its_text_and_the_item_its_echo() {
    let item = json!({
        "type": "reasoning", "id": "rs_1", "encrypted_content": "secret",
        "summary": [{"type": "summary_text", "text": "One"}, {"type": "summary_text", "text": "Two"}],
    });
    let done = json!({"type": "response.output_item.done", "output_index": 0, "item": item}).to_string();
    let response = answer(&[
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"reasoning","id":"rs_1","summary":[]}}"#,
        r#"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"O"}"#,
        r#"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":0,"delta":"ne"}"#,
        r#"{"type":"response.reasoning_summary_text.delta","output_index":0,"summary_index":1,"delta":"Two"}"#,
        &done,
        COMPLETED,
    ]);
    let part = Part::Reasoning { text: "One\n\nTwo".into(), echo: Some(echo(item.clone())) };
    assert_eq!(response.parts, [part]);
    let unary = body(&json!({"status": "completed", "output": [item]}));
    assert_eq!(unary.parts, response.parts);
}

#[test]
fn reasoning_that_nobody_may_read_is_a_part_without_text() {
    let first = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "a"});
    let second = json!({"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "b"});
    let response = body(&json!({"status": "completed", "output": [first, second]}));
    let part = |item| Part::Reasoning { text: String::new(), echo: Some(echo(item)) };
    assert_eq!(response.parts, [part(first), part(second)]);
}

#[test]
fn open_reasoning_comes_in_pieces() {
    let response = answer(&[
        r#"{"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"Hm"}"#,
        r#"{"type":"response.reasoning_text.delta","output_index":0,"content_index":0,"delta":"m."}"#,
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"reasoning","id":"r","status":"completed","summary":[],"content":[{"type":"reasoning_text","text":"Hmm."}]}}"#,
        COMPLETED,
    ]);
    let kept = json!({
        "type": "reasoning", "id": "r", "summary": [], "content": [{"type": "reasoning_text", "text": "Hmm."}],
    });
    assert_eq!(response.parts, [Part::Reasoning { text: "Hmm.".into(), echo: Some(echo(kept)) }]);
}

#[test]
fn a_refusal_is_a_part_and_a_reason_of_its_own() {
    let response = answer(&[
        r#"{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"I "}"#,
        r#"{"type":"response.refusal.delta","output_index":0,"content_index":0,"delta":"won't."}"#,
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","content":[{"type":"refusal","refusal":"I won't."}]}}"#,
        COMPLETED,
    ]);
    assert_eq!(response.parts, [Part::Refusal { text: "I won't.".into() }]);
    assert_eq!(response.finish, FinishReason::Refusal);
}

#[test]
fn items_of_the_provider_s_own_tools_are_carried_as_they_are_and_in_order() {
    let item = |id: &str, kind: &str| json!({"type": kind, "id": id, "results": null, "x": [1]});
    let (search, later) = (item("ws_1", "web_search_call"), item("n_1", "not_known_yet"));
    let event = |name: &str, index: u32, item: &Value| {
        json!({"type": format!("response.output_item.{name}"), "output_index": index, "item": item})
            .to_string()
    };
    let response = answer(&[
        &event("added", 0, &search),
        &event("added", 1, &later),
        r#"{"type":"response.web_search_call.searching","output_index":0,"item_id":"ws_1"}"#,
        &event("done", 1, &later),
        &event("done", 0, &search),
        COMPLETED,
    ]);
    let parts = [Part::Opaque { echo: echo(search) }, Part::Opaque { echo: echo(later) }];
    assert_eq!(response.parts, parts);
    assert_eq!(response.finish, FinishReason::Stop);
}

#[test]
fn what_only_the_end_of_an_item_brings_is_not_lost() {
    let response = answer(&[
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"m","content":[{"type":"output_text","text":"Hi"}]}}"#,
        r#"{"type":"response.output_item.done","output_index":1,"item":{"type":"function_call","id":"f","call_id":"c","name":"go","arguments":"{}"}}"#,
        COMPLETED,
    ]);
    assert_eq!(response.text(), "Hi");
    assert_eq!(response.tool_calls().next().unwrap().arguments, "{}");
    assert_eq!(response.parts.len(), 2);
}

#[test]
fn what_only_the_last_event_brings_is_not_lost_and_nothing_is_doubled() {
    let message = json!({"type": "message", "id": "m", "content": [{"type": "output_text", "text": "Hi"}]});
    let call =
        json!({"type": "function_call", "id": "f", "call_id": "c", "name": "go", "arguments": "{\"a\":1}"});
    let completed = json!({
        "type": "response.completed", "response": {"status": "completed", "output": [message, call]},
    })
    .to_string();
    let all = answer(&[&completed]);
    assert_eq!((all.text().as_str(), all.tool_calls().count(), all.parts.len()), ("Hi", 1, 2));

    let done = json!({"type": "response.output_item.done", "output_index": 0, "item": message}).to_string();
    let text = r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}"#;
    let begun = r#"{"type":"response.output_item.added","output_index":1,"item":{"type":"function_call","id":"f","call_id":"c","name":"go","arguments":""}}"#;
    for events in [vec![&completed[..]], vec![&done, &completed], vec![text, &done, begun, &completed]] {
        assert_eq!(answer(&events), all, "{events:?}");
    }
    assert_eq!(answer(&[text, &completed]).parts, all.parts);
}

#[test]
fn items_are_known_by_their_place_where_their_ids_change() {
    let response = answer(&[
        r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"a","content":[]}}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"item_id":"b","delta":"Hi"}"#,
        r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"c","content":[{"type":"output_text","text":"Hi"}]}}"#,
        r#"{"type":"response.completed","response":{"status":"completed","output":[{"type":"message","id":"d","content":[{"type":"output_text","text":"Hi"}]}]}}"#,
    ]);
    assert_eq!((response.text().as_str(), response.parts.len()), ("Hi", 1));
}

#[test]
fn the_end_of_the_answer_ends_the_stream_at_once() {
    let mut reader = samokoder_llm::wire::Reader::new(&ResponsesWire);
    reader.feed(&sse(&[CREATED, COMPLETED, "{not json}"])).unwrap();
    assert!(reader.finished());
}

#[test]
fn reasons_to_end_are_told_apart() {
    let finish =
        |fields: &str| body(&serde_json::from_str(&format!(r#"{{"output":[],{fields}}}"#)).unwrap()).finish;
    let incomplete = |reason: &str| {
        finish(&format!(r#""status":"incomplete","incomplete_details":{{"reason":"{reason}"}}"#))
    };
    assert_eq!(incomplete("max_output_tokens"), FinishReason::Length);
    assert_eq!(incomplete("content_filter"), FinishReason::ContentFilter);
    assert_eq!(incomplete("tired"), FinishReason::Other("tired".into()));
    assert_eq!(
        finish(r#""status":"incomplete","incomplete_details":null"#),
        FinishReason::Other("incomplete".into())
    );
    assert_eq!(finish(r#""status":"completed""#), FinishReason::Stop);
    assert_eq!(finish(r#""status":null"#), FinishReason::Stop);
    assert_eq!(finish(r#""status":"cancelled""#), FinishReason::Other("cancelled".into()));
    assert_eq!(finish(r#""status":"queued""#), FinishReason::Other("queued".into()));
}

#[test]
fn errors_come_nested_flat_or_with_a_failed_response() {
    let quota = (LlmErrorKind::QuotaExhausted, Some("insufficient_quota".into()));
    let nested = r#"{"type":"error","sequence_number":2,"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"No money"}}"#;
    assert_eq!(failure(&[CREATED, nested]), quota);
    let flat = r#"{"type":"error","code":"insufficient_quota","message":"No money","param":null}"#;
    assert_eq!(failure(&[CREATED, flat]), quota);
    let failed = r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"rate_limit_exceeded","message":"Slow"},"output":[]}}"#;
    assert_eq!(failure(&[failed]), (LlmErrorKind::RateLimited, Some("rate_limit_exceeded".into())));
    let bare = r#"{"error":{"code":"server_error","message":"Oops"}}"#;
    assert_eq!(failure(&[bare]).0, LlmErrorKind::Overloaded);
    let (_, outcome) = whole(&ResponsesWire, bare.as_bytes());
    assert_eq!(outcome.unwrap_err().kind, LlmErrorKind::Overloaded);
}

#[test]
fn events_may_be_named_by_their_frames_or_by_themselves() {
    let named = b"event: response.output_text.delta\ndata: {\"output_index\":0,\"delta\":\"Hi\"}\n\n\
        event: response.completed\r\ndata: {\"response\":{\"status\":\"completed\"}}\r\n\r\ndata: [DONE]\n\n";
    let (response, outcome) = split_anywhere(&ResponsesWire, named);
    assert_eq!((response.text().as_str(), outcome), ("Hi", Ok(())));
    let error = b"event: error\ndata: {\"code\":\"server_error\",\"message\":\"Oops\"}\n\n";
    assert_eq!(split_anywhere(&ResponsesWire, error).1.unwrap_err().kind, LlmErrorKind::Overloaded);
}

#[test]
fn events_and_fields_that_are_not_known_are_passed_over() {
    let response = answer(&[
        r#"{"type":"response.dreamed","delta":{"of":"sheep"},"output_index":"zero"}"#,
        r#"{"type":"keepalive","sequence_number":3}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi","logprobs":[{}],"new":1}"#,
        r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":null}"#,
        COMPLETED,
    ]);
    assert_eq!(response.text(), "Hi");
}

#[test]
fn a_stream_that_stops_early_is_truncated() {
    let text = r#"{"type":"response.output_text.delta","output_index":0,"delta":"Hi"}"#;
    assert_eq!(failure(&[CREATED, text]).0, LlmErrorKind::Truncated);
    assert_eq!(failure(&[CREATED, text, "[DONE]"]).0, LlmErrorKind::Truncated);
    assert_eq!(failure(&[]).0, LlmErrorKind::Truncated);
}

#[test]
fn usage_counts_cached_written_and_reasoned_tokens_and_costs_are_kept() {
    let response = body(&json!({
        "status": "completed", "output": [], "service_tier": "flex",
        "usage": {
            "input_tokens": 100, "input_tokens_details": {"cached_tokens": 40, "cache_write_tokens": 20},
            "output_tokens": 9, "output_tokens_details": {"reasoning_tokens": 5}, "total_tokens": 109, "cost": 0.25,
        },
    }));
    let usage =
        Usage { input: 100, cached_input: 40, cache_write: 20, cache_write_long: 0, output: 9, reasoning: 5 };
    assert_eq!(response.usage, usage);
    assert_eq!(response.cost, Some(Money::from_dollars(0.25)));
    assert_eq!(response.extra["service_tier"], "flex");
    let bare = body(
        &json!({"status": "completed", "output": [], "usage": {"input_tokens": 1, "output_tokens": null}}),
    );
    assert_eq!(bare.usage, Usage { input: 1, ..Usage::default() });
}

#[test]
fn annotations_are_kept_beside_the_answer() {
    let annotation =
        json!({"type": "url_citation", "url": "https://example.com", "start_index": 0, "end_index": 2});
    let content = json!([{"type": "output_text", "text": "Hi", "annotations": [annotation]}]);
    let response = body(&json!({"status": "completed", "output": [{"type": "message", "content": content}]}));
    assert_eq!(response.extra["annotations"], json!([annotation]));
}
