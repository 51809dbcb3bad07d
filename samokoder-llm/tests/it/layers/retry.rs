//! Further attempts after a failure.

use std::{sync::Arc, time::Duration};

use futures::StreamExt as _;
use proptest::prelude::*;
use samokoder_core::{
    budget::{Budget, Spend, SpendLimits},
    llm::{LlmError, LlmErrorKind, LlmProvider, LlmProviderExt as _, Money, StreamEvent},
};
use samokoder_llm::layer::{Layer as _, Retry};
use tokio::time::Instant;

use super::scripted::*;

const TRIED_AGAIN: [LlmErrorKind; 6] = [
    LlmErrorKind::RateLimited,
    LlmErrorKind::Overloaded,
    LlmErrorKind::Timeout,
    LlmErrorKind::Connection,
    LlmErrorKind::Truncated,
    LlmErrorKind::Malformed,
];

const NOT_TRIED_AGAIN: [LlmErrorKind; 8] = [
    LlmErrorKind::QuotaExhausted,
    LlmErrorKind::BudgetExceeded,
    LlmErrorKind::Authentication,
    LlmErrorKind::UnknownModel,
    LlmErrorKind::ContextTooLong,
    LlmErrorKind::ContentRefused,
    LlmErrorKind::BadRequest,
    LlmErrorKind::Cancelled,
];

fn retried(inner: &Arc<Scripted>, retry: &Retry) -> Arc<dyn LlmProvider> {
    retry.wrap(inner.clone())
}

fn asks_to_wait(seconds: u64) -> Turn {
    let error =
        LlmError::new(LlmErrorKind::RateLimited, "slow down").retry_after(Duration::from_secs(seconds));
    vec![Step::Fail(error)]
}

#[tokio::test(start_paused = true)]
async fn what_may_succeed_later_is_tried_again_and_nothing_else() {
    for kind in TRIED_AGAIN {
        let inner = Scripted::new([vec![fail(kind)]]);
        let answer = retried(&inner, &Retry::default()).complete(request("hi"), &call()).await;
        assert_eq!((answer.unwrap().text().as_str(), inner.calls()), ("ok", 2), "{kind:?}");
    }
    for kind in NOT_TRIED_AGAIN {
        let inner = Scripted::new([vec![fail(kind)]]);
        let answer = retried(&inner, &Retry::default()).complete(request("hi"), &call()).await;
        assert_eq!((answer.unwrap_err().kind, inner.calls()), (kind, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_end_with_the_last_error() {
    let inner = Scripted::always(vec![fail(LlmErrorKind::Overloaded)]);
    let answer = retried(&inner, &Retry::default().attempts(4)).complete(request("hi"), &call()).await;
    assert_eq!((answer.unwrap_err().kind, inner.calls()), (LlmErrorKind::Overloaded, 4));
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_a_provider_asks_for_is_kept() {
    let (inner, start) = (Scripted::new([asks_to_wait(7), asks_to_wait(11)]), Instant::now());
    retried(&inner, &Retry::default()).complete(request("hi"), &call()).await.unwrap();
    let times = inner.times(start);
    let waits = [times[1] - times[0], times[2] - times[1]];
    assert!(waits[0] >= Duration::from_secs(7) && waits[0] < Duration::from_millis(7_510), "{waits:?}");
    assert!(waits[1] >= Duration::from_secs(11) && waits[1] < Duration::from_millis(11_510), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_gives_the_error_back_at_once_and_names_the_wait() {
    let (inner, start) = (Scripted::new([asks_to_wait(36_000)]), Instant::now());
    let error = retried(&inner, &Retry::default()).complete(request("hi"), &call()).await.unwrap_err();
    assert_eq!(error.retry_after, Some(Duration::from_secs(36_000)));
    assert_eq!(error.message, "slow down; not tried again: the wait would be 36000s, more than 60s");
    assert_eq!((start.elapsed(), inner.calls()), (Duration::ZERO, 1));

    let error = retried(&Scripted::new([asks_to_wait(9)]), &Retry::default());
    let error = error.complete(request("hi"), &call_of(5_000)).await.unwrap_err();
    assert!(error.message.ends_with("longer than the call's deadline allows"), "{error}");
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn waits_are_random_and_the_same_for_the_same_seed() {
    let waits = async |seed| {
        let (inner, start) = (Scripted::always(vec![fail(LlmErrorKind::Overloaded)]), Instant::now());
        let retry = Retry::default().attempts(6).seed(seed);
        let _ = retried(&inner, &retry).complete(request("hi"), &call()).await;
        inner.times(start)
    };
    assert_eq!(waits(1).await, waits(1).await);
    assert_ne!(waits(1).await, waits(2).await);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_failed_before_its_content_is_tried_again_unnoticed() {
    let begins = vec![used(10, 0), fail(LlmErrorKind::Overloaded)];
    let inner = Scripted::new([begins, vec![used(10, 0)], answer("whole")]);
    let stream = retried(&inner, &Retry::default()).stream(request("hi"), &call()).await.unwrap();
    let events: Vec<_> = stream.map(Result::unwrap).collect().await;
    assert_eq!(events.first(), Some(&StreamEvent::Text("whole".into())));
    assert_eq!(inner.calls(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_failed_after_its_content_is_the_callers_to_judge() {
    let inner = Scripted::new([vec![text("ha"), fail(LlmErrorKind::Connection)]]);
    let error = retried(&inner, &Retry::default()).complete(request("hi"), &call()).await.unwrap_err();
    assert_eq!((error.kind, inner.calls()), (LlmErrorKind::Connection, 1));
}

#[tokio::test(start_paused = true)]
async fn with_mid_stream_on_it_begins_anew_says_so_and_pays_for_what_was_written() {
    // The last stream stops without a finish.
    for broken in [vec![text("ha"), fail(LlmErrorKind::Overloaded)], vec![text("ha")]] {
        let inner = Scripted::new([broken, answer("whole")]);
        let budget = Budget::default();
        let call = call().budget(budget.clone());
        let provider = retried(&inner, &Retry::default().mid_stream(true));
        let stream = provider.stream(request("hi"), &call).await.unwrap();
        let events: Vec<_> = stream.map(Result::unwrap).collect().await;
        assert_eq!(
            events[..3],
            [StreamEvent::Text("ha".into()), StreamEvent::Restart, StreamEvent::Text("whole".into())]
        );
        assert_eq!(call.spent_earlier(), priced().worst_case(&request("hi")));
        assert_eq!(budget.spent(), call.spent_earlier());
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_attempt_costs_a_call_and_one_that_was_accepted_its_worst_case() {
    let worst = priced().worst_case(&request("hi"));
    let refused = Spend { calls: 1, ..Spend::default() };
    for (kind, cost) in [(LlmErrorKind::Overloaded, refused), (LlmErrorKind::Timeout, worst)] {
        let (inner, call) = (Scripted::new([vec![fail(kind)]]), call());
        retried(&inner, &Retry::default()).complete(request("hi"), &call).await.unwrap();
        assert_eq!(call.spent_earlier(), cost);
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_the_budget_has_no_room_for_is_not_made() {
    let limits = SpendLimits { money: Some(Money::from_picodollars(1)), ..SpendLimits::default() };
    let inner = Scripted::new([vec![fail(LlmErrorKind::Timeout)]]);
    let call = call().budget(Budget::new(limits, Spend::default()));
    let error = retried(&inner, &Retry::default()).complete(request("hi"), &call).await.unwrap_err();
    assert_eq!((error.kind, inner.calls()), (LlmErrorKind::BudgetExceeded, 1));
    assert!(error.message.contains("scripted"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn all_calls_together_make_one_further_attempt_for_five_calls() {
    let inner = Scripted::always(vec![fail(LlmErrorKind::Overloaded)]);
    let provider = retried(&inner, &Retry::default().attempts(2).shared(20, 3));
    for _ in 0..53 {
        provider.complete(request("hi"), &call()).await.unwrap_err();
    }
    // Three at once, and a fifth of the 50 calls that find the bucket less than full.
    let further = inner.calls() - 53;
    assert!((12..=13).contains(&further), "{further}");
    let error = provider.complete(request("hi"), &call()).await.unwrap_err();
    assert!(error.message.ends_with("too many calls are tried again already"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_call_is_not_tried_again() {
    let (inner, call) = (Scripted::new([asks_to_wait(30)]), call());
    let provider = retried(&inner, &Retry::default());
    let cancel = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        call.cancellation.cancel();
    };
    let (answer, ()) = tokio::join!(provider.complete(request("hi"), &call), cancel);
    assert_eq!((answer.unwrap_err().kind, inner.calls()), (LlmErrorKind::Cancelled, 1));
}

fn failures() -> impl Strategy<Value = Vec<(LlmErrorKind, Option<u64>)>> {
    let kinds: Vec<_> = TRIED_AGAIN.into_iter().chain(NOT_TRIED_AGAIN).collect();
    prop::collection::vec((prop::sample::select(kinds), prop::option::of(0..90_u64)), 1..6)
}

proptest! {
    #[test]
    fn no_call_outlives_its_deadline_or_goes_on_after_an_error_that_stays(
        failures in failures(), attempts in 1..7_u32, deadline in 1..200_000_u64, seed: u64
    ) {
        on_paused_clock(async {
            let turns = failures.iter().map(|(kind, wait)| {
                let mut error = LlmError::new(*kind, "scripted");
                error.retry_after = wait.map(Duration::from_secs);
                vec![Step::Fail(error)]
            });
            let (inner, start) = (Scripted::new(turns), Instant::now());
            let retry = Retry::default().attempts(attempts).seed(seed);
            let answer = retried(&inner, &retry).complete(request("hi"), &call_of(deadline)).await;
            prop_assert!(start.elapsed() <= Duration::from_millis(deadline));
            prop_assert!(inner.calls() <= attempts as usize);
            let lasting = failures.iter().position(|(kind, _)| NOT_TRIED_AGAIN.contains(kind));
            if let Some(lasting) = lasting {
                prop_assert!(inner.calls() <= lasting + 1 && answer.is_err());
            }
            // Every wait that was asked for was kept.
            let times = inner.times(start);
            for (index, pair) in times.windows(2).enumerate() {
                let asked = failures[index].1.unwrap_or(0);
                prop_assert!(pair[1] - pair[0] >= Duration::from_secs(asked));
            }
            Ok(())
        })?;
    }
}
