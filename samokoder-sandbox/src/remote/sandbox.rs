//! The side that asks a broker.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use samokoder_core::sandbox::{
    ReapReport, Sandbox, SandboxCapabilities, SandboxError, SandboxErrorKind, SandboxSession, SessionInfo,
    SessionSpec,
};
use tokio::net::UnixStream;

use super::{
    connection::{Receiver, Sender, split},
    message::{Answer, Hello, Request, Spec, Word},
    session::RemoteSession,
};

/// A sandbox that another process holds: a [`Broker`](super::Broker).
///
/// Cheap to clone. Nothing is connected until it is used; each request has a connection of its own, so that dropping a
/// future ends on the other side what it was waiting for.
#[derive(Debug, Clone)]
pub struct RemoteSandbox {
    place: Arc<Place>,
}

impl RemoteSandbox {
    /// The sandbox of the broker that listens at this path. Touches nothing yet.
    pub fn unix(path: impl Into<PathBuf>) -> Self {
        Self { place: Arc::new(Place(path.into())) }
    }

    /// Where the broker listens.
    pub fn path(&self) -> &Path {
        &self.place.0
    }

    async fn session(
        &self,
        operation: &str,
        request: &Request,
    ) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        let mut asked = self.place.ask(operation, request).await?;
        let Answer::Session { id } = asked.answer().await? else { return Err(asked.nonsense()) };
        asked.tell(&Word::Hold).await?;
        Ok(Arc::new(RemoteSession::new(id, Arc::clone(&self.place), asked)))
    }
}

#[async_trait]
impl Sandbox for RemoteSandbox {
    async fn capabilities(&self) -> Result<SandboxCapabilities, SandboxError> {
        let mut asked = self.place.ask("capabilities", &Request::Capabilities {}).await?;
        match asked.answer().await? {
            Answer::Capabilities(told) => Ok(told.into()),
            _ => Err(asked.nonsense()),
        }
    }

    async fn open(&self, spec: SessionSpec) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        if spec.data.is_some() {
            let message =
                "a sandbox behind a broker sees no folder of the host: open it without a data folder";
            return Err(SandboxError::unsupported("open", message));
        }
        self.session("open", &Request::Open(Box::new(Spec::of(&spec)))).await
    }

    async fn adopt(&self, id: &str) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        self.session("adopt", &Request::Adopt { id: id.into() }).await
    }

    async fn list(&self) -> Result<Vec<SessionInfo>, SandboxError> {
        let mut asked = self.place.ask("list", &Request::List {}).await?;
        let mut sessions = Vec::new();
        loop {
            match asked.answer().await? {
                Answer::Sessions(part) => sessions.extend(part),
                Answer::Done => return Ok(sessions),
                _ => return Err(asked.nonsense()),
            }
        }
    }

    async fn reap(&self) -> Result<ReapReport, SandboxError> {
        let mut asked = self.place.ask("reap", &Request::Reap {}).await?;
        match asked.answer().await? {
            Answer::Reaped(report) => Ok(report),
            _ => Err(asked.nonsense()),
        }
    }
}

/// Where a broker listens.
#[derive(Debug)]
pub(super) struct Place(PathBuf);

impl Place {
    /// Connects and asks.
    pub(super) async fn ask(&self, operation: &str, request: &Request) -> Result<Asked, SandboxError> {
        let connected = UnixStream::connect(&self.0).await;
        let stream = connected.map_err(|error| {
            let message = format!("no sandbox can be reached at {}: {error}", self.0.display());
            SandboxError::new(SandboxErrorKind::Infrastructure, operation, message)
        })?;
        let (receiver, sender) = split(stream);
        let mut asked = Asked { receiver, sender, operation: operation.into() };
        let greeted = async {
            asked.sender.message(&Hello::current()).await?;
            asked.sender.message(request).await?;
            asked.receiver.message::<Hello>().await
        };
        match greeted.await {
            Ok(hello) if hello == Hello::current() => Ok(asked),
            Ok(hello) => {
                let (theirs, ours) = (hello.version, Hello::current().version);
                let message = format!(
                    "the broker speaks version {theirs} of the protocol, and this side version {ours}"
                );
                Err(SandboxError::unsupported(operation, message))
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                Err(SandboxError::new(SandboxErrorKind::InvalidRequest, operation, error.to_string()))
            }
            Err(error) => Err(asked.lost(&error)),
        }
    }
}

/// A connection on which something was asked.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) receiver: Receiver,
    pub(super) sender: Sender,
    pub(super) operation: String,
}

impl Asked {
    /// The next answer; a refusal is an error. Cancel safe.
    pub(super) async fn answer(&mut self) -> Result<Answer, SandboxError> {
        match self.receiver.message().await {
            Ok(Answer::Failed(error)) => Err(error),
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.lost(&error)),
        }
    }

    /// The answer of a request that has none but that it is done.
    pub(super) async fn done(&mut self) -> Result<(), SandboxError> {
        match self.answer().await? {
            Answer::Done => Ok(()),
            _ => Err(self.nonsense()),
        }
    }

    pub(super) async fn tell(&mut self, word: &Word) -> Result<(), SandboxError> {
        let told = self.sender.message(word).await;
        told.map_err(|error| self.lost(&error))
    }

    pub(super) fn lost(&self, error: &io::Error) -> SandboxError {
        let message = format!("the broker is gone: {error}");
        SandboxError::new(SandboxErrorKind::Infrastructure, &self.operation, message)
    }

    pub(super) fn nonsense(&self) -> SandboxError {
        let message = "the broker answers something else than it was asked";
        SandboxError::new(SandboxErrorKind::Infrastructure, &self.operation, message)
    }
}
