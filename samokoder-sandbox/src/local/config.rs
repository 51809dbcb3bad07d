//! What can be set.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Settings of the `local` backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct LocalConfig {
    /// Where the host keeps programs, as in its `PATH`: used to find toolchains, never passed on.
    pub search_path: Vec<PathBuf>,
    /// The toolchains to look for. `node` and `python3` are resolved through version managers; any other name
    /// is taken as a program that needs nothing but itself and the system's libraries.
    pub toolchains: Vec<String>,
    /// Host user and group ids for (the session's own init, its commands) when the host process is root.
    /// They must own nothing on this machine. Where root does not have these ids, others are taken.
    pub ids: (u32, u32),
    /// The least version of the kernel's Landlock interface that commands must be restricted with. A kernel that has
    /// less is refused; 0 does without where there is none.
    pub landlock: u64,
    /// Whether sessions get cgroups of their own where this process may make some. Without them the supervisor counts.
    pub cgroups: bool,
}

impl Default for LocalConfig {
    fn default() -> Self {
        Self {
            search_path: ["/usr/local/bin", "/usr/bin", "/bin"].map(PathBuf::from).to_vec(),
            toolchains: ["node", "python3"].map(str::to_owned).to_vec(),
            // Above every range that distributions, containers and systemd hand out.
            ids: (2_000_000_001, 2_000_000_002),
            // What every kernel that is new enough for the rest has, unless it is switched off.
            landlock: 1,
            cgroups: true,
        }
    }
}

impl LocalConfig {
    /// Replaces the search path.
    #[must_use]
    pub fn search_path<I: IntoIterator<Item = P>, P: Into<PathBuf>>(mut self, folders: I) -> Self {
        self.search_path = folders.into_iter().map(Into::into).collect();
        self
    }

    /// Replaces the toolchains to look for.
    #[must_use]
    pub fn toolchains<I: IntoIterator<Item = S>, S: Into<String>>(mut self, names: I) -> Self {
        self.toolchains = names.into_iter().map(Into::into).collect();
        self
    }

    /// Replaces the ids that are used when the host process is root.
    #[must_use]
    pub fn ids(mut self, init: u32, commands: u32) -> Self {
        self.ids = (init, commands);
        self
    }

    /// Replaces the least version of Landlock's interface.
    #[must_use]
    pub fn landlock(mut self, least: u64) -> Self {
        self.landlock = least;
        self
    }

    /// Does without cgroups.
    #[must_use]
    pub fn without_cgroups(mut self) -> Self {
        self.cgroups = false;
        self
    }
}
