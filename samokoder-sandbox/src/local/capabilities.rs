//! What holds on this machine, found out by trying.

use samokoder_core::sandbox::{
    Command, Control, Enforcement, ExecStatus, SandboxCapabilities, SandboxError, SandboxErrorKind,
    SandboxSession as _, Toolchain,
};

use super::session::LocalSession;

/// The first kernel that counts processes for each user namespace, and has everything else.
const KERNEL: (u32, u32) = (5, 14);

/// Refuses kernels on which a control would not hold.
pub(super) fn check_kernel() -> Result<(), SandboxError> {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().ok());
    let version = (numbers.next().flatten().unwrap_or(0), numbers.next().flatten().unwrap_or(0));
    if version >= KERNEL {
        return Ok(());
    }
    let (major, minor) = KERNEL;
    let message = format!(
        "Linux {release} can't limit the processes of one sandbox; {major}.{minor} or newer can. Run this on a \
         newer kernel, or choose the sandbox `none`: nothing is run then, and the app is marked unverified"
    );
    Err(SandboxError::new(SandboxErrorKind::Unsupported, "open", message))
}

/// Tries commands in a session that was just built, which every control but the supervised ones went into.
pub(super) async fn probe(
    session: &LocalSession,
    installed: Vec<Toolchain>,
    means: Means<'_>,
) -> Result<SandboxCapabilities, SandboxError> {
    // A program that does not exist is looked for after everything a command must not have was given up.
    let outcome = session.exec(Command::new(["/nonexistent"])).await?;
    if outcome.status != ExecStatus::NotStarted {
        let message = format!("a command that does not exist {}", outcome.status);
        return Err(SandboxError::new(SandboxErrorKind::Infrastructure, "capabilities", message));
    }
    let mut toolchains = Vec::new();
    for toolchain in installed {
        let outcome = session.exec(Command::new([toolchain.name.as_str(), "--version"])).await?;
        if outcome.success() {
            toolchains.push(toolchain);
        } else {
            tracing::warn!(
                toolchain = toolchain.name,
                path = %toolchain.path.display(),
                reason = outcome.stderr.text.trim(),
                "does not run in the sandbox"
            );
        }
    }
    Ok(SandboxCapabilities::new("local", controls(means), toolchains))
}

/// What this machine has and does not have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Means<'a> {
    pub(super) started_by_root: bool,
    /// The version of Landlock's interface; 0 for none.
    pub(super) landlock: u64,
    /// Whether sessions have cgroups, or why not.
    pub(super) cgroups: Result<(), &'a str>,
}

fn controls(means: Means<'_>) -> Vec<(Control, Enforcement)> {
    let kernel = |by: &str| Enforcement::Kernel(by.to_owned());
    let supervised = |by: &str| Enforcement::Supervised(by.to_owned());
    let identity = if means.started_by_root {
        "user namespace, a host user that owns nothing, no capabilities, no new privileges"
    } else {
        "user namespace, the user that started this, no capabilities, no new privileges"
    };
    vec![
        (Control::Network, kernel("network namespace with nothing but loopback")),
        (Control::Filesystem, Enforcement::Kernel(filesystem(means.landlock))),
        (Control::Environment, kernel("cleared environment, closed descriptors, no terminal")),
        (Control::Identity, kernel(identity)),
        (Control::SystemCalls, kernel("seccomp filter")),
        (Control::KillTree, kernel("process namespace for each command, which ends with its first process")),
        (Control::Wall, supervised("the command's supervisor kills at the deadline")),
        (Control::Cpu, kernel("RLIMIT_CPU for each process")),
        (Control::Memory, Enforcement::Supervised(memory(means.cgroups))),
        (Control::Processes, Enforcement::Kernel(processes(means.cgroups))),
        (Control::FileSize, kernel("RLIMIT_FSIZE")),
        (Control::Disk, kernel("tmpfs of limited size and number of files")),
        (
            Control::Data,
            supervised(
                "the command's supervisor counts what is allocated, again and again while the command runs, and at its end",
            ),
        ),
        (Control::Service, supervised("the command's supervisor kills at the deadline")),
        (
            Control::Proxy,
            supervised("the proxy on the session's own loopback, which is all the network there is"),
        ),
        (Control::OpenFiles, kernel("RLIMIT_NOFILE")),
        (
            Control::Output,
            supervised("whoever reads the output, supervisor or library, kills when there is too much"),
        ),
    ]
}

fn filesystem(landlock: u64) -> String {
    let root =
        "mount namespace with a root of its own: a read-only system, an own workspace, no home folders";
    match landlock {
        0 => format!("{root}; no Landlock on this kernel"),
        1..6 => format!("{root}; Landlock {landlock} over it, too old for scopes"),
        _ => format!("{root}; Landlock {landlock} over it, with scopes for signals and abstract sockets"),
    }
}

fn memory(cgroups: Result<(), &str>) -> String {
    let looks = "the command's supervisor looks every 20 ms";
    match cgroups {
        Ok(()) => format!(
            "{looks}; a cgroup for each command ends it at the limit and the size of the disk, which is in memory, together"
        ),
        Err(reason) => format!(
            "{looks} and adds up its processes; RLIMIT_DATA caps each at twice the limit; no cgroups: {reason}"
        ),
    }
}

fn processes(cgroups: Result<(), &str>) -> String {
    let limit = "RLIMIT_NPROC in a user namespace of the session's own";
    match cgroups {
        Ok(()) => format!("cgroup for the session; {limit}"),
        Err(reason) => format!("{limit}; no cgroups: {reason}"),
    }
}
