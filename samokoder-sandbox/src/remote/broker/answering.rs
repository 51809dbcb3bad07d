//! One connection: a greeting, a request, what comes of it.

use std::{io, time::Duration};

use bytes::Bytes;
use samokoder_core::sandbox::{
    CheckoutFile, Duplex, ReapReport, SandboxError, SandboxErrorKind, SessionInfo,
};
use serde::Serialize;

use super::{Shared, running, sessions::Terms};
use crate::remote::{
    connection::{Receiver, Sender, split},
    frame::{Frame, MAX_MESSAGE},
    message::{Answer, Capabilities, FileHeader, Hello, MAX_NAME, Request, Word},
};

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many things a message lists; there may be several messages.
const LISTED: usize = 200;

/// Both halves of a connection.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) receiver: Receiver,
    pub(super) sender: Sender,
}

impl Peer {
    pub(super) async fn answer(&mut self, answer: Result<Answer, SandboxError>) -> io::Result<()> {
        self.sender.message(&answer.unwrap_or_else(Answer::Failed)).await
    }

    /// Waits for something, as long as the client is there.
    pub(super) async fn during<T>(&mut self, work: impl Future<Output = T>) -> io::Result<T> {
        tokio::select! {
            done = work => Ok(done),
            () = self.receiver.gone() => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }
}

/// Serves a connection to its end. Returns the session whose handle was lost with it.
pub(super) async fn serve(shared: &Shared, stream: Box<dyn Duplex + Sync>) -> io::Result<Option<String>> {
    let (receiver, sender) = split(stream);
    let mut peer = Peer { receiver, sender };
    let asked = async {
        let hello: Hello = peer.receiver.message().await?;
        peer.sender.message(&Hello::current()).await?;
        if hello != Hello::current() {
            return Ok(None);
        }
        peer.receiver.message::<Request>().await.map(Some)
    };
    let request = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(Some(request))) => request,
        Ok(Ok(None)) => return Ok(None),
        Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
            let error = SandboxError::new(SandboxErrorKind::InvalidRequest, "ask", error.to_string());
            peer.answer(Err(error)).await?;
            return Ok(None);
        }
        Ok(Err(error)) => return Err(error),
        Err(_) => return Err(io::ErrorKind::TimedOut.into()),
    };
    let backend = &shared.broker.sandbox;
    match request {
        Request::Open(spec) => {
            if !spec.is_named() {
                let message = format!("a tenant and an owner have {MAX_NAME} bytes at most");
                let error = SandboxError::new(SandboxErrorKind::InvalidRequest, "open", message);
                return peer.answer(Err(error)).await.map(|()| None);
            }
            if let Some(host) = spec.beyond(&shared.broker.hosts) {
                let message = format!("the broker lets no session reach {host}");
                let error = SandboxError::unsupported("open", message);
                return peer.answer(Err(error)).await.map(|()| None);
            }
            let spec = spec.clamped(&shared.broker.most, shared.broker.lease);
            let terms = Terms::of(&spec.limits, spec.lease);
            match peer.during(backend.open(spec)).await? {
                Ok(session) => {
                    let id = session.id().to_owned();
                    shared.sessions.take(session, terms);
                    return hold(shared, peer, id).await;
                }
                Err(error) => peer.answer(Err(error)).await?,
            }
        }
        Request::Adopt { id } => {
            if shared.sessions.take_again(&id).is_some() {
                return hold(shared, peer, id).await;
            }
            match peer.during(backend.adopt(&id)).await? {
                Ok(session) => {
                    shared.sessions.take(session, Terms::of(&shared.broker.most, shared.broker.lease));
                    return hold(shared, peer, id).await;
                }
                Err(error) => peer.answer(Err(error)).await?,
            }
        }
        Request::Exec { id, command } => running::exec(shared, peer, &id, command).await?,
        Request::ExecStreaming { id, command } => running::exec_streaming(shared, peer, &id, command).await?,
        Request::Spawn { id, command } => running::spawn(shared, peer, &id, command).await?,
        Request::Connect { id, port } => running::connect(shared, peer, &id, port).await?,
        other => answer(shared, peer, other).await?,
    }
    Ok(None)
}

/// Keeps the connection that stands for a handle, until the handle is dropped or its client is gone.
async fn hold(shared: &Shared, mut peer: Peer, id: String) -> io::Result<Option<String>> {
    let told = peer.sender.message(&Answer::Session { id: id.clone() }).await;
    // A client that did not wait for the session has no handle on it that could be lost.
    let taken = match told {
        Ok(()) => peer.receiver.message::<Word>().await,
        Err(error) => Err(error),
    };
    if !matches!(taken, Ok(Word::Hold)) {
        shared.sessions.release(&id);
        return Ok(None);
    }
    match peer.receiver.message::<Word>().await {
        Ok(Word::Release) => {
            shared.sessions.release(&id);
            Ok(None)
        }
        _ => Ok(Some(id)),
    }
}

/// Requests that are answered at once.
async fn answer(shared: &Shared, mut peer: Peer, request: Request) -> io::Result<()> {
    let (backend, sessions) = (&shared.broker.sandbox, &shared.sessions);
    macro_rules! session {
        ($id:expr, $operation:literal) => {
            match sessions.get(&$id, $operation) {
                Ok(found) => found,
                Err(error) => return peer.answer(Err(error)).await,
            }
        };
    }
    let answer = match request {
        Request::Capabilities {} => {
            let found = peer.during(backend.capabilities()).await?;
            found.map(|found| Answer::Capabilities(Capabilities::of(found, &shared.broker.hosts)))
        }
        Request::List {} => {
            let found = peer.during(backend.list()).await?;
            let found = found.map(|found| found.into_iter().map(|info| with_owner(shared, info)).collect());
            return answer_list(&mut peer, found, Answer::Sessions).await;
        }
        Request::Reap {} => {
            let report: Result<ReapReport, _> = peer.during(backend.reap()).await?;
            report.map(Answer::Reaped)
        }
        Request::Checkout { id } => {
            let (session, terms) = session!(id, "checkout");
            match files(&mut peer, terms).await? {
                Ok(files) => peer.during(session.checkout(files)).await?.map(|()| Answer::Done),
                Err(error) => Err(error),
            }
        }
        Request::ReadFile { id, path, most } => {
            let (session, _) = session!(id, "read file");
            match peer.during(session.read_file(&path, most)).await? {
                Ok(content) => {
                    peer.answer(Ok(Answer::File { size: content.len() as u64 })).await?;
                    peer.sender.pieces(None, &content).await?;
                    return peer.sender.frame(&Frame::End).await;
                }
                Err(error) => Err(error),
            }
        }
        Request::WriteFile { id, path, size } => {
            let (session, terms) = session!(id, "write file");
            if size > terms.disk {
                Err(too_large("write file", terms.disk))
            } else {
                let content = peer.receiver.content(size).await?;
                peer.during(session.write_file(&path, content)).await?.map(|()| Answer::Done)
            }
        }
        Request::RemoveFile { id, path } => {
            let (session, _) = session!(id, "remove file");
            peer.during(session.remove_file(&path)).await?.map(|()| Answer::Done)
        }
        Request::ListFiles { id, folder, most } => {
            let (session, _) = session!(id, "list files");
            let found = peer.during(session.list_files(folder.as_ref(), most)).await?;
            return answer_list(&mut peer, found, Answer::Entries).await;
        }
        Request::Stats { id } => {
            let (session, _) = session!(id, "stats");
            peer.during(session.stats()).await?.map(Answer::Stats)
        }
        Request::Close { id } => match sessions.remove(&id) {
            // Whether anyone waits for it or not.
            Some(session) => session.close().await.map(|()| Answer::Done),
            None => Ok(Answer::Done),
        },
        Request::Open(_)
        | Request::Adopt { .. }
        | Request::Exec { .. }
        | Request::ExecStreaming { .. }
        | Request::Spawn { .. }
        | Request::Connect { .. } => {
            Err(SandboxError::new(SandboxErrorKind::InvalidRequest, "ask", "not a request of this kind"))
        }
    };
    peer.answer(answer).await
}

/// The files of a checkout, no more of them than the workspace holds.
async fn files(peer: &mut Peer, terms: Terms) -> io::Result<Result<Vec<CheckoutFile>, SandboxError>> {
    let (mut files, mut size) = (Vec::new(), 0_u64);
    loop {
        let header: FileHeader = match peer.receiver.frame().await? {
            Some(Frame::End) => return Ok(Ok(files)),
            Some(Frame::Message(text)) => serde_json::from_slice(&text)?,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        size = size.saturating_add(header.size);
        if size > terms.disk || files.len() as u64 >= terms.inodes {
            return Ok(Err(too_large("checkout", terms.disk)));
        }
        let content: Bytes = peer.receiver.content(header.size).await?;
        files.push(CheckoutFile { path: header.path, content });
    }
}

fn too_large(operation: &str, most: u64) -> SandboxError {
    let message = format!("there is no room: the workspace holds {most} bytes");
    SandboxError::new(SandboxErrorKind::InvalidRequest, operation, message)
}

/// Tells who has a session here: for the backend it is always this process.
fn with_owner(shared: &Shared, mut info: SessionInfo) -> SessionInfo {
    if let Some(is_orphan) = shared.sessions.is_orphan(&info.id) {
        info.orphaned = is_orphan;
    }
    info
}

/// Answers with a list, in as many messages as it takes.
async fn answer_list<T: Clone + Serialize>(
    peer: &mut Peer,
    found: Result<Vec<T>, SandboxError>,
    of: fn(Vec<T>) -> Answer,
) -> io::Result<()> {
    // Names have 255 bytes at most, each six when it has to be escaped.
    const { assert!(LISTED * 4096 < MAX_MESSAGE) };
    match found {
        Ok(found) => {
            for part in found.chunks(LISTED) {
                peer.answer(Ok(of(part.to_vec()))).await?;
            }
            peer.answer(Ok(Answer::Done)).await
        }
        Err(error) => peer.answer(Err(error)).await,
    }
}
