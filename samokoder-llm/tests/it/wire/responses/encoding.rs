//! What a request becomes.

use samokoder_core::llm::{
    ChatRequest, Echo, ImageSource, LlmErrorKind, Message, ModelCapabilities, ModelRole, Part,
    ReasoningEffort, ResponseFormat, Tool, ToolCall, ToolChoice,
};
use samokoder_llm::{openai::responses::ResponsesWire, wire::Wire as _};
use serde_json::{Value, json};

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new("openai:gpt-x".parse().unwrap(), messages)
}

fn ask(text: &str) -> Message {
    Message::new(ModelRole::User, text)
}

fn capable() -> ModelCapabilities {
    let mut model = ModelCapabilities::default();
    model.json_schema = true;
    model
}

fn body(request: &ChatRequest) -> Value {
    let encoded = ResponsesWire.encode(request, &capable()).unwrap();
    assert_eq!(encoded.path, "/responses");
    serde_json::from_slice(&encoded.body).unwrap()
}

fn refusal(request: &ChatRequest, model: &ModelCapabilities) -> String {
    let error = ResponsesWire.encode(request, model).unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::BadRequest);
    error.message
}

fn own(data: Value) -> Echo {
    Echo::new("openai-responses", data)
}

fn input(parts: Vec<Part>) -> Value {
    let mut body = body(&request(vec![Message::of(ModelRole::Assistant, parts)]));
    body["input"].take()
}

#[test]
fn a_plain_request_keeps_nothing_at_the_provider() {
    let system = Message::new(ModelRole::System, "Be kind.");
    let later = Message::new(ModelRole::System, "Be brief.");
    let expected = json!({
        "model": "gpt-x", "stream": true, "store": false, "instructions": "Be kind.",
        "input": [
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "Hello"},
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Bye"},
        ],
    });
    let answer = Message::new(ModelRole::Assistant, "Hello");
    assert_eq!(body(&request(vec![system, ask("Hi"), answer, later, ask("Bye")])), expected);
}

#[test]
fn pictures_are_addresses_or_data() {
    let shown = ImageSource::Base64 { media_type: "image/png".into(), data: "AAAA".into() };
    let parts = vec![
        Part::text("What is this?"),
        Part::Image { source: ImageSource::Url("https://example.com/a.png".into()) },
        Part::Image { source: shown },
    ];
    let body = body(&request(vec![Message::of(ModelRole::User, parts)]));
    let expected = json!([{"role": "user", "content": [
        {"type": "input_text", "text": "What is this?"},
        {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "auto"},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"},
    ]}]);
    assert_eq!(body["input"], expected);
}

#[test]
fn calls_and_results_are_items_with_the_ids_they_came_with() {
    let call = |id: &str, echo| {
        Part::ToolCall(ToolCall { id: id.into(), name: "f".into(), arguments: "{\"a\":1}".into(), echo })
    };
    let result = |id: &str, content: &str| Part::ToolResult {
        id: id.into(),
        name: "f".into(),
        content: content.into(),
        is_error: false,
    };
    let custom = Some(own(json!({"type": "custom_tool_call", "id": "ctc_1"})));
    let foreign = Some(Echo::new("gemini", json!({"thoughtSignature": "s"})));
    let answer = Message::of(
        ModelRole::Assistant,
        vec![
            call("c1", Some(own(json!({"type": "function_call", "id": "fc_1", "namespace": "n"})))),
            call("c2", custom),
            call("c3", foreign),
        ],
    );
    let results =
        Message::of(ModelRole::User, vec![result("c1", "1"), result("c2", "2"), Part::text("Go on")]);
    let expected = json!([
        {"type": "function_call", "id": "fc_1", "namespace": "n", "call_id": "c1", "name": "f", "arguments": "{\"a\":1}"},
        {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c2", "name": "f", "input": "{\"a\":1}"},
        {"type": "function_call", "call_id": "c3", "name": "f", "arguments": "{\"a\":1}"},
        {"type": "function_call_output", "call_id": "c1", "output": "1"},
        {"type": "custom_tool_call_output", "call_id": "c2", "output": "2"},
        {"role": "user", "content": "Go on"},
    ]);
    assert_eq!(body(&request(vec![answer, results]))["input"], expected);
}

fn thought(id: &str) -> Part {
    let item = json!({"type": "reasoning", "id": id, "summary": [], "encrypted_content": "e"});
    Part::Reasoning { text: "Hm".into(), echo: Some(own(item)) }
}

fn said(id: &str) -> Part {
    let echo = Some(own(json!({"type": "message", "id": id, "role": "assistant", "status": "completed"})));
    Part::Text { text: "Hi".into(), echo }
}

fn ids(input: &Value) -> Vec<&str> {
    input.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap_or("-")).collect()
}

#[test]
fn reasoning_goes_with_the_item_that_followed_it() {
    let given = input(vec![thought("rs_1"), thought("rs_2"), said("msg_1")]);
    assert_eq!(ids(&given), ["rs_1", "rs_2", "msg_1"]);
    assert_eq!(given[0], json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"}));
    assert_eq!(given[2]["content"], json!([{"type": "output_text", "text": "Hi", "annotations": []}]));
}

#[test]
fn reasoning_without_the_item_that_followed_it_is_left_out() {
    assert_eq!(input(vec![said("msg_1"), thought("rs_1")]), input(vec![said("msg_1")]));
    let edited = input(vec![thought("rs_1"), Part::text("Something else")]);
    assert_eq!(edited, json!([{"role": "assistant", "content": "Something else"}]));
    let cut = request(vec![Message::of(ModelRole::Assistant, vec![thought("rs_1")]), ask("Go on")]);
    assert_eq!(body(&cut)["input"], json!([{"role": "user", "content": "Go on"}]));
}

#[test]
fn reasoning_is_never_given_twice() {
    assert_eq!(ids(&input(vec![thought("r"), said("a"), thought("r"), said("b")])), ["r", "a", "b"]);
    assert_eq!(ids(&input(vec![said("a"), said("a")])), ["a", "-"]);
}

#[test]
fn reasoning_that_is_only_an_id_means_nothing_to_a_provider_that_keeps_nothing() {
    let bare = |item| Part::Reasoning { text: String::new(), echo: Some(own(item)) };
    let given = input(vec![bare(json!({"type": "reasoning", "id": "rs_1", "summary": []})), said("m")]);
    assert_eq!(ids(&given), ["m"]);
    let open =
        json!({"type": "reasoning", "id": "rs_2", "content": [{"type": "reasoning_text", "text": "Hm"}]});
    assert_eq!(ids(&input(vec![bare(open), said("m")])), ["rs_2", "m"]);
}

#[test]
fn items_of_the_provider_s_own_go_back_and_those_of_others_don_t() {
    let search = json!({"type": "web_search_call", "id": "ws_1", "status": "completed"});
    let foreign = Part::Opaque { echo: Echo::new("anthropic", json!({"type": "server_tool_use"})) };
    let signed = Part::Reasoning { text: "Hm".into(), echo: Some(Echo::new("anthropic", json!("sig"))) };
    let own = Part::Opaque { echo: Echo::new("openai-responses", search.clone()) };
    assert_eq!(input(vec![signed, foreign, own]), json!([search]));
}

#[test]
fn tools_always_say_whether_they_are_strict() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": []});
    let mut strict = Tool::new("s", "Strict", schema.clone());
    strict.strict = true;
    let mut map = Tool::new("m", "", json!({"type": "object", "additionalProperties": {"type": "string"}}));
    map.strict = true;
    let tools = [strict, Tool::new("f", "Free", schema.clone()), map, Tool::new("n", "", Value::Null)];
    let mut request = request(vec![ask("Hi")]).tools(tools);
    request.tool_choice = ToolChoice::Tool("s".into());
    let body = body(&request);
    assert_eq!(body["tools"][0]["strict"], true);
    assert_eq!(body["tools"][0]["parameters"]["properties"]["a"]["type"], json!(["string", "null"]));
    assert_eq!(body["tools"][0]["parameters"]["additionalProperties"], false);
    assert_eq!(
        body["tools"][1],
        json!({"type": "function", "name": "f", "description": "Free", "parameters": schema, "strict": false})
    );
    assert_eq!(body["tools"][2]["strict"], false);
    assert_eq!(body["tools"][3]["parameters"], json!({"type": "object", "properties": {}}));
    assert_eq!(body["tool_choice"], json!({"type": "function", "name": "s"}));
}

#[test]
fn a_schema_is_a_format_or_words_for_a_model_that_has_none() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    let mut request = request(vec![ask("Hi")]);
    request.response_format = ResponseFormat::JsonSchema { name: "answer".into(), schema };
    let format = body(&request)["text"]["format"].clone();
    assert_eq!(
        (&format["type"], &format["name"], &format["strict"]),
        (&json!("json_schema"), &json!("answer"), &json!(true))
    );
    let encoded = ResponsesWire.encode(&request, &ModelCapabilities::default()).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(body.get("text"), None);
    assert!(body["instructions"].as_str().unwrap().contains("JSON schema"));
}

#[test]
fn reasoning_is_asked_for_in_a_form_that_can_be_given_back() {
    let mut request = request(vec![ask("Hi")]).max_output(100);
    request.reasoning = Some(ReasoningEffort::Low);
    let said = body(&request);
    assert_eq!(said["reasoning"], json!({"effort": "low", "summary": "auto"}));
    assert_eq!(said["include"], json!(["reasoning.encrypted_content"]));
    assert_eq!(said["max_output_tokens"], 100);
    request.reasoning = Some(ReasoningEffort::None);
    assert_eq!(
        (&body(&request)["reasoning"], body(&request).get("include")),
        (&json!({"effort": "none"}), None)
    );
}

#[test]
fn what_the_model_or_the_protocol_does_not_take_is_refused_and_not_dropped() {
    let mut cold = request(vec![ask("Hi")]);
    cold.temperature = Some(0.2);
    assert_eq!(body(&cold)["temperature"], 0.2);
    let mut model = capable();
    model.temperature = false;
    assert!(refusal(&cold, &model).contains("temperature"));
    let mut stops = request(vec![ask("Hi")]);
    stops.stop = vec!["END".into()];
    assert!(refusal(&stops, &capable()).contains("stop"));
    let mut forced = request(vec![ask("Hi")]).tools([Tool::new("f", "", json!({}))]);
    forced.tool_choice = ToolChoice::Required;
    let mut model = capable();
    model.forced_tools = false;
    assert!(refusal(&forced, &model).contains("forced"));
}

#[test]
fn extra_fields_are_added_and_overwrite_nothing() {
    let mut request = request(vec![ask("Hi")]).tools([Tool::new("f", "", json!({}))]);
    request.reasoning = Some(ReasoningEffort::High);
    let Value::Object(extra) = json!({
        "model": "other", "prompt_cache_key": "k", "tools": [{"type": "web_search"}], "include": ["message.x"],
        "reasoning": {"effort": "low", "context": "auto"}, "stream": false, "store": true,
    }) else {
        unreachable!()
    };
    request.extra = extra;
    let body = body(&request);
    assert_eq!(
        (&body["model"], &body["prompt_cache_key"], &body["stream"]),
        (&json!("gpt-x"), &json!("k"), &json!(true))
    );
    assert_eq!((&body["tools"][0]["name"], &body["tools"][1]["type"]), (&json!("f"), &json!("web_search")));
    assert_eq!(body["include"], json!(["reasoning.encrypted_content", "message.x"]));
    assert_eq!(body["reasoning"], json!({"effort": "high", "summary": "auto", "context": "auto"}));
    assert_eq!(body["store"], true);
}

#[test]
fn the_same_request_is_the_same_bytes() {
    let tools = [Tool::new("f", "", json!({"type": "object", "properties": {"b": {}, "a": {}}}))];
    let request = request(vec![ask("Hi")]).tools(tools);
    let encode = || ResponsesWire.encode(&request, &capable()).unwrap();
    assert_eq!(encode(), encode());
}
