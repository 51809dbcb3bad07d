//! What is asked and answered.
//!
//! There is no word for a mount, a folder of the host, a privilege, a capability, a device, a runtime or an image: a
//! broker decides about those alone, and a request with a word that it does not know is refused.

use std::time::Duration;

use samokoder_core::{
    project::WorkspacePath,
    sandbox::{
        AllowedHost, Command, Control, Enforcement, Entry, ExecOutcome, Limits, Network, ReapReport,
        SandboxCapabilities, SandboxError, SessionInfo, SessionSpec, SessionStats, Toolchain,
    },
};
use serde::{Deserialize, Serialize};

/// The longest name of a tenant or an owner, in bytes.
pub(super) const MAX_NAME: usize = 255;

/// What both sides begin with.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hello {
    pub(super) protocol: String,
    pub(super) version: u32,
}

impl Hello {
    pub(super) fn current() -> Self {
        Self { protocol: "samokoder-sandbox".into(), version: 1 }
    }
}

/// What a connection is for: one request each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Request {
    Capabilities {},
    /// The connection then stands for one handle on the session.
    Open(Box<Spec>),
    Adopt {
        id: String,
    },
    List {},
    Reap {},
    /// Followed by [`FileHeader`]s, each with its content in pieces, and an end.
    Checkout {
        id: String,
    },
    Exec {
        id: String,
        command: Command,
    },
    ExecStreaming {
        id: String,
        command: Command,
    },
    Spawn {
        id: String,
        command: Command,
    },
    /// After [`Answer::Done`] the connection is the port's.
    Connect {
        id: String,
        port: u16,
    },
    ReadFile {
        id: String,
        path: WorkspacePath,
        most: u64,
    },
    /// Followed by the content in pieces, and an end.
    WriteFile {
        id: String,
        path: WorkspacePath,
        size: u64,
    },
    RemoveFile {
        id: String,
        path: WorkspacePath,
    },
    ListFiles {
        id: String,
        folder: Option<WorkspacePath>,
        most: usize,
    },
    Stats {
        id: String,
    },
    Close {
        id: String,
    },
}

/// What a client says later on its connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Word {
    /// It has the session that was opened or adopted.
    Hold,
    /// Its handle on the session is dropped.
    Release,
    /// The service shall stop.
    Stop { grace_ms: u64 },
}

/// What goes before a file of a checkout.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileHeader {
    pub(super) path: WorkspacePath,
    pub(super) size: u64,
}

/// What comes of a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "answer", content = "with", rename_all = "snake_case")]
pub(super) enum Answer {
    Done,
    Failed(SandboxError),
    Capabilities(Capabilities),
    Session {
        id: String,
    },
    Sessions(Vec<SessionInfo>),
    Reaped(ReapReport),
    Entries(Vec<Entry>),
    Stats(SessionStats),
    /// A file's content follows in pieces, and an end.
    File {
        size: u64,
    },
    /// A piece of standard input is wanted.
    Want,
    /// What it wrote follows in pieces, and an end.
    Outcome(ExecOutcome),
}

/// [`SessionSpec`] but for the host's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    owner: String,
    tenant: String,
    network: Network,
    lease_ms: u64,
    limits: WireLimits,
}

/// [`Limits`], in milliseconds, bytes and numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLimits {
    wall_ms: u64,
    service_ms: Option<u64>,
    cpu_ms: u64,
    memory: u64,
    processes: u64,
    file_size: u64,
    disk: u64,
    inodes: u64,
    data: u64,
    open_files: u64,
    output: u64,
    output_kept: u64,
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Spec {
    pub(super) fn of(spec: &SessionSpec) -> Self {
        let limits = &spec.limits;
        Self {
            owner: spec.owner.clone(),
            tenant: spec.tenant.clone(),
            network: spec.network.clone(),
            lease_ms: millis(spec.lease),
            limits: WireLimits {
                wall_ms: millis(limits.wall),
                service_ms: limits.service.map(millis),
                cpu_ms: millis(limits.cpu),
                memory: limits.memory,
                processes: limits.processes,
                file_size: limits.file_size,
                disk: limits.disk,
                inodes: limits.inodes,
                data: limits.data,
                open_files: limits.open_files,
                output: limits.output,
                output_kept: limits.output_kept,
            },
        }
    }

    /// Whether its names can be listed.
    pub(super) fn is_named(&self) -> bool {
        [&self.owner, &self.tenant].iter().all(|name| name.len() <= MAX_NAME)
    }

    /// A host that it asks for and that is not one of these.
    pub(super) fn beyond(&self, hosts: &[AllowedHost]) -> Option<&AllowedHost> {
        let Network::Proxy { allowed } = &self.network else { return None };
        allowed.iter().find(|asked| !asked.is_within(hosts))
    }

    /// What is opened: nothing is more than `most`.
    pub(super) fn clamped(self, most: &Limits, lease: Duration) -> SessionSpec {
        let (asked, time) = (self.limits, Duration::from_millis);
        let mut limits = Limits::default();
        limits.wall = time(asked.wall_ms).min(most.wall);
        limits.service = [asked.service_ms.map(time), most.service].into_iter().flatten().min();
        limits.cpu = time(asked.cpu_ms).min(most.cpu);
        limits.memory = asked.memory.min(most.memory);
        limits.processes = asked.processes.min(most.processes);
        limits.file_size = asked.file_size.min(most.file_size);
        limits.disk = asked.disk.min(most.disk);
        limits.inodes = asked.inodes.min(most.inodes);
        limits.data = asked.data.min(most.data);
        limits.open_files = asked.open_files.min(most.open_files);
        limits.output = asked.output.min(most.output);
        limits.output_kept = asked.output_kept.min(most.output_kept);
        SessionSpec::new(self.owner)
            .tenant(self.tenant)
            .limits(limits)
            .network(self.network)
            .lease(time(self.lease_ms).min(lease))
    }
}

/// [`SandboxCapabilities`].
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Capabilities {
    backend: String,
    controls: Vec<(Control, Enforcement)>,
    toolchains: Vec<Toolchain>,
}

impl Capabilities {
    /// What a broker with this sandbox gives to sessions that may ask for these hosts.
    pub(super) fn of(found: SandboxCapabilities, hosts: &[AllowedHost]) -> Self {
        let mut controls = found.controls;
        if hosts.is_empty() {
            let none = || Enforcement::Unsupported("the broker lets no session out".to_owned());
            let proxy = controls.iter_mut().filter(|(control, _)| *control == Control::Proxy);
            proxy.for_each(|(_, enforcement)| *enforcement = none());
        }
        Self { backend: found.backend, controls, toolchains: found.toolchains }
    }
}

impl From<Capabilities> for SandboxCapabilities {
    fn from(told: Capabilities) -> Self {
        Self::new(format!("remote: {}", told.backend), told.controls, told.toolchains)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broker_decides_alone_can_not_be_asked_for() {
        let spec = SessionSpec::new("owner").data("/etc");
        let asked = serde_json::to_value(Request::Open(Box::new(Spec::of(&spec)))).unwrap();
        assert!(!asked.to_string().contains("etc"), "{asked}");
        for word in
            ["mounts", "binds", "data", "privileged", "cap_add", "devices", "runtime", "image", "user"]
        {
            let mut asked = asked.clone();
            asked[word] = serde_json::json!(["/:/host"]);
            assert!(serde_json::from_value::<Request>(asked).is_err(), "{word}");
        }
        assert!(serde_json::from_value::<Request>(asked).is_ok());
    }

    #[test]
    fn nothing_is_opened_with_more_than_the_broker_gives() {
        let most = Limits::default();
        let mut greedy = Limits::default();
        greedy.wall = Duration::MAX;
        greedy.memory = u64::MAX;
        greedy.output_kept = u64::MAX;
        greedy.processes = 3;
        let spec = SessionSpec::new("owner").limits(greedy).lease(Duration::MAX);
        let opened = Spec::of(&spec).clamped(&most, Duration::from_mins(5));
        assert_eq!((opened.limits.wall, opened.limits.memory), (most.wall, most.memory));
        assert_eq!((opened.limits.output_kept, opened.limits.processes), (most.output_kept, 3));
        assert_eq!(opened.lease, Duration::from_mins(5));
    }
}
