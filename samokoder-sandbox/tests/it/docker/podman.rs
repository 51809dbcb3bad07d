//! Podman's socket, which speaks the API of Docker's engine.

use samokoder_core::{
    sandbox::{Command, Sandbox as _, SessionSpec},
    testing::sandbox::{Case, cases},
};
use samokoder_sandbox::docker::{DockerConfig, DockerSandbox};

use super::images::{Imported, says};
use crate::support::mark;

/// What the tests read to find it: `unix:///path/to/podman.sock`.
const VARIABLE: &str = "SAMOKODER_PODMAN_HOST";

#[expect(clippy::print_stderr, reason = "shown with --nocapture: the test is left out")]
fn host() -> Option<String> {
    let Some(host) = std::env::var_os(VARIABLE) else {
        eprintln!("left out: {VARIABLE} is not set; `cargo xtask test` sets it");
        return None;
    };
    Some(host.into_string().unwrap())
}

fn sandbox(host: &str) -> DockerSandbox {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let config = DockerConfig::default().socket(host.trim_start_matches("unix://"));
    DockerSandbox::new(config.host_image(std::env::split_paths(&path)))
}

/// The cases that depend on the engine: how commands are reached, and what it has to limit. Opening takes seconds there.
const CASES: [&str; 14] = [
    "a command's status and both its streams are reported",
    "a checkout holds exactly its files",
    "what is put in comes out, byte by byte",
    "a service is reached through a port and stops when asked",
    "nothing outside the workspace and the temporary files can be written",
    "commands are not root and can't become root",
    "no network is reached, the host's loopback included",
    "memory is limited",
    "processes are limited",
    "the disk is limited in bytes and in files",
    "nothing a command started outlives it",
    "a session is adopted by its id",
    "a closed session is closed, and opening gives a new one",
    "what a session uses is measured",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_in_podman() {
    let Some(host) = host() else { return };
    let sandbox = sandbox(&host);
    let chosen: Vec<Case> = cases().into_iter().filter(|case| CASES.contains(&case.name)).collect();
    assert_eq!(chosen.len(), CASES.len(), "a case has another name");
    let mut failures = Vec::new();
    for case in chosen {
        failures.extend(case.run(&sandbox).await.err().map(|finding| format!("{}: {finding}", case.name)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_used_by_name_in_podman() {
    let Some(host) = host() else { return };
    let image = Imported::new(&host, &["ENV PATH=/programs", "VOLUME /cache"]);
    let config = DockerConfig::default().socket(host.trim_start_matches("unix://")).image(&image.name);
    let sandbox = DockerSandbox::new(config.toolchains(Vec::<String>::new()));
    let session = sandbox.open(SessionSpec::new(mark())).await.unwrap();
    assert_eq!(says(&*session, "command -v cat; id -u").await, "/programs/cat\n10000\n");
    // What Podman puts into every container beside what was asked for is no room either.
    for place in ["/run", "/var/tmp", "/cache", "/dev"] {
        let written = session.exec(Command::new(["sh", "-c", &format!("echo x > {place}/x")])).await.unwrap();
        assert!(!written.success(), "{place}: {written:?}");
    }
    session.close().await.unwrap();
}
