//! A project with its whole history as one file. `docs/history.md` describes the format.

mod read;
mod write;

use samokoder::{
    digest::Digest,
    id::{BranchId, ProjectId},
    store::{ForkPoint, Seq},
};
use serde::{Deserialize, Serialize};

pub(crate) use read::{Archive, Refused};
pub(crate) use write::write;

/// The version of the format. It is raised when a program that knows only the one before would read something wrong.
const FORMAT: u32 = 1;

/// The name of the entry that says what the others are.
const MANIFEST: &str = "project.json";

/// What the file is about.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    /// [`FORMAT`].
    pub(crate) format: u32,
    /// The project.
    pub(crate) project: ProjectId,
    /// The branch that is checked out.
    pub(crate) branch: BranchId,
    /// What was typed.
    pub(crate) description: String,
    /// The name that was typed.
    pub(crate) name: Option<String>,
    /// All branches, each after the one that it leaves.
    pub(crate) branches: Vec<BranchEntry>,
    /// Contents that the log refers to and that are no longer kept, in order.
    pub(crate) collected: Vec<Digest>,
}

/// A branch in the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BranchEntry {
    pub(crate) id: BranchId,
    pub(crate) name: String,
    pub(crate) parent: Option<ForkPoint>,
    /// Its last record.
    pub(crate) head: Seq,
    /// The end of its hash chain.
    pub(crate) tip: Digest,
    /// Signals that no run has taken.
    pub(crate) signals: usize,
}

/// The entry with a branch's own records.
fn log_entry(branch: BranchId) -> String {
    format!("log/{branch}")
}

/// The entry with a branch's signals.
fn signals_entry(branch: BranchId) -> String {
    format!("signals/{branch}")
}

/// The entry with a content.
fn content_entry(digest: Digest) -> String {
    format!("contents/{digest}")
}
