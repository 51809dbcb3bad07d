//! What an agent proposes.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::{
    digest::Digest,
    id::StepId,
    project::{Change, ProjectState, WorkspacePath},
};

/// Changes that an agent proposes, committed together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Proposal {
    pub(crate) changes: Vec<Change>,
    /// The contents of the files that are written, by their hash.
    pub(crate) contents: BTreeMap<Digest, Bytes>,
}

impl Proposal {
    /// A proposal to change nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a change. One that writes a file needs its content too: use [`write`](Self::write).
    #[must_use]
    pub fn change(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Writes a file on top of what it is in `state`, the one the agent was shown, and finishes a step by it.
    #[must_use]
    pub fn write(
        mut self,
        state: &ProjectState,
        path: WorkspacePath,
        content: impl Into<Bytes>,
        finishes: Option<StepId>,
    ) -> Self {
        let content = content.into();
        let replaces = state.file(&path).map(|file| file.content);
        let (digest, size) = (Digest::of(&content), content.len() as u64);
        self.changes.push(Change::FileWritten { path, content: digest, size, replaces, finishes });
        self.contents.insert(digest, content);
        self
    }
}

impl From<Change> for Proposal {
    fn from(change: Change) -> Self {
        Self::new().change(change)
    }
}
