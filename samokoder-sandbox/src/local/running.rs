//! A command that has been started.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use samokoder_core::sandbox::{ExecOutcome, SandboxError, SandboxErrorKind, Service};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
};

use super::{
    launch::closed,
    wire::{Answer, TOO_MUCH_OUTPUT},
};
use crate::outcome::outcome;

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
            Some(Answer::Ended(ended)) => outcome(&ended, &self.program, self.started.elapsed()),
            Some(Answer::Failed(failure)) => return Err(super::explain::request("exec", &failure)),
            _ => return Err(closed("exec")),
        };
        self.outcome = Some(outcome.clone());
        Ok(outcome)
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
