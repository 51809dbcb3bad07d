//! A session that a broker holds.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::{
    project::WorkspacePath,
    sandbox::{
        CheckoutFile, Command, Duplex, Entry, ExecOutcome, SandboxError, SandboxSession, Service,
        SessionStats, Streams,
    },
};

use super::{
    connection::{Raw, Sender},
    frame::Frame,
    message::{Answer, FileHeader, Request, Word},
    place::{Asked, Place},
    running::{Collecting, RemoteService, pass_on},
};

/// A handle on a session. A connection stands for it: the broker sees it close when this process is gone.
#[derive(Debug)]
pub(super) struct RemoteSession {
    id: String,
    place: Arc<Place>,
    held: Mutex<Asked>,
}

impl RemoteSession {
    pub(super) fn new(id: String, place: Arc<Place>, held: Asked) -> Self {
        Self { id, place, held: Mutex::new(held) }
    }

    fn id(&self) -> String {
        self.id.clone()
    }

    async fn ask(&self, operation: &str, request: Request) -> Result<Asked, SandboxError> {
        self.place.ask(operation, &request).await
    }
}

impl Drop for RemoteSession {
    fn drop(&mut self) {
        let held = self.held.get_mut().unwrap_or_else(PoisonError::into_inner);
        held.sender.try_message(&Word::Release);
    }
}

/// Sends what belongs to a request, and waits until it is done. One that is refused before all of it is sent is
/// answered all the same.
async fn finish(mut asked: Asked, sent: io::Result<()>) -> Result<(), SandboxError> {
    let done = asked.done().await;
    match sent {
        Err(error) if done.is_ok() => Err(asked.lost(&error)),
        _ => done,
    }
}

async fn send_files(sender: &mut Sender, files: Vec<CheckoutFile>) -> io::Result<()> {
    for CheckoutFile { path, content } in files {
        sender.message(&FileHeader { path, size: content.len() as u64 }).await?;
        sender.pieces(None, &content).await?;
    }
    sender.frame(&Frame::End).await
}

#[async_trait]
impl SandboxSession for RemoteSession {
    fn id(&self) -> &str {
        &self.id
    }

    async fn checkout(&self, files: Vec<CheckoutFile>) -> Result<(), SandboxError> {
        let mut asked = self.ask("checkout", Request::Checkout { id: self.id() }).await?;
        let sent = send_files(&mut asked.sender, files).await;
        finish(asked, sent).await
    }

    async fn exec(&self, command: Command) -> Result<ExecOutcome, SandboxError> {
        let mut asked = self.ask("exec", Request::Exec { id: self.id(), command }).await?;
        Collecting::default().outcome(&mut asked).await
    }

    async fn exec_streaming(&self, command: Command, streams: Streams) -> Result<ExecOutcome, SandboxError> {
        let asked = self.ask("exec", Request::ExecStreaming { id: self.id(), command }).await?;
        pass_on(asked, streams).await
    }

    async fn spawn(&self, command: Command) -> Result<Box<dyn Service>, SandboxError> {
        let mut asked = self.ask("spawn", Request::Spawn { id: self.id(), command }).await?;
        asked.done().await?;
        Ok(Box::new(RemoteService::new(asked)))
    }

    async fn connect(&self, port: u16) -> Result<Box<dyn Duplex>, SandboxError> {
        let mut asked = self.ask("connect", Request::Connect { id: self.id(), port }).await?;
        asked.done().await?;
        Ok(Box::new(Raw::new(asked.receiver, asked.sender)))
    }

    async fn read_file(&self, path: &WorkspacePath, most: u64) -> Result<Bytes, SandboxError> {
        let request = Request::ReadFile { id: self.id(), path: path.clone(), most };
        let mut asked = self.ask("read file", request).await?;
        match asked.answer().await? {
            Answer::File { size } if size <= most => {
                let content = asked.receiver.content(size).await;
                content.map_err(|error| asked.lost(&error))
            }
            _ => Err(asked.nonsense()),
        }
    }

    async fn write_file(&self, path: &WorkspacePath, content: Bytes) -> Result<(), SandboxError> {
        let size = content.len() as u64;
        let request = Request::WriteFile { id: self.id(), path: path.clone(), size };
        let mut asked = self.ask("write file", request).await?;
        let sent = asked.sender.pieces(None, &content).await;
        finish(asked, sent).await
    }

    async fn remove_file(&self, path: &WorkspacePath) -> Result<(), SandboxError> {
        let request = Request::RemoveFile { id: self.id(), path: path.clone() };
        self.ask("remove file", request).await?.done().await
    }

    async fn list_files(
        &self,
        folder: Option<&WorkspacePath>,
        most: usize,
    ) -> Result<Vec<Entry>, SandboxError> {
        let request = Request::ListFiles { id: self.id(), folder: folder.cloned(), most };
        let mut asked = self.ask("list files", request).await?;
        let mut entries = Vec::new();
        loop {
            match asked.answer().await? {
                Answer::Entries(part) if entries.len() + part.len() <= most => entries.extend(part),
                Answer::Done => return Ok(entries),
                _ => return Err(asked.nonsense()),
            }
        }
    }

    async fn stats(&self) -> Result<SessionStats, SandboxError> {
        let mut asked = self.ask("stats", Request::Stats { id: self.id() }).await?;
        match asked.answer().await? {
            Answer::Stats(stats) => Ok(stats),
            _ => Err(asked.nonsense()),
        }
    }

    async fn close(&self) -> Result<(), SandboxError> {
        self.ask("close", Request::Close { id: self.id() }).await?.done().await
    }
}
