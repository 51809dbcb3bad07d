//! Other models and providers, for when one does not answer.

use std::sync::Arc;

use futures::StreamExt as _;
use samokoder_core::{
    budget::Budget,
    llm::{
        ChatResponse, LlmErrorKind, LlmProvider, LlmProviderExt as _, ModelCapabilities, Price, StreamEvent,
    },
};
use samokoder_llm::layer::{Fallback, Layer as _, Retry, Stack};

use super::scripted::*;

fn chain(first: &Arc<Scripted>, second: &Arc<Scripted>) -> Arc<dyn LlmProvider> {
    Fallback::new().then("second:other".parse().unwrap(), second.clone()).wrap(first.clone())
}

fn mid_stream() -> Fallback {
    Fallback::new().mid_stream(true)
}

fn with_window(window: u64) -> ModelCapabilities {
    let mut capabilities = priced();
    capabilities.context_window = window;
    capabilities
}

#[tokio::test(start_paused = true)]
async fn it_moves_on_after_errors_that_another_provider_may_not_have() {
    use LlmErrorKind as Kind;
    for (kind, moves) in [
        (Kind::RateLimited, true),
        (Kind::Overloaded, true),
        (Kind::Timeout, true),
        (Kind::Connection, true),
        (Kind::Truncated, true),
        (Kind::Malformed, true),
        (Kind::QuotaExhausted, true),
        (Kind::Authentication, true),
        (Kind::UnknownModel, true),
        (Kind::ContentRefused, false),
        (Kind::BadRequest, false),
        (Kind::Cancelled, false),
        (Kind::BudgetExceeded, false),
    ] {
        let (first, second) = (Scripted::new([vec![fail(kind)]]), Scripted::new([]));
        let answer = chain(&first, &second).complete(request("hi"), &call()).await;
        assert_eq!((answer.is_ok(), second.calls() == 1), (moves, moves), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_too_long_moves_to_a_larger_window_only() {
    for (window, moves) in [(8_000, false), (16_000, false), (32_000, true)] {
        let first =
            Scripted::with(with_window(16_000), [vec![fail(LlmErrorKind::ContextTooLong)]], answer("ok"));
        let second = Scripted::with(with_window(window), [], answer("ok"));
        let answer = chain(&first, &second).complete(request("hi"), &call()).await;
        assert_eq!(answer.is_ok(), moves, "{window}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_begun_is_not_moved_by_default() {
    let first = Scripted::new([vec![text("ha"), fail(LlmErrorKind::Overloaded)]]);
    let second = Scripted::new([]);
    let answer = chain(&first, &second).complete(request("hi"), &call()).await;
    assert_eq!((answer.unwrap_err().kind, second.calls()), (LlmErrorKind::Overloaded, 0));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_begun_is_moved_with_a_restart_where_that_is_wanted() {
    let first = Scripted::new([vec![text("ha"), used(10, 2), fail(LlmErrorKind::Connection)]]);
    let second = Scripted::new([answer("whole")]);
    let provider = mid_stream().then("second:other".parse().unwrap(), second.clone()).wrap(first.clone());
    let call = call();
    let events: Vec<_> = provider.stream(request("hi"), &call).await.unwrap().collect().await;
    let events: Vec<_> = events.into_iter().map(Result::unwrap).collect();
    let [begun, used, restart, rest @ ..] = &events[..] else { panic!("{events:?}") };
    assert_eq!(
        (begun, used, restart),
        (&StreamEvent::Text("ha".into()), &StreamEvent::Usage(usage(10, 2)), &StreamEvent::Restart)
    );
    let mut response = ChatResponse::default();
    assert!(rest.iter().cloned().any(|event| response.add(event)));
    assert_eq!((response.text().as_str(), response.usage), ("whole", usage(10, 5)));
    assert_eq!(response.cost, Some(priced().price.unwrap().cost(&usage(10, 5))));
    assert_eq!(second.requests()[0].model.to_string(), "second:other");
    assert_eq!(call.spent_earlier(), priced().worst_case(&request("hi")), "what was written may be billed");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_begun_is_moved_when_the_attempts_below_are_used_up() {
    let broken = vec![text("ha"), fail(LlmErrorKind::Overloaded)];
    let (first, second) = (Scripted::always(broken.clone()), Scripted::always(broken));
    let third = Scripted::new([answer("third")]);
    let fallback = mid_stream()
        .then("second:other".parse().unwrap(), second.clone())
        .then("third:other".parse().unwrap(), third.clone());
    let retry = Retry::default().attempts(2).mid_stream(true);
    let provider = Stack::new().with(fallback).with(retry).build(first.clone()).unwrap();
    let answer = provider.complete(request("hi"), &call()).await.unwrap();
    assert_eq!(answer.text(), "third");
    assert_eq!((first.calls(), second.calls(), third.calls()), (2, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_begun_ends_with_what_became_of_every_model() {
    for (kind, calls, message) in [
        (LlmErrorKind::Truncated, 1, "second:other: scripted; before it, scripted:model: scripted"),
        (LlmErrorKind::ContentRefused, 0, "scripted:model: scripted"),
    ] {
        let first = Scripted::new([vec![text("ha"), fail(kind)]]);
        let second = Scripted::always(vec![text("ho"), fail(kind)]);
        let provider = mid_stream().then("second:other".parse().unwrap(), second.clone()).wrap(first);
        let error = provider.complete(request("hi"), &call()).await.unwrap_err();
        assert_eq!((error.kind, error.message.as_str(), second.calls()), (kind, message, calls));
    }
}

#[tokio::test(start_paused = true)]
async fn the_error_says_what_became_of_every_model() {
    let first = Scripted::new([vec![fail(LlmErrorKind::RateLimited)]]);
    let second = Scripted::new([vec![fail(LlmErrorKind::Authentication)]]);
    let error = chain(&first, &second).complete(request("hi"), &call()).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::Authentication);
    assert_eq!(error.message, "second:other: scripted; before it, scripted:model: scripted");
}

#[tokio::test(start_paused = true)]
async fn another_model_is_asked_by_its_name_and_gets_no_more_room_than_the_first() {
    let first = Scripted::new([vec![fail(LlmErrorKind::Overloaded)]]);
    let mut roomy = priced();
    roomy.max_output = 50_000;
    let second = Scripted::with(roomy, [], answer("ok"));
    chain(&first, &second).complete(request("hi"), &call()).await.unwrap();
    assert_eq!(first.requests()[0].max_output, None);
    let moved = &second.requests()[0];
    assert_eq!((moved.model.to_string().as_str(), moved.max_output), ("second:other", Some(1_000)));
}

#[tokio::test(start_paused = true)]
async fn a_chain_is_reserved_for_at_its_dearest_and_each_answer_says_its_own_cost() {
    let dear = priced().price(Price::per_million(5.0, 20.0));
    let first = Scripted::new([vec![fail(LlmErrorKind::Timeout)]]);
    let second = Scripted::with(dear.clone(), [], answer("ok"));
    let provider = chain(&first, &second);
    let known = provider.capabilities("model").await.unwrap();
    assert_eq!(known.price, dear.price);

    let call = call().budget(Budget::default());
    let moved = provider.complete(request("hi"), &call).await.unwrap();
    assert_eq!(moved.cost, Some(dear.price.unwrap().cost(&moved.usage)));
    assert_eq!(call.spent_earlier(), priced().worst_case(&request("hi")), "the failed attempt is booked");

    let first = provider.complete(request("hi"), &call).await.unwrap();
    assert_eq!(first.cost, Some(priced().price.unwrap().cost(&first.usage)));
}

#[tokio::test(start_paused = true)]
async fn with_a_model_without_a_price_the_chain_has_none() {
    let provider = chain(&Scripted::new([]), &Scripted::with(unpriced(), [], answer("ok")));
    assert_eq!(provider.capabilities("model").await.unwrap().price, None);
}

#[tokio::test(start_paused = true)]
async fn past_its_deadline_nobody_else_is_asked() {
    let first = Scripted::new([vec![wait(1_000), fail(LlmErrorKind::Timeout)]]);
    let second = Scripted::new([]);
    let answer = chain(&first, &second).complete(request("hi"), &call_of(1_000)).await;
    assert_eq!((answer.unwrap_err().kind, second.calls()), (LlmErrorKind::Timeout, 0));
}
