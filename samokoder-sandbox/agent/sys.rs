//! System calls that the standard library has no function for: the only unsafe code.

#![allow(unsafe_code, reason = "system calls; nothing outside this module is unsafe")]

use std::{
    ffi::{CStr, c_char, c_int, c_long, c_uint, c_ulong, c_void},
    fs::File,
    io,
    os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd},
    ptr,
    time::Duration,
};

pub const READABLE: i16 = 1;
pub const WRITABLE: i16 = 4;

pub const SIGKILL: i32 = 9;
pub const SIGTERM: i32 = 15;
pub const SIGCONT: i32 = 18;
pub const SIGXCPU: i32 = 24;
const SIGPIPE: c_int = 13;
const SIGCHLD: c_int = 17;

const CLOEXEC: c_int = 0o2_000_000;
const NONBLOCK: c_int = 0o4000;
const SIG_SETMASK: c_int = 2;
const PR_SET_DUMPABLE: c_int = 4;
const PR_SET_SECCOMP: c_int = 22;
const PR_CAPBSET_DROP: c_int = 24;
const PR_SET_CHILD_SUBREAPER: c_int = 36;
const PR_SET_NO_NEW_PRIVS: c_int = 38;
const CAPABILITY_VERSION_3: u32 = 0x2008_0522;
const SECCOMP_MODE_FILTER: c_ulong = 2;

/// The same on all architectures.
const CLOSE_RANGE: c_long = 436;

/// A set of signals, as large as any C library's.
type SignalSet = [u64; 16];

/// What to wait for on a descriptor, and what happened.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Poll {
    pub descriptor: RawFd,
    pub events: i16,
    pub happened: i16,
}

#[repr(C)]
#[derive(Default)]
struct Usage {
    user: [i64; 2],
    system: [i64; 2],
    max_resident: i64,
    rest: [i64; 13],
}

impl Usage {
    /// Processor time in microseconds.
    fn cpu_us(&self) -> u64 {
        let Self { user, system, .. } = self;
        ((user[0] + system[0]) * 1_000_000 + user[1] + system[1]).max(0) as u64
    }
}

#[repr(C)]
struct FilterProgram {
    length: u16,
    instructions: *const c_void,
}

/// `struct statfs` of 64-bit architectures.
#[repr(C)]
#[derive(Default)]
struct StatFs {
    head: [u64; 2],
    blocks: u64,
    free: u64,
    available: u64,
    files: u64,
    files_free: u64,
    rest: [u64; 9],
}

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    #[link_name = "poll"]
    fn poll_raw(list: *mut Poll, count: c_ulong, timeout: c_int) -> c_int;
    #[link_name = "fork"]
    fn fork_raw() -> c_int;
    fn wait4(pid: c_int, status: *mut c_int, options: c_int, usage: *mut Usage) -> c_int;
    fn getrusage(who: c_int, usage: *mut Usage) -> c_int;
    #[link_name = "kill"]
    fn kill_raw(pid: c_int, signal: c_int) -> c_int;
    fn prctl(option: c_int, ...) -> c_int;
    fn sigprocmask(how: c_int, set: *const SignalSet, old: *mut SignalSet) -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
    #[link_name = "signalfd"]
    fn signalfd_raw(descriptor: c_int, set: *const SignalSet, flags: c_int) -> c_int;
    fn pipe2(ends: *mut c_int, flags: c_int) -> c_int;
    fn dup2(old: c_int, new: c_int) -> c_int;
    fn close(descriptor: c_int) -> c_int;
    #[link_name = "setsid"]
    fn setsid_raw() -> c_int;
    #[link_name = "umask"]
    fn umask_raw(mask: c_uint) -> c_uint;
    fn setrlimit(resource: c_int, limit: *const [u64; 2]) -> c_int;
    fn execve(path: *const c_char, argv: *const *const c_char, env: *const *const c_char) -> c_int;
    fn fchdir(descriptor: c_int) -> c_int;
    fn statfs(path: *const c_char, buffer: *mut StatFs) -> c_int;
    fn fcntl(descriptor: c_int, command: c_int, ...) -> c_int;
    fn geteuid() -> c_uint;
    fn getegid() -> c_uint;
    fn unshare(flags: c_int) -> c_int;
    fn capset(header: *const u32, sets: *const u32) -> c_int;
    fn _exit(status: c_int) -> !;
}

fn check(result: c_int) -> io::Result<c_int> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

/// Waits at most so many milliseconds (-1: for ever) until something happens on one of the descriptors.
pub fn poll(list: &mut [Poll], timeout: i32) -> io::Result<()> {
    // SAFETY: the pointer and the count describe a live slice.
    match check(unsafe { poll_raw(list.as_mut_ptr(), list.len() as c_ulong, timeout) }) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted || is_short_of_memory(&error) => {
            list.iter_mut().for_each(|entry| entry.happened = 0);
            Ok(())
        }
        other => other.map(drop),
    }
}

/// Whether there was no memory for what was asked for just now: a command that has used up the container's is about to be
/// ended, and then there is some again.
pub fn is_short_of_memory(error: &io::Error) -> bool {
    const ENOMEM: i32 = 12;
    const ENOBUFS: i32 = 105;
    matches!(error.raw_os_error(), Some(ENOMEM | ENOBUFS))
}

/// Starts a copy of this single-threaded process. `None` in the copy.
pub fn fork() -> io::Result<Option<i32>> {
    // SAFETY: the process has one thread, so no lock of another thread is copied in a locked state.
    let pid = check(unsafe { fork_raw() })?;
    Ok((pid != 0).then_some(pid))
}

/// Ends this process at once: no destructor, no buffer.
pub fn exit(status: i32) -> ! {
    // SAFETY: always allowed.
    unsafe { _exit(status) }
}

/// A child that ended.
#[derive(Debug)]
pub struct Reaped {
    pub pid: i32,
    /// As `wait` gives it.
    pub status: i32,
    /// Its processor time, with that of the children it waited for, in microseconds.
    pub cpu_us: u64,
    /// The most memory that it, or one of those, held, in bytes.
    pub peak: u64,
}

/// Takes a child that ended. `Ok(None)`: there are children, none has ended. An error: there are no children.
pub fn reap(block: bool) -> io::Result<Option<Reaped>> {
    const WNOHANG: c_int = 1;
    let (mut status, mut usage) = (0, Usage::default());
    // SAFETY: both pointers are to live values with the layout of the C types.
    let pid = check(unsafe { wait4(-1, &raw mut status, if block { 0 } else { WNOHANG }, &raw mut usage) })?;
    let peak = usage.max_resident.max(0) as u64 * 1024;
    Ok((pid != 0).then(|| Reaped { pid, status, cpu_us: usage.cpu_us(), peak }))
}

/// The processor time that this process has taken so far.
pub fn cpu_time() -> Duration {
    const RUSAGE_SELF: c_int = 0;
    let mut usage = Usage::default();
    // SAFETY: the pointer is to a live value with the layout of the C type; it stays as it is when the call fails.
    unsafe { getrusage(RUSAGE_SELF, &raw mut usage) };
    Duration::from_micros(usage.cpu_us())
}

/// Signals a process, a group (negative) or everything that can be reached (-1).
pub fn kill(pid: i32, signal: i32) {
    // SAFETY: sending a signal touches no memory; that nothing is left to signal is no failure.
    unsafe { kill_raw(pid, signal) };
}

/// Keeps others of the same user from looking into this process, or lets them.
pub fn set_dumpable(dumpable: bool) -> io::Result<()> {
    // SAFETY: integers only.
    check(unsafe { prctl(PR_SET_DUMPABLE, c_ulong::from(dumpable), 0_usize, 0_usize, 0_usize) }).map(drop)
}

/// Makes this process the parent of every descendant whose parent ends.
pub fn adopt_orphans() -> io::Result<()> {
    // SAFETY: integers only.
    check(unsafe { prctl(PR_SET_CHILD_SUBREAPER, 1 as c_ulong, 0_usize, 0_usize, 0_usize) }).map(drop)
}

/// The user and the group of this process.
pub fn own_ids() -> (u32, u32) {
    // SAFETY: always allowed.
    unsafe { (geteuid(), getegid()) }
}

/// A user namespace for this process, and a process namespace for its children.
pub fn enter_namespaces() -> io::Result<()> {
    const NEW_USER_AND_PID: c_int = 0x3000_0000;
    // SAFETY: integers only.
    check(unsafe { unshare(NEW_USER_AND_PID) }).map(drop)
}

/// Gives up for good what a new user namespace brings.
pub fn forget_capabilities() -> io::Result<()> {
    // SAFETY: integers only.
    while_known(|number| unsafe { prctl(PR_CAPBSET_DROP, number, 0_usize, 0_usize, 0_usize) });
    let header = [CAPABILITY_VERSION_3, 0];
    let nothing = [0_u32; 6];
    // SAFETY: the pointers are to the header and to two sets, as this version of the call takes them.
    check(unsafe { capset(header.as_ptr(), nothing.as_ptr()) }).map(drop)
}

/// Calls with every capability's number there is.
fn while_known(mut act: impl FnMut(c_ulong) -> c_int) {
    (0..64).take_while(|number| act(*number) == 0).for_each(drop);
}

/// Gives up that a program's file gives it rights.
pub fn no_new_privileges() -> io::Result<()> {
    // SAFETY: integers only.
    check(unsafe { prctl(PR_SET_NO_NEW_PRIVS, 1 as c_ulong, 0_usize, 0_usize, 0_usize) }).map(drop)
}

/// Has the kernel refuse the calls that a filter names.
pub fn filter_calls(instructions: &[u8]) -> io::Result<()> {
    if instructions.is_empty() {
        return Ok(());
    }
    let length = u16::try_from(instructions.len() / 8).map_err(io::Error::other)?;
    let program = FilterProgram { length, instructions: instructions.as_ptr().cast() };
    // SAFETY: `program` describes `length` instructions of 8 bytes each, which outlive the call.
    check(unsafe { prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &raw const program, 0_usize, 0_usize) })
        .map(drop)
}

/// A descriptor that becomes readable when a child ends.
pub fn watch_children() -> io::Result<File> {
    let mut set: SignalSet = [0; 16];
    set[0] = 1 << (SIGCHLD - 1);
    // SAFETY: the set is at least as large as the C library's type.
    let descriptor = unsafe {
        check(sigprocmask(SIG_SETMASK, &raw const set, ptr::null_mut()))?;
        check(signalfd_raw(-1, &raw const set, CLOEXEC | NONBLOCK))?
    };
    // SAFETY: the kernel just created this descriptor for us.
    Ok(unsafe { File::from_raw_fd(descriptor) })
}

/// Undoes what this program changed about signals.
pub fn reset_signals() -> io::Result<()> {
    let set: SignalSet = [0; 16];
    // SAFETY: the set is at least as large as the C library's type; 0 is the default handler.
    unsafe {
        signal(SIGPIPE, 0);
        check(sigprocmask(SIG_SETMASK, &raw const set, ptr::null_mut())).map(drop)
    }
}

/// A pipe that closes when a program is run: (reading end, writing end).
pub fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    // SAFETY: the pointer is to two integers; both descriptors were just created for us.
    unsafe {
        check(pipe2(ends.as_mut_ptr(), CLOEXEC))?;
        Ok((OwnedFd::from_raw_fd(ends[0]), OwnedFd::from_raw_fd(ends[1])))
    }
}

/// Never blocks on this descriptor, and makes a pipe as large as an ordinary user may have it.
pub fn make_nonblocking(descriptor: &OwnedFd) -> io::Result<()> {
    const F_SETFL: c_int = 4;
    const F_SETPIPE_SZ: c_int = 1031;
    // SAFETY: integers only. A refused size leaves the default one.
    unsafe {
        fcntl(descriptor.as_raw_fd(), F_SETPIPE_SZ, 256 * 1024 as c_int);
        check(fcntl(descriptor.as_raw_fd(), F_SETFL, NONBLOCK)).map(drop)
    }
}

/// Makes `list` the descriptors 0, 1, 2, … of this process, which none of them may be already, and closes all others.
pub fn keep_only(list: &[BorrowedFd<'_>]) -> io::Result<()> {
    for (number, descriptor) in (0..).zip(list) {
        // SAFETY: integers only; whoever owned the number has no more use for it in this copy of the process.
        check(unsafe { dup2(descriptor.as_raw_fd(), number) })?;
    }
    close_from(list.len() as c_int);
    Ok(())
}

/// Closes all descriptors from this number on. For copies of the process that never return to their owners.
pub fn close_from(first: i32) {
    // SAFETY: integers only; nothing that owns one of them runs in this copy of the process.
    unsafe {
        if syscall(CLOSE_RANGE, c_long::from(first), c_long::from(u32::MAX), 0 as c_long) == -1 {
            (first..4096).for_each(|descriptor| {
                close(descriptor);
            });
        }
    }
}

/// Closes one descriptor by number, in a copy of the process whose owner never runs.
pub fn close_number(descriptor: i32) {
    // SAFETY: integers only.
    unsafe { close(descriptor) };
}

/// The file behind a number that [`keep_only`] just put there.
pub fn adopt_descriptor(descriptor: i32) -> File {
    // SAFETY: in this copy of the process nothing that owned the number before ever runs.
    unsafe { File::from_raw_fd(descriptor) }
}

/// Closes a descriptor when a program is run.
pub fn close_on_exec(descriptor: i32) -> io::Result<()> {
    const F_SETFD: c_int = 2;
    // SAFETY: integers only.
    check(unsafe { fcntl(descriptor, F_SETFD, 1 as c_int) }).map(drop)
}

/// Leaves the terminal and the process group.
pub fn setsid() {
    // SAFETY: takes nothing. It fails only for what leads a group already.
    unsafe { setsid_raw() };
}

pub fn umask() {
    // SAFETY: takes an integer.
    unsafe { umask_raw(0o022) };
}

pub fn limit(resource: u32, soft: u64, hard: u64) -> io::Result<()> {
    let limit = [soft, hard];
    // SAFETY: the pointer is to two numbers, as `struct rlimit` is on 64-bit machines.
    check(unsafe { setrlimit(resource as c_int, &raw const limit) }).map(drop)
}

/// Turns this process into a program; returns why that was not possible.
pub fn run(path: &CStr, argv: &[&CStr], env: &[&CStr]) -> io::Error {
    let list = |texts: &[&CStr]| -> Vec<*const c_char> {
        texts.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
    };
    let (argv, env) = (list(argv), list(env));
    // SAFETY: both lists end with a null pointer and all texts outlive the call.
    unsafe { execve(path.as_ptr(), argv.as_ptr(), env.as_ptr()) };
    io::Error::last_os_error()
}

/// Makes an open folder the working directory.
pub fn enter(folder: &File) -> io::Result<()> {
    // SAFETY: takes an open descriptor.
    check(unsafe { fchdir(folder.as_raw_fd()) }).map(drop)
}

/// What a file system holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct Room {
    pub bytes: u64,
    pub bytes_free: u64,
    pub files: u64,
    pub files_free: u64,
}

pub fn room(path: &CStr) -> io::Result<Room> {
    let mut found = StatFs::default();
    // SAFETY: the path is NUL-terminated, the buffer has the layout of the C type.
    check(unsafe { statfs(path.as_ptr(), &raw mut found) })?;
    let block = found.head[1];
    Ok(Room {
        bytes: found.blocks * block,
        bytes_free: found.available * block,
        files: found.files,
        files_free: found.files_free,
    })
}
