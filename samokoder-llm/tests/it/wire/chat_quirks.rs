//! What servers that speak Chat Completions do differently, each of them seen.

use samokoder_core::llm::{
    ChatRequest, ChatResponse, FinishReason, LlmErrorKind, Message, ModelCapabilities, ModelRole, Money,
    Part, Tool, ToolCall, ToolChoice, Usage,
};
use samokoder_llm::{
    openai::chat::{ChatWire, Dialect},
    wire::Wire as _,
};
use serde_json::{Value, json};

use super::{SPLITS, read, read_whole};

pub(super) const WIRE: ChatWire = ChatWire { dialect: Dialect::COMPATIBLE };

pub(super) fn stream(chunks: &[Value], last: &str) -> String {
    let lines: Vec<_> = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    lines.concat() + last
}

pub(super) const DONE: &str = "data: [DONE]\n\n";

pub(super) fn answer(chunks: &[Value]) -> ChatResponse {
    read(&WIRE, [stream(chunks, DONE).as_bytes()]).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
pub(super) fn delta(delta: Value) -> Value {
    json!({ "id": "1", "choices": [{ "index": 0, "delta": delta, "finish_reason": null }] })
}

pub(super) fn finish(reason: &str) -> Value {
    json!({ "id": "1", "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

#[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
pub(super) fn call(call: Value) -> Value {
    delta(json!({ "tool_calls": [call] }))
}

pub(super) fn calls(response: &ChatResponse) -> Vec<(&str, &str, &str)> {
    response.tool_calls().map(|call| (&*call.id, &*call.name, &*call.arguments)).collect()
}

#[test]
fn usage_may_come_after_the_finish() {
    let tail = json!({ "id": "1", "choices": [], "usage": { "prompt_tokens": 5, "completion_tokens": 2 } });
    let response = answer(&[delta(json!({ "content": "a" })), finish("stop"), tail]);
    assert_eq!(response.usage, Usage { input: 5, output: 2, ..Usage::default() });
}

#[test]
fn usage_that_is_repeated_counts_once() {
    let usage = json!({ "prompt_tokens": 5, "completion_tokens": 2 });
    let mut last = finish("stop");
    last["usage"] = usage.clone();
    last["x_groq"] = json!({ "usage": usage });
    let tail = json!({ "id": "1", "choices": [], "usage": usage });
    assert_eq!(answer(&[delta(json!({ "content": "a" })), last, tail]).usage.total(), 7);
}

#[test]
fn a_finish_may_be_repeated_and_usage_missing() {
    let response = answer(&[delta(json!({ "content": "a" })), finish("stop"), finish("stop")]);
    assert_eq!((response.text().as_str(), response.finish), ("a", FinishReason::Stop));
}

#[test]
fn one_chunk_may_bring_thoughts_text_and_a_call() {
    let response = answer(&[
        delta(json!({
            "reasoning": "hm", "content": "a",
            "tool_calls": [{ "index": 0, "id": "c", "function": { "name": "f", "arguments": "{}" } }],
        })),
        finish("tool_calls"),
    ]);
    assert_eq!((response.text().as_str(), calls(&response)), ("a", vec![("c", "f", "{}")]));
    assert!(matches!(&response.parts[0], Part::Reasoning { text, .. } if text == "hm"));
}

#[test]
fn a_call_that_the_limit_cut_off_keeps_its_text() {
    let begun = call(json!({ "index": 0, "id": "c", "function": { "name": "f", "arguments": "{\"x\":4" } }));
    let response = answer(&[begun, finish("length")]);
    assert_eq!(
        (calls(&response), response.finish.clone()),
        (vec![("c", "f", "{\"x\":4")], FinishReason::Length)
    );
    assert!(response.tool_calls().next().unwrap().parsed().is_err());
}

#[test]
fn pieces_of_parallel_calls_may_be_mixed() {
    let begin = |index, id: &str| {
        call(json!({ "index": index, "id": id, "function": { "name": "f", "arguments": "" } }))
    };
    let more = |index, json: &str| call(json!({ "index": index, "function": { "arguments": json } }));
    let response = answer(&[
        begin(0, "a"),
        begin(1, "b"),
        more(0, "{\"n\""),
        more(1, "{}"),
        more(0, ":1}"),
        finish("tool_calls"),
    ]);
    assert_eq!(calls(&response), [("a", "f", "{\"n\":1}"), ("b", "f", "{}")]);
}

#[test]
fn calls_that_all_have_the_index_zero_are_told_apart_by_their_ids() {
    let whole =
        |id: &str| call(json!({ "index": 0, "id": id, "function": { "name": "f", "arguments": "{}" } }));
    assert_eq!(
        calls(&answer(&[whole("a"), whole("b"), finish("stop")])),
        [("a", "f", "{}"), ("b", "f", "{}")]
    );
}

#[test]
fn calls_without_ids_get_one_and_arguments_may_be_json_itself() {
    let whole = json!({ "function": { "name": "f", "arguments": { "n": 1 } } });
    let response = answer(&[delta(json!({ "tool_calls": [whole, whole] })), finish("tool_calls")]);
    assert_eq!(calls(&response), [("call_0", "f", "{\"n\":1}"), ("call_1", "f", "{\"n\":1}")]);
}

#[test]
fn every_field_may_be_missing_or_null_and_others_may_come() {
    let response = answer(&[
        json!({ "choices": [{ "delta": { "content": "a", "role": null, "audio": {} }, "finish_reason": "" }], "new": 1 }),
        json!({ "id": null, "choices": null, "usage": {} }),
        json!({ "choices": [{ "index": null, "delta": null, "finish_reason": "stop", "logprobs": null }] }),
    ]);
    assert_eq!((response.text().as_str(), response.finish), ("a", FinishReason::Stop));
}

#[test]
fn a_finish_that_is_not_known_is_shown_as_it_is() {
    assert_eq!(answer(&[finish("galaxy_limit")]).finish, FinishReason::Other("galaxy_limit".into()));
    for (word, reason) in [
        ("eos", FinishReason::Stop),
        ("STOP", FinishReason::Stop),
        ("model_length", FinishReason::Length),
        ("max_tokens", FinishReason::Length),
        ("tool_use", FinishReason::ToolCalls),
    ] {
        assert_eq!(answer(&[finish(word)]).finish, reason, "{word}");
    }
}

#[test]
fn a_stream_may_end_without_a_done_if_it_said_why_it_ended() {
    let whole = stream(&[delta(json!({ "content": "a" })), finish("stop")], "");
    assert_eq!(read(&WIRE, [whole.as_bytes()]).unwrap().finish, FinishReason::Stop);
    let cut = stream(&[delta(json!({ "content": "a" }))], "data: {\"choi");
    assert_eq!(read(&WIRE, [cut.as_bytes()]).unwrap_err().kind, LlmErrorKind::Truncated);
}

#[test]
fn signs_of_life_are_no_content() {
    let stream = stream(&[delta(json!({ "content": "a" })), finish("stop")], DONE);
    let stream = format!(": OPENROUTER PROCESSING\n\n: keep-alive\n\n{stream}");
    assert_eq!(read(&WIRE, [stream.as_bytes()]).unwrap().text(), "a");
}

#[test]
fn an_error_within_a_stream_is_an_error_with_its_own_status() {
    let groq = "event: error\ndata: {\"error\":{\"message\":\"bad call\",\"type\":\"invalid_request_error\",\
                \"code\":\"tool_use_failed\",\"failed_generation\":\"\",\"status_code\":400}}\n\n";
    let error = read(&WIRE, [groq.as_bytes()]).unwrap_err();
    assert_eq!(
        (error.kind, error.code(), error.status()),
        (LlmErrorKind::BadRequest, Some("tool_use_failed"), Some(400))
    );
    let router = json!({
        "id": "1", "error": { "code": 502, "message": "Provider disconnected" },
        "choices": [{ "index": 0, "delta": { "content": "" }, "finish_reason": "error" }],
    });
    let stream = stream(&[delta(json!({ "content": "a" })), router], "");
    let error = read(&WIRE, [stream.as_bytes()]).unwrap_err();
    assert_eq!((error.kind, error.status()), (LlmErrorKind::Overloaded, Some(502)));
}

#[test]
fn an_error_in_a_body_with_status_200_is_an_error() {
    let body = br#"{"error":{"code":429,"message":"Provider returned error","metadata":{"raw":"slow down"}},"user_id":"u"}"#;
    let error = read_whole(&WIRE, body).unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::RateLimited);
    assert!(error.message.contains("slow down"), "{error}");
}

#[test]
fn reasoning_counted_beside_the_answer_is_counted_with_it() {
    let tail = json!({ "choices": [], "usage": {
        "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 35,
        "completion_tokens_details": { "reasoning_tokens": 20 }, "cost_in_usd_ticks": 50_000_000,
    } });
    let response = answer(&[finish("stop"), tail]);
    assert_eq!((response.usage.output, response.usage.reasoning), (25, 20));
    assert_eq!(response.cost.unwrap().to_string(), "$0.0050");
    assert_eq!(response.extra["usage"]["cost_in_usd_ticks"], 50_000_000);
}

#[test]
fn every_spelling_of_cached_written_and_reasoned_tokens_and_of_the_cost_is_read() {
    let of = |said: Value| {
        let mut usage = json!({ "prompt_tokens": 10.0, "completion_tokens": 5, "total_tokens": 15 });
        usage.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
        answer(&[finish("stop"), json!({ "id": "1", "choices": [], "usage": usage })])
    };
    let plain = Usage { input: 10, output: 5, ..Usage::default() };
    let cached = Usage { cached_input: 4, ..plain };
    for (said, usage) in [
        (json!({ "prompt_tokens_details": { "cached_tokens": 4 } }), cached),
        (json!({ "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 6 }), cached),
        (json!({ "cached_tokens": 4, "prompt_tokens_details": null }), cached),
        (json!({ "prompt_tokens_details": { "cached_tokens": -1 } }), plain),
        (json!({ "prompt_tokens_details": { "cache_write_tokens": 3 } }), Usage { cache_write: 3, ..plain }),
        (json!({ "cache_creation_input_tokens": 3 }), Usage { cache_write: 3, ..plain }),
        (json!({ "completion_tokens_details": { "reasoning_tokens": 2 } }), Usage { reasoning: 2, ..plain }),
        (json!({ "reasoning_tokens": 2 }), Usage { reasoning: 2, ..plain }),
    ] {
        assert_eq!(of(said.clone()).usage, usage, "{said}");
    }
    for cost in [json!(0.25), json!({ "input_tokens_cost": 0.05, "total_cost": 0.25 })] {
        assert_eq!(of(json!({ "cost": cost })).cost, Some(Money::from_dollars(0.25)), "{cost}");
    }
}

#[test]
fn a_piece_counts_and_not_the_answer_so_far_that_is_repeated_beside_it() {
    let chunk = |piece: &str, so_far: &str, reason: Value| {
        json!({ "id": "1", "choices": [{
            "index": 0, "finish_reason": reason,
            "message": { "role": "assistant", "content": so_far },
            "delta": { "role": "assistant", "content": piece },
        }] })
    };
    let chunks =
        [chunk("a", "a", Value::Null), chunk("b", "ab", Value::Null), chunk("", "ab", json!("stop"))];
    assert_eq!(answer(&chunks).text(), "ab");
    let whole = read_whole(&WIRE, chunk("", "ab", json!("stop")).to_string().as_bytes());
    assert_eq!(whole.unwrap().text(), "ab");
}

#[test]
fn thoughts_may_come_under_two_names_one_of_them_empty_or_both_alike() {
    for thought in [
        json!({ "reasoning": "", "reasoning_content": "hm" }),
        json!({ "reasoning": "hm", "reasoning_content": "" }),
        json!({ "reasoning": "hm", "reasoning_content": "hm" }),
        json!({ "reasoning": null, "reasoning_content": "hm", "reasoning_details": [] }),
    ] {
        let response = answer(&[delta(thought.clone()), delta(thought.clone()), finish("stop")]);
        assert!(matches!(&response.parts[0], Part::Reasoning { text, .. } if text == "hmhm"), "{thought}");
    }
}

#[test]
fn an_answer_may_begin_with_a_chunk_about_the_prompt_that_has_no_id_yet() {
    let first = json!({
        "id": "", "model": "", "object": "", "created": 0, "choices": [],
        "prompt_filter_results": [{ "prompt_index": 0, "content_filter_results": {} }],
    });
    let mut text = delta(json!({ "content": "a" }));
    text["model"] = json!("m");
    let filtered =
        json!({ "id": "", "choices": [{ "index": 0, "finish_reason": null, "content_filter_offsets": {} }] });
    let response = answer(&[first, text, filtered, finish("stop")]);
    assert_eq!((response.id.as_deref(), response.model.as_deref()), (Some("1"), Some("m")));
    assert_eq!(response.text(), "a");
}

#[test]
fn what_a_text_is_taken_from_and_pictures_are_kept_beside_it() {
    let (one, two) = (json!({ "type": "url_citation", "n": 1 }), json!({ "type": "url_citation", "n": 2 }));
    let response = answer(&[
        delta(json!({ "content": "a", "annotations": [one] })),
        delta(json!({ "content": "b", "annotations": [two], "images": [{ "type": "image_url" }] })),
        finish("stop"),
    ]);
    assert_eq!(response.text(), "ab");
    assert_eq!(response.extra["annotations"], json!([one, two]));
    assert_eq!(response.extra["images"], json!([{ "type": "image_url" }]));
}

#[test]
fn json_where_events_should_be_is_a_whole_answer_or_an_error() {
    let body =
        "\n{\"id\":\"1\",\n \"choices\":[{\"message\":{\"content\":\"a\"},\n\n\"finish_reason\":\"stop\"}]}";
    for split in SPLITS {
        assert_eq!(read(&WIRE, super::split(body.as_bytes(), split)).unwrap().text(), "a");
    }
    let error =
        read(&WIRE, [br#"{"error":{"code":"insufficient_quota","message":"m"}}"#.as_slice()]).unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::QuotaExhausted);
}

#[test]
fn a_refusal_is_told_from_an_answer() {
    let response = answer(&[
        delta(json!({ "refusal": "I can't " })),
        delta(json!({ "refusal": "do that" })),
        finish("stop"),
    ]);
    assert_eq!(response.finish, FinishReason::Refusal);
    assert_eq!(response.parts, [Part::Refusal { text: "I can't do that".into() }]);
}

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new("compatible:m".parse().unwrap(), messages)
}

fn written(dialect: Dialect, request: &ChatRequest) -> Value {
    let encoded = ChatWire { dialect }.encode(request, &ModelCapabilities::default()).unwrap();
    serde_json::from_slice(&encoded.body).unwrap()
}

#[test]
fn openrouters_reasoning_is_given_back_as_it_came_and_to_nobody_else() {
    let wire = ChatWire { dialect: Dialect::OPENROUTER };
    let block = |text: &str, signature: Value| {
        json!({
            "reasoning": text,
            "reasoning_details": [{ "type": "reasoning.text", "text": text, "format": "a-v1", "index": 0, "signature": signature }],
        })
    };
    let chunks = [
        delta(block("hm", Value::Null)),
        delta(block("m", json!("sig"))),
        delta(json!({ "content": "a" })),
        finish("stop"),
    ];
    let response = read(&wire, [stream(&chunks, DONE).as_bytes()]).unwrap();
    let request = request(vec![response.into_message()]);
    let expected = json!([{ "type": "reasoning.text", "text": "hmm", "format": "a-v1", "index": 0, "signature": "sig" }]);
    assert_eq!(written(Dialect::OPENROUTER, &request)["messages"][0]["reasoning_details"], expected);
    assert_eq!(
        written(Dialect::OPENAI, &request)["messages"][0],
        json!({ "role": "assistant", "content": "a" })
    );
}

#[test]
fn thoughts_are_given_back_where_a_model_needs_them_for_its_calls() {
    let chunks = [
        delta(json!({ "reasoning_content": "hm" })),
        call(json!({ "index": 0, "id": "c", "function": { "name": "f", "arguments": "{}" } })),
        finish("tool_calls"),
    ];
    let turn = &written(Dialect::COMPATIBLE, &request(vec![answer(&chunks).into_message()]))["messages"][0];
    assert_eq!(turn["reasoning_content"], "hm");
    assert_eq!(turn["tool_calls"][0]["function"]["name"], "f");
}

#[test]
fn results_of_tools_are_turns_of_their_own() {
    let call = ToolCall { id: "c".into(), name: "f".into(), arguments: "{}".into(), echo: None };
    let result = Part::ToolResult { id: "c".into(), name: "f".into(), content: "4".into(), is_error: false };
    let body = written(
        Dialect::COMPATIBLE,
        &request(vec![
            Message::of(ModelRole::Assistant, vec![Part::ToolCall(call)]),
            Message::of(ModelRole::User, vec![result, Part::text("and now?")]),
        ]),
    );
    assert_eq!(body["messages"][1], json!({ "role": "tool", "tool_call_id": "c", "content": "4" }));
    assert_eq!(body["messages"][2], json!({ "role": "user", "content": "and now?" }));
}

#[test]
fn what_is_typed_is_never_overwritten_by_what_is_extra() {
    let tool = Tool::new("f", "", json!({ "type": "object", "properties": { "b": {}, "a": {} } }));
    let mut request = request(vec![Message::new(ModelRole::User, "hi")]).tools([tool]).max_output(7);
    request.temperature = Some(0.7);
    request.tool_choice = ToolChoice::Tool("f".into());
    request.extra = json!({ "tools": [], "seed": 1, "max_tokens": 1 }).as_object().unwrap().clone();
    let body = written(Dialect::COMPATIBLE, &request);
    assert_eq!(body["tools"][0]["function"]["name"], "f");
    assert_eq!(body["tool_choice"], "required");
    assert_eq!(
        (&body["max_tokens"], &body["seed"], &body["temperature"]),
        (&json!(7), &json!(1), &json!(0.7))
    );
    assert!(body["tools"][0]["function"].get("strict").is_none(), "servers refuse what they don't know");
}

#[test]
fn a_tool_that_must_be_called_is_named_or_where_names_are_not_understood_the_only_one_offered() {
    let tools = ["f", "g"].map(|name| Tool::new(name, "", json!({ "type": "object" })));
    let mut request = request(vec![Message::new(ModelRole::User, "hi")]).tools(tools);
    request.tool_choice = ToolChoice::Tool("g".into());
    let names = |body: &Value| {
        let tools = body["tools"].as_array().unwrap().iter();
        tools.map(|tool| tool["function"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for dialect in [Dialect::OPENAI, Dialect::GROQ, Dialect::OPENROUTER] {
        let body = written(dialect, &request);
        assert_eq!(body["tool_choice"], json!({ "type": "function", "function": { "name": "g" } }));
        assert_eq!(names(&body), ["f", "g"]);
    }
    let body = written(Dialect::COMPATIBLE, &request);
    assert_eq!((&body["tool_choice"], names(&body)), (&json!("required"), vec!["g".to_owned()]));
}

#[test]
fn openais_own_dialect_limits_reasoning_models_too_and_asks_for_no_padding() {
    let body = written(Dialect::OPENAI, &request(vec![Message::new(ModelRole::User, "hi")]).max_output(7));
    assert_eq!(body["max_completion_tokens"], 7);
    assert_eq!(body["stream_options"], json!({ "include_usage": true, "include_obfuscation": false }));
}

#[test]
fn the_same_request_is_written_in_the_same_bytes() {
    let tool = |order: &str| Tool::new("f", "", serde_json::from_str(order).unwrap());
    let bytes = |schema| {
        let request = request(vec![Message::new(ModelRole::User, "hi")]).tools([tool(schema)]);
        WIRE.encode(&request, &ModelCapabilities::default()).unwrap().body
    };
    assert_eq!(bytes(r#"{"b":1,"a":2}"#), bytes(r#"{"a":2,"b":1}"#));
}
