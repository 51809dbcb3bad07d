//! What gateways that speak Chat Completions for other servers make of it.

use samokoder_core::llm::{FinishReason, LlmError, LlmErrorKind, Part, Usage};
use serde_json::{Value, json};

use super::{
    SPLITS,
    chat_quirks::{DONE, WIRE, answer, call, calls, delta, finish, stream},
    read, split,
};

fn fails(chunks: &[Value]) -> LlmError {
    read(&WIRE, [stream(chunks, DONE).as_bytes()]).unwrap_err()
}

#[test]
fn the_whole_answer_at_the_end_counts_only_where_no_pieces_came() {
    let tool = json!({ "index": 0, "id": "c", "function": { "name": "f", "arguments": "{\"a\":1}" } });
    let message = json!({ "content": "Hello", "reasoning_content": "Hm", "tool_calls": [tool] });
    for last in [
        json!({ "id": "1", "choices": [{ "index": 0, "finish_reason": "tool_calls", "message": message }] }),
        json!({ "id": "1", "choices": [{ "finish_reason": "tool_calls", "delta": null, "message": message }] }),
    ] {
        let pieces = [
            delta(json!({ "reasoning_content": "Hm" })),
            delta(json!({ "content": "Hello" })),
            call(tool.clone()),
        ];
        let response = answer(&[&pieces[..], std::slice::from_ref(&last)].concat());
        let thoughts =
            response.parts.iter().filter(|part| matches!(part, Part::Reasoning { text, .. } if text == "Hm"));
        assert_eq!((&*response.text(), thoughts.count()), ("Hello", 1));
        assert_eq!(calls(&response), [("c", "f", "{\"a\":1}")]);
        let response = answer(&[delta(json!({ "role": "assistant", "content": "" })), last]);
        assert_eq!((&*response.text(), calls(&response).len()), ("Hello", 1));
    }
}

#[test]
fn the_name_or_the_id_of_a_call_may_come_with_its_second_piece() {
    let first = |piece: Value| call(piece);
    let late_name = [
        first(json!({ "index": 0, "id": "c", "function": { "arguments": "{\"a\": " } })),
        first(json!({ "index": 0, "id": "c", "function": { "name": "", "arguments": "{\"a\": " } })),
    ];
    for first in late_name {
        let second = call(json!({ "index": 0, "function": { "name": "bash", "arguments": "1}" } }));
        assert_eq!(calls(&answer(&[first, second, finish("tool_calls")])), [("c", "bash", "{\"a\": 1}")]);
    }
    let chunks = [
        call(json!({ "index": 0, "function": { "name": "bash", "arguments": "" } })),
        call(json!({ "index": 0, "id": "c", "function": { "arguments": "{" } })),
        call(json!({ "index": 0, "function": { "arguments": "}" } })),
        call(json!({ "index": 1, "id": "d" })),
        call(json!({ "index": 1, "function": { "name": "ls" } })),
        finish("tool_calls"),
    ];
    assert_eq!(calls(&answer(&chunks)), [("c", "bash", "{}"), ("d", "ls", "")]);
}

#[test]
fn calls_without_ids_that_share_an_index_are_told_apart_by_their_names() {
    let piece = |name: &str, arguments: &str| {
        call(json!({ "index": 0, "id": "", "function": { "name": name, "arguments": arguments } }))
    };
    let response = answer(&[piece("f", "{\"a\""), piece("", ":1}"), piece("g", "{}"), finish("tool_calls")]);
    assert_eq!(calls(&response), [("call_0", "f", "{\"a\":1}"), ("call_1", "g", "{}")]);
}

#[test]
fn usage_may_be_in_the_choice() {
    let mut last = finish("stop");
    last["choices"][0]["usage"] = json!({ "prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 4 });
    let usage = answer(&[delta(json!({ "content": "a" })), last]).usage;
    assert_eq!(usage, Usage { input: 10, cached_input: 4, output: 5, ..Usage::default() });
}

#[test]
fn more_cached_tokens_than_tokens_are_beside_them() {
    let tail = json!({ "choices": [], "usage": { "prompt_tokens": 10, "prompt_tokens_details": { "cached_tokens": 50 } } });
    let usage = answer(&[delta(json!({ "content": "a" })), finish("stop"), tail]).usage;
    assert_eq!(usage, Usage { input: 60, cached_input: 50, ..Usage::default() });
}

#[test]
fn an_error_may_be_in_the_choice_in_groqs_field_or_in_a_status_of_minimax() {
    let mut router = delta(json!({ "content": "" }));
    router["choices"][0]["error"] = json!({ "code": 502, "message": "upstream idle" });
    for reason in [json!("error"), Value::Null] {
        router["choices"][0]["finish_reason"] = reason;
        let error = fails(&[router.clone()]);
        assert_eq!((error.kind, error.status()), (LlmErrorKind::Overloaded, Some(502)));
        assert_eq!(error.message, "upstream idle");
    }
    let mut groq = delta(json!({}));
    groq["x_groq"] = json!({ "id": "r", "error": "over_capacity" });
    assert_eq!(fails(&[groq]).message, "over_capacity");
    let minimax = |code: u64| json!({ "id": "x", "choices": [], "base_resp": { "status_code": code, "status_msg": "m" } });
    assert_eq!(fails(&[minimax(1002)]).kind, LlmErrorKind::RateLimited);
    assert_eq!(answer(&[delta(json!({ "content": "a" })), minimax(0)]).text(), "a");
    assert_eq!(fails(&[finish("network_error")]).kind, LlmErrorKind::Malformed);
}

#[test]
fn an_error_that_is_empty_is_none_and_neither_are_pings() {
    for error in [json!(null), json!(""), json!({}), json!(false), json!([])] {
        let mut chunk = delta(json!({ "content": "a" }));
        chunk["error"] = error;
        chunk["choices"][0]["error"] = json!({});
        assert_eq!(answer(&[chunk, finish("stop")]).text(), "a");
    }
    let pings = "event: ping\ndata: {\"type\": \"ping\"}\n\ndata: {}\n\n";
    let stream = format!("{pings}{}", stream(&[delta(json!({ "content": "a" })), finish("stop")], DONE));
    assert_eq!(read(&WIRE, [stream.as_bytes()]).unwrap().text(), "a");
}

#[test]
fn a_stream_that_is_done_before_it_began_is_no_answer() {
    assert_eq!(fails(&[]).kind, LlmErrorKind::Truncated);
    assert_eq!(answer(&[json!({ "id": "1", "choices": [{ "delta": {} }] })]).finish, FinishReason::Stop);
}

#[test]
fn half_a_character_is_replaced_and_the_rest_goes_on() {
    let chunk =
        |text: &str| format!(r#"data: {{"id":"1","choices":[{{"delta":{{"content":"{text}"}}}}]}}"#) + "\n\n";
    let whole = chunk("a") + &chunk("b\\ud83d") + &chunk("\\ude00c") + DONE;
    for sizes in SPLITS {
        let response = read(&WIRE, split(whole.as_bytes(), sizes)).unwrap();
        assert_eq!(response.text(), "ab\u{fffd}\u{fffd}c");
    }
}

#[test]
fn a_page_where_a_stream_should_be_is_shown() {
    for page in ["no healthy upstream", "<html><body>Sign in, please</body></html>\n"] {
        for sizes in SPLITS {
            let error = read(&WIRE, split(page.as_bytes(), sizes)).unwrap_err();
            assert_eq!(error.kind, LlmErrorKind::Malformed);
            assert!(
                error.message.contains("no healthy upstream") || error.message.contains("Sign in"),
                "{error}"
            );
        }
    }
    assert_eq!(read(&WIRE, [b": alive\n".as_slice(), b"dat"]).unwrap_err().kind, LlmErrorKind::Truncated);
}
