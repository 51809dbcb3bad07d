//! A sandbox that runs nothing.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

use crate::sandbox::{
    CheckoutFile, Command, Duplex, ExecOutcome, Sandbox, SandboxCapabilities, SandboxError, SandboxErrorKind,
    SandboxSession, Service, SessionSpec, Toolchain,
};

type Script = dyn Fn(&Command, &[CheckoutFile]) -> Result<ExecOutcome, SandboxError> + Send + Sync;

/// A sandbox that runs nothing: what comes of a command is told by a script that sees the workspace. Clones share it.
#[derive(Clone)]
pub struct FakeSandbox {
    script: Arc<Script>,
    commands: Arc<Mutex<Vec<Command>>>,
}

impl FakeSandbox {
    /// A sandbox in which commands come to what `script` says.
    pub fn new(
        script: impl Fn(&Command, &[CheckoutFile]) -> Result<ExecOutcome, SandboxError> + Send + Sync + 'static,
    ) -> Self {
        Self { script: Arc::new(script), commands: Arc::default() }
    }

    /// The commands so far.
    pub fn commands(&self) -> Vec<Command> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for FakeSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeSandbox").finish_non_exhaustive()
    }
}

#[async_trait]
impl Sandbox for FakeSandbox {
    async fn capabilities(&self) -> Result<SandboxCapabilities, SandboxError> {
        let node = Toolchain { name: "node".into(), version: "20.0.0".into(), path: "/usr".into() };
        Ok(SandboxCapabilities::new("fake", Vec::new(), vec![node]))
    }

    async fn open(&self, _spec: SessionSpec) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        Ok(Arc::new(FakeSession { sandbox: self.clone(), files: Mutex::default() }))
    }
}

#[derive(Debug)]
struct FakeSession {
    sandbox: FakeSandbox,
    files: Mutex<Vec<CheckoutFile>>,
}

#[async_trait]
impl SandboxSession for FakeSession {
    fn id(&self) -> &'static str {
        "fake"
    }

    async fn checkout(&self, files: Vec<CheckoutFile>) -> Result<(), SandboxError> {
        *self.files.lock().unwrap_or_else(PoisonError::into_inner) = files;
        Ok(())
    }

    async fn exec(&self, command: Command) -> Result<ExecOutcome, SandboxError> {
        let outcome =
            (self.sandbox.script)(&command, &self.files.lock().unwrap_or_else(PoisonError::into_inner));
        self.sandbox.commands.lock().unwrap_or_else(PoisonError::into_inner).push(command);
        outcome
    }

    async fn spawn(&self, _command: Command) -> Result<Box<dyn Service>, SandboxError> {
        Err(unsupported("spawn"))
    }

    async fn connect(&self, _port: u16) -> Result<Box<dyn Duplex>, SandboxError> {
        Err(unsupported("connect"))
    }

    async fn close(&self) -> Result<(), SandboxError> {
        Ok(())
    }
}

fn unsupported(operation: &str) -> SandboxError {
    SandboxError::new(SandboxErrorKind::Unsupported, operation, "a fake sandbox runs no services")
}
