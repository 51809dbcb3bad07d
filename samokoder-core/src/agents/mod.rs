//! The built-in team.
//!
//! One file per agent, its prompts in a folder beside it. An agent is what it reads, one prompt, one typed answer and
//! the changes it proposes; who works when is decided by [`TeamWorkflow`] alone.

mod answer;
mod architect;
mod bug_hunter;
mod code_monkey;
mod developer;
mod executor;
mod prompts;
mod spec_writer;
mod tech_lead;
mod workflow;

use std::sync::Arc;

pub use answer::Answer;
pub use architect::Architect;
pub use bug_hunter::BugHunter;
pub use code_monkey::CodeMonkey;
pub use developer::Developer;
pub use executor::Executor;
pub use prompts::{PromptError, Prompts};
pub use spec_writer::SpecWriter;
pub use tech_lead::TechLead;
pub use workflow::TeamWorkflow;

use crate::pipeline::PipelineBuilder;

/// The built-in team with its workflow.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Team {
    /// What the agents say to models.
    pub prompts: Prompts,
    /// When who works.
    pub workflow: TeamWorkflow,
}

impl Team {
    /// Replaces the prompts.
    #[must_use]
    pub fn prompts(mut self, prompts: Prompts) -> Self {
        self.prompts = prompts;
        self
    }

    /// Limits the rounds of repair after a failed check.
    #[must_use]
    pub fn fixes(mut self, rounds: usize) -> Self {
        self.workflow.fixes = rounds;
        self
    }

    /// Makes the team that of a pipeline. Agents of the same role that join later take its members' places.
    pub fn join(self, builder: PipelineBuilder) -> PipelineBuilder {
        let prompts = Arc::new(self.prompts);
        builder
            .agent(SpecWriter::new(Arc::clone(&prompts)))
            .agent(Architect::new(Arc::clone(&prompts)))
            .agent(TechLead::new(Arc::clone(&prompts)))
            .agent(Developer::new(Arc::clone(&prompts)))
            .agent(CodeMonkey::new(Arc::clone(&prompts)))
            .agent(Executor)
            .agent(BugHunter::new(prompts))
            .workflow(self.workflow)
    }
}
