//! Calls that are sent again: every attempt is in the log before the next one is sent.

use std::sync::Arc;

use async_trait::async_trait;
use futures::stream;
use samokoder_core::{
    budget::{Budget, Spend, SpendLimits},
    llm::{
        CallContext, ChatRequest, ChatStream, FinishReason, LlmError, LlmErrorKind, LlmProvider,
        ModelCapabilities, Money, Price, StreamEvent, Usage,
    },
    pipeline::{History, RunOptions},
    store::{
        Branch, CallQuery, CallStatus, EffectKind, EffectResult, MemoryStore, Record, Seq, StateStore as _,
        Stored,
    },
    testing::ScriptedModel,
};

use crate::script::{build, good_model, pipeline};

/// A model that is asked three times for each answer: one attempt is refused, one is cut off, and the third, at another
/// model, succeeds.
#[derive(Debug)]
struct Unsteady(ScriptedModel);

#[async_trait]
impl LlmProvider for Unsteady {
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        self.0.capabilities(model).await
    }

    async fn stream(&self, request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        let worst = self.capabilities(request.model.name()).await?.worst_case(&request);
        let other = "scripted:other".parse().unwrap();
        call.book_failed(&LlmError::new(LlmErrorKind::RateLimited, "slow"), worst, &request.model).await?;
        call.book_failed(&LlmError::new(LlmErrorKind::Truncated, "cut"), worst, &other).await?;
        self.0.stream(request, call).await
    }
}

fn unsteady() -> RunOptions {
    let model = good_model().price(Some(Price::per_million(1.0, 1.0)));
    RunOptions::new(Arc::new(Unsteady(model)), "scripted".parse().unwrap()).parallel(1)
}

/// Looks at the log as it would be if the process were killed after each intent of a call: what was reserved for it is
/// spent, beside all that was before. Returns how many calls there were.
async fn every_kill_books_what_was_under_way(store: &MemoryStore, branch: &Branch) -> usize {
    let mut intents = 0;
    for Stored { seq, record, .. } in store.read(branch, Seq::START, usize::MAX).await.unwrap() {
        let Record::Intent { kind: EffectKind::Call { .. }, reserved, .. } = record else { continue };
        let killed_here = History::load_until(store, branch, seq).await.unwrap();
        let before = History::load_until(store, branch, Seq(seq.0 - 1)).await.unwrap();
        let mut spent = before.spent();
        spent += reserved;
        assert_eq!(killed_here.spent(), spent, "the attempt that may be under way, and all before it");
        intents += 1;
    }
    intents
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_its_own_cost_whenever_a_process_is_killed() {
    let (store, pipeline) = pipeline();
    let (branch, report) = build(&pipeline, unsteady()).await;
    let records = store.read(&branch, Seq::START, usize::MAX).await.unwrap();
    let intents = every_kill_books_what_was_under_way(&store, &branch).await;
    let failed = |wanted: LlmErrorKind| {
        let attempts = records.iter().filter_map(|stored| match &stored.record {
            Record::Outcome { result: EffectResult::CallFailed { error }, spent, .. } => {
                (error.kind == wanted).then_some(*spent)
            }
            _ => None,
        });
        attempts.collect::<Vec<_>>()
    };
    let (refused, cut) = (failed(LlmErrorKind::RateLimited), failed(LlmErrorKind::Truncated));
    assert_eq!((refused.len(), cut.len()), (intents / 3, intents / 3), "two of three attempts fail");
    assert!(
        refused.iter().all(|spent| *spent == Spend { calls: 1, ..Spend::default() }),
        "a refused call is free"
    );
    assert!(cut.iter().all(|spent| spent.tokens > 0 && spent.money > Spend::default().money), "nobody knows");
    assert_eq!(report.spent.calls, intents as u64);
    assert_eq!(History::load(&*store, &branch).await.unwrap().spent(), report.spent);
}

#[tokio::test(start_paused = true)]
async fn each_attempt_is_a_call_of_the_model_that_was_asked() {
    let (store, pipeline) = pipeline();
    let (branch, report) = build(&pipeline, unsteady()).await;
    let mut calls = store.calls(&branch.scope, CallQuery::default()).await.unwrap();
    calls.sort_by_key(|call| call.seq);
    let mut spent = Spend::default();
    for attempts in calls.chunks(3) {
        let [refused, cut, done] = attempts else { panic!("{attempts:?}") };
        assert_eq!((&refused.model, &*done.model.to_string()), (&cut.model, "scripted:other"));
        assert!(
            matches!(refused.status, CallStatus::Failed { .. })
                && matches!(cut.status, CallStatus::Failed { .. })
        );
        assert!(matches!(done.status, CallStatus::Done { .. }), "{done:?}");
        for call in attempts {
            spent += call.spent;
        }
    }
    assert_eq!(spent, report.spent);
}

/// A model whose prompts are checked by another one, which is asked twice for each answer.
#[derive(Debug)]
struct Checked(ScriptedModel);

/// Never answers at the first attempt.
#[derive(Debug)]
struct Judge;

#[async_trait]
impl LlmProvider for Judge {
    async fn capabilities(&self, _: &str) -> Result<ModelCapabilities, LlmError> {
        Ok(ModelCapabilities::default().price(Price::per_million(3.0, 3.0)))
    }

    async fn stream(&self, request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        let worst = self.capabilities(request.model.name()).await?.worst_case(&request);
        call.book_failed(&LlmError::new(LlmErrorKind::Truncated, "cut"), worst, &request.model).await?;
        let usage = Usage { input: 5, output: 2, ..Usage::default() };
        let events = [
            StreamEvent::Text("fine".into()),
            StreamEvent::Usage(usage),
            StreamEvent::Finish(FinishReason::Stop),
        ];
        Ok(Box::pin(stream::iter(events.map(Ok))))
    }
}

#[async_trait]
impl LlmProvider for Checked {
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        self.0.capabilities(model).await
    }

    async fn stream(&self, request: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        let question = ChatRequest::new("scripted:judge".parse().unwrap(), request.messages.clone());
        call.complete_beside(&Judge, question).await?;
        self.0.stream(request, call).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_beside_a_call_is_one_of_its_own_whose_attempts_are_paid_for_wherever_a_process_is_killed() {
    let (store, pipeline) = pipeline();
    let model = good_model().price(Some(Price::per_million(1.0, 1.0)));
    let options = RunOptions::new(Arc::new(Checked(model)), "scripted".parse().unwrap()).parallel(1);
    let (branch, report) = build(&pipeline, options).await;
    let intents = every_kill_books_what_was_under_way(&store, &branch).await;
    let calls = store.calls(&branch.scope, CallQuery::default()).await.unwrap();
    assert_eq!((calls.len(), report.spent.calls), (intents, intents as u64));
    let judged = calls.iter().filter(|call| call.model.name() == "judge");
    let (done, cut): (Vec<_>, Vec<_>) =
        judged.partition(|call| matches!(call.status, CallStatus::Done { .. }));
    assert_eq!((done.len(), cut.len()), (intents / 3, intents / 3), "each answer has one, asked for twice");
    assert!(done.iter().all(|call| call.spent.tokens == 7 && call.spent.money == Money::from_dollars(21e-6)));
    assert!(cut.iter().all(|call| call.spent.tokens > 7), "nobody knows what was billed");
    let mut spent = Spend::default();
    for call in &calls {
        spent += call.spent;
    }
    assert_eq!((spent, History::load(&*store, &branch).await.unwrap().spent()), (report.spent, report.spent));
}

#[tokio::test(start_paused = true)]
async fn a_call_beside_a_call_is_refused_where_its_price_is_not_known_and_money_is_limited() {
    let limits = SpendLimits { money: Some(Money::from_dollars(1.0)), ..SpendLimits::default() };
    let call = CallContext::default().budget(Budget::new(limits, Spend::default()));
    let unpriced = good_model().price(None);
    let question = ChatRequest::new("scripted:judge".parse().unwrap(), vec![]);
    let error = call.complete_beside(&unpriced, question).await.unwrap_err();
    assert_eq!(error.kind, LlmErrorKind::BudgetExceeded);
    assert_eq!((call.spent_earlier(), call.budget.spent()), (Spend::default(), Spend::default()));
}
