//! Why a sandbox could not do its part.

use std::{fmt, io};

use serde::{Deserialize, Serialize};

/// What kind of failure a [`SandboxError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SandboxErrorKind {
    /// This machine can't give what was asked for; the message names it.
    Unsupported,
    /// The request itself makes no sense.
    InvalidRequest,
    /// A file is not there.
    NotFound,
    /// A quota is used up: sessions of a tenant, disk of a project. The message says which.
    QuotaExceeded,
    /// Nothing listens on the port.
    ConnectionRefused,
    /// The session is closed.
    Closed,
    /// The backend broke. Nothing is known about the command; it may be run again.
    Infrastructure,
}

/// A failure of the sandbox itself. A command that fails is an outcome, not an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxError {
    /// What kind of failure it is.
    pub kind: SandboxErrorKind,
    /// What was being done: "open", "exec", "connect".
    pub operation: String,
    /// What happened, and what to do about it.
    pub message: String,
}

impl SandboxError {
    /// An error of this kind.
    pub fn new(kind: SandboxErrorKind, operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, operation: operation.into(), message: message.into() }
    }

    /// Something that the backend or this machine can't give.
    pub fn unsupported(operation: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(SandboxErrorKind::Unsupported, operation, message)
    }

    /// A failure of the backend that an operating-system error reports.
    pub fn io(operation: impl Into<String>, error: &io::Error) -> Self {
        Self::new(SandboxErrorKind::Infrastructure, operation, error.to_string())
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.kind == SandboxErrorKind::Infrastructure
    }
}

impl fmt::Display for SandboxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sandbox {}: {}", self.operation, self.message)
    }
}

impl std::error::Error for SandboxError {}
