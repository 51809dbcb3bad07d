//! A command that has been started.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use samokoder_core::sandbox::{ExecOutcome, ExecStatus, Output, SandboxError, SandboxErrorKind, Service};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
};

use super::{
    launch::closed,
    wire::{Answer, Ended, How, Kept, TOO_MUCH_OUTPUT},
};
use crate::output;

/// A command that has been started. Its supervisor sees the stream close when this is dropped, and ends it.
#[derive(Debug)]
pub(super) struct Running {
    stream: UnixStream,
    received: Vec<u8>,
    started: Instant,
    program: String,
    outcome: Option<ExecOutcome>,
}

impl Running {
    pub(super) fn new(stream: UnixStream, started: Instant, program: String) -> Self {
        Self { stream, received: Vec::new(), started, program, outcome: None }
    }

    /// Waits for the end of the command and of everything it started.
    pub(super) async fn finish(&mut self) -> Result<ExecOutcome, SandboxError> {
        if let Some(outcome) = &self.outcome {
            return Ok(outcome.clone());
        }
        // The stream ends when the command's process namespace is gone, not when the report is written.
        while self
            .stream
            .read_buf(&mut self.received)
            .await
            .map_err(|error| SandboxError::io("exec", &error))?
            > 0
        {}
        let outcome = match Answer::decode(&self.received) {
            Some(Answer::Ended(ended)) => self.outcome_of(&ended),
            Some(Answer::Failed(failure)) => return Err(super::explain::request("exec", &failure)),
            _ => return Err(closed("exec")),
        };
        self.outcome = Some(outcome.clone());
        Ok(outcome)
    }

    fn outcome_of(&self, ended: &Ended) -> ExecOutcome {
        let status = match ended.how {
            How::Exited(code) => ExecStatus::Exited { code },
            How::Signalled(signal) => ExecStatus::Signalled { signal },
            How::TimedOut => ExecStatus::TimedOut,
            How::CpuExhausted => ExecStatus::CpuExhausted,
            How::OutOfMemory => ExecStatus::OutOfMemory,
            How::OutputLimit => ExecStatus::OutputLimit,
            How::DiskFull => ExecStatus::DiskFull,
            How::TooManyProcesses => ExecStatus::TooManyProcesses,
            How::Cancelled => ExecStatus::Cancelled,
            How::NotStarted(_) => ExecStatus::NotStarted,
        };
        let stderr = match ended.how {
            How::NotStarted(errno) => not_started(&self.program, errno),
            _ => text(&ended.stderr),
        };
        ExecOutcome::new(status, text(&ended.stdout), stderr, self.started.elapsed())
            .cpu(Duration::from_micros(ended.cpu_us))
            .peak_memory(ended.peak)
            .written(ended.written)
    }

    /// Has the command ended because it wrote too much.
    pub(super) async fn too_much_output(&mut self) {
        self.tell(TOO_MUCH_OUTPUT).await;
    }

    /// A command that has just ended hears nothing any more, and has its outcome all the same.
    async fn tell(&mut self, number: u64) {
        let _ = self.stream.write_all(&number.to_le_bytes()).await;
    }
}

fn text(kept: &Kept) -> Output {
    output::text(&kept.head, &kept.tail, kept.omitted)
}

/// Says in the command's place why it could not be started.
fn not_started(program: &str, errno: i32) -> Output {
    let reason = match errno {
        libc::ENOENT => "there is no such program in the sandbox".to_owned(),
        libc::ELIBBAD | libc::ELIBACC => "the interpreter it names is not in the sandbox".to_owned(),
        _ => std::io::Error::from_raw_os_error(errno).to_string(),
    };
    Output { text: format!("{program}: {reason}\n"), omitted: 0 }
}

#[async_trait]
impl Service for Running {
    async fn wait(&mut self) -> Result<ExecOutcome, SandboxError> {
        self.finish().await
    }

    async fn stop(&mut self, grace: Duration) -> Result<ExecOutcome, SandboxError> {
        if self.outcome.is_none() {
            self.tell(u64::try_from(grace.as_millis()).unwrap_or(u64::MAX / 2)).await;
        }
        match self.finish().await {
            Err(error) if error.kind == SandboxErrorKind::Closed => Err(SandboxError::new(
                SandboxErrorKind::Closed,
                "stop",
                "the session ended before the service did",
            )),
            other => other,
        }
    }
}
