//! What a product has a say in.

use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use samokoder_core::{
    budget::Spend,
    pipeline::{Admission, Clock, EffectRequest},
    store::{EffectKind, Record, RunEnd, Seq, StateStore},
};

use crate::script::{build, good_model, options, pipeline};

/// Admits everything but commands.
#[derive(Debug, Default)]
struct NoCommands;

#[async_trait]
impl Admission for NoCommands {
    async fn admit(&self, effect: EffectRequest<'_>) -> Result<(), String> {
        assert_eq!(effect.labels["user"], "Ann");
        match effect.kind {
            EffectKind::Exec { .. } => Err("Ann's plan runs no code".into()),
            _ => Ok(()),
        }
    }
}

#[tokio::test]
async fn an_effect_that_is_not_admitted_is_not_done_and_the_reason_is_recorded() {
    let (store, pipeline) = pipeline();
    let model = good_model();
    let options = options(&model).label("user", "Ann").admission(NoCommands);
    let (branch, report) = build(&pipeline, options).await;
    let RunEnd::Stuck { reason } = &report.end else { panic!("{report:?}") };
    assert!(reason.contains("Ann's plan runs no code"), "{reason}");
    let records = store.read(&branch, Seq::START, usize::MAX).await.unwrap();
    let is_exec = |record: &Record| matches!(record, Record::Intent { kind: EffectKind::Exec { .. }, .. });
    assert!(!records.iter().any(|stored| is_exec(&stored.record)));
    let begins =
        |record: &Record| matches!(record, Record::RunStarted { labels, .. } if labels["user"] == "Ann");
    assert_eq!(records.iter().filter(|stored| begins(&stored.record)).count(), 1);
}

/// Admits no call to a model.
#[derive(Debug)]
struct NoCalls;

#[async_trait]
impl Admission for NoCalls {
    async fn admit(&self, _: EffectRequest<'_>) -> Result<(), String> {
        Err("no".into())
    }
}

#[tokio::test]
async fn a_call_that_is_not_admitted_costs_nothing() {
    let (_, pipeline) = pipeline();
    let model = good_model();
    let (_, report) = build(&pipeline, options(&model).admission(NoCalls)).await;
    assert_eq!((report.spent, report.uncertain), (Spend::default(), Spend::default()));
    assert!(model.requests().is_empty());
}

/// Ticks with every look.
#[derive(Debug, Default)]
struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now_ms(&self) -> u64 {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

#[tokio::test]
async fn records_are_stamped_by_the_clock_that_is_given() {
    let (store, pipeline) = pipeline();
    let model = good_model();
    let (branch, _) = build(&pipeline, options(&model).clock(Ticking::default())).await;
    let records = store.read(&branch, Seq::START, usize::MAX).await.unwrap();
    let stamps: Vec<_> = records.iter().map(|stored| stored.at_ms).collect();
    assert!(
        stamps.is_sorted() && stamps[0] == 0 && stamps.len() as u64 > *stamps.last().unwrap(),
        "{stamps:?}"
    );
}
