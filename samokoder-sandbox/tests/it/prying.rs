//! What is out of reach.

use std::os::{
    linux::net::SocketAddrExt as _,
    unix::net::{SocketAddr, UnixListener},
};

use samokoder_core::sandbox::{Command, ExecStatus, Limits, Sandbox as _, SessionSpec};

use crate::support::{self, Probed, held};

#[tokio::test]
async fn dangerous_system_calls_are_refused() {
    let probed = Probed::open(Limits::default()).await;
    held(&probed.probe(&["calls"]).await);
}

#[tokio::test]
async fn calls_by_another_architectures_numbers_end_the_process() {
    let probed = Probed::open(Limits::default()).await;
    let outcome = probed.probe(&["foreign-calls"]).await;
    if cfg!(target_arch = "x86_64") {
        assert_eq!(outcome.status, ExecStatus::Signalled { signal: 31 }, "{outcome:?}");
    }
}

#[tokio::test]
async fn the_supervisor_is_beyond_reach() {
    let probed = Probed::open(Limits::default()).await;
    held(&probed.probe(&["supervisor"]).await);
    held(&probed.probe(&["processes"]).await);
}

#[tokio::test]
async fn no_setting_of_the_kernel_can_be_written() {
    held(&Probed::open(Limits::default()).await.probe(&["writable-system"]).await);
}

#[tokio::test]
async fn exactly_three_descriptors_are_open() {
    // One that is inherited by every program this process starts.
    let leaked = std::fs::File::open("/etc/passwd").unwrap();
    rustix::io::fcntl_setfd(&leaked, rustix::io::FdFlags::empty()).unwrap();
    let probed = Probed::open(Limits::default()).await;
    held(&probed.probe(&["descriptors"]).await);
}

#[tokio::test]
async fn there_is_no_terminal() {
    held(&Probed::open(Limits::default()).await.probe(&["terminal"]).await);
}

#[tokio::test]
async fn private_places_of_the_host_are_not_there() {
    let probed = Probed::open(Limits::default()).await;
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
    let arguments: Vec<&str> = ["secrets"].into_iter().chain(places).chain(own.to_str()).collect();
    held(&probed.probe(&arguments).await);
}

#[tokio::test]
async fn a_socket_of_the_host_without_a_file_is_not_reached() {
    let name = support::mark();
    let _listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    held(&Probed::open(Limits::default()).await.probe(&["abstract-socket", &name]).await);
}

#[tokio::test]
async fn what_is_read_only_has_no_writable_name() {
    held(&Probed::open(Limits::default()).await.probe(&["links"]).await);
}

#[tokio::test]
async fn files_that_run_with_their_owners_rights_cant_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let probed = Probed::open_with(SessionSpec::new(support::mark()).data(folder.path())).await;
    held(&probed.probe(&["setuid", "/workspace/data"]).await);
    held(&probed.probe(&["setuid", "/workspace"]).await);
}

#[tokio::test]
async fn a_link_in_the_data_folder_leads_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink("/etc/shadow", folder.path().join("shadow")).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_MANIFEST_DIR"), folder.path().join("source")).unwrap();
    let session =
        support::bare_sandbox().open(SessionSpec::new(support::mark()).data(folder.path())).await.unwrap();
    for path in ["data/shadow", "data/source/Cargo.toml"] {
        let outcome = session.exec(Command::new(["cat", path])).await.unwrap();
        assert!(!outcome.success() && outcome.stdout.text.is_empty(), "{outcome:?}");
    }
}
