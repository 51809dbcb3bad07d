//! Recorded answers, compared with a reading of their bytes that shares no code with the decoder.

use samokoder_core::llm::{
    ChatRequest, ChatResponse, FinishReason, Message, ModelCapabilities, ModelRole, Part, Usage,
};
use samokoder_llm::{gemini::GeminiWire, wire::Wire as _};
use serde_json::{Value, json};

use crate::{
    cassettes::{Exchange, exchanges},
    wire::reading::{split_anywhere, whole},
};

/// What the bytes say.
#[derive(Debug, Default, PartialEq)]
struct Said {
    text: String,
    thoughts: String,
    calls: Vec<(Option<String>, String, Value)>,
    signatures: Vec<String>,
    own: Vec<Value>,
    usage: Usage,
    finish: FinishReason,
}

fn by_bytes(chunks: &[Value]) -> Said {
    let (mut said, mut finish) = (Said::default(), "");
    for chunk in chunks {
        for part in chunk["candidates"][0]["content"]["parts"].as_array().into_iter().flatten() {
            said.signatures.extend(part["thoughtSignature"].as_str().map(Into::into));
            let is_bare = part["text"] == "" && part.get("thoughtSignature").is_some();
            if let Some(call) = part.get("functionCall") {
                let id = call["id"].as_str().map(Into::into);
                said.calls.push((id, call["name"].as_str().unwrap().into(), call["args"].clone()));
            } else if part.get("text").is_none() || is_bare {
                said.own.push(part.clone());
            } else if part["thought"] == true {
                said.thoughts += part["text"].as_str().unwrap();
            } else {
                said.text += part["text"].as_str().unwrap();
            }
        }
        finish = chunk["candidates"][0]["finishReason"].as_str().unwrap_or(finish);
        let number = |name: &str| chunk["usageMetadata"][name].as_u64().unwrap_or(0);
        said.usage = Usage {
            input: number("promptTokenCount") + number("toolUsePromptTokenCount"),
            cached_input: number("cachedContentTokenCount"),
            output: number("candidatesTokenCount") + number("thoughtsTokenCount"),
            reasoning: number("thoughtsTokenCount"),
            ..Usage::default()
        };
    }
    said.finish = match finish {
        "STOP" | "" if said.calls.is_empty() => FinishReason::Stop,
        "STOP" | "" => FinishReason::ToolCalls,
        "MAX_TOKENS" => FinishReason::Length,
        "SAFETY" => FinishReason::ContentFilter,
        other => panic!("a reason that this reading does not know: {other}"),
    };
    said
}

fn by_decoder(response: &ChatResponse) -> Said {
    let mut said = Said { text: response.text(), usage: response.usage, ..Said::default() };
    said.finish = response.finish.clone();
    for part in &response.parts {
        let echo = match part {
            Part::Text { echo, .. } => echo.as_ref(),
            Part::Reasoning { text, echo } => {
                said.thoughts += text;
                echo.as_ref()
            }
            Part::ToolCall(call) => {
                // Where the answer gives no id, one was made up.
                let id = Some(call.id.clone()).filter(|id| !id.starts_with("call_"));
                said.calls.push((id, call.name.clone(), call.parsed().unwrap()));
                call.echo.as_ref()
            }
            Part::Opaque { echo } => {
                said.own.push(echo.data.clone());
                Some(echo)
            }
            other => panic!("no part of this protocol: {other:?}"),
        };
        said.signatures.extend(echo.and_then(|echo| echo.data["thoughtSignature"].as_str()).map(Into::into));
    }
    said
}

fn recorded() -> Option<Vec<Exchange>> {
    let is_answer = |path: &str| path.contains(":generateContent") || path.contains(":streamGenerateContent");
    exchanges(|exchange| is_answer(&exchange.path) && exchange.status == 200)
}

fn decode(exchange: &Exchange) -> ChatResponse {
    let bytes = exchange.response.as_bytes();
    let (response, outcome) =
        if exchange.sse { split_anywhere(&GeminiWire, bytes) } else { whole(&GeminiWire, bytes) };
    outcome.unwrap_or_else(|error| panic!("{}: {error}", exchange.name()));
    response
}

fn chunks(exchange: &Exchange) -> Vec<Value> {
    if !exchange.sse {
        return vec![serde_json::from_str(&exchange.response).unwrap()];
    }
    let data = exchange.response.lines().filter_map(|line| line.strip_prefix("data:"));
    data.map(|data| serde_json::from_str(data).unwrap()).collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "how many were checked is of interest")]
fn recorded_answers_are_what_their_bytes_say() {
    let Some(exchanges) = recorded() else { return };
    for exchange in &exchanges {
        let response = decode(exchange);
        let chunks = chunks(exchange);
        assert_eq!(by_decoder(&response), by_bytes(&chunks), "{}", exchange.name());
        assert_eq!(response.model.as_deref(), chunks[0]["modelVersion"].as_str(), "{}", exchange.name());
        assert_eq!(response.id.as_deref(), chunks[0]["responseId"].as_str(), "{}", exchange.name());
    }
    let streams = exchanges.iter().filter(|exchange| exchange.sse).count();
    println!("{} recorded answers checked, {streams} of them streams", exchanges.len());
    assert!(exchanges.len() > 100, "the recordings have answers of this protocol");
}

/// Every part of an answer is given back as it was, in order, but for what the API does not read: empty texts,
/// thoughts without a signature, and how a text was cut into chunks.
#[test]
fn recorded_answers_are_given_back_part_by_part() {
    let Some(exchanges) = recorded() else { return };
    for exchange in &exchanges {
        let mut expected: Vec<Value> = vec![];
        for part in chunks(exchange).iter_mut().flat_map(|chunk| {
            chunk["candidates"][0]["content"]["parts"].as_array().cloned().unwrap_or_default()
        }) {
            let is_plain = part.get("text").is_some() && part.get("thoughtSignature").is_none();
            match expected.last_mut() {
                _ if is_plain && (part["text"] == "" || part["thought"] == true) => {}
                Some(last)
                    if is_plain && last.get("text").is_some() && last.get("thoughtSignature").is_none() =>
                {
                    last["text"] =
                        format!("{}{}", last["text"].as_str().unwrap(), part["text"].as_str().unwrap())
                            .into();
                }
                _ => expected.push(part),
            }
        }
        let mut given = given_back(decode(exchange).into_message());
        for (given, expected) in given.iter_mut().zip(&expected) {
            if let Some(call) = given.get_mut("functionCall").and_then(Value::as_object_mut)
                && expected["functionCall"].get("id").is_none()
            {
                call.remove("id");
            }
        }
        assert_eq!(given, expected, "{}", exchange.name());
    }
}

/// What a client that holds the whole history sent of an answer must be what is written of it here.
#[test]
#[expect(clippy::print_stdout, reason = "how many were checked is of interest")]
fn recorded_calls_are_given_back_as_the_client_did_that_recorded_them() {
    let Some(exchanges) = recorded() else { return };
    let mut checked = 0;
    for pair in exchanges.windows(2).filter(|pair| pair[0].file == pair[1].file) {
        let Ok(next) = serde_json::from_str::<Value>(&pair[1].request) else { continue };
        let contents = next["contents"].as_array().into_iter().flatten();
        let sent: Vec<_> = contents.filter_map(|content| content["parts"].as_array()).flatten().collect();
        for ours in given_back(decode(&pair[0]).into_message()) {
            let id = ours.pointer("/functionCall/id");
            let Some(theirs) =
                sent.iter().find(|theirs| id.is_some() && theirs.pointer("/functionCall/id") == id)
            else {
                continue;
            };
            assert_eq!(comparable(&ours), comparable(theirs), "{}", pair[1].name());
            checked += 1;
        }
    }
    println!("{checked} calls given back as recorded");
    assert!(checked > 5, "the recordings have conversations");
}

fn given_back(answer: Message) -> Vec<Value> {
    let question = Message::new(ModelRole::User, "?");
    let request = ChatRequest::new("gemini:g".parse().unwrap(), vec![question.clone(), answer, question]);
    let encoded = GeminiWire.encode(&request, &ModelCapabilities::default()).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    let answers = body["contents"].as_array().unwrap().iter().filter(|content| content["role"] == "model");
    answers.flat_map(|content| content["parts"].as_array().unwrap()).cloned().collect()
}

/// Signatures are base64, which that client wrote in its other alphabet.
fn comparable(part: &Value) -> Value {
    let mut part = part.clone();
    if let Some(signature) = part["thoughtSignature"].as_str() {
        part["thoughtSignature"] = json!(signature.replace('+', "-").replace('/', "_"));
    }
    part
}
