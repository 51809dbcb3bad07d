//! The `docker` backend: containers of a Docker engine, or of anything with its API, one for each session.
//!
//! ```no_run
//! use samokoder_core::sandbox::{Command, Sandbox as _, SessionSpec};
//! use samokoder_sandbox::docker::{DockerConfig, DockerSandbox};
//!
//! # async fn example() -> Result<(), samokoder_core::sandbox::SandboxError> {
//! let config = DockerConfig::default().socket("/run/user/1000/docker.sock").runtime("runsc");
//! let sandbox = DockerSandbox::new(config);
//! let session = sandbox.open(SessionSpec::new("project-1")).await?;
//! let outcome = session.exec(Command::new(["node", "--version"])).await?;
//! assert!(outcome.success());
//! # Ok(())
//! # }
//! ```
//!
//! Whoever may talk to an engine owns its machine. So the engine's socket is never shown to a session, and nothing that
//! a caller says reaches the settings of a container but sizes and the data folder.
//!
//! # What a command sees
//!
//! | path | what it is |
//! |---|---|
//! | `/workspace` | the working directory: what was checked out, writable, in memory; a link to `/sandbox/workspace` |
//! | `/workspace/data` | a link to the session's data folder, if it has one, which is writable |
//! | `/tmp` | temporary files, writable, in memory; `HOME` and `TMPDIR`; a link to `/sandbox/tmp`, or room of its own in gVisor and Podman |
//! | `/dev/shm` | shared memory, an eighth of the room that a session has |
//! | anything else | the image, read-only |
//!
//! # How it is built
//!
//! Process 1 of a container is a small agent, which the library brings along and puts into the image. It forks each
//! command, holds it to its limits and reads its output, so that a command costs no call of the engine's. The library
//! talks to it over one exec of the engine, as a user that commands are not.
//!
//! When nobody has been connected for longer than [the lease](samokoder_core::sandbox::SessionSpec::lease), process 1
//! ends, the kernel ends the rest, and the engine removes the container. A session whose last handle is dropped ends at
//! once. What an engine was kept from removing, [`reap`](samokoder_core::sandbox::Sandbox::reap) removes.
//!
//! # The way out
//!
//! A container has no network. Where a session may reach listed hosts, the agent listens on the container's loopback and
//! passes on what commands say over its connection, at whose other end the [proxy](crate::proxy) is, in this process.
//! Commands are told of it in `HTTP_PROXY` and `HTTPS_PROXY`. Who adopts a session holds the proxy from then on, with the
//! list that the session was opened with.
//!
//! # How it holds
//!
//! [`capabilities`](samokoder_core::sandbox::Sandbox::capabilities) says it for an engine and a runtime. With a runtime
//! that has a kernel of its own, such as gVisor's `runsc`, the agent looks at what that kernel does not count.

#[cfg(docker_backend)]
#[path = "../../agent/wire.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    missing_docs,
    reason = "one file for both sides; each uses its half"
)]
#[allow(
    clippy::cast_possible_truncation,
    clippy::result_unit_err,
    clippy::struct_excessive_bools,
    reason = "lengths are checked by who reads them; each of the kernel's abilities is one of its own"
)]
mod agent;
#[cfg(docker_backend)]
mod capabilities;
mod config;
#[cfg(docker_backend)]
mod engine;
#[cfg(docker_backend)]
mod found;
#[cfg(docker_backend)]
mod host;
#[cfg(docker_backend)]
mod image;
#[cfg(docker_backend)]
mod link;
#[cfg(docker_backend)]
mod podman;
#[cfg(docker_backend)]
mod port;
#[cfg(docker_backend)]
mod profile;
#[cfg(docker_backend)]
mod running;
#[cfg(docker_backend)]
mod sandbox;
#[cfg(not(docker_backend))]
#[path = "unsupported.rs"]
mod sandbox;
#[cfg(docker_backend)]
mod seccomp;
#[cfg(docker_backend)]
mod session;
#[cfg(docker_backend)]
mod tar;
#[cfg(docker_backend)]
mod way_out;

pub use config::{DockerConfig, Endpoint, Image};
pub use sandbox::DockerSandbox;
