//! The sandbox session of a run.

use std::sync::Arc;

use tokio::sync::Mutex;

use super::run::RunShared;
use crate::{
    project::ProjectState,
    sandbox::{
        CheckoutFile, Command, ExecOutcome, Sandbox, SandboxError, SandboxErrorKind, SandboxSession,
        SessionSpec,
    },
};

/// The sandbox session of a run, opened when the first command needs it and used by one command at a time.
#[derive(Debug)]
pub(crate) struct Workbench {
    sandbox: Arc<dyn Sandbox>,
    session: Mutex<Option<Arc<dyn SandboxSession>>>,
}

impl Workbench {
    pub(crate) fn new(sandbox: Arc<dyn Sandbox>) -> Self {
        Self { sandbox, session: Mutex::new(None) }
    }

    /// Runs a command in a workspace that holds exactly the files of `state`.
    pub(crate) async fn exec(
        &self,
        run: &RunShared,
        state: &ProjectState,
        command: Command,
    ) -> Result<ExecOutcome, SandboxError> {
        let mut files = Vec::new();
        for (path, file) in state.files() {
            let content = run.content(file.content).await.map_err(|error| {
                SandboxError::new(SandboxErrorKind::Infrastructure, "checkout", error.to_string())
            })?;
            files.push(CheckoutFile { path: path.clone(), content });
        }
        let mut open = self.session.lock().await;
        let session = if let Some(session) = &*open {
            Arc::clone(session)
        } else {
            let spec = SessionSpec::new(run.id.to_string()).limits(run.options.sandbox_limits.clone());
            Arc::clone(open.insert(self.sandbox.open(spec).await?))
        };
        let outcome = async {
            session.checkout(files).await?;
            session.exec(command).await
        };
        let outcome = outcome.await;
        if outcome.is_err() {
            // A session that failed once is not trusted again: the next command opens a fresh one.
            *open = None;
        }
        outcome
    }
}
