//! The `local` backend: Linux namespaces on this machine, in milliseconds, without a daemon and without root.
//!
//! ```no_run
//! use samokoder_core::sandbox::{Command, Sandbox as _, SessionSpec};
//! use samokoder_sandbox::local::{LocalConfig, LocalSandbox};
//!
//! # async fn example() -> Result<(), samokoder_core::sandbox::SandboxError> {
//! let sandbox = LocalSandbox::new(LocalConfig::default());
//! let session = sandbox.open(SessionSpec::new("project-1")).await?;
//! let outcome = session.exec(Command::new(["node", "--version"])).await?;
//! assert!(outcome.success());
//! # Ok(())
//! # }
//! ```
//!
//! # What a command sees
//!
//! | path | what it is |
//! |---|---|
//! | `/workspace` | the working directory: what was checked out, writable, in memory |
//! | `/workspace/data` | the session's data folder, if it has one: a folder of the host, writable |
//! | `/tmp`, `/dev/shm` | temporary files, writable, in memory; `HOME` and `TMPDIR` are `/tmp` |
//! | `/usr`, `/bin`, `/lib*`, `/sbin` | the host's, read-only |
//! | a toolchain's own folder | when the host keeps `node` or `python3` elsewhere: that folder, read-only, at the same path |
//! | `/etc` | `passwd`, `group`, `hosts`, `nsswitch.conf` of its own; the host's `ld.so.cache` and `alternatives` |
//! | `/dev` | `null`, `zero`, `full`, `random`, `urandom` |
//! | `/proc` | the command's own processes, read-only |
//!
//! Nothing else of the host: no home folders, no `/run`, no `/sys`, no terminal, no environment, no descriptors but
//! 0, 1 and 2. The network is a loopback interface of the session's own.
//!
//! # How it holds
//!
//! [`capabilities`](samokoder_core::sandbox::Sandbox::capabilities) says it for this machine; on a kernel that is
//! new enough (5.14) and allows user namespaces:
//!
//! | control | by | means |
//! |---|---|---|
//! | network | kernel | a network namespace with nothing but loopback |
//! | file system | kernel | a mount namespace with a root of its own, Landlock over it; a size limit on what is writable |
//! | way out | supervised | where the session is to have one: the [proxy](crate::proxy) on the host listens on a socket that was made inside the session, on its loopback; commands are told in `HTTP_PROXY` and `HTTPS_PROXY` |
//! | environment | kernel | a cleared environment, closed descriptors, a session without a terminal |
//! | identity | kernel | a user namespace; never the host's root; no capabilities, no new privileges |
//! | system calls | kernel | a filter that refuses calls that reach the kernel's rarely used parts |
//! | kill of the tree | kernel | a process namespace for each command |
//! | wall time, time of a service, output | supervised | a supervisor process kills at the deadline, and when there is too much output |
//! | processor time, file size, open files | kernel | `setrlimit` |
//! | processes | kernel | `setrlimit` in a user namespace of the session's own; a cgroup where there is one |
//! | memory | supervised | the supervisor looks every 20 ms at what the processes hold and what waits in sockets, and without a cgroup every 320 ms at shared memory that is seen in none; beyond that, a cgroup ends the command at the limit and the size of the disk together, or, without one, the kernel caps each process's private memory at twice the limit |
//! | data folder | supervised | the supervisor adds up what is allocated in it, again and again, and at the end of each command |
//!
//! # Cgroups
//!
//! A session has cgroups of its own where this process may make some beneath the one it is in: as root in the hierarchies
//! of version 1, in version 2 where memory and pids are delegated. They are removed with the session, by its init
//! program also when this process is killed; what is left when both are killed is removed by
//! [`reap`](samokoder_core::sandbox::Sandbox::reap) and when the next process opens its first session. Without cgroups
//! the supervisor counts.
//!
//! What is said of a command differs then: the most memory it held is what the kernel counted, files it read and wrote
//! included, and otherwise the largest sum that was seen, shared parts counted for each process; that it was refused a
//! process is what the kernel counted for the session, and otherwise taken from how close to the limit it was seen. A disk
//! is seen to be full when it is full at a look or at the end: a command that failed for want of room and cleaned up
//! behind itself is reported by its status alone.
//!
//! # Files
//!
//! Reading, writing, listing and removing files of the workspace from outside is done by a process of the session that
//! opens what is beneath the workspace alone (`openat2` with `RESOLVE_BENEATH`, no links), and hands over a descriptor
//! of a regular file.
//!
//! Known limits: memory that the kernel holds for a command (page tables, buffers of sockets of files) is counted by a
//! cgroup alone, and locks of files by nobody; what is written to the data folder can exceed its limit until the supervisor has seen it; sessions end with the
//! process that opened them, whatever their lease, and are adopted within it alone; all sessions share the host's
//! kernel, so a hole in it is a hole in the sandbox.
//!
//! # Who commands are
//!
//! Started by an ordinary user, commands are that user for the kernel, without any of their files in sight. Started
//! by root, they are [`LocalConfig::ids`], which own nothing; the data folder is then mounted so that what commands
//! write belongs to the folder's owner, or, on a file system that can't do that, handed over to them.
//!
//! # How it is built
//!
//! The library embeds a small init program and starts it with a socket as its standard input. It makes the
//! namespaces, becomes process 1 of the session, and forks each command into a process namespace of its own. When
//! the library's end of the socket closes, by intent or by `kill -9`, process 1 ends, and the kernel ends the rest.

#[cfg(local_backend)]
mod capabilities;
mod config;
#[cfg(local_backend)]
mod explain;
#[cfg(local_backend)]
pub(crate) mod files;
#[cfg(local_backend)]
pub(crate) mod filter;
#[cfg(local_backend)]
mod identity;
#[cfg(local_backend)]
mod launch;
#[cfg(local_backend)]
mod leftovers;
#[cfg(local_backend)]
mod places;
#[cfg(local_backend)]
mod reaper;
#[cfg(local_backend)]
mod running;
#[cfg(local_backend)]
mod sandbox;
#[cfg(not(local_backend))]
#[path = "unsupported.rs"]
mod sandbox;
#[cfg(local_backend)]
mod session;
#[cfg(local_backend)]
mod streams;
#[cfg(local_backend)]
pub(crate) mod toolchain;
#[cfg(local_backend)]
pub(crate) mod view;
#[cfg(local_backend)]
mod way_out;
#[cfg(local_backend)]
#[path = "../../init/wire.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    missing_docs,
    reason = "one file for both sides; each uses its half"
)]
mod wire;

pub use config::LocalConfig;
pub use sandbox::LocalSandbox;
