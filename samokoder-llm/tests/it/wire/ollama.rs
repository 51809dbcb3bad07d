//! Ollama's own protocol.

use proptest::prelude::*;
use samokoder_core::llm::{
    ChatRequest, ChatResponse, Echo, FinishReason, ImageSource, LlmErrorKind, Message, ModelCapabilities,
    ModelRole, Part, ReasoningEffort, ResponseFormat, Tool, ToolCall, ToolChoice, Usage,
};
use samokoder_llm::{ollama::OllamaWire, wire::Wire as _};
use serde_json::{Value, json};

use super::protocol::*;

const WIRE: OllamaWire = OllamaWire::new();

fn answer(lines: &[Value]) -> ChatResponse {
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    streamed(&WIRE, lines.join("\n").as_bytes()).unwrap()
}

fn piece(message: &Value) -> Value {
    json!({"model": "qwen3:8b", "created_at": "2026-10-01T10:00:00Z", "message": message, "done": false})
}

fn done(reason: &str) -> Value {
    json!({"model": "qwen3:8b", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": reason})
}

fn call(id: &str, arguments: &str) -> Part {
    let (id, name) = (id.into(), "add".into());
    Part::ToolCall(ToolCall { id, name, arguments: arguments.into(), echo: None })
}

fn thoughts(text: &str) -> Part {
    Part::Reasoning { text: text.into(), echo: Some(Echo::new("ollama", json!({}))) }
}

fn user(text: &str) -> Message {
    Message::new(ModelRole::User, text)
}

fn to_qwen(messages: Vec<Message>) -> ChatRequest {
    request("ollama:qwen3:8b", messages)
}

fn refusal(request: &ChatRequest) -> String {
    let error = encoded_for(&WIRE, request, &ModelCapabilities::default()).unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::BadRequest);
    error.message
}

#[test]
fn lines_become_thoughts_text_and_counts() {
    let response = answer(&[
        piece(&json!({"role": "assistant", "content": "", "thinking": "Let me "})),
        piece(&json!({"role": "assistant", "content": "", "thinking": "see."})),
        piece(&json!({"role": "assistant", "content": "4"})),
        piece(&json!({"role": "assistant", "content": "2"})),
        json!({
            "model": "qwen3:8b", "created_at": "2026-10-01T10:00:00Z", "message": {"role": "assistant", "content": ""},
            "done": true, "done_reason": "stop", "total_duration": 5_000_000, "prompt_eval_count": 26, "eval_count": 298,
        }),
    ]);
    assert_eq!(response.model.as_deref(), Some("qwen3:8b"));
    assert_eq!(response.parts, [thoughts("Let me see."), Part::text("42")]);
    assert_eq!(response.usage, Usage { input: 26, output: 298, ..Usage::default() });
    assert_eq!(response.finish, FinishReason::Stop);
    assert_eq!(Value::Object(response.extra), json!({"total_duration": 5_000_000}));
}

#[test]
fn calls_come_whole_and_get_an_id_where_they_have_none() {
    let calls = json!([
        {"function": {"name": "add", "arguments": {"b": 2.50, "a": [1]}}},
        {"id": "call_x", "function": {"index": 1, "name": "add", "arguments": {}}},
        {"function": {"name": "add"}},
        {"function": {"name": "add", "arguments": "{\"a\": 1}"}},
    ]);
    let response = answer(&[piece(&json!({"content": "", "tool_calls": calls})), done("stop")]);
    let expected = [
        call("call_0", r#"{"a":[1],"b":2.5}"#),
        call("call_x", "{}"),
        call("call_2", "{}"),
        call("call_3", "{\"a\": 1}"),
    ];
    assert_eq!(response.parts, expected);
    assert_eq!(response.finish, FinishReason::ToolCalls);
}

#[test]
fn arguments_keep_the_order_in_which_the_model_wrote_them() {
    let line = r#"{"message":{"tool_calls":[{"function":{"name":"add","arguments":{"b":2.50,"a":1}}}]},"done":true}"#;
    assert_eq!(streamed(&WIRE, line.as_bytes()).unwrap().parts, [call("call_0", r#"{"b":2.50,"a":1}"#)]);
}

#[test]
fn every_done_reason_has_its_finish() {
    for (reason, finish) in [
        ("stop", FinishReason::Stop),
        ("", FinishReason::Stop),
        ("length", FinishReason::Length),
        ("load", FinishReason::Other("load".into())),
        ("unload", FinishReason::Other("unload".into())),
    ] {
        assert_eq!(answer(&[done(reason)]).finish, finish, "{reason}");
    }
    assert_eq!(answer(&[json!({"done": true})]).finish, FinishReason::Stop);
}

#[test]
fn an_error_in_a_line_is_the_outcome() {
    let stream =
        format!("{}\n{}\n", piece(&json!({"content": "Hi"})), json!({"error": "model runner has stopped"}));
    let error = streamed(&WIRE, stream.as_bytes()).unwrap_err();
    assert_eq!(error.message, "model runner has stopped");
    assert_eq!(whole(&WIRE, b"{\"error\": \"no\"}").unwrap_err().message, "no");
    assert_eq!(answer(&[json!({"error": null, "done": true})]).finish, FinishReason::Stop);
}

#[test]
fn a_stream_that_is_said_to_be_one_document_is_read_line_by_line() {
    let lines = [piece(&json!({"content": "Hi"})), piece(&json!({"content": "!"})), done("stop")];
    let lines: Vec<_> = lines.iter().map(Value::to_string).collect();
    assert_eq!(whole(&WIRE, lines.join("\n").as_bytes()).unwrap().text(), "Hi!");
    assert_eq!(whole(&WIRE, lines[..2].join("\n").as_bytes()).unwrap_err().kind, LlmErrorKind::Truncated);
    let pretty = serde_json::to_string_pretty(&done("length")).unwrap();
    assert_eq!(whole(&WIRE, pretty.as_bytes()).unwrap().finish, FinishReason::Length);
}

#[test]
fn a_stream_without_a_line_that_is_done_is_truncated() {
    let stream = piece(&json!({"content": "Hi"})).to_string();
    for stream in [stream.as_bytes(), b"", b"{\"message\": {\"content\": \"H"] {
        assert_eq!(streamed(&WIRE, stream).unwrap_err().kind, LlmErrorKind::Truncated);
    }
    let error = streamed(&WIRE, b"<html>\n").unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::Malformed);
}

#[test]
fn unknown_fields_and_nulls_are_tolerated() {
    let message = json!({"role": null, "content": null, "thinking": null, "tool_calls": null, "new": {}});
    let response =
        answer(&[json!({"model": null, "message": message, "done": null, "new": [1]}), done("stop")]);
    assert_eq!((response.parts, response.model), (vec![], None));
}

#[test]
fn a_whole_body_is_one_line_however_it_is_broken() {
    let body = json!({
        "model": "qwen3:8b", "message": {"role": "assistant", "thinking": "Hm.", "content": "42"},
        "done": true, "done_reason": "stop", "prompt_eval_count": 1, "eval_count": 2,
    });
    let response = whole(&WIRE, format!("{body:#}").as_bytes()).unwrap();
    assert_eq!(response.parts, [thoughts("Hm."), Part::text("42")]);
    assert_eq!(whole(&WIRE, b"{\"done\": false}").unwrap_err().kind, LlmErrorKind::Malformed);
}

#[test]
fn a_request_says_model_conversation_and_options() {
    let mut request = to_qwen(vec![Message::new(ModelRole::System, "Be brief."), user("Hi")]).max_output(100);
    request.temperature = Some(0.2);
    request.stop = vec!["END".into()];
    let options = json!({"temperature": 1, "num_ctx": 32_768});
    request.extra = json!({"options": options, "keep_alive": "10m"}).as_object().unwrap().clone();
    let encoded = WIRE.encode(&request, &ModelCapabilities::default()).unwrap();
    assert_eq!((&*encoded.path, encoded.headers), ("/api/chat", vec![]));
    assert_eq!(
        serde_json::from_slice::<Value>(&encoded.body).unwrap(),
        json!({
            "model": "qwen3:8b",
            "stream": true,
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
            "options": {"num_predict": 100, "temperature": 0.2, "stop": ["END"], "num_ctx": 32_768},
            "keep_alive": "10m",
        })
    );
}

#[test]
fn calls_results_and_own_thoughts_go_back() {
    let foreign = Part::Reasoning { text: "Ha.".into(), echo: Some(Echo::new("anthropic", json!({}))) };
    let result =
        Part::ToolResult { id: "call_0".into(), name: "add".into(), content: "3".into(), is_error: false };
    let said = vec![thoughts("Hm."), foreign, Part::text("Adding."), call("call_0", r#"{"a":1}"#)];
    let messages = vec![
        user("Add."),
        Message::of(ModelRole::Assistant, said),
        Message::of(ModelRole::User, vec![result, Part::text("And?")]),
    ];
    let function = json!({"name": "add", "arguments": {"a": 1}});
    assert_eq!(
        encoded(&WIRE, &to_qwen(messages))["messages"],
        json!([
            {"role": "user", "content": "Add."},
            {"role": "assistant", "content": "Adding.", "thinking": "Hm.",
             "tool_calls": [{"id": "call_0", "function": function}]},
            {"role": "tool", "tool_name": "add", "tool_call_id": "call_0", "content": "3"},
            {"role": "user", "content": "And?"},
        ])
    );
}

#[test]
fn pictures_go_as_bytes_and_never_as_addresses() {
    let picture = |source| to_qwen(vec![Message::of(ModelRole::User, vec![Part::Image { source }])]);
    let here = ImageSource::Base64 { media_type: "image/png".into(), data: "aGk=".into() };
    let messages = json!([{"role": "user", "content": "", "images": ["aGk="]}]);
    assert_eq!(encoded(&WIRE, &picture(here))["messages"], messages);
    let there = picture(ImageSource::Url("https://example.org/a.png".into()));
    assert_eq!(
        refusal(&there),
        "Ollama fetches no pictures: give the picture's bytes instead of its address"
    );
}

#[test]
fn what_ollama_can_not_do_is_refused() {
    let mut forced = to_qwen(vec![user("Hi")]);
    forced.tool_choice = ToolChoice::Required;
    assert!(refusal(&forced).contains("tool choice `auto`"));
    let cut_off = to_qwen(vec![Message::of(ModelRole::Assistant, vec![call("call_0", "{\"a\"")])]);
    assert!(refusal(&cut_off).contains("leave the call out"));
}

#[test]
fn tools_are_said_unless_none_may_be_called() {
    let mut request = to_qwen(vec![user("Hi")]).tools([Tool::new("add", "Adds.", json!({"type": "object"}))]);
    let function = json!({"name": "add", "description": "Adds.", "parameters": {"type": "object"}});
    assert_eq!(encoded(&WIRE, &request)["tools"], json!([{"type": "function", "function": function}]));
    request.tool_choice = ToolChoice::None;
    assert_eq!(encoded(&WIRE, &request).get("tools"), None);
}

#[test]
fn a_schema_is_the_format_where_the_model_can_be_held_to_it() {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}});
    let mut request = to_qwen(vec![user("Hi")]);
    request.response_format = ResponseFormat::JsonSchema { name: "n".into(), schema: schema.clone() };
    let mut model = ModelCapabilities::default();
    assert_eq!(encoded_for(&WIRE, &request, &model).unwrap().get("format"), None);
    model.json_schema = true;
    assert_eq!(encoded_for(&WIRE, &request, &model).unwrap()["format"], schema);
}

#[test]
fn thinking_is_on_or_off_and_has_levels_for_gpt_oss() {
    let think = |model: &str, effort| {
        let mut request = request(model, vec![user("Hi")]);
        request.reasoning = Some(effort);
        encoded(&WIRE, &request)["think"].clone()
    };
    assert_eq!(think("ollama:qwen3:8b", ReasoningEffort::None), json!(false));
    assert_eq!(think("ollama:qwen3:8b", ReasoningEffort::Low), json!(true));
    assert_eq!(think("ollama:gpt-oss:20b", ReasoningEffort::None), json!("low"));
    assert_eq!(think("ollama:gpt-oss:20b", ReasoningEffort::Max), json!("high"));
}

const PIECES: &[&str] = &[
    "{\"model\":\"m\",\"message\":{\"content\":\"é\"},\"done\":false}\n",
    "{\"message\":{\"thinking\":\"t\"}}\r\n",
    "{\"message\":{\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":{}}}]}}\n",
    "{\"done\":true,\"done_reason\":\"stop\",\"eval_count\":1}\n",
    "{\"error\":\"no\"}\n",
    "\n",
];

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in any_bytes(PIECES), places in any_places()) {
        check_any_bytes(&WIRE, &bytes, &places)?;
    }
}
