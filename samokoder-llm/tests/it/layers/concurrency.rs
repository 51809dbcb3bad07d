//! How many answers are under way at once.

use std::time::Duration;

use futures::{StreamExt as _, future::join_all};
use samokoder_core::llm::{LlmErrorKind, LlmProviderExt as _};
use samokoder_llm::layer::{Concurrency, Layer as _};
use tokio::time::Instant;

use super::scripted::*;

#[tokio::test(start_paused = true)]
async fn no_more_answers_are_under_way_than_the_limit_and_first_come_first_served() {
    let inner = Scripted::always(slow_answer("ok", 100));
    let provider = Concurrency::new(3).wrap(inner.clone());
    let (start, call) = (Instant::now(), call());
    let answers = join_all((0..9).map(|n| provider.complete(request(&n.to_string()), &call))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!((inner.most_under_way(), start.elapsed()), (3, Duration::from_millis(300)));
    let order: Vec<_> = inner.requests().iter().map(|request| request.messages[0].text()).collect();
    assert_eq!(order, ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
}

#[tokio::test(start_paused = true)]
async fn a_permit_is_held_until_the_finish_or_until_the_stream_is_dropped() {
    let inner = Scripted::always(vec![text("a"), text("b"), finish()]);
    let provider = Concurrency::new(1).wrap(inner.clone());
    let mut first = provider.stream(request("1"), &call()).await.unwrap();
    first.next().await.unwrap().unwrap();
    let refused = provider.stream(request("2"), &call_of(1_000)).await.err().unwrap();
    assert_eq!(refused.kind, LlmErrorKind::Timeout);
    drop(first);
    let mut second = provider.stream(request("3"), &call()).await.unwrap();
    while second.next().await.is_some() {}
    // Finished but not dropped.
    assert!(provider.complete(request("4"), &call()).await.is_ok());
    drop(second);
}

#[tokio::test(start_paused = true)]
async fn whoever_gives_up_waiting_leaves_the_queue() {
    let inner = Scripted::always(slow_answer("ok", 100));
    let provider = Concurrency::new(1).wrap(inner.clone());
    let (long, short) = (call(), call_of(50));
    let (first, second, third) = tokio::join!(
        provider.complete(request("1"), &long),
        provider.complete(request("2"), &short),
        provider.complete(request("3"), &long),
    );
    assert_eq!((first.is_ok(), second.unwrap_err().kind, third.is_ok()), (true, LlmErrorKind::Timeout, true));
    assert_eq!(inner.calls(), 2);
}
