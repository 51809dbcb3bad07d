//! Toolchains outside the system's folders.

use std::{fs, os::unix::fs::PermissionsExt as _};

use samokoder_core::sandbox::{Command, Sandbox as _, SessionSpec};
use samokoder_sandbox::local::{LocalConfig, LocalSandbox};

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
