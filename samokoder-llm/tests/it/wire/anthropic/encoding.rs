//! What a request becomes.

use samokoder_core::llm::{
    CacheMark, ChatRequest, Echo, ImageSource, LlmErrorKind, Message, ModelCapabilities, ModelRole, Part,
    ReasoningEffort, ResponseFormat, Tool, ToolCall, ToolChoice,
};
use samokoder_llm::wire::Wire as _;
use serde_json::{Value, json};

use super::{super::protocol::*, *};

fn user(text: &str) -> Message {
    Message::new(ModelRole::User, text)
}

fn assistant(parts: Vec<Part>) -> Message {
    Message::of(ModelRole::Assistant, parts)
}

fn to_sonnet(messages: Vec<Message>) -> ChatRequest {
    request("anthropic:claude-sonnet-5-5", messages)
}

fn hello() -> ChatRequest {
    to_sonnet(vec![user("Hello!")])
}

fn call(id: &str, arguments: &str) -> Part {
    let (id, name) = (id.into(), "add".into());
    Part::ToolCall(ToolCall { id, name, arguments: arguments.into(), echo: None })
}

fn result(id: &str, is_error: bool) -> Part {
    Part::ToolResult { id: id.into(), name: "add".into(), content: "3".into(), is_error }
}

fn contents(messages: Vec<Message>) -> Value {
    encoded(&WIRE, &to_sonnet(messages))["messages"].clone()
}

#[test]
fn a_request_says_model_limit_and_conversation() {
    let sent = WIRE.encode(&hello(), &ModelCapabilities::default()).unwrap();
    assert_eq!(sent.path, "/v1/messages");
    assert_eq!(sent.headers, [("anthropic-version", "2023-06-01".to_owned())]);
    assert_eq!(
        serde_json::from_slice::<Value>(&sent.body).unwrap(),
        json!({
            "model": "claude-sonnet-5-5",
            "max_tokens": 16_384,
            "stream": true,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello!"}]}],
        })
    );
    assert_eq!(encoded(&WIRE, &hello().max_output(100))["max_tokens"], 100);
}

#[test]
fn system_messages_are_apart_wherever_they_are() {
    let system = |text: &str| Message::new(ModelRole::System, text);
    let body =
        encoded(&WIRE, &to_sonnet(vec![system("Be brief."), user("Hi"), system("Be kind."), user("Ho")]));
    assert_eq!(
        body["system"],
        json!([{"type": "text", "text": "Be brief."}, {"type": "text", "text": "Be kind."}])
    );
    let texts = json!([{"type": "text", "text": "Hi"}, {"type": "text", "text": "Ho"}]);
    assert_eq!(body["messages"], json!([{"role": "user", "content": texts}]));
}

#[test]
fn calls_and_their_results_go_back_results_first() {
    let calls = assistant(vec![Part::text("Adding."), call("toolu_1", r#"{"a":1}"#), call("toolu_2", "")]);
    let messages = vec![
        user("Add."),
        calls,
        Message::of(ModelRole::User, vec![Part::text("And?"), result("toolu_1", false)]),
        Message::of(ModelRole::User, vec![result("toolu_2", true)]),
    ];
    assert_eq!(
        contents(messages),
        json!([
            {"role": "user", "content": [{"type": "text", "text": "Add."}]},
            {"role": "assistant", "content": [
                {"type": "text", "text": "Adding."},
                {"type": "tool_use", "id": "toolu_1", "name": "add", "input": {"a": 1}},
                {"type": "tool_use", "id": "toolu_2", "name": "add", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "3"},
                {"type": "tool_result", "tool_use_id": "toolu_2", "content": "3", "is_error": true},
                {"type": "text", "text": "And?"},
            ]},
        ])
    );
}

#[test]
fn arguments_that_are_no_object_go_back_wrapped() {
    for arguments in [r#"{"a": 48"#, "[1]"] {
        let messages = contents(vec![user("Add."), assistant(vec![call("toolu_1", arguments)])]);
        assert_eq!(messages[1]["content"][0]["input"], json!({"INVALID_JSON": arguments}));
    }
}

#[test]
fn thoughts_go_back_in_order_and_only_with_their_own_signature() {
    let thought = |text: &str, protocol: &str, data| Part::Reasoning {
        text: text.into(),
        echo: Some(Echo::new(protocol, data)),
    };
    let redacted = json!({"type": "redacted_thinking", "data": "a"});
    let search = json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}});
    let messages = contents(vec![
        user("Hi"),
        assistant(vec![
            thought("Hm.", "anthropic", json!({"type": "thinking", "signature": "EqMB"})),
            thought("", "anthropic", redacted.clone()),
            thought("Ha.", "gemini", json!({"thoughtSignature": "x"})),
            Part::Reasoning { text: "Unsigned.".into(), echo: None },
            Part::Opaque { echo: echo(search.clone()) },
            Part::Opaque { echo: Echo::new("openai-responses", json!({"type": "reasoning"})) },
            Part::text("Ho"),
        ]),
    ]);
    assert_eq!(
        messages[1]["content"],
        json!([
            {"type": "thinking", "thinking": "Hm.", "signature": "EqMB"},
            redacted,
            search,
            {"type": "text", "text": "Ho"},
        ])
    );
}

#[test]
fn a_turn_without_anything_for_the_provider_is_left_out() {
    let foreign = Part::Reasoning { text: "Hm.".into(), echo: None };
    let messages = contents(vec![user("Hi"), assistant(vec![foreign, Part::text(" \n")]), user("Ho")]);
    let texts = json!([{"type": "text", "text": "Hi"}, {"type": "text", "text": "Ho"}]);
    assert_eq!(messages, json!([{"role": "user", "content": texts}]));
}

#[test]
fn pictures_are_here_or_at_an_address() {
    let here = ImageSource::Base64 { media_type: "image/png".into(), data: "aGk=".into() };
    let there = ImageSource::Url("https://example.org/a.png".into());
    let parts = [here, there].map(|source| Part::Image { source }).to_vec();
    assert_eq!(
        contents(vec![Message::of(ModelRole::User, parts)])[0]["content"],
        json!([
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
            {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}},
        ])
    );
}

#[test]
fn a_cache_mark_is_on_the_last_block_that_can_have_one() {
    let thought = Part::Reasoning {
        text: "Hm.".into(),
        echo: Some(echo(json!({"type": "thinking", "signature": "s"}))),
    };
    let body = encoded(
        &WIRE,
        &to_sonnet(vec![
            Message::new(ModelRole::System, "Rules.").cached(CacheMark::Long),
            user("Hi"),
            assistant(vec![Part::text("Ho"), thought]).cached(CacheMark::Short),
        ]),
    );
    assert_eq!(body["system"][0]["cache_control"], json!({"type": "ephemeral", "ttl": "1h"}));
    let blocks = &body["messages"][1]["content"];
    assert_eq!(blocks[0]["cache_control"], json!({"type": "ephemeral"}));
    assert_eq!(blocks[1].get("cache_control"), None);
}

#[test]
fn of_more_than_four_cache_marks_the_last_ones_win() {
    let marked = |extra: Value| {
        let turns = ["a", "b", "c", "d"].map(|text| user(text).cached(CacheMark::Short));
        let mut messages = vec![Message::new(ModelRole::System, "Rules.").cached(CacheMark::Long)];
        messages.splice(0..0, turns);
        let mut request = to_sonnet(messages);
        request.extra = extra.as_object().unwrap().clone();
        let body = encoded(&WIRE, &request);
        let blocks = body["system"]
            .as_array()
            .unwrap()
            .iter()
            .chain(body["messages"][0]["content"].as_array().unwrap());
        blocks.map(|block| block.get("cache_control").is_some()).collect::<Vec<_>>()
    };
    assert_eq!(marked(json!({})), [false, true, true, true, true]);
    assert_eq!(marked(json!({"cache_control": {"type": "ephemeral"}})), [false, false, true, true, true]);
}

#[test]
fn tools_are_written_the_same_way_each_time() {
    let schema: Value =
        serde_json::from_str(r#"{"type": "object", "properties": {"b": {}, "a": {}}}"#).unwrap();
    let mut strict = Tool::new("add", "Adds.", schema.clone());
    strict.strict = true;
    let request = hello().tools([Tool::new("see", "", schema), strict]);
    let tools = &encoded(&WIRE, &request)["tools"];
    assert_eq!(
        tools.to_string(),
        r#"[{"input_schema":{"properties":{"a":{},"b":{}},"type":"object"},"name":"see"},"#.to_owned()
            + r#"{"description":"Adds.","input_schema":{"additionalProperties":false,"#
            + r#""properties":{"a":{},"b":{}},"type":"object"},"name":"add","strict":true}]"#
    );
}

#[test]
fn a_tool_choice_is_said_when_there_is_one() {
    for (choice, expected) in [
        (ToolChoice::Auto, Value::Null),
        (ToolChoice::None, json!({"type": "none"})),
        (ToolChoice::Required, json!({"type": "any"})),
        (ToolChoice::Tool("add".into()), json!({"type": "tool", "name": "add"})),
    ] {
        let mut request = hello().tools([Tool::new("add", "", json!({"type": "object"}))]);
        request.tool_choice = choice;
        assert_eq!(encoded(&WIRE, &request)["tool_choice"], expected);
    }
}

#[test]
fn what_a_model_is_known_to_refuse_is_refused_before_it_is_sent() {
    let refusal = |model: &str, change: &dyn Fn(&mut ChatRequest, &mut ModelCapabilities)| {
        let mut request = request(model, vec![user("Hi")]);
        let mut model = ModelCapabilities::default();
        change(&mut request, &mut model);
        let error = encoded_for(&WIRE, &request, &model).unwrap_err();
        assert_eq!(error.kind, LlmErrorKind::BadRequest);
        error.message
    };
    let forced = refusal("anthropic:claude-opus-5-5", &|request, model| {
        request.tool_choice = ToolChoice::Required;
        model.forced_tools = false;
    });
    assert!(forced.starts_with("claude-opus-5-5 can't be forced to call a tool: use"), "{forced}");
    let warm = refusal("anthropic:claude-opus-5-5", &|request, model| {
        request.temperature = Some(0.5);
        model.temperature = false;
    });
    assert_eq!(warm, "claude-opus-5-5 takes no temperature: drop it");
    let thinking = refusal("anthropic:claude-haiku-4-5", &|request, _| {
        request.temperature = Some(0.5);
        request.reasoning = Some(ReasoningEffort::Low);
    });
    assert!(thinking.contains("drop the temperature or the reasoning effort"), "{thinking}");
    let forced = refusal("anthropic:claude-haiku-4-5", &|request, _| {
        request.tool_choice = ToolChoice::Tool("add".into());
        request.reasoning = Some(ReasoningEffort::Low);
    });
    assert!(forced.contains("while it thinks"), "{forced}");
}

#[test]
fn settings_are_said_as_they_were_given() {
    let mut request = hello();
    request.temperature = Some(0.2);
    request.stop = vec!["END".into()];
    let body = encoded(&WIRE, &request);
    assert_eq!(body["temperature"].to_string(), "0.2");
    assert_eq!(body["stop_sequences"], json!(["END"]));
}

#[test]
fn an_effort_is_said_in_the_form_that_the_model_knows() {
    let told = |model: &str, effort| {
        let mut request = request(model, vec![user("Hi")]);
        request.reasoning = Some(effort);
        let body = encoded(&WIRE, &request);
        (body["thinking"].clone(), body["output_config"].clone())
    };
    assert_eq!(
        told("anthropic:claude-haiku-4-5", ReasoningEffort::Medium),
        (json!({"type": "enabled", "budget_tokens": 8192}), Value::Null)
    );
    assert_eq!(
        told("anthropic:claude-opus-5-5", ReasoningEffort::Max),
        (json!({"type": "adaptive"}), json!({"effort": "max"}))
    );
    assert_eq!(
        told("anthropic:claude-opus-5", ReasoningEffort::None),
        (json!({"type": "disabled"}), Value::Null)
    );
}

#[test]
fn a_schema_is_said_to_models_that_can_be_held_to_it() {
    let mut request = hello();
    request.reasoning = Some(ReasoningEffort::Low);
    request.response_format = ResponseFormat::JsonSchema {
        name: "city".into(),
        schema: json!({"type": "object", "properties": {"name": {"type": "string", "minLength": 1}}}),
    };
    let mut model = ModelCapabilities::default();
    assert_eq!(encoded_for(&WIRE, &request, &model).unwrap()["output_config"], json!({"effort": "low"}));
    model.json_schema = true;
    let name = json!({"type": "string", "description": "{minLength: 1}"});
    let schema = json!({"type": "object", "properties": {"name": name}, "additionalProperties": false});
    assert_eq!(
        encoded_for(&WIRE, &request, &model).unwrap()["output_config"],
        json!({"effort": "low", "format": {"type": "json_schema", "schema": schema}})
    );
}

#[test]
fn extra_fields_join_the_typed_ones_and_never_overwrite_them() {
    let mut request = hello().tools([Tool::new("add", "", json!({"type": "object"}))]);
    request.reasoning = Some(ReasoningEffort::Low);
    let extra = json!({
        "max_tokens": 1,
        "stream": false,
        "tools": [{"type": "web_search_20250305", "name": "web_search"}],
        "output_config": {"effort": "max", "task_budget": {"type": "tokens", "total": 20_000}},
        "metadata": {"user_id": "u"},
    });
    request.extra = extra.as_object().unwrap().clone();
    let body = encoded(&WIRE, &request);
    assert_eq!((&body["max_tokens"], &body["stream"]), (&json!(16_384), &json!(true)));
    assert_eq!((&body["tools"][0]["name"], &body["tools"][1]["name"]), (&json!("add"), &json!("web_search")));
    assert_eq!(
        body["output_config"],
        json!({"effort": "low", "task_budget": {"type": "tokens", "total": 20_000}})
    );
    assert_eq!(body["metadata"], json!({"user_id": "u"}));
}
