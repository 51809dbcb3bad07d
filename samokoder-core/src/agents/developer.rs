//! Breaks a task down into steps.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Answer, Prompts};
use crate::{
    agent::{Agent, AgentContext, AgentError, Proposal, Role},
    context::{ShownFile, show},
    id::{StepId, TaskId},
    policy::Policy,
    project::{Architecture, Change, Specification, Step, Task, WorkspacePath},
};

/// Breaks a task down into steps: for each of its files, what must be in it.
#[derive(Debug)]
pub struct Developer {
    prompts: Arc<Prompts>,
}

#[derive(Serialize)]
struct Variables<'a> {
    specification: &'a Specification,
    architecture: &'a Architecture,
    task: &'a Task,
    files: Vec<ShownFile>,
}

/// The answer of the model.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Breakdown {
    /// One step for each file of the task.
    steps: Vec<PlannedStep>,
}

/// One file to write.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub(super) struct PlannedStep {
    /// The file.
    pub(super) path: WorkspacePath,
    /// What must be in the file: names, signatures, rules, whatever others rely on.
    pub(super) instruction: String,
}

impl Developer {
    /// Its role.
    pub const ROLE: Role = Role::from_static("developer");

    /// A developer with these prompts.
    pub fn new(prompts: Arc<Prompts>) -> Self {
        Self { prompts }
    }
}

#[async_trait]
impl Agent for Developer {
    fn role(&self) -> Role {
        Self::ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let state = context.state();
        let task = context.assignment().subject.id::<TaskId>("task").and_then(|id| state.task(id));
        let (Some(task), Some(specification), Some(architecture)) =
            (task, state.specification(), state.architecture())
        else {
            return Err(AgentError::Failed(format!(
                "there is no {} in the plan",
                context.assignment().subject
            )));
        };
        let paths: Vec<_> = task.files.iter().cloned().chain(state.files_before(task.id)).collect();
        let files = show(&context, &paths).await?;
        let variables = Variables { specification, architecture, task, files };
        let check = |breakdown: &Breakdown| check(&breakdown.steps, &task.files, context.policy());
        let breakdown: Breakdown =
            self.prompts.ask_for(&context, "developer/break_down", &variables, check).await?;
        let steps = steps(&context, breakdown.steps);
        Ok(Change::StepsPlanned { task: task.id, steps }.into())
    }
}

/// Gives planned steps their ids.
pub(super) fn steps(context: &AgentContext, planned: Vec<PlannedStep>) -> Vec<Step> {
    let step = |PlannedStep { path, instruction }| {
        let id = context.id::<StepId>(&format!("step {path}"));
        Step { id, path, instruction }
    };
    planned.into_iter().map(step).collect()
}

fn check(steps: &[PlannedStep], files: &[WorkspacePath], policy: &Policy) -> Result<(), String> {
    check_once(steps, policy)?;
    let planned: BTreeSet<_> = steps.iter().map(|step| &step.path).collect();
    if let Some(stray) = planned.iter().find(|path| !files.contains(path)) {
        return Err(format!("{stray} is not a file of this task"));
    }
    match files.iter().find(|path| !planned.contains(path)) {
        Some(missing) => Err(format!("there is no step for {missing}")),
        None => Ok(()),
    }
}

/// Each file is written by one step, two would be written over each other; and the policy lets it be written.
pub(super) fn check_once(steps: &[PlannedStep], policy: &Policy) -> Result<(), String> {
    if steps.is_empty() {
        return Err("it has no steps".into());
    }
    let mut seen = BTreeSet::new();
    match steps.iter().find(|step| !seen.insert(&step.path)) {
        Some(again) => Err(format!("there are two steps for {}; make them one", again.path)),
        None => {
            steps.iter().try_for_each(|step| policy.path(&step.path)).map_err(|refusal| refusal.to_string())
        }
    }
}

impl Answer for Breakdown {
    const NAME: &'static str = "steps";

    fn example() -> Self {
        let instruction = "Export `check(entry)`: returns an object of problems by field name, empty if there are none. \
                           A missing or blank `title` is a problem.";
        let path = "src/entries.mjs".parse().ok();
        Self {
            steps: path
                .map(|path| PlannedStep { path, instruction: instruction.into() })
                .into_iter()
                .collect(),
        }
    }
}
