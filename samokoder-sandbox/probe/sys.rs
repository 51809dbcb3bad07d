//! System calls, made as they are.

use std::{ffi::c_long, io};

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    #[link_name = "fork"]
    fn c_fork() -> i32;
    #[link_name = "setsid"]
    fn c_setsid() -> i32;
    #[link_name = "signal"]
    fn c_signal(number: i32, handler: usize) -> usize;
    #[link_name = "kill"]
    fn c_kill(pid: i32, signal: i32) -> i32;
    fn _exit(status: i32) -> !;
    fn waitpid(pid: i32, status: *mut i32, options: i32) -> i32;
    fn mmap(
        address: usize,
        length: usize,
        protection: i32,
        flags: i32,
        descriptor: i32,
        offset: i64,
    ) -> *mut u8;
}

pub const EPERM: i32 = 1;
pub const ESRCH: i32 = 3;
const EACCES: i32 = 13;
pub const ENOSYS: i32 = 38;
const EPROTONOSUPPORT: i32 = 93;
const ESOCKTNOSUPPORT: i32 = 94;
const EAFNOSUPPORT: i32 = 97;

/// `AT_FDCWD`.
pub const HERE: usize = -100_isize as usize;

/// The number of a call on x86-64, or on the architectures that share a table.
pub const fn number(x86_64: i64, elsewhere: i64) -> i64 {
    if cfg!(target_arch = "x86_64") { x86_64 } else { elsewhere }
}

/// Makes a call: what it returns, or the error number.
pub fn call(number: i64, arguments: [usize; 5]) -> Result<i64, i32> {
    let [a, b, c, d, e] = arguments;
    // SAFETY: none; what these calls do to this process is what is being tried.
    let result = unsafe { syscall(number as c_long, a, b, c, d, e) };
    if result == -1 { Err(io::Error::last_os_error().raw_os_error().unwrap_or(0)) } else { Ok(result as i64) }
}

/// Whether an error says that something may not be or is not there, in place of being about the arguments: those were
/// looked at only by a kernel that would have done it.
pub fn is_refusal(errno: i32) -> bool {
    [EPERM, EACCES, ENOSYS, EAFNOSUPPORT, EPROTONOSUPPORT, ESOCKTNOSUPPORT].contains(&errno)
}

/// A copy of this process, which has one thread: 0 in the copy, `None` when there can't be one.
pub fn fork() -> Option<i32> {
    // SAFETY: callers have one thread.
    let pid = unsafe { c_fork() };
    (pid >= 0).then_some(pid)
}

pub fn exit(status: i32) -> ! {
    // SAFETY: always allowed.
    unsafe { _exit(status) }
}

pub fn setsid() {
    // SAFETY: takes nothing.
    unsafe { c_setsid() };
}

/// Has this process take no notice of a signal, where that is possible.
pub fn ignore(signal: i32) {
    // SAFETY: 1 is SIG_IGN; numbers that can't be set are refused without effect.
    unsafe { c_signal(signal, 1) };
}

/// Signals a process; the error number says why not.
pub fn kill(pid: i32, signal: i32) -> Result<(), i32> {
    // SAFETY: touches no memory.
    match unsafe { c_kill(pid, signal) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error().raw_os_error().unwrap_or(0)),
    }
}

/// Waits for a child, and says with which status it ended; `None` when there is none.
pub fn wait() -> Option<i32> {
    let mut status = 0;
    // SAFETY: the status is written to a number of this function's.
    let pid = unsafe { waitpid(-1, &raw mut status, 0) };
    (pid > 0).then_some((status >> 8) & 0xff)
}

/// The same, let go of.
pub fn hold_shared_unseen(length: usize) -> Option<usize> {
    const DONTNEED: usize = 4;
    let start = shared(length)?;
    call(number(28, 233), [start, length, DONTNEED, 0, 0]).is_ok().then_some(start)
}

/// Whether what was written to such memory is still there.
pub fn is_held(start: usize) -> bool {
    // SAFETY: it was mapped, and is never unmapped.
    unsafe { (start as *const u8).read_volatile() == 1 }
}

/// Memory that belongs to no process alone, written to; whether there was any.
pub fn hold_shared(length: usize) -> bool {
    shared(length).is_some()
}

fn shared(length: usize) -> Option<usize> {
    const READ_WRITE: i32 = 3;
    const SHARED_ANONYMOUS: i32 = 0x21;
    // SAFETY: a new mapping, written within its bounds.
    unsafe {
        let start = mmap(0, length, READ_WRITE, SHARED_ANONYMOUS, -1, 0);
        if start as isize == -1 {
            return None;
        }
        (0..length).step_by(4096).for_each(|page| start.add(page).write(1));
        Some(start as usize)
    }
}
