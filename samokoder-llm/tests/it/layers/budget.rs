//! Money of callers outside of a pipeline.

use std::sync::Arc;

use futures::{StreamExt as _, future::join_all};
use proptest::prelude::*;
use samokoder_core::{
    budget::{Budget, Spend, SpendLimits},
    llm::{LlmErrorKind, LlmProvider, LlmProviderExt as _, Money, StreamEvent},
};
use samokoder_llm::layer::{Layer as _, Retry, Spending, Stack};

use super::scripted::*;

fn of_money(money: Money) -> Budget {
    Budget::new(SpendLimits { money: Some(money), ..SpendLimits::default() }, Spend::default())
}

fn worst() -> Money {
    priced().worst_case(&request("hi")).money
}

#[tokio::test(start_paused = true)]
async fn the_worst_case_is_set_aside_and_what_was_used_is_paid() {
    let budget = of_money(worst().times(2));
    let provider = Spending::new(budget.clone()).wrap(Scripted::always(slow_answer("ok", 100)));
    provider.complete(request("hi"), &call()).await.unwrap();
    let cost = priced().price.unwrap().cost(&usage(10, 5));
    assert_eq!(budget.spent(), Spend { money: cost, tokens: 15, calls: 1 });
}

#[tokio::test(start_paused = true)]
async fn a_call_that_may_cost_more_than_is_left_is_not_sent() {
    let inner = Scripted::new([]);
    let provider = Spending::new(of_money(worst().minus(Money::from_picodollars(1)))).wrap(inner.clone());
    let error = provider.complete(request("hi"), &call()).await.unwrap_err();
    assert_eq!((error.kind, inner.calls()), (LlmErrorKind::BudgetExceeded, 0));
}

#[tokio::test(start_paused = true)]
async fn a_model_without_a_price_is_refused_where_money_is_limited() {
    let inner = Scripted::with(unpriced(), [], answer("ok"));
    let error = Spending::new(of_money(worst())).wrap(inner.clone()).complete(request("hi"), &call()).await;
    assert_eq!((error.unwrap_err().kind, inner.calls()), (LlmErrorKind::BudgetExceeded, 0));
    let unlimited = Spending::new(Budget::default()).wrap(inner);
    assert!(unlimited.complete(request("hi"), &call()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_a_call_cost_depends_on_how_it_ended() {
    let said = Step::Send(StreamEvent::Cost(Money::from_dollars(0.001)));
    for (turn, money) in [
        (vec![fail(LlmErrorKind::Overloaded)], Money::ZERO),
        (vec![fail(LlmErrorKind::Timeout)], worst()),
        // It had begun when the provider broke off.
        (vec![text("ha"), fail(LlmErrorKind::Overloaded)], worst()),
        (vec![text("ha")], worst()),
        // Nobody said what it used.
        (vec![text("ha"), finish()], worst()),
        (vec![text("ha"), said, used(10, 5), finish()], Money::from_dollars(0.001)),
    ] {
        let budget = of_money(Money::from_dollars(1.0));
        let shown = format!("{turn:?}");
        let provider = Spending::new(budget.clone()).wrap(Scripted::new([turn]));
        let _ = provider.complete(request("hi"), &call()).await;
        assert_eq!((budget.spent().money, budget.spent().calls), (money, 1), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_stream_is_paid_in_full_at_once() {
    let budget = of_money(worst().times(3));
    let provider =
        Spending::new(budget.clone()).wrap(Scripted::always(vec![text("a"), wait(1_000), finish()]));
    let mut stream = provider.stream(request("hi"), &call()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    assert_eq!(budget.spent().money, worst());
}

#[tokio::test(start_paused = true)]
async fn further_attempts_are_paid_from_the_same_budget() {
    let budget = of_money(Money::from_dollars(1.0));
    let inner = Scripted::new([vec![fail(LlmErrorKind::Timeout)]]);
    let stack = Stack::new().with(Retry::default()).with(Spending::new(budget.clone())).build(inner).unwrap();
    stack.complete(request("hi"), &call()).await.unwrap();
    let cost = priced().price.unwrap().cost(&usage(10, 5));
    assert_eq!(budget.spent().money, worst().plus(cost));
}

fn turns() -> impl Strategy<Value = Vec<Turn>> {
    let whole = (0..3_000_u64, 0..20_u64, 0..=1_000_u64)
        .prop_map(|(ms, input, output)| vec![wait(ms), text("a"), used(input, output), finish()]);
    let failed =
        prop::sample::select(vec![LlmErrorKind::Timeout, LlmErrorKind::Overloaded, LlmErrorKind::Truncated])
            .prop_map(|kind| vec![wait(100), fail(kind)]);
    let broken = Just(vec![text("a"), wait(50), fail(LlmErrorKind::Connection)]);
    prop::collection::vec(prop_oneof![3 => whole, 1 => failed, 1 => broken], 1..30)
}

proptest! {
    #[test]
    fn calls_at_once_never_spend_more_than_the_limit(turns in turns(), calls in 1..20_usize, room in 0..12_u64) {
        on_paused_clock(async {
            let limit = worst().times(room);
            let budget = of_money(limit);
            let stack = Stack::new().with(Spending::new(budget.clone())).with(Retry::default());
            let provider: Arc<dyn LlmProvider> = stack.build(Scripted::new(turns)).unwrap();
            let call = call();
            let answers = (0..calls).map(|index| {
                let (provider, call, budget) = (&provider, &call, &budget);
                async move {
                    let asked = provider.complete(request("hi"), call);
                    // Every third is dropped on its way.
                    if index % 3 == 2 {
                        let _ = tokio::time::timeout(std::time::Duration::from_millis(70), asked).await;
                    } else {
                        let _ = asked.await;
                    }
                    budget.spent().money
                }
            });
            for spent in join_all(answers).await {
                prop_assert!(spent <= limit);
            }
            Ok(())
        })?;
    }
}
