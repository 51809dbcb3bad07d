//! The backend where it can't be: it says so and names the choices.

use std::sync::Arc;

use async_trait::async_trait;
use samokoder_core::sandbox::{Sandbox, SandboxCapabilities, SandboxError, SandboxSession, SessionSpec};

use super::DockerConfig;

/// Runs commands in containers; on this system it refuses to.
#[derive(Debug, Clone)]
pub struct DockerSandbox;

impl DockerSandbox {
    /// A backend with these settings.
    pub fn new(_config: DockerConfig) -> Self {
        Self
    }
}

#[async_trait]
impl Sandbox for DockerSandbox {
    async fn capabilities(&self) -> Result<SandboxCapabilities, SandboxError> {
        Err(unsupported("capabilities"))
    }

    async fn open(&self, _spec: SessionSpec) -> Result<Arc<dyn SandboxSession>, SandboxError> {
        Err(unsupported("open"))
    }
}

fn unsupported(operation: &str) -> SandboxError {
    SandboxError::unsupported(
        operation,
        "the docker sandbox puts a program of this machine into containers, and needs Linux on x86-64, ARM64 or \
         RISC-V for that. Run this in a Linux virtual machine or WSL 2, or choose the sandbox `none`: nothing is run \
         then, and the app is marked unverified",
    )
}
