//! Sparing a provider that fails.

use std::{sync::Arc, time::Duration};

use samokoder_core::llm::{LlmErrorKind, LlmProvider, LlmProviderExt as _};
use samokoder_llm::layer::{Breaker, BreakerState, Layer as _};

use super::scripted::*;

const PAUSE: Duration = Duration::from_secs(30);

async fn kind_of(provider: &Arc<dyn LlmProvider>) -> Option<LlmErrorKind> {
    provider.complete(request("hi"), &call()).await.err().map(|error| error.kind)
}

fn state(breaker: &Breaker) -> BreakerState {
    breaker.state(&"scripted:model".parse().unwrap())
}

#[tokio::test(start_paused = true)]
async fn after_failures_in_a_row_calls_are_refused_until_one_may_try() {
    let failure = vec![fail(LlmErrorKind::Connection)];
    let inner = Scripted::new([failure.clone(), failure.clone(), failure]);
    let breaker = Breaker::new(3, PAUSE);
    let provider = breaker.wrap(inner.clone());
    for _ in 0..3 {
        assert_eq!(kind_of(&provider).await, Some(LlmErrorKind::Connection));
    }
    assert_eq!(state(&breaker), BreakerState::Open);
    tokio::time::sleep(Duration::from_secs(10)).await;
    let refused = provider.complete(request("hi"), &call()).await.unwrap_err();
    assert_eq!(
        (refused.kind, refused.retry_after),
        (LlmErrorKind::Overloaded, Some(Duration::from_secs(20)))
    );
    assert_eq!(inner.calls(), 3);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(state(&breaker), BreakerState::HalfOpen);
    assert_eq!(kind_of(&provider).await, None);
    assert_eq!(state(&breaker), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn while_one_tries_the_others_are_refused_and_its_failure_opens_again() {
    let inner = Scripted::new([
        vec![fail(LlmErrorKind::Overloaded)],
        vec![wait(1_000), fail(LlmErrorKind::Overloaded)],
    ]);
    let breaker = Breaker::new(1, PAUSE);
    let provider = breaker.wrap(inner.clone());
    kind_of(&provider).await;
    tokio::time::sleep(PAUSE).await;
    let (first, second) = tokio::join!(kind_of(&provider), kind_of(&provider));
    assert_eq!(
        (first, second, inner.calls()),
        (Some(LlmErrorKind::Overloaded), Some(LlmErrorKind::Overloaded), 2)
    );
    assert_eq!(state(&breaker), BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn a_trial_that_is_dropped_leaves_its_place_to_the_next() {
    let inner = Scripted::new([vec![fail(LlmErrorKind::Overloaded)], slow_answer("late", 60_000)]);
    let breaker = Breaker::new(1, PAUSE);
    let provider = breaker.wrap(inner.clone());
    kind_of(&provider).await;
    tokio::time::sleep(PAUSE).await;
    let trial = tokio::time::timeout(Duration::from_secs(1), kind_of(&provider)).await;
    assert!(trial.is_err());
    assert_eq!(kind_of(&provider).await, None);
}

#[tokio::test(start_paused = true)]
async fn only_failures_of_the_provider_count() {
    for (kind, counts) in [
        (LlmErrorKind::Overloaded, true),
        (LlmErrorKind::Timeout, true),
        (LlmErrorKind::Connection, true),
        (LlmErrorKind::Truncated, true),
        (LlmErrorKind::Malformed, true),
        (LlmErrorKind::RateLimited, false),
        (LlmErrorKind::QuotaExhausted, false),
        (LlmErrorKind::Authentication, false),
        (LlmErrorKind::BadRequest, false),
        (LlmErrorKind::ContextTooLong, false),
        (LlmErrorKind::ContentRefused, false),
        (LlmErrorKind::Cancelled, false),
        (LlmErrorKind::BudgetExceeded, false),
    ] {
        let breaker = Breaker::new(1, PAUSE);
        kind_of(&breaker.wrap(Scripted::new([vec![fail(kind)]]))).await;
        let expected = if counts { BreakerState::Open } else { BreakerState::Closed };
        assert_eq!(state(&breaker), expected, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_model_has_a_breaker_of_its_own_and_an_answer_cut_off_in_its_middle_counts() {
    let breaker = Breaker::new(1, PAUSE);
    let inner = Scripted::new([vec![text("ha"), fail(LlmErrorKind::Truncated)]]);
    let provider = breaker.wrap(inner.clone());
    kind_of(&provider).await;
    assert_eq!(kind_of(&provider).await, Some(LlmErrorKind::Overloaded));
    assert!(provider.complete(ask("scripted:other", "hi"), &call()).await.is_ok());
}
