//! System calls that the standard library has no function for: the only unsafe code.

#![allow(unsafe_code, reason = "system calls; nothing outside this module is unsafe")]

pub mod files;
pub mod landlock;
pub mod memory;
pub mod mounts;
pub mod process;
pub mod sockets;

use std::{
    ffi::{CString, c_int, c_long},
    io,
    os::fd::{FromRawFd as _, OwnedFd},
};

/// Numbers of the calls that C libraries have no wrapper for, or one that does too much.
#[cfg(target_arch = "x86_64")]
mod number {
    pub const CLONE: i64 = 56;
    pub const RECVMSG: i64 = 47;
    pub const SENDMSG: i64 = 46;
    pub const SETGROUPS: i64 = 116;
    pub const SETRESUID: i64 = 117;
    pub const SETRESGID: i64 = 119;
    pub const CAPSET: i64 = 126;
    pub const PIVOT_ROOT: i64 = 155;
    pub const PRLIMIT64: i64 = 302;
}

#[cfg(any(target_arch = "aarch64", target_arch = "riscv64"))]
mod number {
    pub const CLONE: i64 = 220;
    pub const RECVMSG: i64 = 212;
    pub const SENDMSG: i64 = 211;
    pub const SETGROUPS: i64 = 159;
    pub const SETRESUID: i64 = 147;
    pub const SETRESGID: i64 = 149;
    pub const CAPSET: i64 = 91;
    pub const PIVOT_ROOT: i64 = 41;
    pub const PRLIMIT64: i64 = 261;
}

/// Calls younger than the architectures have one number on all of them.
mod common_number {
    pub const OPEN_TREE: i64 = 428;
    pub const MOVE_MOUNT: i64 = 429;
    pub const PIDFD_OPEN: i64 = 434;
    pub const CLOSE_RANGE: i64 = 436;
    pub const OPENAT2: i64 = 437;
    pub const MOUNT_SETATTR: i64 = 442;
    pub const LANDLOCK_CREATE_RULESET: i64 = 444;
    pub const LANDLOCK_ADD_RULE: i64 = 445;
    pub const LANDLOCK_RESTRICT_SELF: i64 = 446;
}

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}

fn check(result: c_long) -> io::Result<c_long> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

fn check_int(result: c_int) -> io::Result<c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Takes a descriptor that a successful call returned.
fn owned(descriptor: c_long) -> io::Result<OwnedFd> {
    let raw = c_int::try_from(descriptor).map_err(io::Error::other)?;
    // SAFETY: the kernel just created this descriptor for us; nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(raw) })
}

fn text(bytes: &[u8]) -> io::Result<CString> {
    CString::new(bytes).map_err(io::Error::other)
}
