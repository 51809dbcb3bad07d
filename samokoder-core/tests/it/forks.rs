//! Going back to a version, on a branch of its own.

use samokoder_core::{
    budget::Spend,
    id::{BranchId, SignalId},
    pipeline::{self, History, PipelineError},
    project::{Change, Difference},
    store::{Branch, MemoryStore, Record, RunEnd, Seq, Signal, StateStore, Stored},
};

use crate::{
    script::{self, build, good_model, options, state},
    team::curious_model,
};

async fn records(store: &MemoryStore, branch: &Branch) -> Vec<Stored> {
    store.read(branch, Seq::START, usize::MAX).await.unwrap()
}

/// The first version at which this is so.
async fn version(store: &MemoryStore, branch: &Branch, is_it: impl Fn(&Change) -> bool) -> Seq {
    let found = records(store, branch)
        .await
        .into_iter()
        .find(|stored| matches!(&stored.record, Record::Commit(commit) if commit.changes.iter().any(&is_it)));
    found.unwrap().seq
}

async fn fork(store: &MemoryStore, from: &Branch, at: Seq, name: &str) -> Branch {
    pipeline::fork(store, from, at, BranchId::fresh(), name).await.unwrap()
}

async fn spent(store: &MemoryStore, branch: &Branch) -> Spend {
    History::load(store, branch).await.unwrap().spent()
}

#[tokio::test]
async fn a_fork_is_the_project_at_its_version_and_goes_on_to_the_same_app() {
    let (store, pipeline) = script::pipeline();
    let (branch, _) = build(&pipeline, options(&good_model())).await;
    let before = records(&store, &branch).await;
    let at = version(&store, &branch, |change| matches!(change, Change::PlanMade { .. })).await;
    let other = fork(&store, &branch, at, "again").await;
    let then = History::load_until(&*store, &branch, at).await.unwrap();
    assert_eq!(state(&store, &other).await, *then.state());
    let report = pipeline.resume(&other, options(&good_model())).await.unwrap().finish().await.unwrap();
    assert_eq!(report.end, RunEnd::Done { verified: true });
    let difference = Difference::between(&state(&store, &branch).await, &state(&store, &other).await);
    assert!(difference.is_empty(), "{difference:?}");
    assert_eq!(records(&store, &branch).await, before, "the other branch is as it was");
}

#[tokio::test]
async fn going_back_brings_no_money_back() {
    let (store, pipeline) = script::pipeline();
    let (branch, report) = build(&pipeline, options(&good_model())).await;
    let at = version(&store, &branch, |change| matches!(change, Change::SpecificationWritten { .. })).await;
    let first = fork(&store, &branch, at, "first").await;
    assert_eq!(spent(&store, &first).await, report.spent);
    let again = pipeline.resume(&first, options(&good_model())).await.unwrap().finish().await.unwrap();
    assert!(again.spent.calls > report.spent.calls);
    // What both have spent counts, wherever the next one begins.
    for from in [&branch, &first] {
        let next = fork(&store, from, at, "next").await;
        assert_eq!(spent(&store, &next).await, again.spent);
    }
}

#[tokio::test]
async fn only_a_version_can_be_gone_back_to() {
    let (store, pipeline) = script::pipeline();
    let (branch, _) = build(&pipeline, options(&good_model())).await;
    let last = records(&store, &branch).await.last().unwrap().seq;
    for at in [Seq::START, last, last.after(1)] {
        let refused = pipeline::fork(&*store, &branch, at, BranchId::fresh(), "x").await.unwrap_err();
        assert!(matches!(&refused, PipelineError::Configuration(_)), "{refused}");
    }
    assert_eq!(store.branches(&branch.scope).await.unwrap().len(), 1, "nothing was made");
}

#[tokio::test]
async fn a_fork_that_was_cut_off_is_finished_and_one_that_is_finished_stays() {
    let (store, pipeline) = script::pipeline();
    let (branch, report) = build(&pipeline, options(&good_model())).await;
    let at = version(&store, &branch, |change| matches!(change, Change::PlanMade { .. })).await;
    let whole = fork(&store, &branch, at, "whole").await;
    let of = store.info(&whole).await.unwrap();
    let cut_off = store.fork(&branch, of.parent.unwrap().at, BranchId::fresh(), "cut off").await.unwrap();
    pipeline::fork(&*store, &branch, at, cut_off.id, "cut off").await.unwrap();
    assert_eq!(spent(&store, &cut_off).await, report.spent);
    pipeline::fork(&*store, &branch, at, whole.id, "whole").await.unwrap();
    assert_eq!(store.info(&whole).await.unwrap(), of);
}

#[tokio::test]
async fn a_fork_of_what_two_branches_share_leaves_the_one_that_wrote_it() {
    let (store, pipeline) = script::pipeline();
    let (branch, _) = build(&pipeline, options(&good_model())).await;
    let specified =
        version(&store, &branch, |change| matches!(change, Change::SpecificationWritten { .. })).await;
    let planned = version(&store, &branch, |change| matches!(change, Change::PlanMade { .. })).await;
    let first = fork(&store, &branch, planned, "first").await;
    let second = fork(&store, &first, specified, "second").await;
    assert_eq!(store.info(&second).await.unwrap().parent.unwrap().branch, branch.id);
}

async fn answer(store: &MemoryStore, branch: &Branch, answer: &str) {
    let question = state(store, branch).await.open_questions().next().unwrap().id;
    let signal = Signal::Answer { question, answer: answer.into() };
    store.post(branch, SignalId::fresh(), signal).await.unwrap();
}

#[tokio::test]
async fn a_question_that_was_open_at_a_version_can_be_answered_in_another_way_and_costs_nothing_again() {
    let (store, pipeline) = script::pipeline();
    let model = curious_model();
    let (branch, report) = build(&pipeline, options(&model)).await;
    assert!(matches!(report.end, RunEnd::Waiting { .. }), "{:?}", report.end);
    let asked = version(&store, &branch, |change| matches!(change, Change::QuestionAsked { .. })).await;
    answer(&store, &branch, "red").await;
    pipeline.resume(&branch, options(&model)).await.unwrap().finish().await.unwrap();

    let other = fork(&store, &branch, asked, "other").await;
    let waiting = pipeline.resume(&other, options(&model)).await.unwrap().finish().await.unwrap();
    assert!(matches!(waiting.end, RunEnd::Waiting { .. }), "{:?}", waiting.end);
    assert_eq!(waiting.spent, spent(&store, &branch).await, "nobody was asked again");
    answer(&store, &other, "blue").await;
    let done = pipeline.resume(&other, options(&model)).await.unwrap().finish().await.unwrap();
    assert_eq!(done.end, RunEnd::Done { verified: true });
    for (branch, answer) in [(&branch, "red"), (&other, "blue")] {
        let state = state(&store, branch).await;
        let answers: Vec<_> = state.questions().map(|asked| asked.answer.as_deref()).collect();
        assert_eq!(answers, [Some(answer)], "one question, one answer");
    }
}
