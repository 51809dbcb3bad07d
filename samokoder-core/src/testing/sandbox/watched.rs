//! A sandbox that remembers whether it had to refuse something that it can't hold.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use bytes::Bytes;

use crate::{
    project::WorkspacePath,
    sandbox::{
        CheckoutFile, Command, Duplex, Entry, ExecOutcome, ReapReport, Sandbox, SandboxCapabilities,
        SandboxError, SandboxErrorKind, SandboxSession, Service, SessionInfo, SessionSpec, SessionStats,
        Streams,
    },
};

/// A sandbox or a session of one, and whether anything was refused as unsupported.
#[derive(Debug)]
pub struct Watched<T: ?Sized> {
    inner: Arc<T>,
    refused: Arc<AtomicBool>,
}

impl<T: ?Sized> Watched<T> {
    /// Watches this one.
    pub fn new(inner: Arc<T>) -> Self {
        Self { inner, refused: Arc::default() }
    }

    /// Whether it, or a session of it, has refused something that it can't hold.
    pub fn has_refused(&self) -> bool {
        self.refused.load(Ordering::Acquire)
    }

    fn note<R>(&self, result: Result<R, SandboxError>) -> Result<R, SandboxError> {
        if result.as_ref().is_err_and(|error| error.kind == SandboxErrorKind::Unsupported) {
            self.refused.store(true, Ordering::Release);
        }
        result
    }

    fn session(
        &self,
        session: Result<Arc<dyn SandboxSession>, SandboxError>,
    ) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        let inner = self.note(session)?;
        Ok(Arc::new(Watched { inner, refused: Arc::clone(&self.refused) }))
    }
}

#[async_trait]
impl Sandbox for Watched<dyn Sandbox> {
    async fn capabilities(&self) -> Result<SandboxCapabilities, SandboxError> {
        self.note(self.inner.capabilities().await)
    }

    async fn open(&self, spec: SessionSpec) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        self.session(self.inner.open(spec).await)
    }

    async fn adopt(&self, id: &str) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        self.session(self.inner.adopt(id).await)
    }

    async fn list(&self) -> Result<Vec<SessionInfo>, SandboxError> {
        self.note(self.inner.list().await)
    }

    async fn reap(&self) -> Result<ReapReport, SandboxError> {
        self.note(self.inner.reap().await)
    }
}

#[async_trait]
impl SandboxSession for Watched<dyn SandboxSession> {
    fn id(&self) -> &str {
        self.inner.id()
    }

    async fn checkout(&self, files: Vec<CheckoutFile>) -> Result<(), SandboxError> {
        self.note(self.inner.checkout(files).await)
    }

    async fn exec(&self, command: Command) -> Result<ExecOutcome, SandboxError> {
        self.note(self.inner.exec(command).await)
    }

    async fn exec_streaming(&self, command: Command, streams: Streams) -> Result<ExecOutcome, SandboxError> {
        self.note(self.inner.exec_streaming(command, streams).await)
    }

    async fn spawn(&self, command: Command) -> Result<Box<dyn Service>, SandboxError> {
        self.note(self.inner.spawn(command).await)
    }

    async fn connect(&self, port: u16) -> Result<Box<dyn Duplex>, SandboxError> {
        self.note(self.inner.connect(port).await)
    }

    async fn read_file(&self, path: &WorkspacePath, most: u64) -> Result<Bytes, SandboxError> {
        self.note(self.inner.read_file(path, most).await)
    }

    async fn write_file(&self, path: &WorkspacePath, content: Bytes) -> Result<(), SandboxError> {
        self.note(self.inner.write_file(path, content).await)
    }

    async fn remove_file(&self, path: &WorkspacePath) -> Result<(), SandboxError> {
        self.note(self.inner.remove_file(path).await)
    }

    async fn list_files(
        &self,
        folder: Option<&WorkspacePath>,
        most: usize,
    ) -> Result<Vec<Entry>, SandboxError> {
        self.note(self.inner.list_files(folder, most).await)
    }

    async fn stats(&self) -> Result<SessionStats, SandboxError> {
        self.note(self.inner.stats().await)
    }

    async fn close(&self) -> Result<(), SandboxError> {
        self.note(self.inner.close().await)
    }
}
