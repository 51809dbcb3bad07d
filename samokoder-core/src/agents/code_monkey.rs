//! Writes one file.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;

use super::{Prompts, workflow::ready_step};
use crate::{
    agent::{Agent, AgentContext, AgentError, Proposal, Role},
    context::{ShownFile, show},
    edit,
    policy::FileWrite,
    project::{Architecture, CheckReport, Specification, Step, WorkspacePath},
};

/// Writes one file as a step of a task, or of a round of repair, asks for it.
#[derive(Debug)]
pub struct CodeMonkey {
    prompts: Arc<Prompts>,
}

#[derive(Serialize)]
struct Variables<'a> {
    specification: &'a Specification,
    architecture: &'a Architecture,
    path: &'a WorkspacePath,
    instruction: &'a str,
    /// The file as it is, if there is one.
    current: Option<String>,
    /// Other files that matter.
    files: Vec<ShownFile>,
    /// What failed, in a round of repair.
    failure: Option<Failure<'a>>,
    /// Why the last answer could not be used.
    problem: Option<String>,
}

#[derive(Serialize)]
struct Failure<'a> {
    diagnosis: &'a str,
    check: &'a CheckReport,
}

/// How often an answer that can't be used is asked for again.
const CORRECTIONS: usize = 2;

impl CodeMonkey {
    /// Its role.
    pub const ROLE: Role = Role::from_static("code-monkey");

    /// A code monkey with these prompts.
    pub fn new(prompts: Arc<Prompts>) -> Self {
        Self { prompts }
    }
}

#[async_trait]
impl Agent for CodeMonkey {
    fn role(&self) -> Role {
        Self::ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let state = context.state();
        let step = context.assignment().subject.id("file").and_then(|path| ready_step(state, &path));
        let (Some((step, task)), Some(specification), Some(architecture)) =
            (step, state.specification(), state.architecture())
        else {
            return Err(AgentError::Failed(format!("no step asks for {}", context.assignment().subject)));
        };
        let Step { path, instruction, .. } = step;
        let related = task.map(|task| state.files_before(task)).unwrap_or_default();
        let failure = state
            .last_check()
            .filter(|_| task.is_none())
            .and_then(|check| Some(Failure { diagnosis: &state.iterations().next_back()?.diagnosis, check }));
        let mut variables = Variables {
            specification,
            architecture,
            path,
            instruction,
            current: context.read(path).await?,
            files: show(&context, &related).await?,
            failure,
            problem: None,
        };
        for _ in 0..=CORRECTIONS {
            let answer = self.prompts.ask(&context, "code_monkey/write", &variables).await?;
            let content = edit::whole_file(path, &answer)
                .and_then(|content| edit::guard(variables.current.as_deref(), content))
                .map_err(|problem| problem.to_string())
                .and_then(|content| {
                    let before = variables.current.as_deref().map(str::as_bytes);
                    let after = content.as_bytes();
                    let write = FileWrite { path, before, after, architecture: Some(architecture) };
                    context.policy().file(write).map_err(|refusal| refusal.to_string()).map(|()| content)
                });
            match content {
                Ok(content) => return Ok(Proposal::new().write(state, path.clone(), content, Some(step.id))),
                Err(problem) => variables.problem = Some(problem),
            }
        }
        Err(AgentError::UnusableAnswer(variables.problem.unwrap_or_default()))
    }
}
