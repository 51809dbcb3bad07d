//! The init program of a local sandbox session.
//!
//! The library embeds it and starts it with a socket as its standard input. One thread, four roles, each a fork
//! of the one before:
//!
//! 1. [`outer`] stays in the host's namespaces, maps users, and ends when the host process or the session does.
//! 2. [`session`] is process 1 of the session: it builds the root and stays warm to answer requests.
//! 3. [`command`] is process 1 of one command's own process namespace: it supervises, and its end kills the rest.
//! 4. [`start`] gives up all rights and turns into the command. [`files`] is a fork of the session too: it does what
//!    the host asks for in the workspace.

mod cgroup;
mod command;
mod data;
mod files;
mod gauge;
#[path = "../inside/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the library and another program use the rest")]
mod inside;
mod landlock;
mod outer;
mod output;
mod root;
mod session;
mod start;
mod sys;
mod usage;
mod wire;
mod workspace;

use std::{fs::File, io::Write as _, os::fd::OwnedFd};

use inside::At;

fn main() {
    outer::run();
}

/// Paths come as bytes; what mounts and files need is text. Ours is, the host's is by then a descriptor.
fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Answers on a channel; nobody may be there any more.
fn reply(channel: OwnedFd, answer: Result<wire::Answer, wire::Failure>) {
    let answer = answer.unwrap_or_else(wire::Answer::Failed);
    let _ = File::from(channel).write_all(&answer.encode());
}
