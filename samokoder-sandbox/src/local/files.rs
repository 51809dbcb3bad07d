//! Files of the workspace, from outside: a process of the session looks them up, so that nothing a command put there
//! leads anywhere.

use std::{
    fs::File,
    io,
    io::Read as _,
    os::fd::{AsFd as _, BorrowedFd, OwnedFd},
};

use bytes::Bytes;
use rustix::fs::MemfdFlags;
use samokoder_core::{
    project::WorkspacePath,
    sandbox::{Entry, EntryKind, SandboxError, SandboxErrorKind, SessionStats},
};
use tokio::io::AsyncReadExt as _;

use super::{
    explain,
    launch::{channel, closed, receive_descriptor},
    session::LocalSession,
    wire::{Answer, FileRequest, ItemKind, Request},
};

impl LocalSession {
    pub(super) async fn read(&self, path: &WorkspacePath, most: u64) -> Result<Bytes, SandboxError> {
        let operation = "read file";
        let request = FileRequest::Read { path: bytes(path) };
        let (_, file) = self.file(operation, path.as_str(), request, None).await?;
        let file = File::from(file.ok_or_else(|| closed(operation))?);
        let read = tokio::task::spawn_blocking(move || read_at_most(&file, most)).await;
        let read = read.map_err(|error| SandboxError::io(operation, &io::Error::other(error)))?;
        let content = read.map_err(|error| SandboxError::io(operation, &error))?;
        content.map(Bytes::from).ok_or_else(|| {
            let message = format!("{path} has more than {most} bytes");
            SandboxError::new(SandboxErrorKind::InvalidRequest, operation, message)
        })
    }

    pub(super) async fn write(&self, path: &WorkspacePath, content: &[u8]) -> Result<(), SandboxError> {
        let operation = "write file";
        if content.len() as u64 > self.limits().file_size {
            let message = format!("{path}: a file may have {} bytes", self.limits().file_size);
            return Err(SandboxError::new(SandboxErrorKind::InvalidRequest, operation, message));
        }
        let memory = in_memory(content).map_err(|error| SandboxError::io(operation, &error))?;
        let request = FileRequest::Write { path: bytes(path) };
        self.file(operation, path.as_str(), request, Some(memory.as_fd())).await.map(drop)
    }

    pub(super) async fn remove(&self, path: &WorkspacePath) -> Result<(), SandboxError> {
        let request = FileRequest::Remove { path: bytes(path) };
        self.file("remove file", path.as_str(), request, None).await.map(drop)
    }

    pub(super) async fn list(
        &self,
        folder: Option<&WorkspacePath>,
        most: usize,
    ) -> Result<Vec<Entry>, SandboxError> {
        let operation = "list files";
        let request = FileRequest::List { path: folder.map(bytes).unwrap_or_default(), most: most as u64 };
        let name = folder.map_or("the workspace", WorkspacePath::as_str);
        let (Answer::Items(items), _) = self.file(operation, name, request, None).await? else {
            return Err(closed(operation));
        };
        let entry = |item: super::wire::Item| {
            let kind = match item.kind {
                ItemKind::File => EntryKind::File,
                ItemKind::Folder => EntryKind::Folder,
                ItemKind::Link => EntryKind::Link,
                ItemKind::Special => EntryKind::Special,
            };
            Entry::new(String::from_utf8_lossy(&item.name), kind, item.size)
        };
        let mut entries: Vec<Entry> = items.into_iter().map(entry).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    pub(super) async fn used(&self) -> Result<SessionStats, SandboxError> {
        match self.ask("stats", &Request::Stats, None).await? {
            (Answer::Used(used), _) => {
                let mut stats = SessionStats::default();
                (stats.processes, stats.memory) = (used.processes, used.memory);
                (stats.disk, stats.inodes) = (used.disk, used.inodes);
                Ok(stats)
            }
            (Answer::Failed(failure), _) => Err(explain::request("stats", &failure)),
            _ => Err(closed("stats")),
        }
    }

    async fn file(
        &self,
        operation: &str,
        path: &str,
        request: FileRequest,
        content: Option<BorrowedFd<'_>>,
    ) -> Result<(Answer, Option<OwnedFd>), SandboxError> {
        match self.ask(operation, &Request::File(request), content).await? {
            (Answer::Failed(failure), _) => Err(explain::file(operation, path, &failure)),
            answer => Ok(answer),
        }
    }

    /// Sends a request and waits for the whole answer, and the descriptor that may come with its beginning.
    async fn ask(
        &self,
        operation: &str,
        request: &Request,
        with: Option<BorrowedFd<'_>>,
    ) -> Result<(Answer, Option<OwnedFd>), SandboxError> {
        let broken = |error: io::Error| SandboxError::io(operation, &error);
        let (mut ours, theirs) = channel().map_err(broken)?;
        let descriptors: Vec<_> = [theirs.as_fd()].into_iter().chain(with).collect();
        self.send(operation, request, &descriptors).await?;
        drop(theirs);
        let (mut answer, descriptor) = receive_descriptor(&ours).await.map_err(broken)?;
        ours.read_to_end(&mut answer).await.map_err(broken)?;
        Ok((Answer::decode(&answer).ok_or_else(|| closed(operation))?, descriptor))
    }
}

/// A file in memory with this content, for someone who takes descriptors.
pub(crate) fn in_memory(content: &[u8]) -> io::Result<File> {
    let memory = File::from(rustix::fs::memfd_create("samokoder-content", MemfdFlags::CLOEXEC)?);
    io::Write::write_all(&mut &memory, content)?;
    Ok(memory)
}

/// The content, or `None` when there is more, however large the file says it is.
fn read_at_most(file: &File, most: u64) -> io::Result<Option<Vec<u8>>> {
    let size = file.metadata()?.len();
    if size > most {
        return Ok(None);
    }
    let mut content = Vec::with_capacity(usize::try_from(size).unwrap_or(0) + 1);
    file.take(most.saturating_add(1)).read_to_end(&mut content)?;
    Ok((content.len() as u64 <= most).then_some(content))
}

fn bytes(path: &WorkspacePath) -> Vec<u8> {
    path.as_str().as_bytes().to_vec()
}
