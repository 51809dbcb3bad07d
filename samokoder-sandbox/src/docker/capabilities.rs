//! What holds with an engine and a runtime, found out by trying.

use samokoder_core::sandbox::{
    Command, Control, Enforcement, ExecStatus, SandboxCapabilities, SandboxError, SandboxErrorKind,
    SandboxSession as _, Toolchain,
};

use super::{agent::Kernel, profile::Common, session::DockerSession};

/// Tries commands in a session that was just opened, which every limit went into.
pub(super) async fn probe(
    session: &DockerSession,
    wanted: &[String],
    common: &Common,
) -> Result<SandboxCapabilities, SandboxError> {
    // A program that does not exist is looked for after everything a command must not have was given up.
    let outcome = session.exec(Command::new(["/nonexistent"])).await?;
    if outcome.status != ExecStatus::NotStarted {
        let message = format!("a command that does not exist {}", outcome.status);
        return Err(SandboxError::new(SandboxErrorKind::Infrastructure, "capabilities", message));
    }
    let mut toolchains = Vec::new();
    for name in wanted {
        let outcome = session.exec(Command::new([name.as_str(), "--version"])).await?;
        match version(&outcome.stdout.text).filter(|_| outcome.success()) {
            Some(version) => {
                toolchains.push(Toolchain { name: name.clone(), version, path: name.into() });
            }
            None => {
                tracing::debug!(toolchain = name, reason = outcome.stderr.text.trim(), "not in the image");
            }
        }
    }
    Ok(SandboxCapabilities::new("docker", controls(session.kernel(), common), toolchains))
}

/// The first version in a text.
fn version(text: &str) -> Option<String> {
    text.split_whitespace().find_map(|word| {
        let word = word.trim_start_matches('v').trim_end_matches(',');
        word.starts_with(|first: char| first.is_ascii_digit()).then(|| word.to_owned())
    })
}

fn controls(found: Kernel, common: &Common) -> Vec<(Control, Enforcement)> {
    let kernel = |by: &str| Enforcement::Kernel(by.to_owned());
    let supervised = |by: &str| Enforcement::Supervised(by.to_owned());
    let identity = format!("user {} without capabilities, no new privileges", common.ids.0);
    let system_calls = if common.shares_kernel() {
        "the container's seccomp profile, and a filter on each command"
    } else {
        "a kernel of the runtime's own, and a filter on each command"
    };
    let tree = if found.keeps_orphans {
        supervised("the agent, process 1, kills what is left of a command; nothing can signal the agent")
    } else {
        kernel("process namespace for each command, which ends with its first process")
    };
    let processes = if found.counts_processes {
        kernel("the container's cgroup")
    } else {
        supervised("the agent counts processes and threads every 20 ms")
    };
    let memory = if common.shares_kernel() {
        "the agent adds up each command's processes every 20 ms; the container's cgroup caps all of them with what they \
         wrote"
    } else {
        "the agent adds up each command's processes every 20 ms; the container's cgroup caps all of them with the \
         kernel, and a command that gets there first ends the session with it"
    };
    let disk = if found.counts_files {
        kernel("tmpfs of limited size and number of files")
    } else {
        supervised(
            "tmpfs of limited size; the agent counts files every 20 ms or after ten times the processor time that takes",
        )
    };
    vec![
        (Control::Network, kernel("network namespace with nothing but loopback")),
        (Control::Filesystem, kernel("the image, read-only; nothing of the host but the data folder")),
        (Control::Environment, kernel("cleared environment, closed descriptors, no terminal")),
        (Control::Identity, kernel(&identity)),
        (Control::SystemCalls, kernel(system_calls)),
        (Control::KillTree, tree),
        (Control::Wall, supervised("the agent kills at the deadline")),
        (Control::Cpu, kernel("RLIMIT_CPU for each process")),
        (Control::Memory, supervised(memory)),
        (Control::Processes, processes),
        (Control::FileSize, kernel("RLIMIT_FSIZE")),
        (Control::Disk, disk),
        (
            Control::Data,
            supervised(
                "the agent measures the data folder every 20 ms or after ten times the processor time that takes, and after each command",
            ),
        ),
        (Control::Service, supervised("the agent kills at the deadline")),
        (
            Control::Proxy,
            supervised(
                "the proxy of this process, reached over the agent's connection; the container has no network",
            ),
        ),
        (Control::OpenFiles, kernel("RLIMIT_NOFILE")),
        (Control::Output, supervised("the agent reads the output and kills when there is too much")),
    ]
}
