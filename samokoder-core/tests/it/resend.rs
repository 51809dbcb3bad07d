//! Calls that are sent again: every attempt is in the log before the next one is sent.

use std::sync::Arc;

use async_trait::async_trait;
use samokoder_core::{
    budget::Spend,
    llm::{
        CallContext, ChatRequest, ChatStream, LlmError, LlmErrorKind, LlmProvider, ModelCapabilities, Price,
    },
    pipeline::{History, RunOptions},
    store::{CallQuery, CallStatus, EffectKind, EffectResult, Record, Seq, StateStore as _, Stored},
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

#[tokio::test(start_paused = true)]
async fn each_attempt_has_its_own_cost_whenever_a_process_is_killed() {
    let (store, pipeline) = pipeline();
    let (branch, report) = build(&pipeline, unsteady()).await;
    let records = store.read(&branch, Seq::START, usize::MAX).await.unwrap();
    let mut intents = 0;
    for Stored { seq, record, .. } in &records {
        let Record::Intent { kind: EffectKind::Call { .. }, reserved, .. } = record else { continue };
        let killed_here = History::load_until(&*store, &branch, *seq).await.unwrap();
        let before = History::load_until(&*store, &branch, Seq(seq.0 - 1)).await.unwrap();
        let mut spent = before.spent();
        spent += *reserved;
        assert_eq!(killed_here.spent(), spent, "the attempt that may be under way, and all before it");
        intents += 1;
    }
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
    assert_eq!((refused.len(), cut.len()), (intents / 3, intents / 3));
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
