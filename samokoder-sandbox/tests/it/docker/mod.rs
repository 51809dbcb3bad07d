//! Containers: with the engine's own runtime (`in_docker`), with gVisor's kernel (`in_gvisor`), and Podman's
//! (`in_podman`).

mod abuse;
mod contract;
mod images;
mod lifecycle;
mod mutants;
mod network;
pub(crate) mod support;
#[cfg(all(feature = "docker-tls", feature = "remote-tls"))]
mod tls;
