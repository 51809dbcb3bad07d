//! Makes the plan.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Answer, Prompts};
use crate::{
    agent::{Agent, AgentContext, AgentError, Proposal, Role},
    id::{EpicId, TaskId},
    project::{Architecture, Change, Epic, Specification, Task, WorkspacePath},
};

/// Makes the plan: epics, and tasks with what they depend on and the files each writes.
#[derive(Debug)]
pub struct TechLead {
    prompts: Arc<Prompts>,
}

#[derive(Serialize)]
struct Variables<'a> {
    specification: &'a Specification,
    architecture: &'a Architecture,
}

/// The answer of the model.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Plan {
    /// Groups of tasks, each of which makes sense to the person as a whole.
    epics: Vec<PlannedEpic>,
    /// All tasks. A task comes after those that it depends on.
    tasks: Vec<PlannedTask>,
}

/// A group of tasks.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct PlannedEpic {
    /// What the person calls it.
    title: String,
    /// What is there when it is finished.
    description: String,
}

/// A task.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct PlannedTask {
    /// What the person calls it.
    title: String,
    /// What is to be done, and how one sees that it is.
    description: String,
    /// Its epic, by position in `epics`, counted from 0.
    #[serde(default)]
    epic: usize,
    /// Tasks that must be finished before, by position in `tasks`, counted from 0.
    #[serde(default)]
    depends_on: Vec<usize>,
    /// The files that it writes.
    files: Vec<WorkspacePath>,
}

impl TechLead {
    /// Its role.
    pub const ROLE: Role = Role::from_static("tech-lead");

    /// A tech lead with these prompts.
    pub fn new(prompts: Arc<Prompts>) -> Self {
        Self { prompts }
    }
}

#[async_trait]
impl Agent for TechLead {
    fn role(&self) -> Role {
        Self::ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let (Some(specification), Some(architecture)) =
            (context.state().specification(), context.state().architecture())
        else {
            return Err(AgentError::Failed("there is nothing to plan yet".into()));
        };
        let variables = Variables { specification, architecture };
        let check = |plan: &Plan| {
            check(plan, architecture)?;
            let mut files = plan.tasks.iter().flat_map(|task| &task.files);
            files.try_for_each(|path| context.policy().path(path)).map_err(|refusal| refusal.to_string())
        };
        let plan: Plan = self.prompts.ask_for(&context, "tech_lead/plan", &variables, check).await?;
        let epic_id = |position: usize| context.id::<EpicId>(&format!("epic {position}"));
        let task_id = |position: usize| context.id::<TaskId>(&format!("task {position}"));
        let epics = plan.epics.into_iter().enumerate().map(|(at, epic)| Epic {
            id: epic_id(at),
            title: epic.title,
            description: epic.description,
        });
        let tasks = plan.tasks.into_iter().enumerate().map(|(at, task)| Task {
            id: task_id(at),
            epic: epic_id(task.epic),
            title: task.title,
            description: task.description,
            depends_on: task.depends_on.into_iter().map(task_id).collect(),
            files: task.files,
        });
        Ok(Change::PlanMade { epics: epics.collect(), tasks: tasks.collect() }.into())
    }
}

fn check(plan: &Plan, architecture: &Architecture) -> Result<(), String> {
    if plan.tasks.is_empty() {
        return Err("it has no tasks".into());
    }
    for (at, task) in plan.tasks.iter().enumerate() {
        let title = &task.title;
        if task.epic >= plan.epics.len() {
            return Err(format!("task {at} ({title}): there is no epic {}", task.epic));
        }
        if let Some(later) = task.depends_on.iter().find(|before| **before >= at) {
            return Err(format!(
                "task {at} ({title}): it depends on task {later}, which does not come before it"
            ));
        }
        if task.files.is_empty() {
            return Err(format!("task {at} ({title}): it writes no files"));
        }
    }
    let planned: BTreeSet<_> = plan.tasks.iter().flat_map(|task| &task.files).collect();
    let missing: Vec<_> = architecture
        .files
        .iter()
        .filter(|file| !planned.contains(&file.path))
        .map(|file| file.path.as_str())
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no task writes {}", missing.join(", "))) }
}

impl Answer for Plan {
    const NAME: &'static str = "plan";

    fn example() -> Self {
        let file = |path: &str| path.parse().into_iter().collect();
        Self {
            epics: vec![PlannedEpic { title: "Diary".into(), description: "Entries can be kept.".into() }],
            tasks: vec![
                PlannedTask {
                    title: "Entries".into(),
                    description: "Rules for entries; an entry without a title is refused.".into(),
                    epic: 0,
                    depends_on: Vec::new(),
                    files: file("src/entries.mjs"),
                },
                PlannedTask {
                    title: "Tests of entries".into(),
                    description: "Every rule for entries has a test.".into(),
                    epic: 0,
                    depends_on: vec![0],
                    files: file("test/entries.test.mjs"),
                },
            ],
        }
    }
}
