//! What these tests share.

use samokoder_sandbox::docker::{DockerConfig, DockerSandbox};

/// What the tests read to find an engine: `unix:///path/to/docker.sock`.
const VARIABLE: &str = "SAMOKODER_DOCKER_HOST";

/// Containers with the engine's own runtime.
pub(crate) fn sandbox() -> DockerSandbox {
    DockerSandbox::new(config().runtime("runc"))
}

/// Containers with gVisor's kernel.
pub(crate) fn gvisor() -> DockerSandbox {
    DockerSandbox::new(config().runtime("runsc"))
}

/// The engine, with an image of this machine's programs.
pub(crate) fn config() -> DockerConfig {
    let host = std::env::var_os(VARIABLE)
        .unwrap_or_else(|| panic!("{VARIABLE} names no engine; `cargo xtask test` starts one"));
    let host = host.into_string().unwrap();
    let path = std::env::var_os("PATH").unwrap_or_default();
    DockerConfig::default().socket(host.trim_start_matches("unix://")).host_image(std::env::split_paths(&path))
}
