//! How long an answer may take.

use std::time::Duration;

use futures::StreamExt as _;
use samokoder_core::llm::{LlmErrorKind, LlmProviderExt as _};
use samokoder_llm::layer::{Layer as _, Timeout};
use tokio::time::Instant;

use super::scripted::*;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What a turn fails with within these limits, and after how long.
async fn outcome(limits: Timeout, turn: Turn) -> (Result<String, String>, Duration) {
    let inner = Scripted::new([turn]);
    let start = Instant::now();
    let answer = limits.wrap(inner.clone()).complete(request("hi"), &call()).await;
    assert_eq!(inner.under_way(), 0);
    (answer.map(|answer| answer.text()).map_err(|error| error.to_string()), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn an_answer_within_all_limits_passes() {
    let limits = Timeout::none().first(secs(5)).idle(secs(3)).whole(secs(20));
    let turn = vec![wait(4_900), text("a"), wait(2_900), text("b"), wait(2_900), finish()];
    assert_eq!(outcome(limits, turn).await, (Ok("ab".into()), Duration::from_millis(10_700)));
}

#[tokio::test(start_paused = true)]
async fn the_first_event_the_next_and_the_whole_have_limits_of_their_own() {
    let late = |what: &str| Err(format!("the model did not answer in time: {what}"));
    let first = Timeout::none().first(secs(5));
    let nothing = late("there was no first event after 5s");
    assert_eq!(outcome(first, vec![wait(9_000), finish()]).await, (nothing, secs(5)));

    let idle = Timeout::none().idle(secs(3));
    let turn = vec![wait(9_000), text("a"), wait(2_000), text("b"), wait(4_000), finish()];
    assert_eq!(outcome(idle, turn).await, (late("there was no further event for 3s"), secs(14)));

    let whole = Timeout::none().idle(secs(3)).whole(secs(6));
    let turn = (0..9).flat_map(|_| [text("a"), wait(1_000)]).collect();
    assert_eq!(outcome(whole, turn).await, (late("the answer was not whole after 6s"), secs(6)));
}

#[tokio::test(start_paused = true)]
async fn the_calls_deadline_ends_an_answer_before_and_within_its_stream() {
    for turn in [vec![wait(9_000), finish()], vec![text("a"), wait(9_000), finish()]] {
        let (inner, start) = (Scripted::new([turn]), Instant::now());
        let error =
            Timeout::default().wrap(inner).complete(request("hi"), &call_of(2_000)).await.unwrap_err();
        assert_eq!((error.kind, start.elapsed()), (LlmErrorKind::Timeout, secs(2)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_ends_at_once_before_and_within_its_stream() {
    for turn in [vec![wait(9_000), finish()], vec![text("a"), wait(9_000), finish()]] {
        let (inner, start, call) = (Scripted::new([turn]), Instant::now(), call());
        let provider = Timeout::none().wrap(inner.clone());
        let token = call.cancellation.clone();
        let cancel = async {
            tokio::time::sleep(secs(1)).await;
            token.cancel();
        };
        let (answer, ()) = tokio::join!(provider.complete(request("hi"), &call), cancel);
        assert_eq!((answer.unwrap_err().kind, start.elapsed()), (LlmErrorKind::Cancelled, secs(1)));
        assert_eq!(inner.under_way(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn after_its_error_a_stream_is_over_and_the_request_ended() {
    let inner = Scripted::new([vec![text("a"), wait(9_000), finish()]]);
    let mut stream =
        Timeout::none().idle(secs(1)).wrap(inner.clone()).stream(request("hi"), &call()).await.unwrap();
    assert!(stream.next().await.unwrap().is_ok());
    assert!(stream.next().await.unwrap().is_err());
    assert_eq!(inner.under_way(), 0);
    assert!(stream.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn whoever_reads_may_take_its_time_between_two_events() {
    let inner = Scripted::new([vec![text("a"), wait(1_000), text("b"), finish()]]);
    let mut stream = Timeout::none().idle(secs(2)).wrap(inner).stream(request("hi"), &call()).await.unwrap();
    for _ in 0..3 {
        assert!(stream.next().await.unwrap().is_ok());
        tokio::time::sleep(secs(60)).await;
    }
}
