//! The side that asks a broker.

use std::{fmt, path::PathBuf, sync::Arc};

use async_trait::async_trait;
use samokoder_core::sandbox::{
    ReapReport, Sandbox, SandboxCapabilities, SandboxError, SandboxSession, SessionInfo, SessionSpec,
};

#[cfg(feature = "remote-tls")]
use super::tls::{self, Credentials};
use super::{
    message::{Answer, Request, Spec, Word},
    place::Place,
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
        Self { place: Arc::new(Place::Unix(path.into())) }
    }

    /// The sandbox of the broker that listens at this address, a name and a port, with TLS: both sides show
    /// certificates. Reads the files, and touches nothing else yet.
    ///
    /// # Errors
    /// [`SandboxErrorKind::InvalidRequest`](samokoder_core::sandbox::SandboxErrorKind::InvalidRequest) for what is no
    /// address, and for files that can't be read or don't belong together.
    #[cfg(feature = "remote-tls")]
    pub fn tls(address: &str, credentials: &Credentials) -> Result<Self, SandboxError> {
        let connector = tls::Connector::new(address, credentials)?;
        Ok(Self { place: Arc::new(Place::Tls(connector)) })
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

impl fmt::Display for RemoteSandbox {
    /// Where the broker listens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
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
