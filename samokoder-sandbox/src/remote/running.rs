//! A command that runs on the broker's side.

use std::{io, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use samokoder_core::sandbox::{Chunk, ExecOutcome, OutputStream, SandboxError, Service, Streams};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    sync::Notify,
};

use super::{
    connection::Sender,
    frame::{Frame, MAX_PIECE},
    message::{Answer, Word, millis},
    place::Asked,
};

/// How much of what a command wrote is taken from a broker at its end, of each stream.
const MAX_KEPT: usize = 64 << 20;

/// An outcome that is being received.
#[derive(Debug, Default)]
pub(super) struct Collecting {
    outcome: Option<ExecOutcome>,
    stdout: BytesMut,
    stderr: BytesMut,
}

impl Collecting {
    /// Receives to the end. May be dropped and called again.
    pub(super) async fn outcome(&mut self, asked: &mut Asked) -> Result<ExecOutcome, SandboxError> {
        loop {
            if let Some(outcome) = self.take(asked).await? {
                return Ok(outcome);
            }
        }
    }

    async fn take(&mut self, asked: &mut Asked) -> Result<Option<ExecOutcome>, SandboxError> {
        if self.outcome.is_none() {
            match asked.answer().await? {
                Answer::Outcome(outcome) => self.outcome = Some(outcome),
                _ => return Err(asked.nonsense()),
            }
        }
        match asked.receiver.frame().await {
            Ok(Some(Frame::Piece(Some(stream), bytes))) => {
                let kept = match stream {
                    OutputStream::Stdout => &mut self.stdout,
                    OutputStream::Stderr => &mut self.stderr,
                };
                if kept.len() + bytes.len() > MAX_KEPT {
                    return Err(asked.nonsense());
                }
                kept.extend_from_slice(&bytes);
                Ok(None)
            }
            Ok(Some(Frame::End)) => Ok(self.outcome.take().map(|mut outcome| {
                outcome.stdout.text = String::from_utf8_lossy(&self.stdout).into_owned();
                outcome.stderr.text = String::from_utf8_lossy(&self.stderr).into_owned();
                outcome
            })),
            Ok(Some(_)) => Err(asked.nonsense()),
            Ok(None) => Err(asked.lost(&io::ErrorKind::UnexpectedEof.into())),
            Err(error) => Err(asked.lost(&error)),
        }
    }
}

/// Passes a command's streams on until its outcome is there.
pub(super) async fn pass_on(asked: Asked, streams: Streams) -> Result<ExecOutcome, SandboxError> {
    let Asked { mut receiver, mut sender, operation } = asked;
    let wanted = Notify::new();
    let ended = async {
        loop {
            match receiver.frame().await? {
                Some(Frame::Piece(Some(stream), bytes)) => {
                    // Output that nobody takes any more is read all the same.
                    let _ = streams.output.send(Chunk { stream, bytes }).await;
                }
                Some(Frame::Message(text)) => match serde_json::from_slice(&text)? {
                    Answer::Want => wanted.notify_one(),
                    answer => return Ok(answer),
                },
                _ => return Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            }
        }
    };
    let answer: io::Result<Answer> = tokio::select! {
        answer = ended => answer,
        never = feed(streams.input, &mut sender, &wanted) => match never {},
    };
    let mut asked = Asked { receiver, sender, operation };
    match answer {
        Ok(Answer::Outcome(outcome)) => {
            let mut collecting = Collecting { outcome: Some(outcome), ..Collecting::default() };
            collecting.outcome(&mut asked).await
        }
        Ok(Answer::Failed(error)) => Err(error),
        Ok(_) => Err(asked.nonsense()),
        Err(error) => Err(asked.lost(&error)),
    }
}

/// Sends a piece of what the command shall read whenever one is wanted. That it can't be sent is noticed where the
/// outcome is waited for.
async fn feed(
    mut input: Box<dyn AsyncRead + Send + Unpin>,
    sender: &mut Sender,
    wanted: &Notify,
) -> std::convert::Infallible {
    let mut buffer = BytesMut::new();
    loop {
        wanted.notified().await;
        buffer.reserve(MAX_PIECE / 4);
        let count = (&mut input).take(MAX_PIECE as u64).read_buf(&mut buffer).await.unwrap_or(0);
        let piece: Bytes = buffer.split().freeze();
        let sent = match count {
            0 => sender.frame(&Frame::End).await,
            _ => sender.pieces(None, &piece).await,
        };
        if count == 0 || sent.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// A service; its connection is its life.
#[derive(Debug)]
pub(super) struct RemoteService {
    asked: Asked,
    collecting: Collecting,
    ended: Option<Result<ExecOutcome, SandboxError>>,
}

impl RemoteService {
    pub(super) fn new(asked: Asked) -> Self {
        Self { asked, collecting: Collecting::default(), ended: None }
    }
}

#[async_trait]
impl Service for RemoteService {
    async fn wait(&mut self) -> Result<ExecOutcome, SandboxError> {
        if let Some(ended) = &self.ended {
            return ended.clone();
        }
        let ended = self.collecting.outcome(&mut self.asked).await;
        self.ended.insert(ended).clone()
    }

    async fn stop(&mut self, grace: Duration) -> Result<ExecOutcome, SandboxError> {
        if self.ended.is_none() {
            // One that has just ended does not hear it, and has its outcome all the same.
            let _ = self.asked.tell(&Word::Stop { grace_ms: millis(grace) }).await;
        }
        self.wait().await
    }
}
