//! How the app is built.

use serde::{Deserialize, Serialize};

use super::WorkspacePath;

/// How the app is built: the runtime, the commands and the files it consists of.
///
/// Every app, whatever its stack, honours one contract, so that it can be run by anyone: it listens on
/// `127.0.0.1` at the port in the environment variable `PORT`, answers `GET /healthz` with 200 once it is
/// ready, and keeps its data beneath the folder in `DATA_DIR`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "agents", derive(schemars::JsonSchema))]
pub struct Architecture {
    /// The toolchain that runs the app: "node", "python3".
    pub runtime: String,
    /// The design in a few sentences: what the parts are and how they talk.
    pub summary: String,
    /// The command that starts the app, as arguments: `["node", "server.mjs"]`.
    pub start: Vec<String>,
    /// The command that runs the app's own tests, as arguments: `["node", "--test"]`.
    pub test: Vec<String>,
    /// Every file of the app with what it is for.
    pub files: Vec<PlannedFile>,
}

/// A file that the architecture foresees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "agents", derive(schemars::JsonSchema))]
pub struct PlannedFile {
    /// Where it is, relative to the app's folder.
    pub path: WorkspacePath,
    /// What it is for, in one sentence.
    pub purpose: String,
}
