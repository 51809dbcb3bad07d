//! What a request becomes.

use samokoder_core::llm::{
    ChatRequest, Echo, ImageSource, LlmErrorKind, Message, ModelCapabilities, ModelRole, Part,
    ReasoningEffort, ResponseFormat, Tool, ToolCall, ToolChoice,
};
use samokoder_llm::{gemini::GeminiWire, wire::Wire as _};
use serde_json::{Value, json};

fn request(messages: Vec<Message>) -> ChatRequest {
    ChatRequest::new("gemini:gemini-x".parse().unwrap(), messages)
}

fn ask(text: &str) -> Message {
    Message::new(ModelRole::User, text)
}

fn body(request: &ChatRequest) -> Value {
    let mut model = ModelCapabilities::default();
    model.json_schema = true;
    serde_json::from_slice(&GeminiWire.encode(request, &model).unwrap().body).unwrap()
}

fn own(data: Value) -> Echo {
    Echo::new("gemini", data)
}

#[test]
fn the_model_is_in_the_path() {
    let path = |model: &str| {
        let request = ChatRequest::new(model.parse().unwrap(), vec![ask("Hi")]);
        GeminiWire.encode(&request, &ModelCapabilities::default()).unwrap().path
    };
    let expected = "/v1beta/models/gemini-x:streamGenerateContent?alt=sse";
    assert_eq!(path("gemini:gemini-x"), expected);
    assert_eq!(path("gemini:models/gemini-x"), expected);
    assert_eq!(path("gemini:a/../b?c"), "/v1beta/models/a%2F..%2Fb%3Fc:streamGenerateContent?alt=sse");
}

#[test]
fn a_plain_request_is_only_its_contents() {
    let system = Message::new(ModelRole::System, "Be kind.");
    let answer = Message::new(ModelRole::Assistant, "Hello");
    let expected = json!({
        "systemInstruction": {"parts": [{"text": "Be kind."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}]},
            {"role": "model", "parts": [{"text": "Hello"}]},
            {"role": "user", "parts": [{"text": "Bye"}, {"text": "Now"}]},
        ],
    });
    assert_eq!(body(&request(vec![system, ask("Hi"), answer, ask("Bye"), ask("Now")])), expected);
}

#[test]
fn signatures_go_back_on_their_parts_and_unsigned_thoughts_don_t() {
    let signature = json!({"thoughtSignature": "s"});
    let call = ToolCall {
        id: "c".into(),
        name: "f".into(),
        arguments: "{}".into(),
        echo: Some(own(signature.clone())),
    };
    let foreign = Some(Echo::new("anthropic", json!({"thoughtSignature": "not ours"})));
    let code = json!({"executableCode": {"code": "1"}, "thoughtSignature": "s"});
    let answer = Message::of(
        ModelRole::Assistant,
        vec![
            Part::Reasoning { text: "Hm".into(), echo: None },
            Part::Reasoning { text: "Aha".into(), echo: Some(own(signature.clone())) },
            Part::Text { text: "One".into(), echo: Some(own(json!({}))) },
            Part::Text { text: "Two".into(), echo: Some(own(signature.clone())) },
            Part::Text { text: "Three".into(), echo: foreign },
            Part::Text { text: String::new(), echo: None },
            Part::Text { text: String::new(), echo: Some(own(signature)) },
            Part::ToolCall(call),
            Part::Opaque { echo: own(code.clone()) },
            Part::Opaque { echo: Echo::new("openai-responses", json!({})) },
        ],
    );
    let expected = json!([
        {"text": "Aha", "thought": true, "thoughtSignature": "s"},
        {"text": "One"},
        {"text": "Two", "thoughtSignature": "s"},
        {"text": "Three"},
        {"text": "", "thoughtSignature": "s"},
        {"functionCall": {"id": "c", "name": "f", "args": {}}, "thoughtSignature": "s"},
        code,
    ]);
    assert_eq!(body(&request(vec![ask("Hi"), answer]))["contents"][1]["parts"], expected);
}

#[test]
fn results_carry_name_and_id_and_are_objects() {
    let result = |id: &str, content: &str, is_error| {
        let part = Part::ToolResult { id: id.into(), name: "f".into(), content: content.into(), is_error };
        Message::of(ModelRole::User, vec![part])
    };
    let messages = vec![result("a", r#"{"x":1}"#, false), result("b", "[1]", false), result("c", "no", true)];
    let response = |id: &str, response: Value| json!({"functionResponse": {"id": id, "name": "f", "response": response}});
    let expected = json!([{"role": "user", "parts": [
        response("a", json!({"x": 1})),
        response("b", json!({"result": "[1]"})),
        response("c", json!({"error": "no"})),
    ]}]);
    assert_eq!(body(&request(messages))["contents"], expected);
}

#[test]
fn arguments_that_were_cut_off_go_back_as_text() {
    let call = ToolCall { id: "c".into(), name: "f".into(), arguments: "{\"x\":4".into(), echo: None };
    let body = body(&request(vec![Message::of(ModelRole::Assistant, vec![Part::ToolCall(call)])]));
    assert_eq!(body["contents"][0]["parts"][0]["functionCall"]["args"], json!({"input": "{\"x\":4"}));
}

#[test]
fn pictures_are_files_or_data() {
    let shown = ImageSource::Base64 { media_type: "image/png".into(), data: "AAAA".into() };
    let parts = vec![
        Part::Image { source: ImageSource::Url("https://example.com/a.png".into()) },
        Part::Image { source: shown },
    ];
    let body = body(&request(vec![Message::of(ModelRole::User, parts)]));
    let expected = json!([
        {"fileData": {"fileUri": "https://example.com/a.png"}},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
    ]);
    assert_eq!(body["contents"][0]["parts"], expected);
}

#[test]
fn limits_and_temperature_are_sent_with_or_without_anything_else() {
    let mut request = request(vec![ask("Hi")]).max_output(100);
    request.temperature = Some(0.2);
    request.stop = vec!["END".into()];
    let expected = json!({"maxOutputTokens": 100, "temperature": 0.2, "stopSequences": ["END"]});
    assert_eq!(body(&request)["generationConfig"], expected);
    let mut model = ModelCapabilities::default();
    model.temperature = false;
    let error = GeminiWire.encode(&request, &model).unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::BadRequest);
}

#[test]
fn effort_is_a_level_or_for_older_models_a_budget() {
    let thinking = |model: &str, effort| {
        let mut request = ChatRequest::new(model.parse().unwrap(), vec![ask("Hi")]);
        request.reasoning = Some(effort);
        body(&request)["generationConfig"]["thinkingConfig"].clone()
    };
    let newer = thinking("gemini:gemini-3.8-flash", ReasoningEffort::Low);
    assert_eq!(newer, json!({"includeThoughts": true, "thinkingLevel": "low"}));
    let older = thinking("gemini:gemini-2.5-flash", ReasoningEffort::None);
    assert_eq!(older, json!({"includeThoughts": false, "thinkingBudget": 0}));
}

#[test]
fn a_schema_is_a_form_or_words_for_a_model_that_has_none() {
    let mut request = request(vec![ask("Hi")]);
    request.response_format = ResponseFormat::JsonSchema { name: "n".into(), schema: json!({"const": "a"}) };
    let expected = json!({
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "string", "enum": ["a"]},
    });
    assert_eq!(body(&request)["generationConfig"], expected);
    let encoded = GeminiWire.encode(&request, &ModelCapabilities::default()).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    assert_eq!(body.get("generationConfig"), None);
    assert!(body["systemInstruction"]["parts"][0]["text"].as_str().unwrap().contains("JSON schema"));
}

#[test]
fn tools_are_declared_by_schema_and_may_be_forced() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let tools = [Tool::new("f", "Does", schema.clone()), Tool::new("g", "Goes", json!({"type": "object"}))];
    let mut request = request(vec![ask("Hi")]).tools(tools);
    let declared = json!([{"functionDeclarations": [
        {"name": "f", "description": "Does", "parametersJsonSchema": schema},
        {"name": "g", "description": "Goes"},
    ]}]);
    assert_eq!((&body(&request)["tools"], body(&request).get("toolConfig")), (&declared, None));
    for (choice, config) in [
        (ToolChoice::None, json!({"mode": "NONE"})),
        (ToolChoice::Required, json!({"mode": "ANY"})),
        (ToolChoice::Tool("f".into()), json!({"mode": "ANY", "allowedFunctionNames": ["f"]})),
    ] {
        request.tool_choice = choice;
        assert_eq!(body(&request)["toolConfig"], json!({"functionCallingConfig": config}));
    }
}

#[test]
fn extra_fields_are_added_and_overwrite_nothing() {
    let mut request = request(vec![ask("Hi")]).max_output(1).tools([Tool::new("f", "", json!({}))]);
    let Value::Object(extra) = json!({
        "generationConfig": {"topK": 3, "maxOutputTokens": 2}, "tools": [{"googleSearch": {}}], "safetySettings": [],
    }) else {
        unreachable!()
    };
    request.extra = extra;
    let body = body(&request);
    assert_eq!(body["generationConfig"], json!({"maxOutputTokens": 1, "topK": 3}));
    assert_eq!(body["tools"][1], json!({"googleSearch": {}}));
    assert_eq!(body["safetySettings"], json!([]));
}
