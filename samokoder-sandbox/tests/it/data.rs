//! The data folder.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
};

use bytes::Bytes;
use samokoder_core::{
    project::WorkspacePath,
    sandbox::{CheckoutFile, Command, ExecStatus, Sandbox as _, SandboxErrorKind, SessionSpec},
};

use crate::support::{Probed, bare_sandbox, held, limits, mark};

#[tokio::test]
async fn the_data_folder_is_reached_by_its_files_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = bare_sandbox();
    let session = sandbox.open(SessionSpec::new(mark()).data(folder.path())).await.unwrap();
    let path = |text: &str| WorkspacePath::parse(text).unwrap();
    session.write_file(&path("data/sub/file"), Bytes::from_static(b"x")).await.unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("sub/file")).unwrap(), "x");
    let error = session.remove_file(&path("data")).await.unwrap_err();
    assert_eq!(error.kind, SandboxErrorKind::InvalidRequest, "{error}");
    assert_eq!(session.read_file(&path("data/sub/file"), 10).await.unwrap(), "x");
    session.remove_file(&path("data/sub")).await.unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn data_is_not_hidden_by_depth_or_permissions() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let limits = limits(|limits| limits.data = 1 << 20);
    let spec = || SessionSpec::new(mark()).limits(limits.clone()).data(folder.path());
    let session = bare_sandbox().open(spec()).await.unwrap();
    let script = "cd data; mkdir a && head -c 3000000 /dev/zero > a/b; chmod 000 a; cat";
    let hidden = session.exec(Command::new(["sh", "-c", script])).await.unwrap();
    assert_eq!(hidden.status, ExecStatus::DiskFull, "{hidden:?}");
    let script = "cd data; chmod 700 a; rm -r a; n=name-of-a-folder-that-is-long-enough-to-be-soon-too-deep; i=0; \
                  while [ $i -lt 120 ]; do mkdir $n && cd $n; i=$((i+1)); done; :";
    let deep = session.exec(Command::new(["sh", "-c", script])).await.unwrap();
    assert_eq!(deep.status, ExecStatus::DiskFull, "{deep:?}");
}

#[tokio::test]
async fn what_is_written_to_the_data_folder_belongs_to_its_owner() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = bare_sandbox();
    let session = sandbox.open(SessionSpec::new(mark()).data(folder.path())).await.unwrap();
    let outcome = session
        .exec(Command::new(["sh", "-c", "echo x > data/file; stat -c %u data data/file"]))
        .await
        .unwrap();
    assert_eq!(outcome.stdout.text, "1000\n1000\n", "{outcome:?}");
    let uid = |path: &std::path::Path| fs::metadata(path).unwrap().uid();
    assert_eq!(uid(&folder.path().join("file")), uid(folder.path()));
}

#[tokio::test]
async fn a_checkout_leaves_the_data_folder_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (owner, file) = (fs::metadata(folder.path()).unwrap().uid(), folder.path().join("file"));
    fs::write(&file, "the person's").unwrap();
    let sandbox = bare_sandbox();
    let session = sandbox.open(SessionSpec::new(mark()).data(folder.path())).await.unwrap();
    let path = WorkspacePath::parse("data/file").unwrap();
    let content = "the model's".into();
    session.checkout(vec![CheckoutFile { path, content }]).await.unwrap();
    let outcome = session.exec(Command::new(["cat", "data/file"])).await.unwrap();
    assert_eq!(outcome.stdout.text, "the person's", "{outcome:?}");
    session.close().await.unwrap();
    assert_eq!(fs::read_to_string(&file).unwrap(), "the person's");
    assert_eq!(fs::metadata(folder.path()).unwrap().uid(), owner, "this file system can map owners");
}

#[tokio::test]
async fn files_that_run_with_their_owners_rights_cant_be_made_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let probed = Probed::open_with(SessionSpec::new(mark()).data(folder.path())).await;
    held(&probed.probe(&["setuid", "/workspace/data"]).await);
}

#[tokio::test]
async fn a_link_in_the_data_folder_leads_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/shadow", folder.path().join("shadow")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_MANIFEST_DIR"), folder.path().join("source")).unwrap();
    let session = bare_sandbox().open(SessionSpec::new(mark()).data(folder.path())).await.unwrap();
    for path in ["data/shadow", "data/source/Cargo.toml"] {
        let outcome = session.exec(Command::new(["cat", path])).await.unwrap();
        assert!(!outcome.success() && outcome.stdout.text.is_empty(), "{outcome:?}");
    }
}
