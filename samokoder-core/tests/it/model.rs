//! What every provider can do, made of the two methods its implementor wrote.

use samokoder_core::{
    budget::{Budget, Spend, SpendLimits},
    llm::{
        CallContext, ChatRequest, ChatResponse, Echo, FinishReason, LlmError, LlmErrorKind,
        LlmProviderExt as _, Message, ModelRole, Part, Price, StreamEvent, ToolCall,
    },
    testing::ScriptedModel,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

#[derive(Debug, PartialEq, Deserialize, JsonSchema)]
struct City {
    name: String,
    people: u32,
}

fn request(text: &str) -> ChatRequest {
    ChatRequest::new("test:model".parse().unwrap(), vec![Message::new(ModelRole::User, text)])
}

/// Answers with one text after the other.
fn answers(texts: &'static [&'static str]) -> ScriptedModel {
    ScriptedModel::new(move |request| Ok(texts[request.messages.len() / 2].to_owned()))
}

#[tokio::test]
async fn an_answer_is_a_value_of_a_type() {
    let model = answers(&["Here it is: {\"name\": \"Oslo\", \"people\": 709000,}"]);
    let (city, _) = model.complete_as::<City>(request("Norway?"), &CallContext::default()).await.unwrap();
    assert_eq!(city, City { name: "Oslo".into(), people: 709_000 });
    let asked = serde_json::to_value(&model.requests()[0]).unwrap();
    assert_eq!(asked["response_format"]["name"], "City");
    assert_eq!(asked["response_format"]["schema"]["required"], json!(["name", "people"]));
}

#[tokio::test]
async fn a_wrong_answer_is_sent_back_once_with_what_is_wrong_and_both_are_paid() {
    let model = answers(&["{\"name\": \"Oslo\"}", "{\"name\": \"Oslo\", \"people\": 1}"]);
    let call = CallContext::default();
    let (city, _) = model.complete_as::<City>(request("Norway?"), &call).await.unwrap();
    assert_eq!(city.people, 1);
    let correction = model.requests()[1].messages[2].text();
    assert!(correction.contains("missing field `people`"), "{correction}");
    assert_eq!(call.spent_earlier().calls, 1);
}

#[tokio::test]
async fn a_second_wrong_answer_is_an_error_that_says_why() {
    let model = answers(&["no", "never"]);
    let outcome = model.complete_as::<City>(request("Norway?"), &CallContext::default()).await;
    let error = outcome.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (LlmErrorKind::Malformed, "it has no JSON in it"));
}

#[tokio::test]
async fn a_failed_attempt_is_booked_with_its_worst_case_unless_it_was_refused() {
    let limits = SpendLimits { tokens: Some(100), ..SpendLimits::default() };
    let call = CallContext::default().budget(Budget::new(limits, Spend::default()));
    let worst = Spend { tokens: 60, calls: 1, ..Spend::default() };
    let model = "test:model".parse().unwrap();
    call.book_failed(&LlmError::new(LlmErrorKind::RateLimited, "slow"), worst, &model).await.unwrap();
    call.book_failed(&LlmError::new(LlmErrorKind::Truncated, "cut"), worst, &model).await.unwrap();
    assert_eq!(call.spent_earlier(), Spend { tokens: 60, calls: 2, ..Spend::default() });
    let error =
        call.book_failed(&LlmError::new(LlmErrorKind::Timeout, "late"), worst, &model).await.unwrap_err();
    assert_eq!(
        (error.kind, error.was_refused()),
        (LlmErrorKind::BudgetExceeded, false),
        "it is still to be paid"
    );
    assert_eq!(call.budget.spent(), call.spent_earlier());
}

#[test]
fn pieces_of_an_answer_become_its_parts_in_order() {
    let echo = |data| Echo::new("test", json!(data));
    let call = ToolCall { id: "1".into(), name: "add".into(), ..ToolCall::default() };
    let other = ToolCall { id: "2".into(), name: "add".into(), ..ToolCall::default() };
    let arguments = |id: &str, json: &str| StreamEvent::ToolArguments { id: id.into(), json: json.into() };
    let mut response = ChatResponse::default();
    let finished: Vec<_> = [
        StreamEvent::Reasoning("hm".into()),
        StreamEvent::Reasoning("m".into()),
        StreamEvent::Echo(echo("signed")),
        StreamEvent::Reasoning("and".into()),
        StreamEvent::Text("On".into()),
        StreamEvent::Text("e".into()),
        StreamEvent::ToolCall(call),
        StreamEvent::ToolCall(other),
        arguments("1", "{\"a\""),
        arguments("2", "{}"),
        arguments("1", ":1}"),
        StreamEvent::ToolCallEnd { id: "2".into(), arguments: Some("{\"a\":2}".into()) },
        StreamEvent::Finish(FinishReason::ToolCalls),
    ]
    .into_iter()
    .map(|event| response.add(event))
    .collect();
    assert_eq!(finished.iter().filter(|last| **last).count(), 1);
    let arguments: Vec<_> = response.tool_calls().map(|call| call.arguments.as_str()).collect();
    assert_eq!(arguments, ["{\"a\":1}", "{\"a\":2}"]);
    let thoughts: Vec<_> = response
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Reasoning { text, echo } => Some((text.as_str(), echo.is_some())),
            _ => None,
        })
        .collect();
    assert_eq!(thoughts, [("hmm", true), ("and", false)]);
    assert_eq!(response.text(), "One");
    let again: ChatResponse = serde_json::from_str(&serde_json::to_string(&response).unwrap()).unwrap();
    assert_eq!(again, response);
}

#[test]
fn a_restart_voids_what_came() {
    let mut response = ChatResponse::default();
    for event in [StreamEvent::Text("Hal".into()), StreamEvent::Restart, StreamEvent::Text("Hello".into())] {
        response.add(event);
    }
    assert_eq!(response.text(), "Hello");
}

#[test]
fn the_worst_case_covers_a_cache_that_is_written_and_an_answer_of_full_length() {
    use samokoder_core::llm::{ModelCapabilities, Money};
    let price = Price { cache_write: Money::from_picodollars(2_000_000), ..Price::per_million(1.0, 10.0) };
    let model = ModelCapabilities::default().price(price);
    let request = request("Hello").max_output(100);
    let worst = model.worst_case(&request);
    let input = request.estimate_tokens();
    assert_eq!(worst.tokens, input + 100);
    assert_eq!(worst.money.picodollars(), input * 2_000_000 + 100 * 10_000_000);
}
