//! Who starts a session, and what happens where that can't work.

use std::{
    fs,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    process::Command as HostCommand,
};

use samokoder_core::sandbox::{Sandbox as _, SandboxErrorKind, SessionSpec};

use crate::support;

/// The variable that says this process is where no session can be opened.
const REFUSED: &str = "SAMOKODER_TEST_REFUSED";

/// An ordinary user that every Linux has.
const NOBODY: u32 = 65534;

fn is_root() -> bool {
    fs::read_to_string("/proc/self/status").unwrap().lines().any(|line| line.starts_with("Uid:\t0\t"))
}

#[test]
fn as_an_ordinary_user_too() {
    if !is_root() {
        return;
    }
    // Where the user can reach them, which is not so of every target folder.
    let folder = tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o755)).tempdir().unwrap();
    let tests = folder.path().join("it");
    fs::copy(std::env::current_exe().unwrap(), &tests).unwrap();
    let output = HostCommand::new(&tests)
        // Neither an engine nor a compiler is at the hand of every user.
        .args([
            "--skip",
            "launch::as_an_ordinary_user_too",
            "--skip",
            "in_docker",
            "--skip",
            "in_gvisor",
            "--skip",
            "in_podman",
        ])
        .args(["--skip", "mutants::"])
        .current_dir("/")
        .env("TMPDIR", "/tmp")
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && !said.contains("running 0 tests"), "{said}");
}

#[tokio::test]
async fn where_no_session_can_be_opened_it_says_why() {
    if std::env::var_os(REFUSED).is_some() {
        let sandbox = support::bare_sandbox();
        let error = sandbox.open(SessionSpec::new("refused")).await.unwrap_err();
        assert_eq!(error.kind, SandboxErrorKind::Unsupported, "{error}");
        let helps =
            error.message.contains("user.max_user_namespaces") || error.message.contains("ordinary user");
        assert!(helps, "{error}");
        assert_eq!(sandbox.capabilities().await.unwrap_err().kind, SandboxErrorKind::Unsupported);
        return;
    }
    // In a user namespace of its own, this process may forbid itself any further one.
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"";
    let output = HostCommand::new("unshare")
        .args(["--user", "--map-root-user", "sh", "-c", script, "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "launch::where_no_session_can_be_opened_it_says_why"])
        .env(REFUSED, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[tokio::test]
async fn a_data_folder_that_is_a_file_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let spec = SessionSpec::new("x").data(file.path());
    let error = support::bare_sandbox().open(spec).await.unwrap_err();
    assert_eq!(error.kind, SandboxErrorKind::InvalidRequest, "{error}");
}
