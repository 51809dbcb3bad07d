//! What the engine promises whatever the team does.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures::{StreamExt as _, TryStreamExt as _};
use samokoder_core::{
    agent::{Agent, AgentContext, AgentError, Assignment, Proposal, Resource, Role, Subject},
    budget::{Limit, SpendLimits},
    id::SignalId,
    llm::{
        CallContext, ChatRequest, ChatStream, LlmError, LlmErrorKind, LlmProvider, ModelCapabilities, Money,
        Price,
    },
    pipeline::{History, Next, Pipeline, Run, Workflow, WorkflowError},
    project::{Change, ProjectState},
    store::{
        AssignmentEnd, Branch, EffectKind, MemoryStore, Record, RunEnd, Scope, Seq, Signal, StateStore,
        StoreErrorKind, Stored,
    },
    testing::ScriptedModel,
};

use tokio::sync::Notify;

use crate::script::{build, good_model, options, pipeline, start, state};

async fn records(store: &MemoryStore, branch: &Branch) -> Vec<Stored> {
    store.read(branch, Seq::START, usize::MAX).await.unwrap()
}

/// Waits until `count` records are there, then ends the run as a crash would and waits until its lease is free.
async fn crash_after(run: Run, store: &MemoryStore, count: u64) -> bool {
    let branch = run.branch().clone();
    let mut events = Box::pin(run.events(Seq::START));
    let mut ended = false;
    while let Some(event) = events.next().await {
        let event = event.unwrap();
        ended = matches!(event.record, Record::RunEnded { .. });
        if event.seq.0 >= count {
            break;
        }
    }
    drop(run);
    while let Err(error) = store.acquire(&branch).await {
        assert_eq!(error.kind, StoreErrorKind::LeaseHeld);
        tokio::task::yield_now().await;
    }
    ended
}

#[tokio::test]
async fn a_run_that_is_killed_anywhere_goes_on_and_pays_for_nothing_twice() {
    let (reference_store, reference) = pipeline();
    let (branch, _) = build(&reference, options(&good_model())).await;
    let expected = state(&reference_store, &branch).await;
    for kill_at in 1.. {
        let (store, pipeline) = pipeline();
        let model = good_model();
        let run = start(&pipeline, options(&model).parallel(2)).await;
        let branch = run.branch().clone();
        let ended = crash_after(run, &store, kill_at).await;
        let report =
            pipeline.resume(&branch, options(&model).parallel(2)).await.unwrap().finish().await.unwrap();
        assert_eq!(report.end, RunEnd::Done { verified: true }, "killed at {kill_at}");
        let now = state(&store, &branch).await;
        assert!(now.files().eq(expected.files()), "killed at {kill_at}: other files");
        assert!(now.tasks().eq(expected.tasks()), "killed at {kill_at}: another plan");
        let mut finished = BTreeSet::new();
        let mut intents = 0;
        for stored in records(&store, &branch).await {
            match stored.record {
                Record::Outcome { effect, .. } => {
                    assert!(finished.insert(effect), "killed at {kill_at}: paid twice");
                }
                Record::Intent { kind: EffectKind::Call { .. }, effect, .. } => {
                    assert!(!finished.contains(&effect), "killed at {kill_at}: finished and made again");
                    intents += 1;
                }
                _ => {}
            }
        }
        assert!(model.requests().len() <= intents);
        if ended {
            return;
        }
    }
}

#[tokio::test]
async fn events_can_be_followed_from_any_number() {
    let (store, pipeline) = pipeline();
    let run = start(&pipeline, options(&good_model())).await;
    let branch = run.branch().clone();
    let all: Vec<_> = run.events(Seq::START).try_collect().await.unwrap();
    let later: Vec<_> = run.events(Seq(5)).try_collect().await.unwrap();
    assert_eq!(later, all[5..]);
    assert!(all.iter().enumerate().all(|(at, event)| event.seq == Seq(at as u64 + 1)));
    assert!(matches!(all.last().unwrap().record, Record::RunEnded { .. }));
    assert_eq!(run.finish().await.unwrap().end, RunEnd::Done { verified: true });
    assert_eq!(records(&store, &branch).await, all);
}

#[tokio::test]
async fn events_end_with_their_run_however_it_ends() {
    let (_, pipeline) = pipeline();
    let in_the_way = tempfile::NamedTempFile::new().unwrap();
    let run = start(&pipeline, options(&good_model()).folder(in_the_way.path())).await;
    let seen: Vec<_> = run.events(Seq::START).try_collect().await.unwrap();
    assert!(!seen.iter().any(|event| matches!(event.record, Record::RunEnded { .. })));
    assert!(run.is_over());
    assert_eq!(
        run.events(Seq(seen.len() as u64)).count().await,
        0,
        "whoever comes later does not wait either"
    );
    assert!(run.finish().await.unwrap_err().to_string().contains("is not a folder"));
}

#[tokio::test]
async fn a_project_is_worked_on_by_one_run_at_a_time() {
    let (_, pipeline) = pipeline();
    let model = good_model().latency(Duration::from_hours(1));
    let run = start(&pipeline, options(&model)).await;
    let error = pipeline.resume(run.branch(), options(&model)).await.unwrap_err();
    assert!(error.to_string().contains("another run is working on this project"), "{error}");
}

#[tokio::test]
async fn a_limit_on_calls_stops_the_run_and_a_higher_one_carries_it_on() {
    let (_, pipeline) = pipeline();
    let model = good_model();
    let limited = |calls| SpendLimits { calls: Some(calls), ..SpendLimits::default() };
    let (branch, report) = build(&pipeline, options(&model).budget(limited(3))).await;
    let RunEnd::Exhausted { limit: Limit::Calls, reason } = report.end else { panic!("{:?}", report.end) };
    assert!(reason.contains("0 are left of 3"), "{reason}");
    let run = pipeline.resume(&branch, options(&model).budget(limited(100))).await.unwrap();
    let report = run.finish().await.unwrap();
    assert_eq!(report.end, RunEnd::Done { verified: true });
    assert_eq!(
        (report.spent.calls, model.requests().len()),
        (8, 8),
        "what was paid before counts and is not paid again"
    );
}

#[tokio::test]
async fn a_raised_limit_reaches_a_run_that_is_going_on() {
    let (_, pipeline) = pipeline();
    let model = good_model();
    let limits = SpendLimits { calls: Some(3), ..SpendLimits::default() };
    let run = start(&pipeline, options(&model).budget(limits)).await;
    run.set_budget(SpendLimits::default()).await.unwrap();
    assert_eq!(run.finish().await.unwrap().end, RunEnd::Done { verified: true });
}

#[tokio::test]
async fn a_limit_on_money_refuses_a_model_without_a_price_before_it_is_asked() {
    let (_, pipeline) = pipeline();
    let limits = SpendLimits { money: Some(Money::from_dollars(1.0)), ..SpendLimits::default() };
    let unpriced = good_model().price(None);
    let (_, report) = build(&pipeline, options(&unpriced).budget(limits)).await;
    assert!(matches!(report.end, RunEnd::Exhausted { limit: Limit::Money, .. }), "{:?}", report.end);
    assert!(unpriced.requests().is_empty());
    let dear = good_model().price(Some(Price::per_million(5000.0, 5000.0)));
    let (_, report) = build(&pipeline, options(&dear).budget(limits)).await;
    assert!(matches!(report.end, RunEnd::Exhausted { limit: Limit::Money, .. }), "{:?}", report.end);
    assert!(dear.requests().is_empty(), "the worst case did not fit");
}

#[tokio::test]
async fn cancelling_keeps_what_was_committed() {
    let (store, pipeline) = pipeline();
    let model = good_model();
    let run = start(&pipeline, options(&model)).await;
    let branch = run.branch().clone();
    run.cancel().await.unwrap();
    assert_eq!(run.finish().await.unwrap().end, RunEnd::Cancelled);
    let report = pipeline.resume(&branch, options(&model)).await.unwrap().finish().await.unwrap();
    assert_eq!(report.end, RunEnd::Done { verified: true });
    assert!(state(&store, &branch).await.is_verified());
}

/// A model whose calls are never answered, and fail as cancelled when the run is.
#[derive(Debug, Clone)]
struct Endless(ScriptedModel, Arc<Notify>);

#[async_trait]
impl LlmProvider for Endless {
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        self.0.capabilities(model).await
    }

    async fn stream(&self, _: ChatRequest, call: &CallContext) -> Result<ChatStream, LlmError> {
        self.1.notify_one();
        call.cancellation.cancelled().await;
        Err(LlmError::new(LlmErrorKind::Cancelled, "nobody waits for the answer any more"))
    }
}

#[tokio::test]
async fn a_call_that_is_cut_off_with_its_run_has_not_failed() {
    let (store, pipeline) = pipeline();
    let (model, asked) = (good_model(), Arc::new(Notify::new()));
    let mut endless = options(&model);
    for provider in endless.providers.values_mut() {
        *provider = Arc::new(Endless(model.clone(), Arc::clone(&asked)));
    }
    let cancellation = endless.cancellation.clone();
    let run = start(&pipeline, endless).await;
    let branch = run.branch().clone();
    asked.notified().await;
    cancellation.cancel();
    assert_eq!(run.finish().await.unwrap().end, RunEnd::Cancelled);
    let report = pipeline.resume(&branch, options(&model)).await.unwrap().finish().await.unwrap();
    assert_eq!(report.end, RunEnd::Done { verified: true });
    let failed = records(&store, &branch)
        .await
        .into_iter()
        .any(|stored| matches!(stored.record, Record::Ended { end: AssignmentEnd::Failed { .. }, .. }));
    assert!(!failed, "it goes on as after any other end");
}

#[tokio::test]
async fn a_request_to_stop_that_came_too_late_does_not_stop_the_next_run() {
    let (store, pipeline) = pipeline();
    let run = start(
        &pipeline,
        options(&good_model()).budget(SpendLimits { calls: Some(2), ..SpendLimits::default() }),
    )
    .await;
    let branch = run.branch().clone();
    assert!(matches!(run.finish().await.unwrap().end, RunEnd::Exhausted { .. }));
    store.post(&branch, SignalId::fresh(), Signal::Cancel).await.unwrap();
    let more = options(&good_model()).budget(SpendLimits { calls: Some(100), ..SpendLimits::default() });
    let report = pipeline.resume(&branch, more).await.unwrap().finish().await.unwrap();
    assert_eq!(report.end, RunEnd::Done { verified: true });
    assert_eq!(store.signals(&branch).await.unwrap(), []);
}

#[tokio::test]
async fn the_time_of_a_sitting_is_limited() {
    let (_, pipeline) = pipeline();
    let slow = good_model().latency(Duration::from_hours(1));
    let (_, report) = build(&pipeline, options(&slow).wall(Duration::from_millis(20))).await;
    assert!(matches!(report.end, RunEnd::Exhausted { limit: Limit::WallTime, .. }), "{:?}", report.end);
}

#[tokio::test]
async fn an_unknown_model_is_refused_before_anything_is_stored() {
    let (store, pipeline) = pipeline();
    let options = options(&good_model()).model_for(Role::new("code-monkey"), "nobody:x".parse().unwrap());
    let project = samokoder_core::pipeline::NewProject::new("x");
    let error = pipeline.start(project, options).await.unwrap_err();
    assert!(error.to_string().contains("nobody:x"), "{error}");
    assert!(store.branches(&Scope::default()).await.unwrap().is_empty());
}

/// Runs `work` once, as the only assignment there is, which may write extension `mine`.
async fn run_agent<F, Fut>(work: F) -> (RunEnd, ProjectState)
where
    F: Fn(AgentContext) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Proposal, AgentError>> + Send + 'static,
{
    let store = Arc::new(MemoryStore::new());
    let agent = Work(Box::new(move |context| Box::pin(work(context))));
    let pipeline = Pipeline::empty(Arc::clone(&store) as _).agent(agent).workflow(Once).build().unwrap();
    let (branch, report) = build(&pipeline, options(&good_model()).attempts(2)).await;
    (report.end, History::load(&*store, &branch).await.unwrap().state().clone())
}

type BoxedWork =
    dyn Fn(AgentContext) -> futures::future::BoxFuture<'static, Result<Proposal, AgentError>> + Send + Sync;

struct Work(Box<BoxedWork>);

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Work")
    }
}

#[async_trait]
impl Agent for Work {
    fn role(&self) -> Role {
        Role::from_static("worker")
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        (self.0)(context).await
    }
}

/// Wants one thing done, until it is done or has failed.
#[derive(Debug)]
struct Once;

#[async_trait]
impl Workflow for Once {
    async fn next(&self, state: &ProjectState) -> Result<Next, WorkflowError> {
        let (role, subject) = (Role::from_static("worker"), Subject::from_static("it"));
        Ok(match (state.extension("mine", "done"), state.failure(&role, &subject)) {
            (Some(_), _) => Next::Done,
            (None, Some(reason)) => Next::Stuck(reason.into()),
            (None, None) => {
                Next::Run(vec![Assignment::new(role, subject).writes([Resource::Extension("mine".into())])])
            }
        })
    }
}

fn set(namespace: &str, key: &str) -> Proposal {
    Change::Extension { namespace: namespace.into(), key: key.into(), value: true.into() }.into()
}

fn stuck(end: RunEnd) -> String {
    match end {
        RunEnd::Stuck { reason } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_proposal_may_touch_nothing_outside_of_its_write_set() {
    let (end, state) = run_agent(async |_| Ok(set("others", "done"))).await;
    assert!(stuck(end).contains("outside of its write set"));
    assert!(state.extension("others", "done").is_none());
    let budget = Change::BudgetSet { limits: SpendLimits::default() };
    let (end, _) = run_agent(move |_| std::future::ready(Ok(budget.clone().into()))).await;
    assert!(stuck(end).contains("outside of its write set"), "nobody raises their own budget");
}

#[tokio::test]
async fn a_panicking_agent_is_a_failed_attempt() {
    let (end, _) = run_agent(async |_| panic!("oh no")).await;
    assert!(stuck(end).contains("the agent panicked: oh no"));
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_another() {
    let attempts = AtomicUsize::new(0);
    let (end, _) = run_agent(move |context| {
        let first = attempts.fetch_add(1, Ordering::SeqCst) == 0;
        assert_eq!(context.attempt().attempt, if first { 1 } else { 2 });
        std::future::ready(if first {
            Err(AgentError::Failed("not today".into()))
        } else {
            Ok(set("mine", "done"))
        })
    })
    .await;
    assert_eq!(end, RunEnd::Done { verified: false });
}

#[tokio::test]
async fn two_effects_of_one_name_at_the_same_time_are_an_error() {
    let (end, _) = run_agent(async |context| {
        let slow = || async {
            tokio::task::yield_now().await;
            Ok::<_, String>(1)
        };
        tokio::try_join!(context.effect("count", &(), slow()), context.effect("count", &(), slow()))?;
        Ok(set("mine", "done"))
    })
    .await;
    assert!(stuck(end).contains("two effects named \"count\""));
}

#[tokio::test]
async fn what_nobody_knows_of_a_call_is_told_apart_from_what_was_spent() {
    let (store, pipeline) = pipeline();
    let slow = good_model().latency(Duration::from_hours(1));
    let (branch, cut_off) = build(&pipeline, options(&slow).wall(Duration::from_millis(20))).await;
    assert_eq!((cut_off.uncertain, cut_off.uncertain.calls), (cut_off.spent, 1));

    // Accepted, and then the line broke: nobody knows what it was billed. One that was refused costs nothing.
    for (kind, calls) in [(LlmErrorKind::Timeout, 2), (LlmErrorKind::Connection, 2)] {
        let broken = ScriptedModel::new(move |_| Err(LlmError::new(kind, "no answer")));
        let options = options(&broken).attempts(1);
        let report = pipeline.resume(&branch, options).await.unwrap().finish().await.unwrap();
        assert_eq!(report.uncertain.calls, calls, "{kind:?}");
    }

    let report = pipeline.resume(&branch, options(&good_model())).await.unwrap().finish().await.unwrap();
    let history = History::load(&*store, &branch).await.unwrap();
    assert_eq!((report.spent, report.uncertain), (history.spent(), history.uncertain()));
    assert_eq!((report.uncertain.calls, report.end), (2, RunEnd::Done { verified: true }));
}

#[tokio::test]
async fn a_limit_that_is_raised_to_what_is_needed_lets_the_next_call_through() {
    let (_, pipeline) = pipeline();
    let model = good_model();
    let none = SpendLimits { tokens: Some(0), ..SpendLimits::default() };
    let (branch, report) = build(&pipeline, options(&model).budget(none)).await;
    let needed = report.needed.unwrap();
    assert!(model.requests().is_empty());
    let just_enough = SpendLimits { tokens: Some(needed.tokens), ..SpendLimits::default() };
    let resumed = pipeline.resume(&branch, options(&model).budget(just_enough)).await.unwrap();
    assert!(resumed.finish().await.unwrap().spent.calls > 0);

    let (_, unlimited) = build(&pipeline, options(&model)).await;
    assert_eq!(unlimited.needed, None);
}
