//! How many requests and tokens a minute has.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt as _, future::join_all};
use proptest::prelude::*;
use samokoder_core::llm::{
    Allowance, ChatRequest, ErrorReply, LlmError, LlmErrorKind, LlmProvider, LlmProviderExt as _, RateLimits,
    StreamEvent,
};
use samokoder_llm::layer::{Governor, Layer as _, Rate};
use tokio::time::Instant;

use super::scripted::*;

const WINDOW: Duration = Duration::from_mins(1);

/// A request of which this many tokens are reserved: nine for itself, the rest for its answer.
fn of_tokens(tokens: u64) -> ChatRequest {
    request("hi").max_output(tokens - 9)
}

fn seconds(times: &[Duration]) -> Vec<u64> {
    times.iter().map(Duration::as_secs).collect()
}

async fn send_all(provider: &Arc<dyn LlmProvider>, requests: impl IntoIterator<Item = ChatRequest>) {
    let call = call();
    join_all(requests.into_iter().map(|request| provider.complete(request, &call))).await;
}

#[tokio::test(start_paused = true)]
async fn requests_beyond_the_limit_wait_until_the_oldest_is_a_window_old() {
    let (inner, start) = (Scripted::new([]), Instant::now());
    let provider = Governor::new(Rate::default().requests(2)).wrap(inner.clone());
    send_all(&provider, (0..5).map(|_| request("hi"))).await;
    assert_eq!(seconds(&inner.times(start)), [0, 0, 60, 60, 120]);
}

#[tokio::test(start_paused = true)]
async fn what_a_call_did_not_use_comes_back_when_it_ends() {
    // Of 100 reserved, 15 are used.
    let (inner, start) = (Scripted::always(slow_answer("ok", 10_000)), Instant::now());
    let provider = Governor::new(Rate::default().tokens(150)).wrap(inner.clone());
    send_all(&provider, [of_tokens(100), of_tokens(100), of_tokens(100)]).await;
    assert_eq!(seconds(&inner.times(start)), [0, 10, 20]);
}

#[tokio::test(start_paused = true)]
async fn dropping_a_stream_gives_back_what_it_can_not_use_any_more() {
    let inner = Scripted::new([vec![text("0123456789"), wait(60_000), finish()]]);
    let provider = Governor::new(Rate::default().tokens(100)).wrap(inner.clone());
    let mut stream = provider.stream(of_tokens(100), &call()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    let start = Instant::now();
    // Nine tokens were asked and up to five answered: 86 are free at once.
    provider.complete(of_tokens(86), &call()).await.unwrap();
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn calls_are_sent_in_the_order_in_which_they_came_whatever_their_size() {
    let inner = Scripted::always(vec![text("ok"), used(50, 50), finish()]);
    let provider = Governor::new(Rate::default().tokens(100)).wrap(inner.clone());
    send_all(&provider, [of_tokens(100), of_tokens(90), of_tokens(10), of_tokens(80)]).await;
    let sizes: Vec<_> = inner.requests().iter().map(|request| request.max_output.unwrap() + 9).collect();
    assert_eq!(sizes, [100, 90, 10, 80]);
}

#[tokio::test(start_paused = true)]
async fn a_call_larger_than_the_limit_waits_for_an_empty_window_and_goes_alone() {
    let (inner, start) = (Scripted::always(vec![text("ok"), used(50, 50), finish()]), Instant::now());
    let provider = Governor::new(Rate::default().tokens(100)).wrap(inner.clone());
    send_all(&provider, [of_tokens(20), of_tokens(5_000), of_tokens(20)]).await;
    assert_eq!(seconds(&inner.times(start)), [0, 60, 120]);
}

#[tokio::test(start_paused = true)]
async fn each_model_has_a_window_of_its_own_and_may_have_a_rate_of_its_own() {
    let (inner, start) = (Scripted::new([]), Instant::now());
    let governor = Governor::new(Rate::default().requests(1))
        .model("scripted:fast".parse().unwrap(), Rate::default().requests(3));
    let provider = governor.wrap(inner.clone());
    let models = ["scripted:slow", "scripted:slow", "scripted:fast", "scripted:fast", "scripted:fast"];
    send_all(&provider, models.map(|model| ask(model, "hi"))).await;
    assert_eq!(seconds(&inner.times(start)), [0, 0, 0, 0, 60]);
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_says_it_allows_is_kept_to() {
    let requests = Allowance { limit: None, remaining: Some(1), reset: Some(Duration::from_secs(20)) };
    let limits = StreamEvent::RateLimits(RateLimits { requests, ..RateLimits::default() });
    let (inner, start) = (Scripted::new([vec![text("ok"), Step::Send(limits), finish()]]), Instant::now());
    let provider = Governor::new(Rate::default()).wrap(inner.clone());
    provider.complete(request("hi"), &call()).await.unwrap();
    send_all(&provider, (0..3).map(|_| request("hi"))).await;
    assert_eq!(seconds(&inner.times(start)), [0, 0, 20, 20]);
}

#[tokio::test(start_paused = true)]
async fn slow_down_holds_back_the_other_calls_too() {
    let tokens = Allowance { limit: Some(100), remaining: Some(0), reset: Some(Duration::from_secs(50)) };
    let mut reply = ErrorReply::default();
    reply.limits = Some(RateLimits { tokens, ..RateLimits::default() });
    let error = || LlmError::new(LlmErrorKind::RateLimited, "slow down");
    for (error, sent) in [(error().retry_after(Duration::from_secs(9)), 9), (error().reply(reply), 25)] {
        let (inner, start) = (Scripted::new([vec![Step::Fail(error)]]), Instant::now());
        let provider = Governor::new(Rate::default()).wrap(inner.clone());
        provider.complete(request("hi"), &call()).await.unwrap_err();
        send_all(&provider, [of_tokens(50)]).await;
        assert_eq!(seconds(&inner.times(start)), [0, sent]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_the_deadline_or_sooner_and_leaves_the_queue() {
    let (inner, start) = (Scripted::new([]), Instant::now());
    let provider = Governor::new(Rate::default().requests(1)).wrap(inner.clone());
    provider.complete(request("hi"), &call()).await.unwrap();
    let late = provider.complete(request("hi"), &call_of(5_000)).await.unwrap_err();
    assert_eq!((late.kind, start.elapsed()), (LlmErrorKind::Timeout, Duration::from_secs(5)));

    let impatient = Governor::new(Rate::default().requests(1)).longest_wait(Duration::from_secs(2));
    let provider = impatient.wrap(inner);
    provider.complete(request("hi"), &call()).await.unwrap();
    let error = provider.complete(request("hi"), &call()).await.unwrap_err();
    assert_eq!((error.kind, error.retry_after), (LlmErrorKind::RateLimited, Some(Duration::from_secs(58))));
}

/// A call of the property below.
#[derive(Debug, Clone)]
struct Planned {
    after: u64,
    reserved: u64,
    used: u64,
    takes: u64,
    dropped: bool,
}

fn planned() -> impl Strategy<Value = Vec<Planned>> {
    let call = (1..20_000_u64, 15..120_u64, 0..=100_u64, 0..90_000_u64, prop::bool::weighted(0.2));
    let call = call.prop_map(|(after, reserved, share, takes, dropped)| {
        // A dropped one is charged for what it asked, nine tokens, and a byte of its answer.
        let used = if dropped { 10 } else { reserved.min(100) * share / 100 };
        Planned { after, reserved, used, takes, dropped }
    });
    prop::collection::vec(call, 1..25)
}

proptest! {
    #[test]
    fn no_interval_of_a_window_has_more_requests_or_tokens_than_the_limit(calls in planned(), requests in 1..6_u64) {
        const TOKENS: u64 = 100;
        on_paused_clock(async {
            let turns = calls.iter().map(|call| vec![text("a"), wait(call.takes), used(0, call.used), finish()]);
            let (inner, start) = (Scripted::new(turns), Instant::now());
            let governor = Governor::new(Rate::default().requests(requests).tokens(TOKENS));
            let provider = &governor.wrap(inner.clone());
            let mut arrival = 0;
            let sent = calls.iter().map(|planned| {
                arrival += planned.after;
                let at = start + Duration::from_millis(arrival);
                async move {
                    tokio::time::sleep_until(at).await;
                    let mut stream = provider.stream(of_tokens(planned.reserved), &call()).await.unwrap();
                    stream.next().await.unwrap().unwrap();
                    while !planned.dropped && stream.next().await.is_some() {}
                }
            });
            join_all(sent).await;
            let times = inner.times(start);
            prop_assert_eq!(times.len(), calls.len());
            let order: Vec<_> = inner.requests().iter().map(|request| request.max_output.unwrap() + 9).collect();
            let came: Vec<_> = calls.iter().map(|call| call.reserved).collect();
            prop_assert_eq!(order, came, "first come, first served");
            // It is enough to look at the intervals that begin with a grant.
            for (index, begin) in times.iter().enumerate() {
                let within = || times.iter().zip(&calls).skip(index).take_while(|(at, _)| **at < *begin + WINDOW);
                prop_assert!(within().count() as u64 <= requests);
                prop_assert!(within().map(|(_, call)| call.used).sum::<u64>() <= TOKENS);
            }
            Ok(())
        })?;
    }
}
