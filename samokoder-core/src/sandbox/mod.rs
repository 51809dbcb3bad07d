//! The port to a place where code that a model wrote may run.
//!
//! A [`Sandbox`] opens [`SandboxSession`]s. A session has a workspace of its own, filled by
//! [`checkout`](SandboxSession::checkout); it never sees the user's folder. Commands are argument lists, never
//! shell text. What a backend can't enforce it refuses: there is no silent downgrade.

mod command;
mod error;
mod limits;

use std::{fmt::Debug, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

pub use command::{Command, ExecOutcome, ExecStatus, Output};
pub use error::{SandboxError, SandboxErrorKind};
pub use limits::{Control, Enforcement, Limits, SandboxCapabilities, Toolchain};

use crate::project::WorkspacePath;

/// A backend that can isolate commands from the machine and from each other.
#[async_trait]
pub trait Sandbox: Debug + Send + Sync {
    /// Probes what this backend enforces on this machine, and how, and which toolchains a session sees.
    ///
    /// # Errors
    /// [`SandboxErrorKind::Unsupported`] names what the machine lacks when no session could be opened at all.
    async fn capabilities(&self) -> Result<SandboxCapabilities, SandboxError>;

    /// Opens a session. A second call with the same `spec.owner` returns the session that is open.
    ///
    /// # Errors
    /// [`SandboxErrorKind::Unsupported`] when something that `spec` asks for can't be enforced here.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind.
    async fn open(&self, spec: SessionSpec) -> Result<Arc<dyn SandboxSession>, SandboxError>;
}

/// An open sandbox with a workspace. Dropping the last handle ends every process in it and removes the workspace.
#[async_trait]
pub trait SandboxSession: Debug + Send + Sync {
    /// Makes the workspace hold exactly `files`; everything else in it is removed, the data folder stays.
    async fn checkout(&self, files: Vec<CheckoutFile>) -> Result<(), SandboxError>;

    /// Runs a command to its end and returns what happened, including failures of the command itself.
    ///
    /// When it returns, no process that the command started is left.
    ///
    /// # Errors
    /// Only for what is not the command's doing: the backend broke, or refuses to run it.
    ///
    /// # Cancel safety
    /// Dropping the future kills the command and everything it started.
    async fn exec(&self, command: Command) -> Result<ExecOutcome, SandboxError>;

    /// Starts a command that goes on running, such as a server. Its wall-time limit is not applied.
    async fn spawn(&self, command: Command) -> Result<Box<dyn Service>, SandboxError>;

    /// Opens a byte stream to a port that something in the session listens on, at the session's own loopback.
    ///
    /// # Errors
    /// [`SandboxErrorKind::ConnectionRefused`] when nothing listens there (yet).
    async fn connect(&self, port: u16) -> Result<Box<dyn Duplex>, SandboxError>;

    /// Ends every process and removes the workspace. Calling it again does nothing.
    async fn close(&self) -> Result<(), SandboxError>;
}

/// A command that goes on running. Dropping it stops it and everything it started.
#[async_trait]
pub trait Service: Debug + Send + Sync {
    /// Waits until the command ends by itself or by a limit.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    async fn wait(&mut self) -> Result<ExecOutcome, SandboxError>;

    /// Stops it: asks first (`SIGTERM`), kills after `grace`.
    async fn stop(&mut self, grace: std::time::Duration) -> Result<ExecOutcome, SandboxError>;
}

/// A byte stream in both directions.
pub trait Duplex: AsyncRead + AsyncWrite + Debug + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Debug + Send + Unpin> Duplex for T {}

/// What a session must be like.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionSpec {
    /// Who the session belongs to; opening is idempotent on it.
    pub owner: String,
    /// What every command in the session is held to.
    pub limits: Limits,
    /// A folder of the host that the session sees, writable, as `data` in its workspace. It outlives the session.
    pub data: Option<PathBuf>,
}

impl SessionSpec {
    /// A session for `owner` with the default limits and no lasting data.
    pub fn new(owner: impl Into<String>) -> Self {
        Self { owner: owner.into(), limits: Limits::default(), data: None }
    }

    /// Replaces the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Keeps what is written beneath `data` in this folder of the host.
    #[must_use]
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }
}

/// One file of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutFile {
    /// Where it goes, relative to the workspace.
    pub path: WorkspacePath,
    /// What it holds.
    pub content: Bytes,
}
