//! Whether the app's own tests pass.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// The outcome of running the app's own tests on one state of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// The [tree](super::ProjectState::tree) that was checked.
    pub tree: Digest,
    /// What came out.
    pub verdict: Verdict,
    /// The command, as arguments. Empty when nothing was run.
    pub command: Vec<String>,
    /// How the command ended, in words.
    pub summary: String,
    /// The part of what it wrote that says most, at most a few kilobytes.
    pub output: String,
}

/// What came out of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// The tests ran and passed.
    Passed,
    /// The tests ran and did not pass.
    Failed,
    /// Nothing was run: there is no sandbox to run it in. The app is unverified.
    Skipped,
}
