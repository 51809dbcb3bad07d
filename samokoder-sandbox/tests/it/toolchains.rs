//! Toolchains outside the system's folders.

use std::{fs, os::unix::fs::PermissionsExt as _, time::Duration};

use samokoder_core::{
    project::WorkspacePath,
    sandbox::{Command, Sandbox as _, SessionSpec, Streams},
};
use samokoder_sandbox::local::{LocalConfig, LocalSandbox};
use tokio::sync::mpsc;

use crate::support;

#[tokio::test(flavor = "multi_thread")]
async fn those_that_are_named_run_inside() {
    let sandbox = support::sandbox();
    let capabilities = sandbox.capabilities().await.unwrap();
    assert!(!capabilities.toolchains.is_empty(), "these tests need node or python3");
    let session = sandbox.open(SessionSpec::new(support::mark())).await.unwrap();
    for toolchain in capabilities.toolchains {
        let outcome = session.exec(Command::new([toolchain.name.as_str(), "--version"])).await.unwrap();
        assert!(outcome.stdout.text.contains(&toolchain.version), "{toolchain:?}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_program_is_shown_without_what_lies_beside_it() {
    // Not in /tmp, where a session has its own files.
    let folder = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir_in("/var/tmp")
        .unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    fs::write(bin.join("tool-1"), "#!/bin/sh\necho tool v1.2.3\n").unwrap();
    fs::set_permissions(bin.join("tool-1"), fs::Permissions::from_mode(0o755)).unwrap();
    std::os::unix::fs::symlink("tool-1", bin.join("tool")).unwrap();

    let config = LocalConfig::default().search_path([&bin]).toolchains(["tool", "no-such-tool"]);
    let sandbox = LocalSandbox::new(config);
    let toolchains = sandbox.capabilities().await.unwrap().toolchains;
    assert_eq!(toolchains.len(), 1, "{toolchains:?}");
    assert_eq!(toolchains[0].version, "1.2.3");
    let session = sandbox.open(SessionSpec::new(support::mark())).await.unwrap();
    let script = format!("tool && find {} -type f", folder.path().display());
    let outcome = session.exec(Command::new(["sh", "-c", &script])).await.unwrap();
    assert_eq!(
        outcome.stdout.text,
        format!("tool v1.2.3\n{}\n", bin.join("tool-1").display()),
        "{outcome:?}"
    );
}

/// Hands its standard output to whoever connects, and ends.
const LENDER: &str = "import socket
server = socket.socket(socket.AF_UNIX); server.bind('lent'); server.listen()
taker, _ = server.accept()
socket.send_fds(taker, [b'x'], [1]); taker.recv(1)";

/// Takes that, and writes to it as long as someone reads.
const BORROWER: &str = "import os, socket
taker = socket.socket(socket.AF_UNIX)
while taker.connect_ex('lent'): pass
_, [output], _, _ = socket.recv_fds(taker, 1, 1)
os.write(output, b'x'); taker.send(b'x')
while True: os.write(output, b'x' * 65536)";

#[tokio::test(flavor = "multi_thread")]
async fn a_command_has_ended_although_another_one_writes_to_its_output() {
    let sandbox = support::sandbox();
    // What the other one writes before this one ends counts as its own, however much that is on a busy machine.
    let limits = support::limits(|limits| limits.output = 1 << 50);
    let session = sandbox.open(SessionSpec::new(support::mark()).limits(limits)).await.unwrap();
    let python = |script: &str| Command::new(["python3", "-c", script]);
    let mut borrower = session.spawn(python(BORROWER)).await.unwrap();
    let outcome = tokio::time::timeout(Duration::from_secs(20), session.exec(python(LENDER))).await;
    let outcome = outcome.expect("an end").unwrap();
    assert!(outcome.success() && outcome.stdout.text.starts_with('x'), "{outcome:?}");
    borrower.stop(Duration::ZERO).await.unwrap();
    session.remove_file(&WorkspacePath::parse("lent").unwrap()).await.unwrap();

    let mut borrower = session.spawn(python(BORROWER)).await.unwrap();
    let (output, mut chunks) = mpsc::channel(4);
    let streams = Streams { input: Box::new(tokio::io::empty()), output };
    let taken = async { while chunks.recv().await.is_some() {} };
    let running = async { tokio::join!(session.exec_streaming(python(LENDER), streams), taken).0 };
    let outcome = tokio::time::timeout(Duration::from_secs(20), running).await.expect("an end").unwrap();
    assert!(outcome.success() && outcome.written > 0, "{outcome:?}");
    borrower.stop(Duration::ZERO).await.unwrap();
}
