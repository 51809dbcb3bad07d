//! Landlock: the kernel refuses this process, for good, what no rule grants it.

use std::{
    ffi::{c_int, c_long, c_ulong},
    io,
    os::fd::{AsRawFd as _, BorrowedFd, OwnedFd},
    ptr,
};

use super::{check, common_number, owned, syscall};

/// Rights to files, by the bits of the kernel's interface.
pub mod right {
    pub const EXECUTE: u64 = 1;
    pub const WRITE_FILE: u64 = 1 << 1;
    pub const READ_FILE: u64 = 1 << 2;
    pub const READ_DIR: u64 = 1 << 3;
    pub const MAKE_CHAR: u64 = 1 << 6;
    pub const MAKE_BLOCK: u64 = 1 << 11;
    pub const TRUNCATE: u64 = 1 << 14;
    pub const IOCTL_DEV: u64 = 1 << 15;
}

/// Not to reach abstract sockets of processes with other rules.
pub const SCOPE_ABSTRACT_SOCKETS: u64 = 1;
/// Not to signal processes with other rules.
pub const SCOPE_SIGNALS: u64 = 2;

const CREATE_RULESET_VERSION: c_ulong = 1;
const RULE_PATH_BENEATH: c_int = 1;

/// `struct landlock_ruleset_attr`. A kernel that knows less of it accepts the rest when it is zero.
#[repr(C)]
struct Attributes {
    files: u64,
    network: u64,
    scopes: u64,
}

/// `struct landlock_path_beneath_attr`.
#[repr(C, packed)]
struct PathBeneath {
    allowed: u64,
    parent: c_int,
}

/// The version of the kernel's interface.
pub fn version() -> io::Result<u64> {
    // SAFETY: with this flag the kernel reads no attributes.
    let version = check(unsafe {
        syscall(
            common_number::LANDLOCK_CREATE_RULESET as c_long,
            ptr::null::<Attributes>(),
            0_usize,
            CREATE_RULESET_VERSION,
        )
    })?;
    u64::try_from(version).map_err(io::Error::other)
}

/// Rules that grant nothing yet of these rights and refuse these scopes.
pub fn create(files: u64, scopes: u64) -> io::Result<OwnedFd> {
    let attributes = Attributes { files, network: 0, scopes };
    // SAFETY: the pointer is to a live value of the size that is given.
    owned(check(unsafe {
        syscall(
            common_number::LANDLOCK_CREATE_RULESET as c_long,
            ptr::from_ref(&attributes),
            size_of::<Attributes>(),
            0 as c_ulong,
        )
    })?)
}

/// Grants rights to a file, or to a folder and everything beneath it.
pub fn grant(rules: BorrowedFd<'_>, allowed: u64, to: BorrowedFd<'_>) -> io::Result<()> {
    let beneath = PathBeneath { allowed, parent: to.as_raw_fd() };
    // SAFETY: the pointer is to a live value with the layout of this kind of rule.
    check(unsafe {
        syscall(
            common_number::LANDLOCK_ADD_RULE as c_long,
            c_long::from(rules.as_raw_fd()),
            RULE_PATH_BENEATH as c_long,
            ptr::from_ref(&beneath),
            0 as c_ulong,
        )
    })?;
    Ok(())
}

/// Puts the rules in force for this process and what it starts.
pub fn restrict_self(rules: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: integers only.
    check(unsafe {
        syscall(
            common_number::LANDLOCK_RESTRICT_SELF as c_long,
            c_long::from(rules.as_raw_fd()),
            0 as c_ulong,
        )
    })?;
    Ok(())
}
