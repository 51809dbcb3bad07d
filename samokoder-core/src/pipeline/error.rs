//! Why a run could not be carried on.

use super::WorkflowError;
use crate::{
    llm::LlmError, project::ApplyError, sandbox::SandboxError, store::StoreError, workspace::FolderError,
};

/// Why a run could not be carried on. Nothing that was committed is lost by any of them; the run can be resumed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum PipelineError {
    /// The history can't be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The workflow gave up.
    #[error(transparent)]
    Workflow(#[from] WorkflowError),
    /// The sandbox that the run asks for can't be had on this machine.
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    /// A model that the run asks for can't be had.
    #[error("model {model}: {error}")]
    Model {
        /// The model, as it was named.
        model: String,
        /// Why.
        error: LlmError,
    },
    /// The app's folder can't be read or written.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The history holds a change that does not fit what was before it.
    #[error("the history does not fit together: {0}")]
    Inconsistent(#[from] ApplyError),
    /// Something in the options or the builder is missing or wrong.
    #[error("{0}")]
    Configuration(String),
    /// The task that carried the run was aborted or panicked.
    #[error("the run was ended from outside: {0}")]
    Aborted(String),
}
