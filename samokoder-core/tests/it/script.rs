//! A scripted team: a tiny app of a few files, each of which may come out wrong at first.

use std::{sync::Arc, time::Duration};

use samokoder_core::{
    llm::{ChatRequest, LlmError},
    pipeline::{NewProject, Pipeline, Run, RunOptions, RunReport},
    project::ProjectState,
    sandbox::{CheckoutFile, Command, ExecOutcome, ExecStatus, Output, SandboxError},
    store::{Branch, MemoryStore, StateStore},
    testing::{FakeSandbox, ScriptedModel},
};
use serde_json::{Value, json};

/// The files of the app. `src/b.mjs` is the one with the bug in it.
pub(crate) const FILES: [&str; 3] = ["src/a.mjs", "src/b.mjs", "test/a.test.mjs"];

/// The variables of a request's prompt.
pub(crate) fn variables(request: &ChatRequest) -> &Value {
    &request.prompt.as_ref().expect("the team always says where a prompt is from").variables
}

/// Answers every template of the built-in team; `code` says what is in a file.
#[expect(clippy::unnecessary_wraps, reason = "it is what a scripted model answers")]
pub(crate) fn answer(
    request: &ChatRequest,
    code: impl Fn(&str, &Value) -> String,
) -> Result<String, LlmError> {
    let template = request.prompt.as_ref().map_or("", |prompt| prompt.template.as_str());
    let variables = variables(request);
    let answer = match template {
        "spec_writer/write" => json!({"specification": specification()}),
        "architect/choose" => json!({
            "runtime": "node", "summary": "Two modules and a test.",
            "start": ["node", "src/a.mjs"], "test": ["node", "--test"],
            "files": FILES.map(|path| json!({"path": path, "purpose": "Part of the app."})),
        }),
        "tech_lead/plan" => json!({
            "epics": [{"title": "App", "description": "The app."}],
            "tasks": [
                {"title": "Modules", "description": "Write them.", "files": [FILES[0], FILES[1]]},
                {"title": "Tests", "description": "Test them.", "depends_on": [0], "files": [FILES[2]]},
            ],
        }),
        "developer/break_down" => {
            let files = variables["task"]["files"].as_array().expect("a task has files");
            json!({"steps": files.iter().map(|path| json!({"path": path, "instruction": "Write it."})).collect::<Vec<_>>()})
        }
        "bug_hunter/diagnose" => json!({
            "diagnosis": "b is wrong", "steps": [{"path": "src/b.mjs", "instruction": "Put it right."}],
        }),
        "code_monkey/write" => {
            let path = variables["path"].as_str().expect("a path");
            return Ok(format!("<file path=\"{path}\">\n{}</file>", code(path, variables)));
        }
        other => unreachable!("no such template: {other}"),
    };
    Ok(answer.to_string())
}

fn specification() -> Value {
    json!({
        "name": "Tiny", "slug": "tiny", "language": "en", "summary": "A tiny app.",
        "entities": [], "requirements": ["It works."], "not_understood": [],
    })
}

/// A model whose code is right.
pub(crate) fn good_model() -> ScriptedModel {
    ScriptedModel::new(|request| answer(request, |path, _| format!("// {path}\n")))
}

/// A sandbox in which the tests fail while `src/b.mjs` says `wrong`.
pub(crate) fn sandbox() -> FakeSandbox {
    FakeSandbox::new(|_: &Command, files: &[CheckoutFile]| -> Result<ExecOutcome, SandboxError> {
        let wrong =
            files.iter().any(|file| file.path.as_str() == "src/b.mjs" && file.content.starts_with(b"wrong"));
        let output = Output { text: if wrong { "b is wrong" } else { "ok" }.into(), omitted: 0 };
        let status = ExecStatus::Exited { code: i32::from(wrong) };
        Ok(ExecOutcome::new(status, output, Output::default(), Duration::ZERO))
    })
}

/// Options for runs on `model`.
pub(crate) fn options(model: &ScriptedModel) -> RunOptions {
    RunOptions::new(Arc::new(model.clone()), "scripted".parse().expect("a model"))
}

/// A pipeline of the built-in team with its store.
pub(crate) fn pipeline() -> (Arc<MemoryStore>, Pipeline) {
    let store = Arc::new(MemoryStore::new());
    let builder = Pipeline::builder(Arc::clone(&store) as Arc<dyn StateStore>).sandbox(Arc::new(sandbox()));
    (store, builder.build().expect("the team brings its workflow"))
}

/// Starts a run on a new project.
pub(crate) async fn start(pipeline: &Pipeline, options: RunOptions) -> Run {
    pipeline.start(NewProject::new("A tiny app"), options).await.expect("the run starts")
}

/// Runs a new project to its end.
pub(crate) async fn build(pipeline: &Pipeline, options: RunOptions) -> (Branch, RunReport) {
    let run = start(pipeline, options).await;
    let branch = run.branch().clone();
    (branch, run.finish().await.expect("the run ends"))
}

/// The project as it is stored.
pub(crate) async fn state(store: &MemoryStore, branch: &Branch) -> ProjectState {
    samokoder_core::pipeline::History::load(store, branch).await.expect("a history").state().clone()
}

/// The text of a file as it is stored.
pub(crate) async fn text(store: &MemoryStore, branch: &Branch, path: &str) -> String {
    let state = state(store, branch).await;
    let file = state.file(&path.parse().expect("a path")).expect("the file is there");
    let content = store.blob(&branch.scope, file.content).await.expect("its content is there");
    String::from_utf8(content.to_vec()).expect("it is text")
}
