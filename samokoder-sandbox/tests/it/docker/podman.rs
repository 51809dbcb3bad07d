//! Podman's socket, which speaks the API of Docker's engine.

use samokoder_core::sandbox::{Command, Sandbox as _, SessionSpec};
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

#[tokio::test(flavor = "multi_thread")]
async fn the_contract_is_kept_in_podman() {
    let Some(host) = host() else { return };
    samokoder_core::testing::sandbox::conformance(&sandbox(&host)).await;
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
