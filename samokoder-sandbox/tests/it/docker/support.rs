//! What these tests share.

use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
};

use samokoder_sandbox::docker::{DockerConfig, DockerSandbox};

/// What the tests read to find an engine: `unix:///path/to/docker.sock`.
const VARIABLE: &str = "SAMOKODER_DOCKER_HOST";

/// What the tests read to find Podman, which listens to the same protocol.
const PODMAN: &str = "SAMOKODER_PODMAN_HOST";

/// Containers with the engine's own runtime; nothing where there is no engine.
pub(crate) fn docker() -> Option<DockerSandbox> {
    Some(DockerSandbox::new(config()?.runtime("runc")))
}

/// Containers with gVisor's kernel; nothing where there is no engine.
pub(crate) fn gvisor() -> Option<DockerSandbox> {
    Some(DockerSandbox::new(config()?.runtime("runsc")))
}

/// Podman's containers; nothing where there is none.
pub(crate) fn podman() -> Option<DockerSandbox> {
    Some(DockerSandbox::new(config_of(&podman_host()?)))
}

/// Where the engine listens.
pub(crate) fn host() -> Option<String> {
    host_in(VARIABLE)
}

/// Where Podman listens.
pub(crate) fn podman_host() -> Option<String> {
    host_in(PODMAN)
}

#[expect(clippy::print_stderr, reason = "shown with --nocapture: the test is left out")]
fn host_in(variable: &str) -> Option<String> {
    let Some(host) = std::env::var_os(variable) else {
        eprintln!("left out: {variable} is not set; `cargo xtask test` sets it");
        return None;
    };
    Some(host.into_string().unwrap())
}

/// The engine, with an image of this machine's programs.
pub(crate) fn config() -> Option<DockerConfig> {
    Some(config_of(&host()?))
}

fn config_of(host: &str) -> DockerConfig {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let config = DockerConfig::default().socket(host.trim_start_matches("unix://"));
    config.host_image(std::env::split_paths(&path))
}

/// All that the engine knows of its containers, whatever state they are in.
pub(crate) fn containers() -> String {
    asked(&host().unwrap(), "GET /containers/json?all=true")
}

/// What an engine answers, with what is before it.
pub(crate) fn asked(host: &str, request: &str) -> String {
    let mut stream = UnixStream::connect(host.trim_start_matches("unix://")).unwrap();
    stream.write_all(format!("{request} HTTP/1.0\r\n\r\n").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains(" 200 ") || answer.contains(" 204 "), "{answer}");
    answer
}
