//! Files that are looked up in a folder that nobody here controls.

use std::{
    ffi::{c_char, c_int, c_long, c_void},
    fs::File,
    io,
    mem::MaybeUninit,
    os::fd::{AsRawFd as _, BorrowedFd},
    ptr,
};

use super::{check, check_int, common_number, owned, syscall, text};

pub const O_PATH: u64 = 0o10_000_000;
pub const O_NOFOLLOW: u64 = if cfg!(target_arch = "aarch64") { 0o100_000 } else { 0o400_000 };
const O_CLOEXEC: u64 = 0o2_000_000;

const RESOLVE_NO_MAGICLINKS: u64 = 2;
const RESOLVE_NO_SYMLINKS: u64 = 4;
const RESOLVE_BENEATH: u64 = 8;

/// `struct open_how`.
#[repr(C)]
struct How {
    flags: u64,
    mode: u64,
    resolve: u64,
}

/// `struct statfs` of 64-bit systems.
#[repr(C)]
struct FileSystem {
    kind: c_long,
    block_size: c_long,
    blocks: u64,
    free_blocks: u64,
    available_blocks: u64,
    files: u64,
    free_files: u64,
    rest: [c_long; 16],
}

unsafe extern "C" {
    fn statfs(path: *const c_char, buffer: *mut c_void) -> c_int;
}

/// Opens what is at `path` beneath `top`: no link is followed, no `..` leads out, whatever is renamed meanwhile.
pub fn open_beneath(top: BorrowedFd<'_>, path: &[u8], flags: u64) -> io::Result<File> {
    /// How often something may be renamed just while it is looked up.
    const ATTEMPTS: u32 = 100;
    let path = text(path)?;
    let resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
    let how = How { flags: flags | O_CLOEXEC, mode: 0, resolve };
    let mut attempts = 0;
    loop {
        // SAFETY: `path` is NUL-terminated, `how` has the layout and the size the kernel is told, both outlive the call.
        let opened = check(unsafe {
            syscall(
                common_number::OPENAT2 as c_long,
                c_long::from(top.as_raw_fd()),
                path.as_ptr(),
                ptr::from_ref(&how),
                size_of::<How>(),
            )
        });
        match opened {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && attempts < ATTEMPTS => attempts += 1,
            other => return owned(other?).map(File::from),
        }
    }
}

/// What a file system has: (bytes, free bytes, files, free files).
pub fn room(path: &str) -> io::Result<(u64, u64, u64, u64)> {
    let path = text(path.as_bytes())?;
    let mut found = MaybeUninit::<FileSystem>::zeroed();
    // SAFETY: the path is NUL-terminated; the buffer is at least as large as the C type, and all zero is a value of it.
    let found = unsafe {
        check_int(statfs(path.as_ptr(), found.as_mut_ptr().cast()))?;
        found.assume_init()
    };
    let block = found.block_size as u64;
    Ok((found.blocks * block, found.free_blocks * block, found.files, found.free_files))
}
