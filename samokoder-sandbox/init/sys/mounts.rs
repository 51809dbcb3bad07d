//! Mounts.

use std::{
    ffi::{c_char, c_int, c_long, c_ulong, c_void},
    io,
    os::fd::{AsRawFd as _, BorrowedFd, OwnedFd},
    ptr,
};

use super::{check, check_int, common_number, number, owned, syscall, text};

pub const NOSUID: u64 = 2;
pub const NODEV: u64 = 4;
pub const READ_ONLY: u64 = 1;
pub const NOEXEC: u64 = 8;

const MS_BIND: c_ulong = 0x1000;
const MS_REC: c_ulong = 0x4000;
const MS_PRIVATE: c_ulong = 1 << 18;
const MNT_DETACH: c_int = 2;
const AT_FDCWD: c_int = -100;
const AT_EMPTY_PATH: c_ulong = 0x1000;
const AT_RECURSIVE: c_ulong = 0x8000;
const OPEN_TREE_CLONE: c_ulong = 1;
const OPEN_TREE_CLOEXEC: c_ulong = 0o2_000_000;
const MOVE_MOUNT_F_EMPTY_PATH: c_ulong = 4;
const MOUNT_ATTR_IDMAP: u64 = 0x0010_0000;

unsafe extern "C" {
    fn mount(
        source: *const c_char,
        target: *const c_char,
        kind: *const c_char,
        flags: c_ulong,
        data: *const c_void,
    ) -> c_int;
    fn umount2(target: *const c_char, flags: c_int) -> c_int;
}

/// `struct mount_attr`.
#[repr(C)]
struct Attributes {
    set: u64,
    clear: u64,
    propagation: u64,
    userns: u64,
}

/// Mounts a new file system of this kind. `flags` are those of this module, which `mount` and `mount_setattr` share.
pub fn mount_new(kind: &str, target: &str, flags: u64, options: &str) -> io::Result<()> {
    let (kind, target, options) =
        (text(kind.as_bytes())?, text(target.as_bytes())?, text(options.as_bytes())?);
    // SAFETY: all pointers are to NUL-terminated strings that live through the call.
    check_int(unsafe {
        mount(kind.as_ptr(), target.as_ptr(), kind.as_ptr(), flags as c_ulong, options.as_ptr().cast())
    })?;
    Ok(())
}

/// Shows a folder, with what is mounted beneath it, at a second place.
pub fn bind(source: &str, target: &str) -> io::Result<()> {
    let (source, target) = (text(source.as_bytes())?, text(target.as_bytes())?);
    // SAFETY: both pointers are to NUL-terminated strings that live through the call; the others may be null for a bind mount.
    check_int(unsafe {
        mount(source.as_ptr(), target.as_ptr(), ptr::null(), MS_BIND | MS_REC, ptr::null())
    })?;
    Ok(())
}

/// Keeps what is mounted here from showing anywhere else, and the other way round.
pub fn make_all_private() -> io::Result<()> {
    // SAFETY: the target is a NUL-terminated string; a change of propagation reads nothing else.
    check_int(unsafe { mount(ptr::null(), c"/".as_ptr(), ptr::null(), MS_REC | MS_PRIVATE, ptr::null()) })?;
    Ok(())
}

/// Takes a mount away, with what is mounted beneath it; who still uses it keeps it.
pub fn unmount(target: &str) -> io::Result<()> {
    let target = text(target.as_bytes())?;
    // SAFETY: the pointer is to a NUL-terminated string that lives through the call.
    check_int(unsafe { umount2(target.as_ptr(), MNT_DETACH) })?;
    Ok(())
}

/// Makes the working directory, a mount, the root, and lets go of the old one.
pub fn pivot_to_working_directory() -> io::Result<()> {
    // SAFETY: both pointers are to static NUL-terminated strings.
    check(unsafe { syscall(number::PIVOT_ROOT as c_long, c".".as_ptr(), c".".as_ptr()) })?;
    // The old root is stacked on the new one at this point: this is how pivot_root(2) says to take it away.
    unmount(".")
}

/// Takes a detached copy of what is at `path`, with what is mounted beneath it.
pub fn clone_tree(path: &[u8]) -> io::Result<OwnedFd> {
    let path = text(path)?;
    let flags = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
    // SAFETY: the pointer is to a NUL-terminated string that lives through the call.
    owned(check(unsafe {
        syscall(common_number::OPEN_TREE as c_long, AT_FDCWD as c_long, path.as_ptr(), flags)
    })?)
}

/// Attaches a detached tree at `target`.
pub fn attach_tree(tree: BorrowedFd<'_>, target: &[u8]) -> io::Result<()> {
    let target = text(target)?;
    // SAFETY: the descriptor is open and both pointers are to NUL-terminated strings that live through the call.
    check(unsafe {
        syscall(
            common_number::MOVE_MOUNT as c_long,
            c_long::from(tree.as_raw_fd()),
            c"".as_ptr(),
            AT_FDCWD as c_long,
            target.as_ptr(),
            MOVE_MOUNT_F_EMPTY_PATH,
        )
    })?;
    Ok(())
}

/// Adds flags to a tree and everything mounted beneath it.
pub fn restrict_tree(tree: BorrowedFd<'_>, flags: u64) -> io::Result<()> {
    let attributes =
        Attributes { set: flags, clear: 0, propagation: u64::from(MS_PRIVATE as u32), userns: 0 };
    set_attributes(tree.as_raw_fd(), c"", AT_EMPTY_PATH | AT_RECURSIVE, &attributes)
}

/// Adds flags to the mount at `path` alone.
pub fn restrict_path(path: &str, flags: u64) -> io::Result<()> {
    let attributes = Attributes { set: flags, clear: 0, propagation: 0, userns: 0 };
    set_attributes(AT_FDCWD, &text(path.as_bytes())?, 0, &attributes)
}

/// Shows the owners of files in a detached tree through the map of a user namespace.
pub fn map_owners(tree: BorrowedFd<'_>, userns: BorrowedFd<'_>) -> io::Result<()> {
    let userns = u64::try_from(userns.as_raw_fd()).map_err(io::Error::other)?;
    let attributes = Attributes { set: MOUNT_ATTR_IDMAP, clear: 0, propagation: 0, userns };
    set_attributes(tree.as_raw_fd(), c"", AT_EMPTY_PATH, &attributes)
}

fn set_attributes(
    directory: c_int,
    path: &std::ffi::CStr,
    flags: c_ulong,
    attributes: &Attributes,
) -> io::Result<()> {
    // SAFETY: `path` is NUL-terminated, `attributes` has the layout and the size the kernel is told, both outlive the call.
    check(unsafe {
        syscall(
            common_number::MOUNT_SETATTR as c_long,
            c_long::from(directory),
            path.as_ptr(),
            flags,
            ptr::from_ref(attributes),
            size_of::<Attributes>(),
        )
    })?;
    Ok(())
}
