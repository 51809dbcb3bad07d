//! What a session must be like, and what is known of one.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Limits, Network};

/// What a session must be like.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SessionSpec {
    /// Who the session belongs to; opening is idempotent on tenant and owner.
    pub owner: String,
    /// Whose quota it counts to: a customer of a product, or "local" on one's own machine.
    pub tenant: String,
    /// What every command in the session is held to.
    pub limits: Limits,
    /// What of the network its commands reach.
    pub network: Network,
    /// A folder of the host that the session sees, writable, as `data` in its workspace. It outlives the session.
    pub data: Option<PathBuf>,
    /// How long the session may outlive a process that opened it and was killed.
    pub lease: Duration,
}

impl SessionSpec {
    /// A session for `owner` with the default limits, no network and no lasting data.
    pub fn new(owner: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            tenant: "local".into(),
            limits: Limits::default(),
            network: Network::None,
            data: None,
            lease: Duration::from_mins(1),
        }
    }

    /// Counts it to this tenant's quota.
    #[must_use]
    pub fn tenant(mut self, tenant: impl Into<String>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// Replaces the limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Lets its commands reach something of the network.
    #[must_use]
    pub fn network(mut self, network: Network) -> Self {
        self.network = network;
        self
    }

    /// Keeps what is written beneath `data` in this folder of the host.
    #[must_use]
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some(folder.into());
        self
    }

    /// Replaces how long it may outlive its owner's process.
    #[must_use]
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }
}

/// What a backend knows of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionInfo {
    /// What [`adopt`](super::Sandbox::adopt) takes.
    pub id: String,
    /// Whose quota it counts to.
    pub tenant: String,
    /// Who it belongs to.
    pub owner: String,
    /// How long it has been open, in milliseconds.
    pub age_ms: u64,
    /// Whether the process that opened or adopted it is gone.
    pub orphaned: bool,
}

impl SessionInfo {
    /// A session that was opened just now.
    pub fn new(id: impl Into<String>, tenant: impl Into<String>, owner: impl Into<String>) -> Self {
        Self { id: id.into(), tenant: tenant.into(), owner: owner.into(), age_ms: 0, orphaned: false }
    }
}

/// What [`reap`](super::Sandbox::reap) did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReapReport {
    /// The sessions that were ended.
    pub ended: Vec<String>,
    /// What else was removed, in words: "cgroup samokoder-1f", "folder /tmp/…".
    pub removed: Vec<String>,
    /// What could not be removed, with the reason.
    pub failed: Vec<String>,
}

/// What a session uses at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SessionStats {
    /// Processes, the session's own included.
    pub processes: u64,
    /// Memory of all of them, in bytes.
    pub memory: u64,
    /// Bytes in the workspace and among the temporary files.
    pub disk: u64,
    /// Files and folders there.
    pub inodes: u64,
}

/// Something in a folder of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// Its name. A name that is not UTF-8 has U+FFFD in it, and can't be read by it.
    pub name: String,
    /// What it is.
    pub kind: EntryKind,
    /// Its size in bytes; 0 for what is no file.
    pub size: u64,
}

impl Entry {
    /// An entry.
    pub fn new(name: impl Into<String>, kind: EntryKind, size: u64) -> Self {
        Self { name: name.into(), kind, size }
    }
}

/// What an [`Entry`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link. Nothing follows it.
    Link,
    /// A device, a socket, a pipe.
    Special,
}
