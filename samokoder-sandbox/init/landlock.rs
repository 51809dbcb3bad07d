//! The second wall around files: what a command may do to them, whatever mounts and permissions say.

use std::{
    fs::File,
    io,
    os::{fd::AsFd as _, unix::fs::OpenOptionsExt as _},
};

use crate::{
    sys::landlock::{self, right},
    wire::WORKSPACE,
};

const O_PATH: i32 = 0o10_000_000;

/// Where commands may write.
const WRITABLE: [&str; 3] = [WORKSPACE, "/tmp", "/dev/shm"];

const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"];

/// How many rights the versions of the interface know, from version 1 on.
const RIGHTS: [u32; 5] = [13, 14, 15, 15, 16];

/// The first version that has scopes.
const SCOPES: u64 = 6;

/// Restricts this process for good by what version `version` of the interface has: everything can be read, files can
/// be written beneath the writable folders alone, device files can't be made, and neither a process nor an abstract
/// socket beyond this command is reached.
pub fn restrict(version: u64) -> io::Result<()> {
    let newest = RIGHTS.len() as u64;
    let Some(count) = RIGHTS.get((version.min(newest) as usize).wrapping_sub(1)) else { return Ok(()) };
    let known = (1 << count) - 1;
    let scopes = landlock::SCOPE_ABSTRACT_SOCKETS | landlock::SCOPE_SIGNALS;
    let rules = landlock::create(known, if version >= SCOPES { scopes } else { 0 })?;
    let grant = |path: &str, rights: u64| {
        let place = File::options().read(true).custom_flags(O_PATH).open(path)?;
        landlock::grant(rules.as_fd(), rights & known, place.as_fd())
    };
    grant("/", right::EXECUTE | right::READ_FILE | right::READ_DIR)?;
    for folder in WRITABLE {
        grant(folder, !(right::MAKE_CHAR | right::MAKE_BLOCK))?;
    }
    for device in DEVICES {
        match grant(device, right::READ_FILE | right::WRITE_FILE | right::TRUNCATE | right::IOCTL_DEV) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    landlock::restrict_self(rules.as_fd())
}
