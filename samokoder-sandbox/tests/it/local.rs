//! What only this backend has: cgroups, Landlock, what is left when even its init program is killed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use samokoder_core::{
    project::WorkspacePath,
    sandbox::{Command, Control, Enforcement, ExecStatus, Sandbox as _, SandboxErrorKind, SessionSpec},
};
use samokoder_sandbox::local::{LocalConfig, LocalSandbox};

use crate::support::{Probed, bare_sandbox, eventually, held, limits, mark};

fn config() -> LocalConfig {
    LocalConfig::default().toolchains(Vec::<String>::new())
}

async fn enforcement(sandbox: &LocalSandbox, control: Control) -> Enforcement {
    let controls = sandbox.capabilities().await.unwrap().controls;
    controls.into_iter().find(|(named, _)| *named == control).unwrap().1
}

/// Whether sessions have cgroups here; it is the backend that says so.
async fn has_cgroups(sandbox: &LocalSandbox) -> bool {
    !enforcement(sandbox, Control::Memory).await.to_string().contains("no cgroups")
}

/// The cgroups with this in their name, in the hierarchies of this machine.
fn cgroups_with(name: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
                if entry.file_name().to_string_lossy().contains(name) {
                    found.push(entry.path());
                }
            }
        }
    }
    found
}

#[tokio::test]
async fn a_session_has_cgroups_and_takes_them_along() {
    let sandbox = bare_sandbox();
    let session = sandbox.open(SessionSpec::new(mark())).await.unwrap();
    let name = session.id().strip_prefix("local-").unwrap().to_owned();
    let groups = cgroups_with(&name);
    if !has_cgroups(&sandbox).await {
        assert_eq!(groups, Vec::<PathBuf>::new());
        return;
    }
    assert!(!groups.is_empty(), "{name}");
    let mut service = session.spawn(Command::new(["sh", "-c", "sleep 600; :"])).await.unwrap();
    let of_commands = || groups.iter().any(|group| group.join("command-1").is_dir());
    eventually("the command has a group", of_commands);
    service.stop(std::time::Duration::ZERO).await.unwrap();
    eventually("the command's group is gone", || !of_commands());
    session.close().await.unwrap();
    assert_eq!(cgroups_with(&name), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn commands_see_themselves_at_the_top_of_their_cgroups() {
    let session = bare_sandbox().open(SessionSpec::new(mark())).await.unwrap();
    let outcome = session.exec(Command::new(["cat", "/proc/self/cgroup"])).await.unwrap();
    let top = |line: &str| {
        let path = line.rsplit_once(':').unwrap().1;
        ["/", "/commands", "/command-1", "/commands/command-1"].contains(&path)
    };
    assert!(outcome.success() && outcome.stdout.text.lines().all(top), "{outcome:?}");
}

#[tokio::test]
async fn without_cgroups_the_supervisor_counts_and_says_so() {
    let sandbox = LocalSandbox::new(config().without_cgroups());
    assert!(!has_cgroups(&sandbox).await);
    let limits = limits(|limits| limits.processes = 64);
    let session = sandbox.open(SessionSpec::new(mark()).limits(limits)).await.unwrap();
    let script = "i=0; while [ $i -lt 200 ]; do sleep 60 & i=$((i+1)); done; wait";
    let outcome = session.exec(Command::new(["sh", "-c", script])).await.unwrap();
    assert_eq!(outcome.status, ExecStatus::TooManyProcesses, "{outcome:?}");
}

#[tokio::test]
async fn what_the_kernel_killed_for_memory_is_out_of_memory_even_if_its_parent_goes_on() {
    let limits = limits(|limits| (limits.memory, limits.disk) = (64 << 20, 8 << 20));
    let probed = Probed::open(limits).await;
    let command = Command::new(["sh", "-c", "./probe memory 268435456; sleep 5; exit 0"]);
    let outcome = probed.session.exec(command).await.unwrap();
    assert_eq!(outcome.status, ExecStatus::OutOfMemory, "{outcome:?}");
}

#[tokio::test]
async fn what_waits_in_sockets_counts_as_memory() {
    let limits = limits(|limits| (limits.memory, limits.processes) = (128 << 20, 64));
    let probed = Probed::open(limits).await;
    let command = Command::new(["./probe", "memory-of-sockets", "134217728"]);
    let outcome = probed.session.exec(command).await.unwrap();
    assert_eq!(outcome.status, ExecStatus::OutOfMemory, "{outcome:?}");
}

#[tokio::test]
async fn what_an_owner_left_that_was_killed_with_its_init_program_is_reaped() {
    let sandbox = bare_sandbox();
    let session = sandbox.open(SessionSpec::new(mark())).await.unwrap();
    let name = session.id().strip_prefix("local-").unwrap().to_owned();
    let Some(parent) = cgroups_with(&name).first().and_then(|group| group.parent().map(Path::to_owned))
    else {
        assert!(!has_cgroups(&sandbox).await);
        return;
    };
    // As another process with this one's number would have named it.
    let mut parts: Vec<&str> = name.split('-').collect();
    parts[2] = "1";
    let left = parent.join(format!("samokoder-{}", parts.join("-")));
    fs::create_dir_all(left.join("command-7")).unwrap();
    let report = sandbox.reap().await.unwrap();
    assert!(report.removed.iter().any(|what| what.contains(left.to_str().unwrap())), "{report:?}");
    assert!(!left.exists() && report.failed.is_empty(), "{report:?}");
    assert!(session.exec(Command::new(["true"])).await.unwrap().success());
}

#[tokio::test]
async fn a_kernel_without_the_landlock_that_is_asked_for_is_refused() {
    let sandbox = LocalSandbox::new(config().landlock(1000));
    let error = sandbox.open(SessionSpec::new("x")).await.unwrap_err();
    assert_eq!(error.kind, SandboxErrorKind::Unsupported, "{error}");
    assert!(error.message.contains("Landlock") && error.message.contains("lsm="), "{error}");
}

#[tokio::test]
async fn permissions_that_a_command_took_away_keep_nobody_out() {
    let session = bare_sandbox().open(SessionSpec::new(mark())).await.unwrap();
    let script = "mkdir -p a/b; echo x > a/b/c; chmod 000 a/b/c a/b a";
    assert!(session.exec(Command::new(["sh", "-c", script])).await.unwrap().success());
    let path = |text: &str| WorkspacePath::parse(text).unwrap();
    assert_eq!(session.read_file(&path("a/b/c"), 10).await.unwrap(), "x\n");
    session.write_file(&path("a/b/d"), Bytes::from_static(b"y")).await.unwrap();
    assert_eq!(session.list_files(Some(&path("a/b")), 10).await.unwrap().len(), 2);
    session.remove_file(&path("a")).await.unwrap();
    assert_eq!(session.list_files(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn sessions_do_not_share_the_limit_on_processes() {
    let first = Probed::open(limits(|limits| limits.processes = 64)).await;
    let second = Probed::open(limits(|limits| limits.processes = 64)).await;
    let (first, second) =
        tokio::join!(first.count(&["thread-bomb", "512"]), second.count(&["thread-bomb", "512"]));
    assert!(first >= 48 && second >= 48, "{first} and {second} threads");
}

#[tokio::test]
async fn output_below_the_limit_arrives_in_full_count() {
    let probed = Probed::open(limits(|limits| limits.output = 256 << 20)).await;
    let outcome = probed.probe(&["much", "100000000"]).await;
    held(&outcome);
    assert_eq!(outcome.stdout.omitted + (64 << 10), 100_000_000);
}

#[tokio::test]
async fn private_places_of_the_host_are_not_there() {
    let session = bare_sandbox().open(SessionSpec::new(mark())).await.unwrap();
    let own = std::env::current_exe().unwrap();
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let places = [
        "/etc/shadow",
        "/etc/machine-id",
        "/etc/hostname",
        "/root",
        "/home",
        "/run",
        "/var",
        "/sys",
        "/mnt",
        "/boot",
        "/etc/ssh",
        "/etc/resolv.conf",
        manifest,
    ];
    let listing = ["ls", "-d"].into_iter().chain(places).chain(own.to_str());
    let outcome = session.exec(Command::new(listing)).await.unwrap();
    assert_eq!(outcome.stdout.text, "", "{outcome:?}");
}
