//! What is to be done next.

use std::fmt::Debug;

use async_trait::async_trait;

use crate::{agent::Assignment, budget::Limit, id::QuestionId, project::ProjectState};

/// Decides from the state alone what can be done.
///
/// It is a pure function: the same state gives the same answer. It does not know what is running; the pipeline takes
/// that off. An assignment that it stops wanting is ended.
#[async_trait]
pub trait Workflow: Debug + Send + Sync {
    /// What can be done now.
    ///
    /// # Errors
    /// [`WorkflowError`] when the state makes no sense to it.
    async fn next(&self, state: &ProjectState) -> Result<Next, WorkflowError>;
}

/// What can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Next {
    /// These assignments, all of which may run as far as their write sets allow.
    Run(Vec<Assignment>),
    /// Nothing until people have answered these questions.
    Wait(Vec<QuestionId>),
    /// Nothing: everything is done.
    Done,
    /// Nothing, because a limit of the workflow is reached.
    Exhausted(Limit, String),
    /// Nothing, for this reason.
    Stuck(String),
}

/// A state that a workflow can't make sense of.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the workflow can't go on: {0}")]
pub struct WorkflowError(pub String);
