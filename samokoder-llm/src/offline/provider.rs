//! The offline model as a provider.

use async_trait::async_trait;
use futures::stream;
use samokoder_core::{
    llm::{
        CallContext, ChatRequest, ChatStream, FinishReason, LlmError, LlmErrorKind, LlmProvider,
        ModelCapabilities, Price, StreamEvent, Usage,
    },
    project::{Architecture, Specification, WorkspacePath},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    app::{self, Runtime},
    grammar::{self, NothingToBuild},
};

/// The offline model. It answers the prompts of the built-in team and no others.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Offline;

impl Offline {
    /// The id of the provider and the name of its only model.
    pub const ID: &'static str = "offline";

    /// The offline model.
    pub fn new() -> Self {
        Self
    }

    /// What it reads out of a description, with questions left open.
    ///
    /// # Errors
    /// [`NothingToBuild`] says what to write instead, in the description's language.
    pub fn read(description: &str, name: Option<&str>) -> Result<Specification, NothingToBuild> {
        grammar::read(description, name, &[]).map(|reading| reading.specification)
    }
}

#[async_trait]
impl LlmProvider for Offline {
    async fn capabilities(&self, model: &str) -> Result<ModelCapabilities, LlmError> {
        if model != Self::ID {
            let message = format!("{model:?}; this provider has one model, {:?}", Self::ID);
            return Err(LlmError::new(LlmErrorKind::UnknownModel, message));
        }
        Ok(ModelCapabilities::default().price(Price::FREE))
    }

    async fn stream(&self, request: ChatRequest, _call: &CallContext) -> Result<ChatStream, LlmError> {
        let text = answer(&request)?;
        // It has no tokens; what it costs is nothing.
        let events = [
            StreamEvent::Text(text),
            StreamEvent::Usage(Usage::default()),
            StreamEvent::Finish(FinishReason::Stop),
        ];
        Ok(Box::pin(stream::iter(events.map(Ok))))
    }
}

fn answer(request: &ChatRequest) -> Result<String, LlmError> {
    let Some(prompt) = &request.prompt else {
        return Err(refuse(
            "the offline model answers only the prompts of the built-in team; choose a real model",
        ));
    };
    let variables = &prompt.variables;
    match prompt.template.as_str() {
        "spec_writer/write" => specify(&read(variables)?),
        "architect/choose" => {
            let Design { specification, toolchains } = read(variables)?;
            let runtime = choose(&toolchains)?;
            Ok(to_json(&json!(app::architecture(&specification, runtime))))
        }
        "tech_lead/plan" => plan(&read(variables)?),
        "developer/break_down" => Ok(break_down(&read(variables)?)),
        "code_monkey/write" => write(&read(variables)?),
        "bug_hunter/diagnose" => {
            Err(refuse("the offline model writes apps but can't repair them; resume with a real model"))
        }
        other => {
            Err(refuse(&format!("the offline model does not know the prompt {other:?}; choose a real model")))
        }
    }
}

/// What the prompt `spec_writer/write` is rendered with.
#[derive(Deserialize)]
struct Brief {
    description: String,
    name: Option<String>,
    answers: Vec<Answered>,
}

#[derive(Deserialize)]
struct Answered {
    question: String,
    answer: String,
}

fn specify(brief: &Brief) -> Result<String, LlmError> {
    let read = |answers: &[grammar::Answer<'_>]| {
        grammar::read(&brief.description, brief.name.as_deref(), answers)
            .map_err(|error| refuse(&error.to_string()))
    };
    let mut reading = read(&[])?;
    if !brief.answers.is_empty() {
        let asked = std::mem::take(&mut reading.questions);
        let answers: Vec<_> = asked
            .iter()
            .filter_map(|question| {
                let answered = brief.answers.iter().find(|answered| answered.question == question.text)?;
                Some(grammar::Answer { key: &question.key, text: &answered.answer })
            })
            .collect();
        reading = read(&answers)?;
    }
    let questions: Vec<_> = reading
        .questions
        .iter()
        .map(|question| json!({ "text": question.text, "options": [], "default": "" }))
        .collect();
    Ok(to_json(&json!({ "specification": reading.specification, "questions": questions })))
}

/// What the prompt `architect/choose` is rendered with.
#[derive(Deserialize)]
struct Design {
    specification: Specification,
    toolchains: Vec<Available>,
}

#[derive(Deserialize)]
struct Available {
    name: String,
    version: String,
}

/// Node 18 or newer if it is there, else Python 3.10 or newer. Node where nothing is known.
fn choose(toolchains: &[Available]) -> Result<Runtime, LlmError> {
    let at_least = |name: &str, oldest: [u32; 2]| {
        toolchains.iter().any(|toolchain| {
            let mut numbers = toolchain.version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
            let version = [numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)];
            toolchain.name == name && version >= oldest
        })
    };
    if toolchains.is_empty() || at_least(Runtime::Node.as_str(), [18, 0]) {
        Ok(Runtime::Node)
    } else if at_least(Runtime::Python.as_str(), [3, 10]) {
        Ok(Runtime::Python)
    } else {
        let found: Vec<_> =
            toolchains.iter().map(|toolchain| format!("{} {}", toolchain.name, toolchain.version)).collect();
        Err(refuse(&format!("it needs Node 18 or Python 3.10, or newer; there is only {}", found.join(", "))))
    }
}

/// What later prompts are rendered with, as far as it matters here.
#[derive(Deserialize)]
struct Settled {
    specification: Specification,
    architecture: Architecture,
}

impl Settled {
    fn runtime(&self) -> Result<Runtime, LlmError> {
        let name = &self.architecture.runtime;
        Runtime::parse(name).ok_or_else(|| refuse(&format!("the offline model can't write for {name:?}")))
    }
}

fn plan(settled: &Settled) -> Result<String, LlmError> {
    let Specification { name, summary, .. } = &settled.specification;
    let tasks: Vec<_> = app::plan(&settled.specification, settled.runtime()?)
        .into_iter()
        .map(|app::PlannedTask { title, description, files, depends_on }| {
            json!({ "title": title, "description": description, "epic": 0, "depends_on": depends_on, "files": files })
        })
        .collect();
    Ok(to_json(&json!({ "epics": [{ "title": name, "description": summary }], "tasks": tasks })))
}

/// What the prompt `developer/break_down` is rendered with.
#[derive(Deserialize)]
struct Work {
    architecture: Architecture,
    task: TaskFiles,
}

#[derive(Deserialize)]
struct TaskFiles {
    description: String,
    files: Vec<WorkspacePath>,
}

fn break_down(work: &Work) -> String {
    let purpose = |path: &WorkspacePath| {
        let planned = work.architecture.files.iter().find(|file| file.path == *path);
        planned.map_or(&work.task.description, |file| &file.purpose)
    };
    let steps: Vec<_> =
        work.task.files.iter().map(|path| json!({ "path": path, "instruction": purpose(path) })).collect();
    to_json(&json!({ "steps": steps }))
}

/// What the prompt `code_monkey/write` is rendered with.
#[derive(Deserialize)]
struct FileWork {
    #[serde(flatten)]
    settled: Settled,
    path: WorkspacePath,
    failure: Option<Value>,
}

fn write(work: &FileWork) -> Result<String, LlmError> {
    let path = &work.path;
    if work.failure.is_some() {
        return Err(refuse("the offline model writes apps but can't repair them; resume with a real model"));
    }
    let content = app::render(&work.settled.specification, work.settled.runtime()?, path.as_str())
        .ok_or_else(|| refuse(&format!("the offline model's apps have no file {path}")))?;
    Ok(format!("<file path=\"{path}\">\n{content}</file>"))
}

fn read<T: DeserializeOwned>(variables: &Value) -> Result<T, LlmError> {
    T::deserialize(variables).map_err(|error| {
        refuse(&format!(
            "the offline model knows the built-in prompts, and this one lacks something: {error}"
        ))
    })
}

fn refuse(message: &str) -> LlmError {
    LlmError::new(LlmErrorKind::BadRequest, message)
}

fn to_json(value: &Value) -> String {
    value.to_string()
}
