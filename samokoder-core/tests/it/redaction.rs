//! What must not be recorded is in no record and no content.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
    time::Duration,
};

use samokoder_core::{
    id::SignalId,
    llm::{ChatRequest, LlmError, LlmErrorKind},
    pipeline::{NewProject, RunOptions},
    secrets::Redactor,
    store::{Branch, MemoryStore, Record, RunEnd, Seq, Signal, StateStore},
    testing::ScriptedModel,
};
use serde_json::json;

use crate::{
    script::{answer, build, options, pipeline, state, text},
    team::model_that_asks,
};

const SECRET: &str = "hunter2-hunter2";

#[derive(Debug)]
struct NoHunter;

impl Redactor for NoHunter {
    fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if text.contains(SECRET) { text.replace(SECRET, "[gone]").into() } else { text.into() }
    }
}

fn redacting(model: &ScriptedModel) -> RunOptions {
    options(model).redactor(Arc::new(NoHunter))
}

/// Every record, and every content that one refers to.
async fn everything(store: &MemoryStore, branch: &Branch) -> String {
    let mut all = String::new();
    for stored in store.read(branch, Seq::START, usize::MAX).await.unwrap() {
        all += &stored.record.encode().unwrap();
        for digest in stored.record.contents() {
            all += &String::from_utf8_lossy(&store.blob(&branch.scope, digest).await.unwrap());
        }
    }
    all
}

#[tokio::test]
async fn a_secret_that_is_typed_or_echoed_is_recorded_nowhere_and_agents_see_what_is_recorded() {
    let (store, pipeline) = pipeline();
    let asked = Arc::new(Mutex::new(Vec::<ChatRequest>::new()));
    let seen = Arc::clone(&asked);
    let model = ScriptedModel::new(move |request: &ChatRequest| {
        seen.lock().unwrap().push(request.clone());
        answer(request, |path, _| format!("// {path} {SECRET}\n"))
    });
    let project = NewProject::new(format!("An app with the key {SECRET}"));
    let run = pipeline.start(project, redacting(&model)).await.unwrap();
    let branch = run.branch().clone();
    assert_eq!(run.finish().await.unwrap().end, RunEnd::Done { verified: true });
    assert_eq!(state(&store, &branch).await.description(), "An app with the key [gone]");
    assert_eq!(text(&store, &branch, "src/a.mjs").await, "// src/a.mjs [gone]\n");
    let kept = everything(&store, &branch).await;
    assert!(kept.contains("[gone]") && !kept.contains(SECRET));
    let asked = serde_json::to_string(&*asked.lock().unwrap()).unwrap();
    assert!(!asked.contains(SECRET), "what the description and the answers say is what agents go on with");
}

#[tokio::test]
async fn an_error_that_echoes_a_secret_is_recorded_without_it() {
    let (store, pipeline) = pipeline();
    let model = ScriptedModel::new(|_: &ChatRequest| {
        Err(LlmError::new(LlmErrorKind::Authentication, format!("the key {SECRET} is wrong")))
    });
    let run = pipeline.start(NewProject::new("A tiny app"), redacting(&model)).await.unwrap();
    let branch = run.branch().clone();
    let end = run.finish().await.unwrap().end;
    assert!(
        matches!(&end, RunEnd::Stuck { reason } if reason.contains("the key [gone] is wrong")),
        "{end:?}"
    );
    let kept = everything(&store, &branch).await;
    assert!(kept.contains("the key [gone] is wrong") && !kept.contains(SECRET), "{kept}");
}

/// Waits until there is an outcome after this record.
async fn outcome(store: &MemoryStore, branch: &Branch, mut after: Seq) {
    let is_outcome = |record: &Record| matches!(record, Record::Outcome { .. });
    loop {
        let head = store.wait(branch, after).await.unwrap();
        let records = store.read(branch, after, usize::MAX).await.unwrap();
        if records.iter().any(|stored| is_outcome(&stored.record)) {
            return;
        }
        after = head;
    }
}

#[tokio::test]
async fn what_was_redacted_replays_as_it_was() {
    let (store, pipeline) = pipeline();
    let model = ScriptedModel::new(|request: &ChatRequest| {
        answer(request, |path, _| format!("// {path} {SECRET}\n"))
    })
    // Time to end the run while it waits.
    .latency(Duration::from_millis(5));
    let mut killed = 0;
    let project = NewProject::new(format!("An app with the key {SECRET}"));
    let branch = project.branch.clone();
    let mut run = pipeline.start(project, redacting(&model)).await.unwrap();
    // Ended as a crash would whenever something has come of it, until it is done.
    loop {
        let ended = tokio::select! {
            () = outcome(&store, &branch, run.before()) => false,
            () = async { while !run.is_over() { tokio::task::yield_now().await } } => true,
        };
        drop(run);
        while store.acquire(&branch).await.is_err() {
            tokio::task::yield_now().await;
        }
        if ended {
            break;
        }
        killed += 1;
        run = pipeline.resume(&branch, redacting(&model)).await.unwrap();
    }
    assert!(killed > 1, "{killed}");
    let records = store.read(&branch, Seq::START, usize::MAX).await.unwrap();
    let diverged = records.iter().any(|stored| {
        matches!(
            &stored.record,
            Record::Ended { end: samokoder_core::store::AssignmentEnd::Diverged { .. }, .. }
        )
    });
    assert!(!diverged, "what is asked again is what was asked");
    assert!(state(&store, &branch).await.is_verified());
}

#[tokio::test]
async fn what_is_answered_where_a_password_is_asked_for_is_recorded_nowhere_however_it_comes() {
    const ANSWER: &str = "tulip";
    let model = model_that_asks(json!({"text": "What is the admin's password?"}));
    for posts_itself in [false, true] {
        let (store, pipeline) = pipeline();
        let (branch, report) = build(&pipeline, options(&model)).await;
        let RunEnd::Waiting { questions } = report.end else { panic!("{:?}", report.end) };
        let question = questions[0];
        if posts_itself {
            let answer = Signal::Answer { question, answer: ANSWER.into() };
            store.post(&branch, SignalId::fresh(), answer).await.unwrap();
        }
        let run = pipeline.resume(&branch, options(&model)).await.unwrap();
        if !posts_itself {
            run.answer(question, ANSWER).await.unwrap();
            let signals = store.signals(&branch).await.unwrap();
            assert!(!format!("{signals:?}").contains(ANSWER), "nor is it before the run has heard of it");
        }
        if let RunEnd::Waiting { .. } = run.finish().await.unwrap().end {
            pipeline.resume(&branch, options(&model)).await.unwrap().finish().await.unwrap();
        }
        let kept = everything(&store, &branch).await;
        assert!(kept.contains("[secret removed]") && !kept.contains(ANSWER), "{kept}");
        assert_eq!(text(&store, &branch, "src/a.mjs").await, "// src/a.mjs \"[secret removed]\"\n");
    }
}
