//! From what a session must be like to a container.
//!
//! Everything that could weaken a container is a constant here. What comes from outside are sizes, which are clamped,
//! and the folder that is shown as `data`.

use std::path::PathBuf;

use bollard::models::{
    ContainerCreateBody, HealthConfig, HostConfig, HostConfigCgroupnsModeEnum, HostConfigLogConfig, Mount,
    MountBindOptions, MountBindOptionsPropagationEnum, MountType, ResourcesUlimits,
};
use samokoder_core::sandbox::{Limits, SessionSpec};

use super::{
    agent::{AGENT, DATA, SCRATCH, Setup, to_hex},
    seccomp,
};
use crate::local::{filter, view::resource};

/// Labels that tell what a container is.
pub(super) mod label {
    pub(crate) const SESSION: &str = "dev.samokoder.session";
    pub(crate) const TENANT: &str = "dev.samokoder.tenant";
    pub(crate) const OWNER: &str = "dev.samokoder.owner";
    pub(crate) const LEASE: &str = "dev.samokoder.lease-ms";
    pub(crate) const DATA: &str = "dev.samokoder.data";
    /// Which hosts it may reach, for who adopts it.
    pub(crate) const NETWORK: &str = "dev.samokoder.network";
    /// What the agent knows its owners by. Who may talk to the engine may read it; commands can't.
    pub(crate) const TOKEN: &str = "dev.samokoder.token";
}

/// What the agent, its connections and the supervisors of commands need beside the commands themselves.
const OWN_PROCESSES: i64 = 32;
const OWN_MEMORY: i64 = 32 << 20;

/// What a runtime with a kernel of its own needs: gVisor has some threads of the host for each process in it. When the
/// host refuses it one, it stands still; so what is in it must reach its own limit first.
const KERNEL_PROCESSES: i64 = 1024;
const KERNEL_PROCESSES_EACH: i64 = 16;
/// A Linux kernel takes no higher limit.
const MOST_PROCESSES: i64 = 4 << 20;
/// With less on top, commands that take more than they may could end that kernel, and with it the session, before the
/// agent has seen it.
const KERNEL_MEMORY: i64 = 768 << 20;

/// Where there is to be nothing that could be written to.
const NOTHING: &str = "ro,size=4096,mode=0555,nosuid,nodev,noexec";

/// What all sessions of a backend have in common.
#[derive(Debug, Clone)]
pub(super) struct Common {
    /// The image with the agent in it.
    pub(super) image: String,
    pub(super) runtime: Option<String>,
    /// Of commands and of connections.
    pub(super) ids: (u32, u32),
    /// Billionths of a processor.
    pub(super) nano_cpus: i64,
    /// Where commands find programs.
    pub(super) path: Vec<Vec<u8>>,
    /// Volumes of the image, in whose place there is nothing.
    pub(super) volumes: Vec<String>,
    pub(super) engine: Engine,
}

/// Whose engine it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Engine {
    /// Docker's.
    Docker,
    /// Podman, which takes a profile of system calls as a file of its machine alone, and less settings for a tmpfs.
    Podman {
        /// The file with [`seccomp::profile`].
        profile: String,
        /// Processes that one user may have on its machine: what it asks for by itself may be more than there can be.
        processes: i64,
        /// It is not root's.
        rootless: bool,
    },
}

impl Engine {
    pub(super) fn is_rootless(&self) -> bool {
        matches!(self, Self::Podman { rootless: true, .. })
    }
}

/// A data folder, and who writes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Data {
    pub(super) folder: PathBuf,
    pub(super) owner: (u32, u32),
}

impl Common {
    /// Whether containers share the host's kernel, so that its cgroups count their processes.
    pub(super) fn shares_kernel(&self) -> bool {
        self.runtime.as_deref().is_none_or(|runtime| runtime.contains("runc") || runtime == "crun")
    }

    /// The container for a session with this name.
    pub(super) fn container(
        &self,
        name: &str,
        token: &str,
        spec: &SessionSpec,
        data: Option<&Data>,
    ) -> ContainerCreateBody {
        let (user, group) = data.map_or((self.ids.0, self.ids.0), |data| data.owner);
        let setup = to_hex(&self.setup(spec, data).encode());
        let labels = [
            (label::SESSION, name.to_owned()),
            (label::TENANT, spec.tenant.clone()),
            (label::OWNER, spec.owner.clone()),
            (label::LEASE, spec.lease.as_millis().to_string()),
            (label::DATA, data.is_some().to_string()),
            (label::NETWORK, serde_json::to_string(&spec.network).unwrap_or_default()),
            (label::TOKEN, token.to_owned()),
        ];
        ContainerCreateBody {
            image: Some(self.image.clone()),
            user: Some(format!("{user}:{group}")),
            entrypoint: Some(vec![AGENT.to_owned()]),
            cmd: Some(vec!["init".to_owned(), setup]),
            env: Some(Vec::new()),
            working_dir: Some("/".to_owned()),
            hostname: Some("sandbox".to_owned()),
            // What an image has there would be a command without limits.
            healthcheck: Some(HealthConfig {
                test: Some(vec!["NONE".to_owned()]),
                ..HealthConfig::default()
            }),
            labels: Some(labels.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            host_config: Some(self.host_config(&spec.limits, data)),
            ..ContainerCreateBody::default()
        }
    }

    fn host_config(&self, limits: &Limits, data: Option<&Data>) -> HostConfig {
        let processes = number(limits.processes).saturating_add(OWN_PROCESSES);
        let (processes, memory) = if self.shares_kernel() {
            (processes, OWN_MEMORY)
        } else {
            (processes.saturating_mul(KERNEL_PROCESSES_EACH).saturating_add(KERNEL_PROCESSES), KERNEL_MEMORY)
        };
        // What is written is memory too; how much one command may hold, the agent looks at.
        let memory = number(limits.memory).saturating_add(number(limits.disk)).saturating_add(memory);
        HostConfig {
            runtime: self.runtime.clone(),
            auto_remove: Some(true),
            cap_drop: Some(vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned(), format!("seccomp={}", self.seccomp())]),
            readonly_rootfs: Some(true),
            network_mode: Some("none".to_owned()),
            ipc_mode: Some("private".to_owned()),
            cgroupns_mode: Some(HostConfigCgroupnsModeEnum::PRIVATE),
            // The agent is process 1, and does what an init does.
            init: Some(false),
            privileged: Some(false),
            pids_limit: Some(processes.min(MOST_PROCESSES)),
            memory: Some(memory),
            memory_swap: Some(memory),
            nano_cpus: Some(self.nano_cpus),
            oom_score_adj: Some(500),
            ulimits: Some(self.ulimits(limits)),
            tmpfs: Some(self.tmpfs(limits, data).into_iter().collect()),
            mounts: data.map(|data| vec![mount(data)]),
            log_config: Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None }),
            ..HostConfig::default()
        }
    }

    /// Limits on each process of a container, the agent among them.
    fn ulimits(&self, limits: &Limits) -> Vec<ResourcesUlimits> {
        /// What the agent has open for the commands that run at the same time.
        const AGENT_FILES: i64 = 4096;
        let limit = |name: &str, value: i64| ResourcesUlimits {
            name: Some(name.to_owned()),
            soft: Some(value),
            hard: Some(value),
        };
        let mut all = vec![
            limit("nofile", number(limits.open_files).max(AGENT_FILES)),
            limit("fsize", number(limits.file_size)),
            // Not zero: where a program handles crashes, it is started, as root of the host, at any limit but this.
            limit("core", 1),
            limit("memlock", 64 << 10),
            limit("msgqueue", 0),
        ];
        if let Engine::Podman { processes, .. } = self.engine {
            all.push(limit("nproc", processes));
        }
        all
    }

    fn seccomp(&self) -> String {
        match &self.engine {
            Engine::Docker => seccomp::profile().to_string(),
            Engine::Podman { profile, .. } => profile.clone(),
        }
    }

    /// The writable file systems: the workspace with the temporary files, and shared memory. Together they are what
    /// [`Limits::disk`] and [`Limits::inodes`] say.
    fn tmpfs(&self, limits: &Limits, data: Option<&Data>) -> Vec<(String, String)> {
        /// What of the whole shared memory gets.
        const SHARE: u64 = 8;
        /// The root of the file system, the workspace, the temporary folder.
        const OWN_FOLDERS: u64 = 3;
        let (user, group) = data.map_or((self.ids.0, self.ids.0), |data| data.owner);
        let is_docker = self.engine == Engine::Docker;
        let one = |place: &str, bytes: u64, files: u64, rest: &str| {
            // Where the number of files can't be set, the agent counts; where the owner can't, everyone may write.
            let own =
                if is_docker { format!("nr_inodes={files},uid={user},gid={group},") } else { String::new() };
            (place.to_owned(), format!("size={bytes},{own}nosuid,nodev,{rest}"))
        };
        let (bytes, files) = (limits.disk / SHARE, limits.inodes / SHARE);
        let mut all = vec![one("/dev/shm", bytes, files.max(2), "mode=1777,noexec")];
        let (mut bytes, mut files) = (limits.disk - bytes, limits.inodes - files + OWN_FOLDERS);
        if !self.shares_kernel() || !is_docker {
            // gVisor follows no link at /tmp, and for Podman there is none: both put a file system there that nothing
            // limits, unless there is one.
            let (apart, files_apart) = (bytes / 3, files / 3);
            all.push(one("/tmp", apart, files_apart, "mode=1777,exec"));
            (bytes, files) = (bytes - apart, files - files_apart);
        }
        all.push(one(SCRATCH, bytes, files, if is_docker { "mode=0755,exec" } else { "mode=1777,exec" }));
        // Podman puts file systems there too.
        let podmans = ["/run", "/var/tmp"].into_iter().filter(|_| !is_docker);
        let nothing = self.volumes.iter().map(String::as_str).chain(podmans);
        all.extend(nothing.map(|place| (place.to_owned(), NOTHING.to_owned())));
        all
    }

    fn setup(&self, spec: &SessionSpec, data: Option<&Data>) -> Setup {
        let limits = &spec.limits;
        let millis =
            |time: std::time::Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX / 2).max(1);
        Setup {
            lease_ms: millis(spec.lease),
            wall_ms: millis(limits.wall),
            service_ms: limits.service.map_or(0, millis),
            memory: limits.memory,
            processes: limits.processes,
            inodes: limits.inodes,
            data: if data.is_some() { limits.data.max(1) } else { 0 },
            output: (limits.output, limits.output_kept),
            rlimits: self.rlimits(limits),
            path: self.path.clone(),
            filter: filter::program(),
        }
    }

    /// Limits on each process of a command: (resource, soft, hard).
    fn rlimits(&self, limits: &Limits) -> Vec<(u32, u64, u64)> {
        let seconds = limits.cpu.as_secs() + u64::from(limits.cpu.subsec_nanos() > 0);
        let fixed = |resource: u32, value: u64| (resource, value, value);
        let mut all = vec![
            // The soft limit can be caught by a program that wants to end in order; the hard one can't.
            (resource::CPU, seconds.max(1), seconds.max(1) + 1),
            fixed(resource::FSIZE, limits.file_size),
            fixed(resource::CORE, 1),
            fixed(resource::NOFILE, limits.open_files),
            fixed(resource::STACK, 8 << 20),
        ];
        if self.shares_kernel() {
            // A rootless engine may not have passed it on.
            all.extend([fixed(resource::MSGQUEUE, 0), fixed(resource::SIGPENDING, 1024)]);
        } else {
            // Beyond what the agent ends a command for, and counted together with the agent's own: what starts
            // processes faster than the agent looks is held here.
            let most = limits.processes.saturating_add(OWN_PROCESSES.unsigned_abs());
            all.push(fixed(resource::NPROC, most));
        }
        all
    }
}

fn number(value: u64) -> i64 {
    // Sums of a few of them must still fit.
    i64::try_from(value).unwrap_or(i64::MAX).min(i64::MAX / 8)
}

fn mount(data: &Data) -> Mount {
    Mount {
        typ: Some(MountType::BIND),
        source: Some(data.folder.display().to_string()),
        target: Some(DATA.to_owned()),
        read_only: Some(false),
        bind_options: Some(MountBindOptions {
            propagation: Some(MountBindOptionsPropagationEnum::PRIVATE),
            ..MountBindOptions::default()
        }),
        ..Mount::default()
    }
}

#[cfg(test)]
#[path = "profile_tests.rs"]
mod tests;
