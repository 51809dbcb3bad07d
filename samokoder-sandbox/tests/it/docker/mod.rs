//! Containers: with the engine's own runtime (`in_docker`), and with gVisor's kernel (`in_gvisor`).

mod abuse;
mod contract;
mod lifecycle;
mod mutants;
pub(crate) mod support;
