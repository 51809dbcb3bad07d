//! The folder on disk, kept in step with the commits.

use std::path::Path;

use super::{History, PipelineError, engine::Engine, journal::Entry};
use crate::{
    agent::Proposal,
    project::{Change, ProjectState, WorkspacePath},
    secrets::{Redactor, has_secret},
    store::{Author, Batch, Branch, Commit, Lease, Record, Scope, StateStore, StoreErrorKind},
    workspace::{Edits, Folder, LeftOut, LocalEdit},
};

impl Engine {
    /// Commits what a person changed in the folder, and repairs what a crash left unpublished.
    pub(super) async fn open_folder(&mut self) -> Result<(), PipelineError> {
        let Some(root) = &self.run.options.folder else { return Ok(()) };
        let (store, scope) = (&*self.run.store, &self.run.branch.scope);
        let mut folder = open_folder(store, scope, root, &self.state).await?;
        let edits = find_edits(&folder, &self.state, self.run.options.redactor.as_deref())?;
        for LeftOut { path, reason } in &edits.left_out {
            tracing::warn!(path, reason, "a file of a person's is left out of the project");
        }
        if !edits.files.is_empty() {
            let proposal = proposal(&edits, &self.state);
            let entry = Entry::default().blobs(proposal.contents.into_values().collect());
            self.commit(Author::Person, proposal.changes, entry)?;
            self.settle().await?;
        }
        folder.accept(&edits)?;
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

/// Opens the folder that a branch's files, with this state, are published to. What the manifest knows and no history holds
/// is a person's, whoever wrote it: a history that was put back from a backup does not know what was imported since.
///
/// # Errors
/// [`PipelineError::Folder`], [`PipelineError::Store`].
pub async fn open_folder(
    store: &dyn StateStore,
    scope: &Scope,
    folder: &Path,
    state: &ProjectState,
) -> Result<Folder, PipelineError> {
    let mut folder = Folder::open(folder)?;
    for path in folder.outdated(state) {
        let Some(content) = folder.last_written(&path) else { continue };
        match store.blob(scope, content).await {
            Ok(_) => {}
            Err(error) if error.kind == StoreErrorKind::NotFound => folder.disown(&path),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(folder)
}

/// What a person changed in the app's folder, as a run on a branch in this state would find it.
///
/// # Errors
/// [`PipelineError::Folder`].
pub fn find_edits(
    folder: &Folder,
    state: &ProjectState,
    redactor: Option<&dyn Redactor>,
) -> Result<Edits, PipelineError> {
    let mut edits = folder.edits(state)?;
    let Some(redactor) = redactor else { return Ok(edits) };
    let is_secret = |edit: &mut LocalEdit| {
        edit.content.as_ref().is_some_and(|content| has_secret(redactor, edit.path.as_str(), content))
    };
    for edit in edits.files.extract_if(.., is_secret) {
        let reason =
            "there seems to be a key or a password in it or its name, which does not belong into the history";
        edits.left_out.push(LeftOut { path: edit.path.to_string(), reason: reason.into() });
    }
    Ok(edits)
}

/// Makes what a person changed in the app's folder a commit of their own, without a run.
///
/// # Errors
/// [`PipelineError::Folder`], [`PipelineError::Store`].
pub async fn record_edits(
    store: &dyn StateStore,
    lease: &Lease,
    folder: &Path,
    redactor: Option<&dyn Redactor>,
) -> Result<Edits, PipelineError> {
    let history = History::load(store, lease.branch()).await?;
    let mut folder = open_folder(store, &lease.branch().scope, folder, &history.state).await?;
    let edits = find_edits(&folder, &history.state, redactor)?;
    if edits.files.is_empty() {
        folder.accept(&edits)?;
        return Ok(edits);
    }
    let Proposal { changes, contents } = proposal(&edits, &history.state);
    history.state.apply(history.state.version(), &changes)?;
    let records = vec![Record::Commit(Commit { author: Author::Person, changes })];
    let batch = Batch { records, blobs: contents.into_values().collect(), ..Batch::default() };
    store.append(lease, history.head, batch).await?;
    folder.accept(&edits)?;
    Ok(edits)
}

/// Makes the app's folder hold the files of a branch, and returns those that it left as they are because a person changed
/// them and no history has them.
///
/// # Errors
/// [`PipelineError::Folder`], [`PipelineError::Store`]. Doing it again, or the next run, goes on where this stopped.
pub async fn publish(
    store: &dyn StateStore,
    branch: &Branch,
    folder: &Path,
) -> Result<Vec<WorkspacePath>, PipelineError> {
    let history = History::load(store, branch).await?;
    let mut folder = open_folder(store, &branch.scope, folder, &history.state).await?;
    let mut left = Vec::new();
    // Those that go make room: a file may take the place of a folder.
    let mut outdated = folder.outdated(&history.state);
    outdated.sort_by_key(|path| history.state.file(path).is_some());
    for path in outdated {
        let content = match history.state.file(&path) {
            Some(file) => Some(store.blob(&branch.scope, file.content).await?),
            None => None,
        };
        if !folder.publish(&path, content)? {
            left.push(path);
        }
    }
    Ok(left)
}

/// Edits as changes on top of `state`.
fn proposal(edits: &Edits, state: &ProjectState) -> Proposal {
    edits.files.iter().fold(Proposal::new(), |proposal, LocalEdit { path, content }| {
        match (content, state.file(path)) {
            (Some(content), _) => proposal.write(state, path.clone(), content.clone(), None),
            (None, Some(file)) => {
                proposal.change(Change::FileDeleted { path: path.clone(), replaces: file.content })
            }
            (None, None) => proposal,
        }
    })
}

/// The files that these changes write or delete.
pub(super) fn files_of(changes: &[Change]) -> Vec<WorkspacePath> {
    let path = |change: &Change| match change {
        Change::FileWritten { path, .. } | Change::FileDeleted { path, .. } => Some(path.clone()),
        _ => None,
    };
    changes.iter().filter_map(path).collect()
}
