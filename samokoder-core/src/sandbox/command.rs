//! What is run in a sandbox and what came of it.

use std::{collections::BTreeMap, fmt, time::Duration};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::{io::AsyncRead, sync::mpsc};

/// A program with its arguments. There is no shell: nothing in an argument has a meaning to anyone but the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Command {
    /// The program, looked up in the sandbox's own `PATH`, and its arguments.
    pub argv: Vec<String>,
    /// Variables beside the few that every command gets (`PATH`, `HOME`, `LANG`, `TMPDIR`). Nothing of the host's environment is passed on.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// A wall-time limit shorter than the session's.
    #[serde(default, with = "millis", rename = "timeout_ms", skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
}

impl Command {
    /// A command from its program and arguments.
    pub fn new<I: IntoIterator<Item = S>, S: Into<String>>(argv: I) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), env: BTreeMap::new(), timeout: None }
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.insert(name.into(), value.into());
        self
    }

    /// Limits the wall time further than the session does.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// What came of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExecOutcome {
    /// How it ended.
    pub status: ExecStatus,
    /// What it wrote to standard output.
    pub stdout: Output,
    /// What it wrote to standard error.
    pub stderr: Output,
    /// Wall time.
    #[serde(with = "whole_millis", rename = "duration_ms")]
    pub duration: Duration,
    /// Processor time of the command and everything it started, where the backend can tell.
    #[serde(default, with = "millis", rename = "cpu_ms", skip_serializing_if = "Option::is_none")]
    pub cpu: Option<Duration>,
    /// The most memory that its processes held together, in bytes, where the backend can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    /// What it wrote to both streams, in bytes, kept or not.
    #[serde(default)]
    pub written: u64,
}

impl ExecOutcome {
    /// An outcome with the given status and output.
    pub fn new(status: ExecStatus, stdout: Output, stderr: Output, duration: Duration) -> Self {
        let written = [&stdout, &stderr].map(|output| output.text.len() as u64 + output.omitted).iter().sum();
        Self { status, stdout, stderr, duration, cpu: None, peak_memory: None, written }
    }

    /// Adds the processor time.
    #[must_use]
    pub fn cpu(mut self, cpu: Duration) -> Self {
        self.cpu = Some(cpu);
        self
    }

    /// Adds the most memory that was held, in bytes.
    #[must_use]
    pub fn peak_memory(mut self, bytes: u64) -> Self {
        self.peak_memory = Some(bytes);
        self
    }

    /// Replaces the number of bytes that were written.
    #[must_use]
    pub fn written(mut self, bytes: u64) -> Self {
        self.written = bytes;
        self
    }

    /// Whether the command ended by itself with status 0.
    pub fn success(&self) -> bool {
        self.status == ExecStatus::Exited { code: 0 }
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
#[non_exhaustive]
pub enum ExecStatus {
    /// By itself.
    Exited {
        /// Its exit code.
        code: i32,
    },
    /// By a signal that no limit of the sandbox sent.
    Signalled {
        /// The signal's number.
        signal: i32,
    },
    /// Killed: its wall time was over.
    TimedOut,
    /// Killed: its processor time was over.
    CpuExhausted,
    /// Killed: its processes together held more memory than allowed.
    OutOfMemory,
    /// Killed: it wrote more output than allowed.
    OutputLimit,
    /// It failed after it had filled the disk it may use, or all its inodes.
    DiskFull,
    /// It failed after it was refused another process.
    TooManyProcesses,
    /// Killed on request.
    Cancelled,
    /// Never started: a policy forbids it. Standard error says which rule.
    Denied,
    /// The program does not exist in the sandbox or can't be executed.
    NotStarted,
}

impl fmt::Display for ExecStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "exited with status {code}"),
            Self::Signalled { signal } => write!(f, "ended by signal {signal}"),
            Self::TimedOut => f.write_str("killed when its wall time was over"),
            Self::CpuExhausted => f.write_str("killed when its processor time was over"),
            Self::OutOfMemory => f.write_str("killed when it held more memory than allowed"),
            Self::OutputLimit => f.write_str("killed when it wrote more output than allowed"),
            Self::DiskFull => f.write_str("failed when the disk it may use was full"),
            Self::TooManyProcesses => f.write_str("failed when it had as many processes as allowed"),
            Self::Denied => f.write_str("not started: the policy forbids it"),
            Self::Cancelled => f.write_str("killed on request"),
            Self::NotStarted => f.write_str("could not be started: no such program in the sandbox"),
        }
    }
}

/// What a command wrote: the beginning and the end when it was long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The text. Bytes that are not UTF-8 are replaced by U+FFFD; where something was left out, a line says so.
    pub text: String,
    /// How many bytes were left out of the middle.
    #[serde(default)]
    pub omitted: u64,
}

impl Output {
    /// Output from the bytes of its beginning and its end with `omitted` bytes between them.
    pub fn from_parts(head: &[u8], tail: &[u8], omitted: u64) -> Self {
        if omitted == 0 {
            let whole = [head, tail].concat();
            return Self { text: String::from_utf8_lossy(&whole).into_owned(), omitted };
        }
        let (head, tail) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
        Self { text: format!("{head}\n[… {omitted} bytes left out …]\n{tail}"), omitted }
    }
}

/// Where a command's streams lead while it runs.
pub struct Streams {
    /// Its standard input.
    pub input: Box<dyn AsyncRead + Send + Unpin>,
    /// Takes its standard output and standard error.
    pub output: mpsc::Sender<Chunk>,
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streams").finish_non_exhaustive()
    }
}

/// A piece of what a command writes, as it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// To where it was written.
    pub stream: OutputStream,
    /// What was written: any bytes, cut anywhere.
    pub bytes: Bytes,
}

/// One of the two streams that a command writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutputStream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// `Option<Duration>` as whole milliseconds.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "the signature serde asks for")]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.map(|duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
    }
}

/// `Duration` as whole milliseconds.
mod whole_millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        u64::try_from(value.as_millis()).unwrap_or(u64::MAX).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}
