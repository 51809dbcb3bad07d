//! Containers: with the engine's own runtime (`in_docker`), and with gVisor's kernel (`in_gvisor`).

mod contract;
mod images;
mod lifecycle;
mod network;
mod support;
