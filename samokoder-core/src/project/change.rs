//! What can happen to a project.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Architecture, CheckReport, Epic, Iteration, Question, Specification, Step, Task, WorkspacePath};
use crate::{
    agent::{Role, Subject},
    budget::SpendLimits,
    digest::Digest,
    id::{QuestionId, StepId, TaskId},
    sandbox::Toolchain,
};

/// One fact about a project. A [`ProjectState`](super::ProjectState) is a fold over changes.
///
/// Changes are stored for ever: a variant's meaning never changes, and each says what is so from now on, never
/// a difference to what was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// A person said what to build.
    Described {
        /// The description, as it was typed.
        description: String,
        /// The name the person wants the app to have.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The toolchains that the app can count on.
        #[serde(default)]
        toolchains: Vec<Toolchain>,
    },
    /// It is settled what the app must do.
    SpecificationWritten {
        /// The whole specification.
        specification: Specification,
    },
    /// It is settled how the app is built.
    ArchitectureChosen {
        /// The whole architecture.
        architecture: Architecture,
    },
    /// It is settled what is to be done.
    PlanMade {
        /// All epics.
        epics: Vec<Epic>,
        /// All tasks, in the order in which a person reads them.
        tasks: Vec<Task>,
    },
    /// A task is broken down into steps.
    StepsPlanned {
        /// The task.
        task: TaskId,
        /// All its steps.
        steps: Vec<Step>,
    },
    /// A file has new content.
    FileWritten {
        /// The file.
        path: WorkspacePath,
        /// The hash of its content, which is a blob.
        content: Digest,
        /// Its size in bytes.
        size: u64,
        /// The content it was written on top of; absent when there was no such file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replaces: Option<Digest>,
        /// The step this finishes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        finishes: Option<StepId>,
    },
    /// A file is gone.
    FileDeleted {
        /// The file.
        path: WorkspacePath,
        /// The content it had.
        replaces: Digest,
    },
    /// The app's own tests were run, or it was settled that they can't be.
    Checked {
        /// What came out.
        report: CheckReport,
    },
    /// The cause of a failed check was looked for and a repair planned.
    IterationPlanned {
        /// The round of repair.
        iteration: Iteration,
    },
    /// A person is asked something.
    QuestionAsked {
        /// The question.
        question: Question,
    },
    /// A person, or the policy that speaks for one, answered.
    QuestionAnswered {
        /// The question.
        question: QuestionId,
        /// The answer.
        answer: String,
    },
    /// Every attempt at an assignment failed.
    AssignmentFailed {
        /// Whose assignment it was.
        role: Role,
        /// What it was about.
        subject: Subject,
        /// Why the last attempt failed.
        reason: String,
    },
    /// A failed assignment may be tried again.
    FailureCleared {
        /// Whose assignment it was.
        role: Role,
        /// What it was about.
        subject: Subject,
    },
    /// The project may spend this much from now on.
    BudgetSet {
        /// All limits.
        limits: SpendLimits,
    },
    /// Something that belongs to an extension of the engine.
    Extension {
        /// Whose it is.
        namespace: String,
        /// Its name there.
        key: String,
        /// What it is from now on; `null` removes it.
        value: Value,
    },
}

impl Change {
    /// The hash of the content that it brings, which is a blob.
    pub fn content(&self) -> Option<Digest> {
        match self {
            Self::FileWritten { content, .. } => Some(*content),
            _ => None,
        }
    }
}
