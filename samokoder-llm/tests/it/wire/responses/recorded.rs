//! Recorded answers, compared with a reading of their bytes that shares no code with the decoder.

use samokoder_core::llm::{
    ChatRequest, ChatResponse, FinishReason, Message, ModelCapabilities, ModelRole, Part, Usage,
};
use samokoder_llm::{openai::responses::ResponsesWire, wire::Wire as _};
use serde_json::Value;

use crate::{
    cassettes::{Exchange, exchanges},
    wire::reading::{split_anywhere, whole},
};

/// What the bytes say.
#[derive(Debug, Default, PartialEq)]
struct Said {
    text: String,
    thoughts: String,
    calls: Vec<(String, String, String)>,
    own: Vec<Value>,
    usage: Usage,
    finish: FinishReason,
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value, path: &str) -> u64 {
    value.pointer(path).and_then(Value::as_u64).unwrap_or(0)
}

/// The items of a response and how it ended.
fn by_items(response: &Value) -> Said {
    let mut said = Said::default();
    for item in response["output"].as_array().unwrap() {
        match text(&item["type"]) {
            "message" => {
                said.text.extend(item["content"].as_array().unwrap().iter().map(|part| text(&part["text"])));
            }
            "reasoning" => {
                let pieces = |name: &str| item[name].as_array().filter(|pieces| !pieces.is_empty());
                let pieces = pieces("summary").or_else(|| pieces("content")).into_iter().flatten();
                let texts: Vec<_> = pieces.map(|piece| text(&piece["text"])).collect();
                said.thoughts += &texts.join("\n\n");
            }
            "function_call" => said.calls.push((
                text(&item["call_id"]).into(),
                text(&item["name"]).into(),
                text(&item["arguments"]).into(),
            )),
            _ => said.own.push(item.clone()),
        }
    }
    let usage = &response["usage"];
    said.usage = Usage {
        input: number(usage, "/input_tokens"),
        cached_input: number(usage, "/input_tokens_details/cached_tokens"),
        cache_write: number(usage, "/input_tokens_details/cache_write_tokens"),
        cache_write_long: 0,
        output: number(usage, "/output_tokens"),
        reasoning: number(usage, "/output_tokens_details/reasoning_tokens"),
    };
    said.finish = match text(&response["status"]) {
        "completed" | "complete" if said.calls.is_empty() => FinishReason::Stop,
        "completed" | "complete" => FinishReason::ToolCalls,
        other => FinishReason::Other(other.into()),
    };
    said
}

/// The deltas of a stream, with the end of its last event.
fn by_deltas(stream: &str) -> Said {
    let (mut said, mut words, mut thoughts) = (Said::default(), String::new(), String::new());
    for line in stream.lines().filter_map(|line| line.strip_prefix("data:")) {
        let Ok(event) = serde_json::from_str::<Value>(line) else { continue };
        match text(&event["type"]) {
            "response.output_text.delta" => words += text(&event["delta"]),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                thoughts += text(&event["delta"]);
            }
            "response.completed" => said = by_items(&event["response"]),
            _ => {}
        }
    }
    Said { text: words, thoughts, ..said }
}

fn by_decoder(response: &ChatResponse) -> Said {
    let mut said = Said { text: response.text(), usage: response.usage, ..Said::default() };
    said.finish = response.finish.clone();
    for part in &response.parts {
        match part {
            Part::Reasoning { text, .. } => said.thoughts += text,
            Part::ToolCall(call) => {
                said.calls.push((call.id.clone(), call.name.clone(), call.arguments.clone()));
            }
            Part::Opaque { echo } => said.own.push(echo.data.clone()),
            _ => {}
        }
    }
    said
}

fn recorded() -> Option<Vec<Exchange>> {
    exchanges(|exchange| exchange.path.contains("/responses") && exchange.status == 200)
}

fn decode(exchange: &Exchange) -> ChatResponse {
    let bytes = exchange.response.as_bytes();
    let (response, outcome) =
        if exchange.sse { split_anywhere(&ResponsesWire, bytes) } else { whole(&ResponsesWire, bytes) };
    outcome.unwrap_or_else(|error| panic!("{}: {error}", exchange.name()));
    response
}

#[test]
#[expect(clippy::print_stdout, reason = "how many were checked is of interest")]
fn recorded_answers_are_what_their_bytes_say() {
    let Some(exchanges) = recorded() else { return };
    let mut streams = 0;
    for exchange in &exchanges {
        let mut expected = if exchange.sse {
            streams += 1;
            by_deltas(&exchange.response)
        } else {
            by_items(&serde_json::from_str(&exchange.response).unwrap())
        };
        let mut found = by_decoder(&decode(exchange));
        // An item that only the last event has comes after those that came on their own.
        for said in [&mut expected, &mut found] {
            said.own.sort_by_key(|item| text(&item["id"]).to_owned());
        }
        assert_eq!(found, expected, "{}", exchange.name());
    }
    println!("{} recorded answers checked, {streams} of them streams", exchanges.len());
    assert!(exchanges.len() > 100, "the recordings have answers of this protocol");
}

/// What a client that holds the whole history sent of an answer must be what is written of that answer here, but for
/// the fields that this client leaves out or always adds.
#[test]
#[expect(clippy::print_stdout, reason = "how many were checked is of interest")]
fn recorded_answers_are_given_back_as_the_client_did_that_recorded_them() {
    let Some(exchanges) = recorded() else { return };
    let mut checked = 0;
    for pair in exchanges.windows(2).filter(|pair| pair[0].file == pair[1].file) {
        let Ok(next) = serde_json::from_str::<Value>(&pair[1].request) else { continue };
        let Some(sent) = next["input"].as_array() else { continue };
        let answer = decode(&pair[0]).into_message();
        let given = given_back(answer);
        // Only what the next request has of this answer, known by its ids, is compared.
        // The client wrote the arguments of searches for tools anew.
        for item in given.into_iter().filter(|item| item["type"] != "tool_search_call") {
            for key in ["id", "call_id"] {
                let Some(id) = item[key].as_str() else { continue };
                let Some(theirs) =
                    sent.iter().find(|theirs| theirs[key] == id && theirs["type"] == item["type"])
                else {
                    continue;
                };
                let (mut ours, mut theirs) = (comparable(&item), comparable(theirs));
                for optional in ["id", "encrypted_content"].iter().filter(|name| theirs.get(name).is_none()) {
                    ours.as_object_mut().unwrap().remove(*optional);
                }
                if ours.get("namespace").is_none() {
                    // The client adds one for tools that it made known later.
                    theirs.as_object_mut().unwrap().remove("namespace");
                }
                assert_eq!(ours, theirs, "{}", pair[1].name());
                checked += 1;
                break;
            }
        }
    }
    println!("{checked} items given back as recorded");
    assert!(checked > 40, "the recordings have conversations");
}

fn given_back(answer: Message) -> Vec<Value> {
    let question = Message::new(ModelRole::User, "?");
    let request = ChatRequest::new("openai:gpt".parse().unwrap(), vec![question.clone(), answer, question]);
    let encoded = ResponsesWire.encode(&request, &ModelCapabilities::default()).unwrap();
    let body: Value = serde_json::from_slice(&encoded.body).unwrap();
    body["input"].as_array().unwrap().clone()
}

/// An item without what clients may write differently: nulls, empty lists, a status, spaces in arguments, and what
/// tools of the provider's own returned, which that client leaves out. Quotation marks are typewritten in the
/// recorded requests and not in the answers.
fn comparable(item: &Value) -> Value {
    let text = item.to_string().replace('\u{2019}', "'").replace(['\u{201c}', '\u{201d}'], "\\\"");
    let mut item: Value = serde_json::from_str(&text).unwrap();
    let fields = item.as_object_mut().unwrap();
    for left_out in ["status", "outputs", "output", "tools", "results", "action"] {
        fields.remove(left_out);
    }
    fields.retain(|_, value| !value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
    if let Some(arguments) = fields.get_mut("arguments") {
        let parsed = arguments.as_str().and_then(|text| serde_json::from_str(text).ok());
        *arguments = parsed.unwrap_or_else(|| arguments.take());
    }
    item
}
