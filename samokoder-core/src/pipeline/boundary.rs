//! What a proposal may hold by the run's policy.

use bytes::Bytes;

use super::{PipelineError, engine::Engine};
use crate::{
    agent::Proposal,
    digest::Digest,
    policy::{FileWrite, Refusal},
    project::Change,
    store::StoreErrorKind,
};

impl Engine {
    /// Why a proposal may not be committed, by the run's policy.
    pub(super) async fn refusal(&self, proposal: &Proposal) -> Result<Option<Refusal>, PipelineError> {
        let policy = &self.run.options.policy;
        for change in &proposal.changes {
            if let Err(refusal) = policy.change(change) {
                return Ok(Some(refusal));
            }
            let Change::FileWritten { path, content, .. } = change else { continue };
            if !policy.looks_into(path) {
                continue;
            }
            let after = match proposal.contents.get(content) {
                Some(content) => content.clone(),
                None => self.committed(*content).await?,
            };
            let before = match self.state.file(path) {
                Some(file) => Some(self.committed(file.content).await?),
                None => None,
            };
            let architecture = self.state.architecture();
            let write = FileWrite { path, before: before.as_deref(), after: &after, architecture };
            if let Err(refusal) = policy.file(write) {
                return Ok(Some(refusal));
            }
        }
        Ok(None)
    }

    /// A content that a commit has brought.
    async fn committed(&self, content: Digest) -> Result<Bytes, PipelineError> {
        match self.run.content(content).await {
            // Its commit may still be on its way to the store.
            Err(error) if error.kind == StoreErrorKind::NotFound => {
                self.journal.durable(self.state.version()).await?;
                Ok(self.run.content(content).await?)
            }
            found => Ok(found?),
        }
    }
}
