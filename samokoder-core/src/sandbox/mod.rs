//! The port to a place where code that a model wrote may run.
//!
//! A [`Sandbox`] opens [`SandboxSession`]s. A session has a workspace of its own, filled by
//! [`checkout`](SandboxSession::checkout); it never sees the user's folder. Commands are argument lists, never
//! shell text. What a backend can't enforce it refuses: there is no silent downgrade.

mod command;
mod error;
mod limits;
mod network;
mod session;

use std::{fmt::Debug, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

pub use command::{Chunk, Command, ExecOutcome, ExecStatus, Output, OutputStream, Streams};
pub use error::{SandboxError, SandboxErrorKind};
pub use limits::{Control, Enforcement, Limits, SandboxCapabilities, Toolchain};
pub use network::{AllowedHost, Network};
pub use session::{Entry, EntryKind, ReapReport, SessionInfo, SessionSpec, SessionStats};

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

    /// The open session with this [id](SandboxSession::id), opened by this process or, where the backend reaches those,
    /// by another one. Whoever adopts a session keeps it alive from then on.
    ///
    /// # Errors
    /// [`SandboxErrorKind::Closed`] when there is no such session (any more).
    async fn adopt(&self, id: &str) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        Err(SandboxError::unsupported("adopt", format!("this backend can't adopt session {id}")))
    }

    /// The sessions that are there: all that the backend knows of, whoever opened them.
    async fn list(&self) -> Result<Vec<SessionInfo>, SandboxError> {
        Err(SandboxError::unsupported("list", "this backend can't list sessions"))
    }

    /// Ends the sessions whose owner is gone and whose [lease](SessionSpec::lease) is over, and removes what is left of
    /// them on the machine: processes, containers, mounts, cgroups, temporary folders.
    async fn reap(&self) -> Result<ReapReport, SandboxError> {
        Err(SandboxError::unsupported("reap", "this backend can't reap sessions"))
    }
}

/// An open sandbox with a workspace. Dropping the last handle ends every process in it and removes the workspace.
#[async_trait]
pub trait SandboxSession: Debug + Send + Sync {
    /// What the backend knows it by, the same for every handle on it.
    fn id(&self) -> &str;

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

    /// Runs a command as [`exec`](Self::exec) does, and passes on what it reads and writes while it runs.
    ///
    /// The command waits while nobody takes its output. The outcome holds the beginning and the end of it all the same.
    /// When the receiver is dropped, the output is still read and counted.
    ///
    /// # Errors
    /// As [`exec`](Self::exec).
    ///
    /// # Cancel safety
    /// As [`exec`](Self::exec).
    async fn exec_streaming(&self, command: Command, streams: Streams) -> Result<ExecOutcome, SandboxError> {
        let _ = (command, streams);
        Err(SandboxError::unsupported("exec", "this backend can't pass on streams"))
    }

    /// Starts a command that goes on running, such as a server. Its wall time is limited by
    /// [`Limits::service`], and further by its own [timeout](Command::timeout).
    async fn spawn(&self, command: Command) -> Result<Box<dyn Service>, SandboxError>;

    /// Opens a byte stream to a port that something in the session listens on, at the session's own loopback.
    ///
    /// # Errors
    /// [`SandboxErrorKind::ConnectionRefused`] when nothing listens there (yet).
    async fn connect(&self, port: u16) -> Result<Box<dyn Duplex>, SandboxError>;

    /// Waits until something listens on a port, at most `within`.
    ///
    /// # Errors
    /// [`SandboxErrorKind::ConnectionRefused`] when nothing did in time.
    ///
    /// # Cancel safety
    /// May be dropped and called again.
    async fn ready(&self, port: u16, within: Duration) -> Result<(), SandboxError> {
        /// Between two looks.
        const PAUSE: Duration = Duration::from_millis(20);
        let end = tokio::time::Instant::now() + within;
        loop {
            match self.connect(port).await {
                Ok(_) => return Ok(()),
                Err(error) if error.kind != SandboxErrorKind::ConnectionRefused => return Err(error),
                Err(error) if tokio::time::Instant::now() + PAUSE >= end => return Err(error),
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// The content of a file of the workspace, whatever a command put in its place: links are not followed, neither
    /// here nor on the way, and what is no regular file is refused.
    ///
    /// # Errors
    /// [`SandboxErrorKind::NotFound`]; [`SandboxErrorKind::InvalidRequest`] for what is no regular file, and for one of more
    /// than `most` bytes.
    async fn read_file(&self, path: &WorkspacePath, most: u64) -> Result<Bytes, SandboxError> {
        let _ = most;
        Err(SandboxError::unsupported("read file", format!("this backend can't read {path}")))
    }

    /// Replaces a file of the workspace as a whole, and makes the folders on the way. Links are not followed.
    ///
    /// # Errors
    /// [`SandboxErrorKind::InvalidRequest`] when something on the way is no folder or there is no room.
    async fn write_file(&self, path: &WorkspacePath, content: Bytes) -> Result<(), SandboxError> {
        let _ = content;
        Err(SandboxError::unsupported("write file", format!("this backend can't write {path}")))
    }

    /// Removes a file, or a folder with all in it. What is not there is removed already.
    async fn remove_file(&self, path: &WorkspacePath) -> Result<(), SandboxError> {
        Err(SandboxError::unsupported("remove file", format!("this backend can't remove {path}")))
    }

    /// What is in a folder of the workspace, by name; in the workspace itself for `None`. At most `most` entries.
    ///
    /// # Errors
    /// [`SandboxErrorKind::NotFound`]; [`SandboxErrorKind::InvalidRequest`] for what is no folder, and for one of more
    /// entries.
    async fn list_files(
        &self,
        folder: Option<&WorkspacePath>,
        most: usize,
    ) -> Result<Vec<Entry>, SandboxError> {
        let _ = (folder, most);
        Err(SandboxError::unsupported("list files", "this backend can't list files"))
    }

    /// What the session uses at the moment.
    async fn stats(&self) -> Result<SessionStats, SandboxError> {
        Err(SandboxError::unsupported("stats", "this backend does not measure its sessions"))
    }

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

/// One file of a checkout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutFile {
    /// Where it goes, relative to the workspace.
    pub path: WorkspacePath,
    /// What it holds.
    pub content: Bytes,
}
