//! Gives up all rights and turns into a command.

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::{AsFd as _, OwnedFd},
};

use crate::{
    cgroup,
    gauge::Groups,
    inside::program,
    landlock,
    sys::process,
    wire::{Exec, INSIDE_ID, Setup, WORKSPACE},
};

/// The first byte that is reported when the command could not be started.
pub const RIGHTS: u8 = 0;
/// See [`RIGHTS`]: everything was given up, but there is no such program.
pub const PROGRAM: u8 = 1;

/// What a command's standard streams are.
pub struct Standard {
    pub input: OwnedFd,
    pub output: OwnedFd,
    pub error: OwnedFd,
}

/// Turns this process into the command. Reports on `trouble` what kept it from that; success closes it.
pub fn run(
    setup: &Setup,
    exec: &Exec,
    landlock: u64,
    groups: Option<&Groups>,
    standard: &Standard,
    trouble: OwnedFd,
) -> ! {
    let (kind, error) = match give_up_rights(setup, landlock, groups, standard) {
        Ok(()) => (PROGRAM, program::run(&exec.argv, &exec.env, &exec.path, process::run)),
        Err(error) => (RIGHTS, error),
    };
    let errno = error.raw_os_error().unwrap_or_default().to_le_bytes();
    let _ = File::from(trouble).write_all(&[&[kind], &errno[..]].concat());
    process::exit(127)
}

/// In this order: what needs a right comes before it is given up.
fn give_up_rights(
    setup: &Setup,
    landlock: u64,
    groups: Option<&Groups>,
    standard: &Standard,
) -> io::Result<()> {
    if let Some(groups) = groups {
        cgroup::enter(groups)?;
    }
    process::install(standard.input.as_fd(), 0)?;
    process::install(standard.output.as_fd(), 1)?;
    process::install(standard.error.as_fd(), 2)?;
    process::close_from(3, true)?;
    process::setsid()?;
    std::env::set_current_dir(WORKSPACE)?;
    for (resource, soft, hard) in &setup.rlimits {
        process::limit(*resource, *soft, *hard)?;
    }
    if setup.ids.is_some() {
        process::become_user(INSIDE_ID, true)?;
    }
    process::keep_capabilities(0)?;
    process::no_new_privileges()?;
    landlock::restrict(landlock)?;
    process::let_signals_through()?;
    process::filter_calls(&setup.filter)
}
