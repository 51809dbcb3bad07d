//! How a command ends.

use std::{fmt, process::ExitCode};

use samokoder::{
    open::OpenError, pipeline::PipelineError, sandbox::SandboxError, store::StoreError,
    workspace::FolderError,
};

/// How a command ended, as its exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It did what it was asked for.
    Done,
    /// It could not.
    Failed,
    /// It was asked for something that makes no sense.
    Usage,
    /// A budget stopped it.
    Budget,
    /// A person has to answer first.
    Waiting,
    /// It ran another command, which came to this status.
    Status(u8),
}

impl Outcome {
    pub(crate) fn code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Budget => 3,
            Self::Waiting => 4,
            Self::Status(status) => status,
        })
    }
}

/// Why a command could not do what it was asked for, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) outcome: Outcome,
    message: String,
}

impl Failure {
    /// Something is wrong with what was typed.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { outcome: Outcome::Usage, message: message.into() }
    }

    /// Something went wrong where a command was to be run.
    pub(crate) fn status(status: u8, message: impl Into<String>) -> Self {
        Self { outcome: Outcome::Status(status), message: message.into() }
    }

    /// Something went wrong.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { outcome: Outcome::Failed, message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Unknown { .. } => Self::usage(error.to_string()),
            OpenError::Store(error) => error.into(),
            OpenError::Sandbox(error) => Self::usage(error.message),
            _ => Self::failed(error.to_string()),
        }
    }
}

impl From<PipelineError> for Failure {
    fn from(error: PipelineError) -> Self {
        match error {
            PipelineError::Model { .. } => Self::usage(error.to_string()),
            PipelineError::Store(error) => error.into(),
            _ => Self::failed(error.to_string()),
        }
    }
}

macro_rules! failed {
    ($($error:ty)*) => {$(
        impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::failed(error.to_string())
            }
        }
    )*};
}

failed! { SandboxError FolderError }

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::failed(error.message)
    }
}
