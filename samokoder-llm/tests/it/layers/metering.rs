//! Counts of calls, tokens and money.

use std::time::Duration;

use futures::StreamExt as _;
use samokoder_core::llm::{LlmErrorKind, LlmProviderExt as _, Payer, Start, StreamEvent};
use samokoder_llm::layer::{Layer as _, Meter, Retry, Stack};

use super::scripted::*;

#[tokio::test(start_paused = true)]
async fn calls_are_counted_by_agent_model_and_payer() {
    let meter = Meter::default();
    let paid = Step::Send(StreamEvent::Start(Start { payer: Some(Payer::Platform), ..Start::default() }));
    let turn = vec![wait(100), paid, text("a"), wait(200), used(10, 5), finish()];
    let provider = meter.wrap(Scripted::always(turn));
    for (agent, model) in [("architect", "a:x"), ("developer", "a:x"), ("developer", "a:x")] {
        provider.complete(ask(model, "hi"), &call_by("tenant", agent)).await.unwrap();
    }
    let counted = meter.snapshot();
    let keys: Vec<_> =
        counted.iter().map(|(key, count)| (key.agent.as_deref(), key.platform, count.calls)).collect();
    assert_eq!(keys, [(Some("architect"), Some(true), 1), (Some("developer"), Some(true), 2)]);
    let developer = &counted[1].1;
    assert_eq!(developer.usage, usage(20, 10));
    assert_eq!(developer.money, priced().price.unwrap().cost(&usage(20, 10)));
    assert_eq!(developer.whole.mean(), Duration::from_millis(300));
    assert_eq!(
        (developer.first.mean(), developer.first.longest),
        (Duration::from_millis(100), Duration::from_millis(100))
    );
}

#[tokio::test(start_paused = true)]
async fn calls_that_fail_are_dropped_or_have_no_price_are_counted_as_such() {
    let meter = Meter::default();
    let turns = [vec![fail(LlmErrorKind::BadRequest)], vec![text("a"), wait(1_000), finish()]];
    let provider = meter.wrap(Scripted::with(unpriced(), turns, answer("ok")));
    provider.complete(request("hi"), &call()).await.unwrap_err();
    let mut stream = provider.stream(request("hi"), &call()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    provider.complete(request("hi"), &call()).await.unwrap();
    let [(_, count)] = meter.snapshot()[..] else { panic!("one key") };
    assert_eq!((count.calls, count.failed, count.dropped, count.unpriced), (3, 1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_failed_attempts_may_have_cost_is_counted_apart() {
    let meter = Meter::default();
    let inner = Scripted::new([vec![fail(LlmErrorKind::Timeout)]]);
    let provider = Stack::new().with(meter.clone()).with(Retry::default()).build(inner).unwrap();
    provider.complete(request("hi"), &call()).await.unwrap();
    let [(_, count)] = meter.snapshot()[..] else { panic!("one key") };
    assert_eq!(count.failed_attempts, priced().worst_case(&request("hi")));
    assert_eq!((count.calls, count.usage), (1, usage(10, 5)));
}
