//! Commands and ports: each has a connection of its own, and ends with it.

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use samokoder_core::sandbox::{Command, ExecOutcome, OutputStream, SandboxError, SandboxSession, Streams};
use tokio::{
    io::{AsyncWriteExt as _, DuplexStream},
    sync::{Notify, mpsc},
};

use super::{Shared, answering::Peer};
use crate::remote::{
    connection::{Raw, Receiver, Sender},
    frame::{Frame, MAX_PIECE},
    message::{Answer, Word},
};

/// How many pieces of output may be on their way.
const PIECES: usize = 4;

/// Sends an outcome: what was written goes beside the message, for it may be long.
async fn send_outcome(sender: &mut Sender, outcome: Result<ExecOutcome, SandboxError>) -> io::Result<()> {
    let mut outcome = match outcome {
        Ok(outcome) => outcome,
        Err(error) => return sender.message(&Answer::Failed(error)).await,
    };
    let texts = [
        (OutputStream::Stdout, std::mem::take(&mut outcome.stdout.text)),
        (OutputStream::Stderr, std::mem::take(&mut outcome.stderr.text)),
    ];
    sender.message(&Answer::Outcome(outcome)).await?;
    for (stream, text) in texts {
        sender.pieces(Some(stream), &Bytes::from(text)).await?;
    }
    sender.frame(&Frame::End).await
}

async fn find(
    shared: &Shared,
    peer: &mut Peer,
    id: &str,
    operation: &str,
) -> io::Result<Option<Arc<dyn SandboxSession>>> {
    match shared.sessions.get(id, operation) {
        Ok((session, _)) => Ok(Some(session)),
        Err(error) => peer.answer(Err(error)).await.map(|()| None),
    }
}

pub(super) async fn exec(shared: &Shared, mut peer: Peer, id: &str, command: Command) -> io::Result<()> {
    let Some(session) = find(shared, &mut peer, id, "exec").await? else { return Ok(()) };
    let outcome = peer.during(session.exec(command)).await?;
    send_outcome(&mut peer.sender, outcome).await
}

pub(super) async fn exec_streaming(
    shared: &Shared,
    mut peer: Peer,
    id: &str,
    command: Command,
) -> io::Result<()> {
    let Some(session) = find(shared, &mut peer, id, "exec").await? else { return Ok(()) };
    let Peer { mut receiver, mut sender } = peer;
    let (input, theirs) = tokio::io::duplex(MAX_PIECE);
    let (output, mut chunks) = mpsc::channel(PIECES);
    let wanted = Notify::new();
    let streams = Streams { input: Box::new(theirs), output };
    let pass_on = async {
        loop {
            tokio::select! {
                chunk = chunks.recv() => match chunk {
                    Some(chunk) => sender.pieces(Some(chunk.stream), &chunk.bytes).await?,
                    None => return io::Result::Ok(()),
                },
                () = wanted.notified() => sender.message(&Answer::Want).await?,
            }
        }
    };
    let ended = async {
        let (outcome, passed_on) = tokio::join!(session.exec_streaming(command, streams), pass_on);
        passed_on.map(|()| outcome)
    };
    let outcome = tokio::select! {
        outcome = ended => outcome?,
        error = feed(&mut receiver, input, &wanted) => return Err(error),
    };
    send_outcome(&mut sender, outcome).await
}

/// Passes on what the command shall read, one piece after the other: a client sends one when it is asked for it, so that
/// it is noticed at once when it is gone.
async fn feed(receiver: &mut Receiver, mut input: DuplexStream, wanted: &Notify) -> io::Error {
    loop {
        wanted.notify_one();
        match receiver.piece().await {
            Ok(Some(piece)) => {
                let passed_on = tokio::select! {
                    passed_on = input.write_all(&piece) => passed_on,
                    () = receiver.gone() => return io::ErrorKind::ConnectionReset.into(),
                };
                if passed_on.is_err() {
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => return error,
        }
    }
    drop(input);
    receiver.gone().await;
    io::ErrorKind::ConnectionReset.into()
}

pub(super) async fn spawn(shared: &Shared, mut peer: Peer, id: &str, command: Command) -> io::Result<()> {
    let Some(session) = find(shared, &mut peer, id, "spawn").await? else { return Ok(()) };
    let mut service = match peer.during(session.spawn(command)).await? {
        Ok(service) => service,
        Err(error) => return peer.answer(Err(error)).await,
    };
    // A service must not keep the session alive that its client has dropped.
    drop(session);
    peer.answer(Ok(Answer::Done)).await?;
    let Peer { mut receiver, mut sender } = peer;
    let outcome = tokio::select! {
        outcome = service.wait() => outcome,
        word = receiver.message::<Word>() => match word? {
            Word::Stop { grace_ms } => tokio::select! {
                outcome = service.stop(Duration::from_millis(grace_ms)) => outcome,
                () = receiver.gone() => return Ok(()),
            },
            Word::Hold | Word::Release => return Ok(()),
        },
    };
    send_outcome(&mut sender, outcome).await
}

pub(super) async fn connect(shared: &Shared, mut peer: Peer, id: &str, port: u16) -> io::Result<()> {
    let Some(session) = find(shared, &mut peer, id, "connect").await? else { return Ok(()) };
    let mut inside = match session.connect(port).await {
        Ok(inside) => inside,
        Err(error) => return peer.answer(Err(error)).await,
    };
    drop(session);
    peer.answer(Ok(Answer::Done)).await?;
    let mut outside = Raw::new(peer.receiver, peer.sender);
    // A connection that breaks is its two ends' affair.
    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
    Ok(())
}
