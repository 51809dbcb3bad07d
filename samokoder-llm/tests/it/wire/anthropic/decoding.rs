//! What the decoder makes of an answer, quirk by quirk.

use proptest::prelude::*;
use samokoder_core::llm::{FinishReason, LlmErrorKind, Part, StreamEvent, ToolCall, Usage};
use serde_json::{Value, json};

use super::{super::protocol::*, *};

fn tool_use(deltas: &[Value]) -> Vec<Value> {
    block(0, &json!({"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}}), deltas)
}

fn input(json: &str) -> Value {
    json!({"type": "input_json_delta", "partial_json": json})
}

fn call(arguments: &str) -> Part {
    let (id, name) = ("toolu_1".into(), "add".into());
    Part::ToolCall(ToolCall { id, name, arguments: arguments.into(), echo: None })
}

fn reasoning(text: &str, data: Value) -> Part {
    Part::Reasoning { text: text.into(), echo: Some(echo(data)) }
}

fn opaque(data: Value) -> Part {
    Part::Opaque { echo: echo(data) }
}

#[test]
fn usage_is_a_snapshot_whose_last_value_wins() {
    let usage = |fields: Value| json!({"type": "message_delta", "delta": {}, "usage": fields});
    let mut events = vec![start()];
    events.push(usage(json!({"output_tokens": 3, "cache_read_input_tokens": 7})));
    events.push(usage(json!({"output_tokens": 9, "input_tokens": null})));
    events.push(json!({"type": "message_stop"}));
    let expected = Usage { input: 17, cached_input: 7, output: 9, ..Usage::default() };
    assert_eq!(read(&events).unwrap().usage, expected);
}

#[test]
fn input_has_the_cached_tokens_in_it() {
    let usage = json!({
        "input_tokens": 10,
        "cache_read_input_tokens": 100,
        "cache_creation_input_tokens": 50,
        "cache_creation": {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 20},
        "output_tokens": 40,
        "output_tokens_details": {"thinking_tokens": 25},
    });
    let events =
        [json!({"type": "message_start", "message": {"usage": usage}}), json!({"type": "message_stop"})];
    let expected = Usage {
        input: 160,
        cached_input: 100,
        cache_write: 50,
        cache_write_long: 20,
        output: 40,
        reasoning: 25,
    };
    assert_eq!(read(&events).unwrap().usage, expected);
}

#[test]
fn every_stop_reason_has_its_finish() {
    for (reason, finish) in [
        ("end_turn", FinishReason::Stop),
        ("stop_sequence", FinishReason::Stop),
        ("max_tokens", FinishReason::Length),
        ("model_context_window_exceeded", FinishReason::Length),
        ("tool_use", FinishReason::ToolCalls),
        ("refusal", FinishReason::Refusal),
        ("pause_turn", FinishReason::Pause),
        ("boredom", FinishReason::Other("boredom".into())),
    ] {
        assert_eq!(answer(&text(0, "Hi"), reason).finish, finish, "{reason}");
    }
}

#[test]
fn an_answer_without_a_stop_reason_stops_or_waits_for_its_tools() {
    for reason in [Value::Null, json!("")] {
        let end = [
            json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": null}),
            json!({"type": "message_stop"}),
        ];
        assert_eq!(
            read(&[vec![start()], text(0, "Hi"), end.to_vec()].concat()).unwrap().finish,
            FinishReason::Stop
        );
        let calls = [vec![start()], tool_use(&[]), end.to_vec()].concat();
        assert_eq!(read(&calls).unwrap().finish, FinishReason::ToolCalls);
    }
}

#[test]
fn the_input_of_a_call_is_streamed_as_text() {
    let parts =
        answer(&tool_use(&[input(""), input("{\"a\": 1"), input(", \"b\": 2.50}")]), "tool_use").parts;
    assert_eq!(parts, [call(r#"{"a": 1, "b": 2.50}"#)]);
}

#[test]
fn a_call_without_input_has_an_empty_object() {
    assert_eq!(answer(&tool_use(&[]), "tool_use").parts, [call("{}")]);
    assert_eq!(answer(&tool_use(&[input("")]), "tool_use").parts, [call("{}")]);
}

#[test]
fn a_call_whose_input_is_there_at_once_keeps_it() {
    let whole = json!({"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}});
    assert_eq!(answer(&block(0, &whole, &[]), "tool_use").parts, [call(r#"{"a":1}"#)]);
}

#[test]
fn a_call_that_is_cut_off_keeps_its_piece_and_has_no_end() {
    let mut events = vec![start()];
    events.extend(tool_use(&[input(r#"{"a": 48"#)]));
    events.pop();
    events.extend(end("max_tokens"));
    let (found, outcome) = events_of(&WIRE, [sse(&events).as_bytes()]);
    outcome.unwrap();
    assert!(!found.iter().any(|event| matches!(event, StreamEvent::ToolCallEnd { .. })));
    let response = put_together(found);
    assert_eq!((response.parts, response.finish), (vec![call(r#"{"a": 48"#)], FinishReason::Length));
}

#[test]
fn a_block_that_does_not_end_before_a_whole_answer_does_is_whole() {
    let mut events = vec![start()];
    events.extend(tool_use(&[]));
    events.pop();
    events.extend(end("tool_use"));
    assert_eq!(read(&events).unwrap().parts, [call("{}")]);
}

#[test]
fn parallel_calls_stay_apart() {
    let tool = |index, id: &str, json: &str| {
        block(index, &json!({"type": "tool_use", "id": id, "name": "add", "input": {}}), &[input(json)])
    };
    let events = [tool(0, "toolu_1", r#"{"a":1}"#), tool(1, "toolu_2", r#"{"a":2}"#)].concat();
    let response = answer(&events, "tool_use");
    let calls: Vec<_> = response.tool_calls().map(|call| (&*call.id, &*call.arguments)).collect();
    assert_eq!(calls, [("toolu_1", r#"{"a":1}"#), ("toolu_2", r#"{"a":2}"#)]);
}

#[test]
fn a_call_from_within_code_remembers_its_caller() {
    let tool = |caller: Value| {
        let tool = json!({"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}, "caller": caller});
        answer(&block(0, &tool, &[]), "tool_use").parts
    };
    assert_eq!(tool(json!({"type": "direct"})), [call("{}")]);
    let caller = json!({"type": "code_execution_20260120", "tool_id": "srvtoolu_1"});
    let [Part::ToolCall(call)] = &tool(caller.clone())[..] else { panic!("one call") };
    assert_eq!(call.echo, Some(echo(json!({"caller": caller}))));
}

#[test]
fn thoughts_are_closed_by_their_signature() {
    let thinking = block(
        0,
        &json!({"type": "thinking", "thinking": "", "signature": ""}),
        &[
            json!({"type": "thinking_delta", "thinking": "Let me "}),
            json!({"type": "thinking_delta", "thinking": "see."}),
            json!({"type": "signature_delta", "signature": "Eq"}),
            json!({"type": "signature_delta", "signature": "MB"}),
        ],
    );
    let parts = answer(&[thinking, text(1, "42")].concat(), "end_turn").parts;
    let thought = reasoning("Let me see.", json!({"type": "thinking", "signature": "EqMB"}));
    assert_eq!(parts, [thought, Part::text("42")]);
}

#[test]
fn a_signature_without_thoughts_does_not_close_the_part_before_it() {
    let signed = [json!({"type": "signature_delta", "signature": "EqMB"})];
    let hidden = block(1, &json!({"type": "thinking", "thinking": "", "signature": ""}), &signed);
    let parts = answer(&[text(0, "Wait."), hidden].concat(), "end_turn").parts;
    assert_eq!(parts, [Part::text("Wait."), reasoning("", json!({"type": "thinking", "signature": "EqMB"}))]);
}

#[test]
fn redacted_thoughts_keep_their_place() {
    let redacted = |index, data: &str| block(index, &json!({"type": "redacted_thinking", "data": data}), &[]);
    let parts = answer(&[redacted(0, "a"), redacted(1, "b"), text(2, "Hi")].concat(), "end_turn").parts;
    let part = |data: &str| reasoning("", json!({"type": "redacted_thinking", "data": data}));
    assert_eq!(parts, [part("a"), part("b"), Part::text("Hi")]);
}

#[test]
fn blocks_of_the_provider_are_carried_through_whole() {
    let search = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}});
    let result =
        json!({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"url": "u"}]});
    let events = [
        text(0, "Searching. "),
        block(1, &search, &[input("{\"query\""), input(": \"rust\"}")]),
        block(2, &result, &[]),
        text(3, "Found."),
    ];
    let response = answer(&events.concat(), "end_turn");
    let mut searched = search;
    searched["input"] = json!({"query": "rust"});
    assert_eq!(
        response.parts,
        [Part::text("Searching. "), opaque(searched), opaque(result), Part::text("Found.")]
    );
    assert_eq!(response.text(), "Searching. Found.");
}

#[test]
fn a_block_of_the_provider_that_is_cut_off_is_left_out() {
    let search = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}});
    let mut events = block(0, &search, &[input("{\"que")]);
    events.pop();
    assert_eq!(answer(&events, "max_tokens").parts, []);
}

#[test]
fn unknown_blocks_and_pieces_are_put_together_field_by_field() {
    let dream = json!({"type": "dream", "content": null, "mood": "calm"});
    let deltas = [
        json!({"type": "dream_delta", "content": "sh"}),
        json!({"type": "dream_delta", "content": "eep", "count": 3}),
    ];
    let parts = answer(&block(0, &dream, &deltas), "end_turn").parts;
    assert_eq!(parts, [opaque(json!({"type": "dream", "content": "sheep", "mood": "calm", "count": 3}))]);
}

#[test]
fn compaction_and_fallback_are_blocks_of_the_provider() {
    let compaction = block(
        0,
        &json!({"type": "compaction", "content": null}),
        &[json!({"type": "compaction_delta", "content": "Summary."})],
    );
    let fallback = json!({"type": "fallback", "model": "claude-opus-5"});
    let parts = answer(&[compaction, block(1, &fallback, &[]), text(2, "Hi")].concat(), "end_turn").parts;
    assert_eq!(
        parts,
        [opaque(json!({"type": "compaction", "content": "Summary."})), opaque(fallback), Part::text("Hi")]
    );
}

#[test]
fn citations_stay_with_their_text() {
    let cited = block(
        1,
        &json!({"type": "text", "text": "", "citations": []}),
        &[
            json!({"type": "citations_delta", "citation": {"url": "a"}}),
            json!({"type": "text_delta", "text": "It rains"}),
            json!({"type": "citations_delta", "citation": {"url": "b"}}),
        ],
    );
    let parts = answer(&[text(0, "They say: "), cited, text(2, ".")].concat(), "end_turn").parts;
    let with = |text: &str, data| Part::Text { text: text.into(), echo: Some(echo(data)) };
    assert_eq!(
        parts,
        [
            with("They say: ", json!({})),
            with("It rains", json!({"citations": [{"url": "a"}, {"url": "b"}]})),
            Part::text("."),
        ]
    );
}

#[test]
fn what_has_no_typed_form_is_in_extra() {
    let events = [
        json!({"type": "message_start", "message": {
            "id": "msg_1", "model": "claude", "role": "assistant", "stop_sequence": null,
            "usage": {"input_tokens": 1, "service_tier": "standard", "inference_geo": "global"},
        }}),
        json!({
            "type": "message_delta",
            "delta": {
                "stop_reason": "refusal",
                "stop_details": {"type": "refusal", "category": "cyber"},
                "container": {"id": "container_1"},
            },
            "usage": {"iterations": [{"model": "claude-opus-5", "input_tokens": 1}], "server_tool_use": null},
            "context_management": {"applied_edits": []},
        }),
        json!({"type": "message_stop"}),
    ];
    let response = read(&events).unwrap();
    assert_eq!((response.id.as_deref(), response.model.as_deref()), (Some("msg_1"), Some("claude")));
    assert_eq!(
        Value::Object(response.extra),
        json!({
            "service_tier": "standard",
            "inference_geo": "global",
            "stop_details": {"type": "refusal", "category": "cyber"},
            "container": {"id": "container_1"},
            "iterations": [{"model": "claude-opus-5", "input_tokens": 1}],
            "context_management": {"applied_edits": []},
        })
    );
}

#[test]
fn an_error_within_the_stream_has_its_kind() {
    for (name, kind) in [
        ("overloaded_error", LlmErrorKind::Overloaded),
        ("api_error", LlmErrorKind::Overloaded),
        ("rate_limit_error", LlmErrorKind::RateLimited),
        ("invalid_request_error", LlmErrorKind::BadRequest),
    ] {
        let error =
            json!({"type": "error", "error": {"type": name, "message": "Sorry"}, "request_id": "req_1"});
        let (found, outcome) =
            events_of(&WIRE, [sse(&[vec![start()], text(0, "Hi"), vec![error]].concat()).as_bytes()]);
        let error = outcome.unwrap_err();
        assert_eq!((error.kind, error.code(), &*error.message), (kind, Some(name), "Sorry"));
        assert!(found.contains(&StreamEvent::Text("Hi".into())), "what came before is still there");
    }
}

#[test]
fn an_error_of_a_proxy_may_have_no_type() {
    let error = streamed(&WIRE, b"data: {\"error\": {\"message\": \"upstream failed\"}}\n\n");
    assert_eq!(error.unwrap_err().message, "upstream failed");
}

#[test]
fn pings_unknown_events_and_unknown_fields_are_tolerated() {
    let events = [
        vec![json!({"type": "ping"}), start(), json!({"type": "weather", "delta": "sunny", "index": "x"})],
        vec![
            json!({"type": "content_block_start", "index": 0, "content_block": {"type": "text"}, "new": [1]}),
        ],
        vec![
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi", "p": {}}}),
        ],
        vec![json!({"type": "content_block_delta", "index": 0, "delta": {"type": "glow_delta", "glow": 1}})],
        vec![
            json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": null}}),
        ],
        vec![json!({"type": "content_block_delta", "index": 0, "delta": null})],
        vec![
            json!({"type": "content_block_stop", "index": 0}),
            json!({"type": "content_block_stop", "index": 9}),
        ],
        end("end_turn").to_vec(),
    ];
    assert_eq!(read(&events.concat()).unwrap().text(), "Hi");
}

#[test]
fn events_may_have_no_name_and_any_line_ends() {
    let events = [vec![start()], text(0, "Grüße\u{2028}🦀"), end("end_turn").to_vec()].concat();
    let plain: Vec<_> =
        events.iter().map(|event| format!(": keep-alive\r\n\r\ndata:{event}\r\n\r\n")).collect();
    let response = streamed(&WIRE, plain.concat().as_bytes()).unwrap();
    assert_eq!(response, read(&events).unwrap());
    assert_eq!(response.text(), "Grüße\u{2028}🦀");
}

#[test]
fn the_name_of_an_event_counts_where_its_data_has_no_type() {
    let stream = "event: content_block_delta\ndata: {\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n\
                  event: message_stop\ndata: {}\n\n";
    assert_eq!(streamed(&WIRE, stream.as_bytes()).unwrap().text(), "Hi");
}

#[test]
fn a_stream_without_message_stop_is_truncated_even_with_text() {
    let mut events = [vec![start()], text(0, "Hi"), end("end_turn").to_vec()].concat();
    events.pop();
    assert_eq!(read(&events).unwrap_err().kind, LlmErrorKind::Truncated);
    let cut_off = sse(&events) + "event: message_stop\ndata: {\"type\": \"mess";
    let error = streamed(&WIRE, cut_off.as_bytes()).unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::Truncated);
    assert_eq!(streamed(&WIRE, b"").unwrap_err().kind, LlmErrorKind::Truncated);
    assert_eq!(streamed(&WIRE, b"data: [DONE]\n\n").unwrap_err().kind, LlmErrorKind::Truncated);
}

#[test]
fn nothing_counts_after_message_stop() {
    let events =
        [vec![start()], end("end_turn").to_vec(), text(0, "late"), end("max_tokens").to_vec()].concat();
    let response = read(&events).unwrap();
    assert_eq!((response.text(), response.finish), (String::new(), FinishReason::Stop));
}

#[test]
fn an_event_that_is_no_json_is_malformed() {
    let error = streamed(&WIRE, b"data: {\"type\": \"content_block_delta\", \"index\"\n\n").unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::Malformed);
}

#[test]
fn a_whole_body_is_read_as_the_same_answer_streamed() {
    let body = json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude",
        "content": [
            {"type": "thinking", "thinking": "Hm.", "signature": "EqMB"},
            {"type": "text", "text": "One."},
            {"type": "text", "text": "Two.", "citations": [{"url": "a"}]},
            {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 10, "output_tokens": 5},
    });
    let thinking = block(
        0,
        &json!({"type": "thinking", "thinking": "", "signature": ""}),
        &[
            json!({"type": "thinking_delta", "thinking": "Hm."}),
            json!({"type": "signature_delta", "signature": "EqMB"}),
        ],
    );
    let cited = block(
        2,
        &json!({"type": "text", "text": ""}),
        &[
            json!({"type": "text_delta", "text": "Two."}),
            json!({"type": "citations_delta", "citation": {"url": "a"}}),
        ],
    );
    let streamed = answer(&[thinking, text(1, "One."), cited, tool_use(&[])].concat(), "tool_use");
    assert_eq!(whole(&WIRE, body.to_string().as_bytes()).unwrap(), streamed);
}

#[test]
fn a_whole_body_may_be_an_error_or_no_answer_at_all() {
    let error = br#"{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}"#;
    assert_eq!(whole(&WIRE, error).unwrap_err().kind, LlmErrorKind::Overloaded);
    for body in [&b"<html>"[..], b"{}", b"[]", b"null"] {
        assert_eq!(whole(&WIRE, body).unwrap_err().kind, LlmErrorKind::Malformed);
    }
}

const PIECES: &[&str] = &[
    "data: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":1}}}\n\n",
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"a\"}}\n\n",
    "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\"}}\r\n\r\n",
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\"}}\n\n",
    "data: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"server_tool_use\"}}\n\n",
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"é\"}}\n\n",
    "data: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{\"}}\n\n",
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"s\"}}\n\n",
    "data: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"citations_delta\",\"citation\":1}}\n\n",
    "data: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "data: {\"type\":\"content_block_stop\",\"index\":1}\n\n",
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n",
    "data: {\"type\":\"message_stop\"}\n\n",
    "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\"}}\n\n",
    "event: ping\ndata: {}\n\n",
    "{\"content\":[{\"type\":\"text\",\"text\":\"a\"}],\"stop_reason\":\"end_turn\"}",
];

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in any_bytes(PIECES), places in any_places()) {
        check_any_bytes(&WIRE, &bytes, &places)?;
    }
}
