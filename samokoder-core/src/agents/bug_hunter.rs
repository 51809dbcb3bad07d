//! Finds out why the tests failed.

use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Answer, Prompts,
    developer::{PlannedStep, check_once, steps},
};
use crate::{
    agent::{Agent, AgentContext, AgentError, Proposal, Role},
    context::{ShownFile, show},
    id::IterationId,
    project::{Architecture, Change, CheckReport, Iteration, Specification},
};

/// Finds out why the tests failed, and which files must change how.
#[derive(Debug)]
pub struct BugHunter {
    prompts: Arc<Prompts>,
}

#[derive(Serialize)]
struct Variables<'a> {
    specification: &'a Specification,
    architecture: &'a Architecture,
    check: &'a CheckReport,
    /// What earlier rounds took for the cause, which it was not.
    earlier: Vec<&'a str>,
    files: Vec<ShownFile>,
}

/// The answer of the model.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Diagnosis {
    /// The cause of the failure.
    diagnosis: String,
    /// One step for each file that must change.
    steps: Vec<PlannedStep>,
}

impl BugHunter {
    /// Its role.
    pub const ROLE: Role = Role::from_static("bug-hunter");

    /// A bug hunter with these prompts.
    pub fn new(prompts: Arc<Prompts>) -> Self {
        Self { prompts }
    }
}

#[async_trait]
impl Agent for BugHunter {
    fn role(&self) -> Role {
        Self::ROLE
    }

    async fn run(&self, context: AgentContext) -> Result<Proposal, AgentError> {
        let state = context.state();
        let (Some(specification), Some(architecture), Some(check)) =
            (state.specification(), state.architecture(), state.last_check())
        else {
            return Err(AgentError::Failed("no check has failed".into()));
        };
        let paths: Vec<_> = state.files().map(|(path, _)| path.clone()).collect();
        let variables = Variables {
            specification,
            architecture,
            check,
            earlier: state.iterations().map(|iteration| iteration.diagnosis.as_str()).collect(),
            files: show(&context, &paths).await?,
        };
        let usable = |diagnosis: &Diagnosis| check_once(&diagnosis.steps, context.policy());
        let Diagnosis { diagnosis, steps: planned } =
            self.prompts.ask_for(&context, "bug_hunter/diagnose", &variables, usable).await?;
        let steps = steps(&context, planned);
        let iteration = Iteration { id: context.id::<IterationId>("iteration"), diagnosis, steps };
        Ok(Change::IterationPlanned { iteration }.into())
    }
}

impl Answer for Diagnosis {
    const NAME: &'static str = "diagnosis";

    fn example() -> Self {
        let instruction = "Trim the title before it is checked.";
        let path = "src/entries.mjs".parse().ok();
        Self {
            diagnosis: "A title of blanks passes, because it is not trimmed.".into(),
            steps: path
                .map(|path| PlannedStep { path, instruction: instruction.into() })
                .into_iter()
                .collect(),
        }
    }
}
