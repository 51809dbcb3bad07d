//! A command's streams, passed on while it runs: the command writes into pipes that are read here directly.

use std::{
    io,
    os::fd::OwnedFd,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use bytes::BytesMut;
use rustix::{
    fs::{Gid, Uid},
    pipe::PipeFlags,
};
use samokoder_core::sandbox::{Chunk, ExecOutcome, ExecStatus, OutputStream, SandboxError, Streams};
use tokio::{
    io::{AsyncReadExt as _, BufReader},
    net::unix::pipe::{Receiver, Sender},
    sync::{Notify, mpsc, watch},
    time::Instant,
};

use super::running::Running;
use crate::{
    inside::{Keeper, Kept},
    outcome::text,
};

/// How large a pipe is, where the kernel lets an ordinary user have that much, and how much is read at a time.
const PIPE: usize = 1 << 20;
const PIECE: usize = 256 << 10;

/// How much longer than the command someone may take to take its output.
const PATIENCE: Duration = Duration::from_secs(1);

/// This side's ends of a command's three standard streams.
#[derive(Debug)]
pub(super) struct Pipes {
    input: Sender,
    stdout: Receiver,
    stderr: Receiver,
}

impl Pipes {
    /// The pipes, and the command's ends of them in the order of their numbers. Where commands are another user than
    /// this process, they are that user's: who opens `/dev/stderr` opens the pipe anew.
    pub(super) fn create(owner: Option<u32>) -> io::Result<(Self, [OwnedFd; 3])> {
        let pipe = || -> io::Result<_> {
            let (reader, writer) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
            // A refusal leaves it as small as it is.
            let _ = rustix::pipe::fcntl_setpipe_size(&reader, PIPE);
            if let Some(id) = owner {
                rustix::fs::fchown(&writer, Some(Uid::from_raw(id)), Some(Gid::from_raw(id)))?;
            }
            Ok((reader, writer))
        };
        let ((input, ours), (stdout, output), (stderr, error)) = (pipe()?, pipe()?, pipe()?);
        let pipes = Self {
            input: Sender::from_owned_fd(ours)?,
            stdout: Receiver::from_owned_fd(stdout)?,
            stderr: Receiver::from_owned_fd(stderr)?,
        };
        Ok((pipes, [input, output, error]))
    }
}

/// What a command may write, and how much of it is kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    pub(super) wall: Duration,
    pub(super) output: u64,
    pub(super) kept: u64,
}

/// What the two readers of a command share.
struct Reading {
    written: AtomicU64,
    allowance: Allowance,
    /// The command has written too much.
    too_much: Notify,
    /// When nobody is waited for any more.
    end: Instant,
    output: mpsc::Sender<Chunk>,
}

/// Passes the streams on until the command has ended and everything it wrote has been read.
pub(super) async fn run(
    mut running: Running,
    pipes: Pipes,
    streams: Streams,
    allowance: Allowance,
) -> Result<ExecOutcome, SandboxError> {
    let reading = Reading {
        written: AtomicU64::new(0),
        allowance,
        too_much: Notify::new(),
        end: Instant::now() + allowance.wall + PATIENCE,
        output: streams.output,
    };
    let over = watch::Sender::new(false);
    let command = async {
        let outcome = tokio::select! {
            outcome = running.finish() => outcome,
            () = reading.too_much.notified() => {
                running.too_much_output().await;
                running.finish().await
            }
        };
        over.send_replace(true);
        outcome
    };
    let (outcome, stdout, stderr, ()) = tokio::join!(
        command,
        reading.read(pipes.stdout, OutputStream::Stdout, over.subscribe()),
        reading.read(pipes.stderr, OutputStream::Stderr, over.subscribe()),
        feed(streams.input, pipes.input, over.subscribe()),
    );
    let mut outcome = outcome?;
    let written = reading.written.into_inner();
    outcome.written = written;
    // It may have ended just before it could be killed.
    let by_itself = matches!(outcome.status, ExecStatus::Exited { .. } | ExecStatus::Signalled { .. });
    if by_itself && written > allowance.output {
        outcome.status = ExecStatus::OutputLimit;
    }
    outcome.stdout = text(&stdout, outcome.status);
    if outcome.status != ExecStatus::NotStarted {
        outcome.stderr = text(&stderr, outcome.status);
    }
    Ok(outcome)
}

impl Reading {
    /// Reads a stream to its end, or, when the command is over, as far as there is something in it: what the command
    /// started is gone, but it may have handed the stream to someone else, who may write for ever.
    async fn read(&self, mut pipe: Receiver, stream: OutputStream, mut over: watch::Receiver<bool>) -> Kept {
        let (mut keeper, mut buffer) = (Keeper::new(self.allowance.kept), BytesMut::new());
        let (mut is_taken, mut left) = (true, PIPE);
        while left > 0 {
            buffer.reserve(PIECE);
            let is_over = *over.borrow();
            let count = if is_over {
                pipe.try_read_buf(&mut buffer)
            } else {
                tokio::select! {
                    biased;
                    count = pipe.read_buf(&mut buffer) => count,
                    _ = over.wait_for(|over| *over) => continue,
                }
            };
            let Ok(count @ 1..) = count else { break };
            if is_over {
                left = left.saturating_sub(count);
            }
            let bytes = buffer.split().freeze();
            keeper.add(&bytes);
            let before = self.written.fetch_add(count as u64, Ordering::Relaxed);
            let is_too_much = before + count as u64 > self.allowance.output;
            let allowed = self.allowance.output.saturating_sub(before).min(count as u64);
            let bytes = bytes.slice(..usize::try_from(allowed).unwrap_or(count));
            is_taken = is_taken && self.pass_on(Chunk { stream, bytes }).await;
            if is_too_much {
                // Nothing more is read until it has been ended: a full pipe makes it wait.
                self.too_much.notify_one();
                let _ = over.wait_for(|over| *over).await;
            }
        }
        keeper.finish()
    }

    /// Hands a piece over; says whether it was taken.
    async fn pass_on(&self, chunk: Chunk) -> bool {
        matches!(tokio::time::timeout_at(self.end, self.output.send(chunk)).await, Ok(Ok(())))
    }
}

/// Passes on what the command shall read. One that does not read to the end, or ends before, is no failure.
async fn feed(
    input: Box<dyn tokio::io::AsyncRead + Send + Unpin>,
    mut pipe: Sender,
    mut over: watch::Receiver<bool>,
) {
    let mut input = BufReader::with_capacity(PIECE, input);
    tokio::select! {
        _ = tokio::io::copy_buf(&mut input, &mut pipe) => {}
        _ = over.wait_for(|over| *over) => {}
    }
}
