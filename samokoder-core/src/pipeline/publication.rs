//! The folder on disk, kept in step with the commits.

use super::{PipelineError, engine::Engine, journal::Entry};
use crate::{
    agent::Proposal,
    project::{Change, WorkspacePath},
    store::Author,
    workspace::{Folder, LocalEdit},
};

impl Engine {
    /// Commits what a person changed in the folder, and repairs what a crash left unpublished.
    pub(super) async fn open_folder(&mut self) -> Result<(), PipelineError> {
        let Some(root) = &self.run.options.folder else { return Ok(()) };
        let mut folder = Folder::open(root)?;
        let mut edits = folder.edits()?;
        // What a crash kept from the manifest is no edit: it is in the state already.
        edits.retain(|edit| {
            self.state.file(&edit.path).is_some_and(|file| edit.digest() != Some(file.content))
        });
        let mut proposal = Proposal::new();
        for LocalEdit { path, content } in &edits {
            proposal = match (content, self.state.file(path)) {
                (Some(content), _) => proposal.write(&self.state, path.clone(), content.clone(), None),
                (None, Some(file)) => {
                    proposal.change(Change::FileDeleted { path: path.clone(), replaces: file.content })
                }
                (None, None) => proposal,
            };
        }
        if !edits.is_empty() {
            let entry = Entry::default().blobs(proposal.contents.into_values().collect());
            self.commit(Author::Person, proposal.changes, entry)?;
            self.settle().await?;
            folder.accept(&edits)?;
        }
        let outdated = folder.outdated(&self.state);
        self.folder = Some(folder);
        self.publish(outdated).await
    }

    /// Writes these files to the folder as they are in the state.
    pub(super) async fn publish(&mut self, paths: Vec<WorkspacePath>) -> Result<(), PipelineError> {
        let Some(folder) = &mut self.folder else { return Ok(()) };
        for path in paths {
            let content = match self.state.file(&path) {
                Some(file) => Some(self.run.content(file.content).await?),
                None => None,
            };
            if !folder.publish(&path, content)? {
                tracing::warn!(%path, "changed by a person in the meantime, left as it is");
            }
        }
        Ok(())
    }
}

/// The files that these changes write or delete.
pub(super) fn files_of(changes: &[Change]) -> Vec<WorkspacePath> {
    let path = |change: &Change| match change {
        Change::FileWritten { path, .. } | Change::FileDeleted { path, .. } => Some(path.clone()),
        _ => None,
    };
    changes.iter().filter_map(path).collect()
}
