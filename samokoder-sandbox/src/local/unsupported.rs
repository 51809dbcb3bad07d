//! The backend where it can't be: it says so and names the choices.

use std::sync::Arc;

use async_trait::async_trait;
use samokoder_core::sandbox::{
    Sandbox, SandboxCapabilities, SandboxError, SandboxErrorKind, SandboxSession, SessionSpec,
};

use super::LocalConfig;
use crate::proxy::Resolve;

/// Runs commands in namespaces of the Linux kernel; on this system it refuses to.
#[derive(Debug, Clone)]
pub struct LocalSandbox;

impl LocalSandbox {
    /// A backend with these settings.
    pub fn new(_config: LocalConfig) -> Self {
        Self
    }

    /// A backend whose sessions' proxies find hosts and reach them by this.
    pub fn with_resolver(_config: LocalConfig, _resolver: impl Resolve + 'static) -> Self {
        Self
    }
}

#[async_trait]
impl Sandbox for LocalSandbox {
    async fn capabilities(&self) -> Result<SandboxCapabilities, SandboxError> {
        Err(unsupported("capabilities"))
    }

    async fn open(&self, _spec: SessionSpec) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        Err(unsupported("open"))
    }
}

fn unsupported(operation: &str) -> SandboxError {
    SandboxError::new(
        SandboxErrorKind::Unsupported,
        operation,
        "the local sandbox needs Linux on x86-64, ARM64 or RISC-V. Run this in a Linux virtual machine or WSL 2, or choose the sandbox \
         `none`: nothing is run then, and the app is marked unverified",
    )
}
