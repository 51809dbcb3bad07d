//! What is to be done: epics, tasks, steps, and rounds of repair.

use serde::{Deserialize, Serialize};

use super::WorkspacePath;
use crate::id::{EpicId, IterationId, StepId, TaskId};

/// A group of tasks that makes sense to a person as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epic {
    /// Its id.
    pub id: EpicId,
    /// What a person calls it.
    pub title: String,
    /// What is there when it is finished.
    pub description: String,
}

/// A piece of work that one developer plans and whose files can then be written in parallel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The epic it belongs to.
    pub epic: EpicId,
    /// What a person calls it.
    pub title: String,
    /// What is to be done, and how one sees that it is.
    pub description: String,
    /// Tasks that must be finished before.
    pub depends_on: Vec<TaskId>,
    /// The only files that its steps may write.
    pub files: Vec<WorkspacePath>,
}

/// One file to write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// The file.
    pub path: WorkspacePath,
    /// What the file must do when the step is finished.
    pub instruction: String,
}

/// A round of repair: why a check failed and what to write to mend it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iteration {
    /// Its id.
    pub id: IterationId,
    /// The cause of the failure, as far as it is known.
    pub diagnosis: String,
    /// What to write.
    pub steps: Vec<Step>,
}
