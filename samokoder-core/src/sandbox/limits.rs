//! What a sandbox holds commands to, and how it holds.

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// What every command of a session is held to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Wall time of one command.
    pub wall: Duration,
    /// Wall time of a service; as long as the session for `None`.
    pub service: Option<Duration>,
    /// Processor time of one process.
    pub cpu: Duration,
    /// Memory of all processes of a command together, in bytes.
    pub memory: u64,
    /// Processes and threads of the session.
    pub processes: u64,
    /// Size of one file, in bytes.
    pub file_size: u64,
    /// Size of the workspace and temporary files together, in bytes.
    pub disk: u64,
    /// Files and folders in the workspace and among the temporary files.
    pub inodes: u64,
    /// Size of the [data folder](super::SessionSpec::data), in bytes.
    pub data: u64,
    /// Open files of one process.
    pub open_files: u64,
    /// Standard output and standard error of one command together, in bytes. More ends the command.
    pub output: u64,
    /// How much of each of the two streams is kept, in bytes: half from the beginning, half from the end.
    pub output_kept: u64,
}

impl Limits {
    /// Replaces the wall time of one command.
    #[must_use]
    pub fn wall(mut self, time: Duration) -> Self {
        self.wall = time;
        self
    }
}

impl Default for Limits {
    /// Room for the tests of a mid-sized app on a small machine.
    fn default() -> Self {
        Self {
            wall: Duration::from_mins(2),
            service: None,
            cpu: Duration::from_mins(2),
            memory: 1 << 30,
            processes: 128,
            file_size: 256 << 20,
            disk: 512 << 20,
            inodes: 50_000,
            data: 1 << 30,
            open_files: 1024,
            output: 64 << 20,
            output_kept: 64 << 10,
        }
    }
}

/// Something a sandbox keeps commands from, or holds them to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Control {
    /// No network but the session's own loopback.
    Network,
    /// Nothing of the host can be written but the workspace and the data folder, nothing private can be read.
    Filesystem,
    /// No environment, file descriptor or terminal of the host is passed on.
    Environment,
    /// The host's kernel never sees commands as root, and they can't gain privileges.
    Identity,
    /// Dangerous system calls are refused.
    SystemCalls,
    /// Every process a command started ends with it.
    KillTree,
    /// [`Limits::wall`].
    Wall,
    /// [`Limits::cpu`].
    Cpu,
    /// [`Limits::memory`].
    Memory,
    /// [`Limits::processes`].
    Processes,
    /// [`Limits::file_size`].
    FileSize,
    /// [`Limits::disk`] and [`Limits::inodes`].
    Disk,
    /// [`Limits::data`].
    Data,
    /// [`Limits::service`].
    Service,
    /// [`Network::Proxy`](super::Network::Proxy).
    Proxy,
    /// [`Limits::open_files`].
    OpenFiles,
    /// [`Limits::output`].
    Output,
}

/// How a [`Control`] holds, with the means in words: "network namespace", "supervisor samples RSS every 20 ms".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "enforcement", content = "by", rename_all = "snake_case")]
pub enum Enforcement {
    /// The kernel refuses; nothing can get past it between two looks.
    Kernel(String),
    /// A supervisor looks and kills; an excess can last as long as it takes to notice.
    Supervised(String),
    /// It can't be held here, for the reason given. A session that needs it is refused.
    Unsupported(String),
}

impl fmt::Display for Enforcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kernel(by) => write!(f, "kernel: {by}"),
            Self::Supervised(by) => write!(f, "supervised: {by}"),
            Self::Unsupported(why) => write!(f, "unsupported: {why}"),
        }
    }
}

/// What a backend can do on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SandboxCapabilities {
    /// The backend's name: "local", "docker".
    pub backend: String,
    /// How each control holds here.
    pub controls: Vec<(Control, Enforcement)>,
    /// The language toolchains that commands find in the sandbox.
    pub toolchains: Vec<Toolchain>,
}

impl SandboxCapabilities {
    /// Capabilities of the backend with this name.
    pub fn new(
        backend: impl Into<String>,
        controls: Vec<(Control, Enforcement)>,
        toolchains: Vec<Toolchain>,
    ) -> Self {
        Self { backend: backend.into(), controls, toolchains }
    }

    /// The controls that can't be held here, each with the reason.
    pub fn unsupported(&self) -> impl Iterator<Item = (Control, &str)> {
        self.controls.iter().filter_map(|(control, enforcement)| match enforcement {
            Enforcement::Unsupported(why) => Some((*control, why.as_str())),
            Enforcement::Kernel(_) | Enforcement::Supervised(_) => None,
        })
    }
}

/// A language toolchain that a sandbox offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolchain {
    /// The program's name: "node", "python3".
    pub name: String,
    /// Its version: "20.20.2".
    pub version: String,
    /// Where this host keeps it. Not recorded: it says nothing on another machine.
    #[serde(skip)]
    pub path: PathBuf,
}
