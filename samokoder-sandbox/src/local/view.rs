//! What of the host a session sees, and what it gets in the host's place.

use std::{
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use samokoder_core::sandbox::{Limits, Network, SessionSpec};

use super::{
    filter,
    toolchain::Installed,
    wire::{Groups, OWN_PROCESSES, Setup},
};

/// What a distribution installs: programs and libraries, nothing of a person's.
pub(crate) const SYSTEM: [&str; 9] =
    ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store", "/gnu/store"];

/// Parts of `/etc` that programs in [`SYSTEM`] are found through.
const CONFIGURATION: [&str; 2] = ["/etc/ld.so.cache", "/etc/alternatives"];

/// Where programs look for whom to trust in TLS, for sessions that reach someone.
pub(crate) const CERTIFICATES: [&str; 2] = ["/etc/ssl/certs", "/etc/pki/tls/certs"];

const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

const LINKS: [(&str, &str); 4] = [
    ("/proc/self/fd", "/dev/fd"),
    ("/proc/self/fd/0", "/dev/stdin"),
    ("/proc/self/fd/1", "/dev/stdout"),
    ("/proc/self/fd/2", "/dev/stderr"),
];

const FILES: [(&str, &str); 4] = [
    ("/etc/passwd", "sandbox:x:1000:1000::/tmp:/bin/sh\n"),
    ("/etc/group", "sandbox:x:1000:\n"),
    ("/etc/hosts", "127.0.0.1 localhost sandbox\n::1 localhost sandbox\n"),
    ("/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
];

/// Where the toolchains' programs are linked, so that a name means the one that was found.
pub(crate) const TOOLCHAINS: &str = "/toolchains";

/// Where the system's programs are.
const PATH: [&str; 6] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];

/// What sessions on this machine have in common.
pub(super) fn common(toolchains: &[Installed], ids: Option<(u32, u32)>, landlock: u64) -> Setup {
    let mut setup = Setup { ids, landlock, filter: filter::program(), ..Setup::default() };
    for path in SYSTEM.iter().map(Path::new) {
        // Most systems have `/bin` and `/lib` as links into `/usr`.
        if let Ok(target) = fs::read_link(path) {
            setup.links.push((bytes(&target), bytes(path)));
        } else if path.is_dir() {
            setup.trees.push((bytes(path), bytes(path)));
        }
    }
    for path in CONFIGURATION.iter().chain(&DEVICES).map(Path::new).filter(|path| path.exists()) {
        setup.trees.push((bytes(path), bytes(path)));
    }
    let mut shown: Vec<&PathBuf> = toolchains.iter().flat_map(|installed| &installed.shown).collect();
    // A folder comes before what lies in it; what lies in it is then already there.
    shown.sort();
    shown.dedup_by(|later, earlier| later.starts_with(&**earlier));
    setup.trees.extend(shown.into_iter().map(|path| (bytes(path), bytes(path))));
    let link = |target: &str, path: String| (target.as_bytes().to_vec(), path.into_bytes());
    setup.links.extend(LINKS.map(|(target, path)| link(target, path.to_owned())));
    for Installed { toolchain, program, .. } in toolchains {
        setup.links.push((bytes(program), format!("{TOOLCHAINS}/{}", toolchain.name).into_bytes()));
    }
    setup.files.extend(FILES.map(|(path, content)| (path.into(), content.into())));
    setup
}

/// Where commands find programs.
pub(super) fn search_path(toolchains: &[Installed]) -> Vec<Vec<u8>> {
    let mut path: Vec<PathBuf> = vec![TOOLCHAINS.into()];
    let beside = toolchains.iter().filter_map(|installed| installed.program.parent().map(Path::to_path_buf));
    for folder in beside.chain(PATH.map(PathBuf::from)) {
        if !path.contains(&folder) {
            path.push(folder);
        }
    }
    path.iter().map(bytes).collect()
}

/// Adds what one session is to be held to.
pub(super) fn of_session(
    common: &Setup,
    spec: &SessionSpec,
    data: Option<&Path>,
    groups: Option<Groups>,
) -> Setup {
    let limits = &spec.limits;
    let mut trees = common.trees.clone();
    if spec.network != Network::None {
        let certificates = CERTIFICATES.map(Path::new).into_iter().filter(|path| path.is_dir());
        trees.extend(certificates.map(|path| (bytes(path), bytes(path))));
    }
    Setup {
        trees,
        groups,
        processes: limits.processes,
        data_size: limits.data,
        disk: (limits.disk, limits.inodes),
        data: data.map(bytes),
        rlimits: rlimits(limits),
        memory: limits.memory,
        output: (limits.output, limits.output_kept),
        ..common.clone()
    }
}

/// Numbers of resources, which C libraries give different types.
pub(crate) mod resource {
    pub(crate) const CPU: u32 = 0;
    pub(crate) const FSIZE: u32 = 1;
    pub(crate) const DATA: u32 = 2;
    pub(crate) const STACK: u32 = 3;
    pub(crate) const CORE: u32 = 4;
    pub(crate) const NPROC: u32 = 6;
    pub(crate) const NOFILE: u32 = 7;
    pub(crate) const MEMLOCK: u32 = 8;
    pub(crate) const SIGPENDING: u32 = 11;
    pub(crate) const MSGQUEUE: u32 = 12;
    pub(crate) const NICE: u32 = 13;
    pub(crate) const RTPRIO: u32 = 14;
}

/// The limits that the kernel holds each process to: (resource, soft, hard).
fn rlimits(limits: &Limits) -> Vec<(u32, u64, u64)> {
    let seconds = limits.cpu.as_secs() + u64::from(limits.cpu.subsec_nanos() > 0);
    let processes = limits.processes.saturating_add(OWN_PROCESSES);
    // Less leaves no room for what a runtime reserves without ever using it.
    let data = limits.memory.saturating_mul(2).max(512 << 20);
    let fixed = |resource: u32, value: u64| (resource, value, value);
    vec![
        // The soft limit can be caught by a program that wants to end in order; the hard one can't.
        (resource::CPU, seconds.max(1), seconds.max(1) + 1),
        fixed(resource::FSIZE, limits.file_size),
        fixed(resource::DATA, data),
        // Not zero: where a program handles crashes, it is started, as root of the host, at any limit but this.
        fixed(resource::CORE, 1),
        fixed(resource::NPROC, processes),
        fixed(resource::NOFILE, limits.open_files),
        fixed(resource::MEMLOCK, 64 << 10),
        // Timers among them. The host's user has so many in all, and root's programs need some.
        fixed(resource::SIGPENDING, 1024),
        fixed(resource::MSGQUEUE, 0),
        fixed(resource::STACK, 8 << 20),
        fixed(resource::NICE, 0),
        fixed(resource::RTPRIO, 0),
    ]
}

fn bytes(path: impl AsRef<Path>) -> Vec<u8> {
    path.as_ref().as_os_str().as_bytes().to_vec()
}
