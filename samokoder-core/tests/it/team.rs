//! What the built-in team does.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use samokoder_core::{
    agents::Team,
    budget::Limit,
    id::SignalId,
    llm::{ChatRequest, ModelRole},
    pipeline::{Answers, Pipeline},
    store::{MemoryStore, RunEnd, Seq, Signal, StateStore as _},
    testing::ScriptedModel,
};
use serde_json::json;

use crate::script::{
    FILES, answer, build, good_model, options, pipeline, sandbox, start, state, text, variables,
};

#[tokio::test]
async fn a_description_becomes_files_that_pass_their_tests() {
    let (store, pipeline) = pipeline();
    let model = good_model();
    let (branch, report) = build(&pipeline, options(&model)).await;
    assert_eq!(report.end, RunEnd::Done { verified: true });
    let state = state(&store, &branch).await;
    assert_eq!(state.files().map(|(path, _)| path.as_str()).collect::<Vec<_>>(), FILES);
    assert_eq!(report.spent.calls, 8, "one call for each of the team, two developers, three files");
    assert!(state.is_verified());
}

#[tokio::test]
async fn without_a_sandbox_the_app_is_finished_and_unverified() {
    let store = Arc::new(MemoryStore::new());
    let pipeline = Pipeline::builder(Arc::clone(&store) as _).build().unwrap();
    let (_, report) = build(&pipeline, options(&good_model())).await;
    assert_eq!(report.end, RunEnd::Done { verified: false });
}

/// Writes a wrong `src/b.mjs` until it has been asked to repair it this often.
fn model_that_needs(repairs: usize) -> ScriptedModel {
    let asked = AtomicUsize::new(0);
    ScriptedModel::new(move |request| {
        answer(request, |path, variables| {
            let repairing = !variables["failure"].is_null();
            if path != "src/b.mjs" || (repairing && asked.fetch_add(1, Ordering::SeqCst) + 1 >= repairs) {
                format!("// {path}\n")
            } else {
                format!("wrong {}\n", asked.load(Ordering::SeqCst))
            }
        })
    })
}

#[tokio::test]
async fn the_bug_hunter_has_wrong_code_repaired() {
    let (store, pipeline) = pipeline();
    let model = model_that_needs(2);
    let (branch, report) = build(&pipeline, options(&model)).await;
    assert_eq!(report.end, RunEnd::Done { verified: true });
    assert_eq!(text(&store, &branch, "src/b.mjs").await, "// src/b.mjs\n");
    let repair =
        model.requests().into_iter().rfind(|request| !variables(request)["failure"].is_null()).unwrap();
    let prompt = repair.messages[1].text();
    assert!(prompt.contains("b is wrong"), "the failing output is shown: {prompt}");
}

#[tokio::test]
async fn code_that_never_gets_right_ends_the_run_with_a_reason() {
    let store: Arc<MemoryStore> = Arc::default();
    let builder = Pipeline::empty(Arc::clone(&store) as _).sandbox(Arc::new(sandbox()));
    let pipeline = Team::default().fixes(2).join(builder).build().unwrap();
    let (branch, report) = build(&pipeline, options(&model_that_needs(usize::MAX))).await;
    let RunEnd::Exhausted { limit: Limit::Fixes, reason } = report.end else { panic!("{:?}", report.end) };
    assert!(reason.contains("after 2 rounds of repair"), "{reason}");
    assert_eq!(state(&store, &branch).await.iterations().len(), 2);
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_for_once_more_with_what_is_wrong() {
    let (_, pipeline) = pipeline();
    let model = ScriptedModel::new(|request| {
        let is_first = request.messages.len() == 2;
        let is_plan = request.prompt.as_ref().is_some_and(|prompt| prompt.template == "tech_lead/plan");
        if is_first && is_plan {
            return Ok(json!({"epics": [], "tasks": []}).to_string());
        }
        answer(request, |path, _| format!("// {path}\n"))
    });
    let (_, report) = build(&pipeline, options(&model)).await;
    assert_eq!(report.end, RunEnd::Done { verified: true });
    let corrected = model.requests().into_iter().find(|request| request.messages.len() == 4).unwrap();
    assert_eq!(corrected.messages[2].role, ModelRole::Assistant);
    assert!(corrected.messages[3].text().contains("it has no tasks"));
}

#[tokio::test]
async fn an_agent_whose_answers_are_never_usable_stops_the_run_and_says_why() {
    let (_, pipeline) = pipeline();
    let model = ScriptedModel::new(|_| Ok("I'd rather not.".into()));
    let (_, report) = build(&pipeline, options(&model).attempts(2)).await;
    let RunEnd::Stuck { reason } = report.end else { panic!("{:?}", report.end) };
    assert!(reason.contains("spec-writer") && reason.contains("no JSON"), "{reason}");
    assert_eq!(model.requests().len(), 4, "two attempts with one correction each");
}

/// Asks which colour, and then writes it into the files.
pub(crate) fn curious_model() -> ScriptedModel {
    model_that_asks(json!({"text": "Which colour?", "options": ["red", "blue"], "default": "red"}))
}

/// Asks this, and then writes the answer into the files.
pub(crate) fn model_that_asks(question: serde_json::Value) -> ScriptedModel {
    ScriptedModel::new(move |request: &ChatRequest| {
        let template = request.prompt.as_ref().map_or("", |prompt| prompt.template.as_str());
        if template == "spec_writer/write" && variables(request)["answers"] == json!([]) {
            let mut draft: serde_json::Value =
                serde_json::from_str(&answer(request, |_, _| String::new())?).unwrap();
            draft["questions"] = json!([question]);
            return Ok(draft.to_string());
        }
        if template == "spec_writer/write" {
            let mut draft: serde_json::Value =
                serde_json::from_str(&answer(request, |_, _| String::new())?).unwrap();
            draft["specification"]["summary"] = variables(request)["answers"][0]["answer"].clone();
            return Ok(draft.to_string());
        }
        answer(request, |path, variables| format!("// {path} {}\n", variables["specification"]["summary"]))
    })
}

#[tokio::test]
async fn a_question_ends_the_sitting_and_its_answer_carries_the_next_one() {
    let (store, pipeline) = pipeline();
    let model = curious_model();
    let (branch, report) = build(&pipeline, options(&model)).await;
    let RunEnd::Waiting { questions } = report.end else { panic!("{:?}", report.end) };
    assert_eq!(model.requests().len(), 1);

    let still_waiting = pipeline.resume(&branch, options(&model)).await.unwrap().finish().await.unwrap();
    assert!(matches!(still_waiting.end, RunEnd::Waiting { .. }));

    let run = pipeline.resume(&branch, options(&model)).await.unwrap();
    run.answer(questions[0], "blue").await.unwrap();
    let report = run.finish().await.unwrap();
    if let RunEnd::Waiting { .. } = report.end {
        let run = pipeline.resume(&branch, options(&model)).await.unwrap();
        assert_eq!(run.finish().await.unwrap().end, RunEnd::Done { verified: true });
    }
    assert_eq!(text(&store, &branch, "src/a.mjs").await, "// src/a.mjs \"blue\"\n");
    assert_eq!(model.templates().iter().filter(|name| *name == "spec_writer/write").count(), 2);
}

#[tokio::test]
async fn a_question_can_be_answered_in_place() {
    let (store, pipeline) = pipeline();
    let model = curious_model();
    let run = start(&pipeline, options(&model).answers(Answers::Wait)).await;
    let branch = run.branch().clone();
    let mut events = Box::pin(run.events(Seq::START));
    let question = loop {
        let event = futures::StreamExt::next(&mut events).await.unwrap().unwrap();
        if let samokoder_core::store::Record::Commit(commit) = event.record
            && let Some(samokoder_core::project::Change::QuestionAsked { question }) = commit.changes.first()
        {
            break question.clone();
        }
    };
    assert_eq!(question.options, ["red", "blue"]);
    run.answer(question.id, "blue").await.unwrap();
    assert_eq!(run.finish().await.unwrap().end, RunEnd::Done { verified: true });
    assert_eq!(text(&store, &branch, "src/a.mjs").await, "// src/a.mjs \"blue\"\n");
    // What was asked before the question is not asked again.
    assert_eq!(model.templates().iter().filter(|name| *name == "spec_writer/write").count(), 2);
}

#[tokio::test]
async fn defaults_answer_for_a_person_who_leaves_it_to_the_engine() {
    let (store, pipeline) = pipeline();
    let model = curious_model();
    let (branch, report) = build(&pipeline, options(&model).answers(Answers::Defaults)).await;
    assert_eq!(report.end, RunEnd::Done { verified: true });
    assert_eq!(model.templates().iter().filter(|name| *name == "spec_writer/write").count(), 2);
    assert_eq!(text(&store, &branch, "src/a.mjs").await, "// src/a.mjs \"red\"\n");
}

#[tokio::test]
async fn defaults_answer_questions_of_an_earlier_sitting_that_nobody_has_answered() {
    let (store, pipeline) = pipeline();
    let defaults = || options(&curious_model()).answers(Answers::Defaults);
    let (branch, _) = build(&pipeline, options(&curious_model())).await;
    let report = pipeline.resume(&branch, defaults()).await.unwrap().finish().await.unwrap();
    assert_eq!(report.end, RunEnd::Done { verified: true });
    assert_eq!(text(&store, &branch, "src/a.mjs").await, "// src/a.mjs \"red\"\n");

    let (branch, report) = build(&pipeline, options(&curious_model())).await;
    let RunEnd::Waiting { questions } = report.end else { panic!("{:?}", report.end) };
    let answer = Signal::Answer { question: questions[0], answer: "blue".into() };
    store.post(&branch, SignalId::fresh(), answer).await.unwrap();
    pipeline.resume(&branch, defaults()).await.unwrap().finish().await.unwrap();
    assert_eq!(
        text(&store, &branch, "src/a.mjs").await,
        "// src/a.mjs \"blue\"\n",
        "a person's word comes first"
    );
}
