//! Answers kept for the same request.

use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use samokoder_core::llm::{FinishReason, LlmErrorKind, LlmProvider, LlmProviderExt as _, Money, StreamEvent};
use samokoder_llm::layer::{Cache, Layer as _};
use serde_json::json;

use super::scripted::*;

const TIME: Duration = Duration::from_mins(10);

fn cached(inner: &Arc<Scripted>) -> Arc<dyn LlmProvider> {
    Cache::new(1 << 20, TIME).wrap(inner.clone())
}

async fn ask_for(provider: &Arc<dyn LlmProvider>, words: &str) -> String {
    provider.complete(request(words), &call()).await.unwrap().text()
}

#[tokio::test(start_paused = true)]
async fn the_same_request_is_answered_without_the_model_and_costs_nothing() {
    let inner = Scripted::new([answer("one"), answer("two")]);
    let provider = cached(&inner);
    assert_eq!(ask_for(&provider, "a").await, "one");
    let hit = provider.complete(request("a"), &call()).await.unwrap();
    assert_eq!((hit.text().as_str(), hit.cost, hit.usage), ("one", Some(Money::ZERO), usage(0, 0)));
    assert_eq!(hit.extra["cached_usage"], json!(usage(10, 5)));
    assert_eq!(ask_for(&provider, "b").await, "two");
    assert_eq!(inner.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn any_difference_of_the_request_asks_again() {
    let inner = Scripted::new([]);
    let provider = cached(&inner);
    let mut warm = request("a");
    warm.temperature = Some(0.5);
    for request in [request("a"), request("a").max_output(5), warm, ask("scripted:other", "a")] {
        provider.complete(request, &call()).await.unwrap();
    }
    assert_eq!(inner.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn answers_are_kept_for_their_time() {
    let inner = Scripted::new([answer("one"), answer("two")]);
    let provider = cached(&inner);
    assert_eq!(ask_for(&provider, "a").await, "one");
    tokio::time::sleep(TIME).await;
    assert_eq!(ask_for(&provider, "a").await, "two");
}

#[tokio::test(start_paused = true)]
async fn a_fresh_call_asks_the_model_and_replaces_what_is_kept() {
    let inner = Scripted::new([answer("one"), answer("two")]);
    let provider = cached(&inner);
    assert_eq!(ask_for(&provider, "a").await, "one");
    let fresh = provider.complete(request("a"), &call().fresh(true)).await.unwrap();
    assert_eq!((fresh.text().as_str(), ask_for(&provider, "a").await.as_str()), ("two", "two"));
}

#[tokio::test(start_paused = true)]
async fn only_whole_answers_are_kept() {
    let ends = |reason| vec![text("a"), Step::Send(StreamEvent::Finish(reason))];
    let declined = vec![Step::Send(StreamEvent::Refusal("no".into())), finish()];
    for turn in [
        ends(FinishReason::Length),
        ends(FinishReason::Refusal),
        ends(FinishReason::ContentFilter),
        ends(FinishReason::Pause),
        ends(FinishReason::Other("new".into())),
        declined,
        vec![text("a"), fail(LlmErrorKind::Truncated)],
        vec![text("a")],
    ] {
        let inner = Scripted::new([turn.clone()]);
        let provider = cached(&inner);
        let _ = provider.complete(request("a"), &call()).await;
        ask_for(&provider, "a").await;
        assert_eq!(inner.calls(), 2, "{turn:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn requests_that_are_the_same_wait_for_one_answer() {
    let inner = Scripted::always(slow_answer("one", 100));
    let provider = cached(&inner);
    let call = call();
    let answers = join_all((0..8).map(|_| provider.complete(request("a"), &call))).await;
    let paid = answers.iter().filter(|answer| answer.as_ref().unwrap().cost.is_none()).count();
    assert_eq!((inner.calls(), paid), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn when_the_one_who_asked_gives_up_another_asks() {
    let inner = Scripted::always(slow_answer("one", 100));
    let provider = cached(&inner);
    let call = call();
    let first = tokio::time::timeout(Duration::from_millis(50), provider.complete(request("a"), &call));
    let others = join_all((0..4).map(|_| provider.complete(request("a"), &call)));
    let (first, others) = tokio::join!(first, others);
    assert!(first.is_err() && others.iter().all(Result::is_ok));
    assert_eq!(inner.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn when_the_one_answer_fails_the_others_ask_for_themselves_at_once() {
    let inner = Scripted::new([vec![wait(100), fail(LlmErrorKind::BudgetExceeded)]]);
    let provider = cached(&inner);
    let call = call();
    let answers = join_all((0..4).map(|_| provider.complete(request("a"), &call))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_err()).count(), 1);
    assert_eq!(inner.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn nobody_gets_what_another_tenant_asked() {
    let inner = Scripted::new([]);
    let provider = cached(&inner);
    for scope in ["one", "two", "one"] {
        provider.complete(request("a"), &call_by(scope, "developer")).await.unwrap();
    }
    assert_eq!(inner.calls(), 2);
}

#[tokio::test(start_paused = true)]
async fn it_holds_no_more_bytes_than_it_may() {
    let inner = Scripted::always(answer(&"a".repeat(4_000)));
    let cache = Cache::new(10_000, TIME);
    let provider = cache.wrap(inner.clone());
    for n in 0..20 {
        ask_for(&provider, &n.to_string()).await;
        assert!(cache.bytes() <= 10_000);
    }
    assert!(cache.bytes() > 4_000);
}
