//! A command that has been started.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::sandbox::{
    Chunk, ExecOutcome, ExecStatus, Output, OutputStream, SandboxError, Service, Streams,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    sync::Semaphore,
};

use super::{
    agent::{Ended, Failure, Frame, Kind, PIECE, Reader, WINDOW},
    link::{Route, RouteSender},
    session::explain,
};
use crate::outcome::outcome;

/// A command that has been started. Dropping it ends the command.
#[derive(Debug)]
pub(super) struct Running {
    route: Route,
    started: Instant,
    program: String,
    outcome: Option<ExecOutcome>,
}

impl Running {
    pub(super) fn new(route: Route, started: Instant, program: String) -> Self {
        Self { route, started, program, outcome: None }
    }

    /// Waits for the end of the command and of everything it started.
    pub(super) async fn finish(&mut self) -> Result<ExecOutcome, SandboxError> {
        loop {
            if let Some(outcome) = &self.outcome {
                return Ok(outcome.clone());
            }
            if let Some(frame) = self.next().await? {
                self.note(&frame)?;
            }
        }
    }

    /// The next frame; none when the container has ended and that is the command's outcome.
    async fn next(&mut self) -> Result<Option<Frame>, SandboxError> {
        match self.route.next().await {
            Err(_) if self.route.is_out_of_memory() => {
                let (status, duration) = (ExecStatus::OutOfMemory, self.started.elapsed());
                self.outcome = Some(ExecOutcome::new(status, Output::default(), Output::default(), duration));
                Ok(None)
            }
            next => next.map(Some),
        }
    }

    /// Waits as [`finish`](Self::finish) does, and passes on what the command reads and writes.
    pub(super) async fn pass_on(&mut self, streams: Streams) -> Result<ExecOutcome, SandboxError> {
        let Streams { input, output } = streams;
        let room = Arc::new(Semaphore::new(WINDOW as usize));
        let sender = self.route.sender();
        let reading = async {
            feed(input, sender, Arc::clone(&room)).await;
            // What it reads has ended; the command has not.
            std::future::pending::<Infallible>().await
        };
        let writing = async {
            loop {
                if let Some(outcome) = &self.outcome {
                    return Ok(outcome.clone());
                }
                let Some(frame) = self.next().await? else { continue };
                let stream = match frame.kind {
                    Kind::Stdout => OutputStream::Stdout,
                    Kind::Stderr => OutputStream::Stderr,
                    Kind::Credit => {
                        room.add_permits(credit(&frame));
                        continue;
                    }
                    _ => {
                        self.note(&frame)?;
                        continue;
                    }
                };
                let length = frame.payload.len();
                // Nobody there to take it: the command goes on all the same.
                let _ = output.send(Chunk { stream, bytes: Bytes::from(frame.payload) }).await;
                self.route.credit(length);
            }
        };
        tokio::select! {
            outcome = writing => outcome,
            never = reading => match never {},
        }
    }

    fn note(&mut self, frame: &Frame) -> Result<(), SandboxError> {
        match frame.kind {
            Kind::Ended => {
                let ended = Ended::decode(&frame.payload).ok_or_else(|| explain::nonsense("exec"))?;
                let outcome = outcome(&ended, &self.program, self.started.elapsed());
                self.outcome = Some(outcome);
                Ok(())
            }
            Kind::Failed => Err(Failure::decode(&frame.payload)
                .map_or_else(|| explain::nonsense("exec"), |failure| explain::failure("exec", &failure))),
            _ => Ok(()),
        }
    }
}

/// How many bytes a frame allows.
pub(super) fn credit(frame: &Frame) -> usize {
    usize::try_from(Reader(&frame.payload).u64().unwrap_or(0)).unwrap_or(0)
}

/// Sends all that is read, and that it has ended, as fast as `room` allows.
pub(super) async fn feed(mut source: impl AsyncRead + Unpin, sender: RouteSender, room: Arc<Semaphore>) {
    let mut buffer = vec![0; PIECE];
    while let Ok(count @ 1..) = source.read(&mut buffer).await {
        let permits = u32::try_from(count).unwrap_or(u32::MAX);
        let Ok(permit) = room.acquire_many(permits).await else { break };
        permit.forget();
        sender.send(Kind::Data, &buffer[..count]);
    }
    sender.send(Kind::End, &[]);
}

#[async_trait]
impl Service for Running {
    async fn wait(&mut self) -> Result<ExecOutcome, SandboxError> {
        self.finish().await
    }

    async fn stop(&mut self, grace: Duration) -> Result<ExecOutcome, SandboxError> {
        if self.outcome.is_none() {
            let grace = u64::try_from(grace.as_millis()).unwrap_or(u64::MAX / 2);
            self.route.send(Kind::Stop, &grace.to_le_bytes());
        }
        self.finish().await
    }
}
