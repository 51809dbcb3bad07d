//! What is left of sessions, and who may have them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use samokoder_core::sandbox::{Command, ExecStatus, Sandbox, SandboxErrorKind, SessionSpec};
use samokoder_sandbox::docker::{DockerConfig, DockerSandbox};

use super::support;
use crate::{
    killed::{Killed, kills, until_gone},
    support::mark,
};

/// The sessions of an owner, each as whether it is orphaned.
async fn sessions_of(sandbox: &impl Sandbox, owner: &str) -> Vec<bool> {
    let all = sandbox.list().await.unwrap();
    all.into_iter().filter(|session| session.owner == owner).map(|session| session.orphaned).collect()
}

/// Waits, for a limited time, until the sessions of an owner are these.
async fn eventually(sandbox: &impl Sandbox, owner: &str, expected: &[bool]) {
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let sessions = sessions_of(sandbox, owner).await;
        if sessions == expected {
            return;
        }
        assert!(Instant::now() < deadline, "expected {expected:?}, there is {sessions:?}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_session_is_removed_in_docker() {
    let Some(sandbox) = support::docker() else { return };
    let owner = mark();
    let session = sandbox.open(SessionSpec::new(&owner)).await.unwrap();
    assert_eq!(sessions_of(&sandbox, &owner).await, [false]);
    drop(session);
    eventually(&sandbox, &owner, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_shared_by_backends_and_outlives_the_first_in_docker() {
    let (Some(first), Some(second)) = (support::docker(), support::docker()) else { return };
    let owner = mark();
    let opened = first.open(SessionSpec::new(&owner)).await.unwrap();
    opened.exec(Command::new(["touch", "mark"])).await.unwrap();
    let adopted = second.adopt(opened.id()).await.unwrap();
    drop((opened, first));
    let outcome = adopted.exec(Command::new(["test", "-e", "mark"])).await.unwrap();
    assert!(outcome.success(), "{outcome:?}");
    adopted.close().await.unwrap();
    assert!(sessions_of(&second, &owner).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_the_kernel_has_killed_was_out_of_memory_and_one_that_the_engine_has_was_not_in_podman()
 {
    let (Some(sandbox), Some(host)) = (support::podman(), support::podman_host()) else { return };
    for by_kernel in [true, false] {
        let session = sandbox.open(SessionSpec::new(mark())).await.unwrap();
        let mut service = session.spawn(Command::new(["sleep", "60"])).await.unwrap();
        let container = format!("/containers/{}", session.id());
        if by_kernel {
            let found = support::asked(&host, &format!("GET {container}/json"));
            let (_, after) = found.split_once("\"Pid\":").unwrap();
            let pid: String = after.chars().take_while(char::is_ascii_digit).collect();
            assert!(std::process::Command::new("kill").args(["-9", &pid]).status().unwrap().success());
            assert_eq!(service.wait().await.unwrap().status, ExecStatus::OutOfMemory);
        } else {
            support::asked(&host, &format!("POST {container}/kill?signal=KILL"));
            assert_eq!(service.wait().await.unwrap_err().kind, SandboxErrorKind::Infrastructure);
        }
    }
}

#[tokio::test]
async fn a_container_of_someone_else_is_not_adopted_in_docker() {
    let Some(sandbox) = support::docker() else { return };
    let error = sandbox.adopt("no-such-container").await.unwrap_err();
    assert_eq!(error.kind, SandboxErrorKind::Closed, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_can_neither_signal_nor_talk_to_the_agent_in_docker() {
    let Some(sandbox) = support::docker() else { return };
    let session = sandbox.open(SessionSpec::new(mark())).await.unwrap();
    let script = "import os, signal, socket
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM):
    os.kill(1, number)
for pid in [p for p in os.listdir('/proc') if p.isdigit()]:
    for name in ('mem', 'environ'):
        try:
            open(f'/proc/{pid}/{name}', 'rb').close()
            if int(pid) not in (os.getpid(),): print('read', pid, name)
        except OSError: pass
s = socket.socket(socket.AF_UNIX); s.connect('\\0samokoder-agent')
s.sendall(bytes([5, 0, 0, 0, 0, 0, 0, 0, 1]) + b'guess')
print(s.recv(100))
";
    let outcome = session.exec(Command::new(["python3", "-c", script])).await.unwrap();
    assert_eq!(outcome.stdout.text, "b''\n", "{outcome:?}");
    assert!(session.exec(Command::new(["true"])).await.unwrap().success());
}

#[tokio::test]
async fn an_engine_that_is_not_there_is_named() {
    let sandbox = DockerSandbox::new(DockerConfig::default().socket("/no/such/engine.sock"));
    let error = sandbox.open(SessionSpec::new("x")).await.unwrap_err();
    assert_eq!(error.kind, SandboxErrorKind::Unsupported);
    assert!(error.message.contains("/no/such/engine.sock"), "{error}");
}

#[expect(clippy::print_stderr, reason = "shown with --nocapture: how much was tried")]
#[tokio::test(flavor = "multi_thread")]
async fn owners_that_are_killed_leave_nothing_after_the_lease_in_docker() {
    let Some(sandbox) = support::docker() else { return };
    let sandbox: Arc<dyn Sandbox> = Arc::new(sandbox);
    sandbox.capabilities().await.unwrap();
    let (count, lease) = (kills(), Duration::from_secs(2));
    let killed = tokio::task::spawn_blocking(move || Killed::kill("docker", count, lease)).await.unwrap();
    eprintln!("{} owners were killed, {} of them ready", killed.marks.len(), killed.ready);
    until_gone(&sandbox, &killed, lease + Duration::from_mins(1), support::containers).await;
}
