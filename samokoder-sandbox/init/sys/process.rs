//! Processes: creating, waiting, signals, and giving up rights.

use std::{
    ffi::{CStr, c_char, c_int, c_long, c_uint, c_ulong, c_void},
    fs::File,
    io,
    os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
    ptr,
};

use super::{check, check_int, common_number, number, owned, syscall};

pub const NEW_NS: u64 = 0x0002_0000;
pub const NEW_CGROUP: u64 = 0x0200_0000;
pub const NEW_UTS: u64 = 0x0400_0000;
pub const NEW_IPC: u64 = 0x0800_0000;
pub const NEW_USER: u64 = 0x1000_0000;
pub const NEW_PID: u64 = 0x2000_0000;
pub const NEW_NET: u64 = 0x4000_0000;

pub const SIGKILL: i32 = 9;
pub const SIGTERM: i32 = 15;
pub const SIGXCPU: i32 = 24;
const SIGPIPE: i32 = 13;
const SIGCHLD: u64 = 17;

/// The capability to write, read and search whatever its permissions say.
pub const CAP_DAC_OVERRIDE: u64 = 1 << 1;
/// The capability to read and search whatever its permissions say.
pub const CAP_DAC_READ_SEARCH: u64 = 1 << 2;
/// The capability to change files of other users.
pub const CAP_FOWNER: u64 = 1 << 3;
/// The capability to signal processes of other users.
pub const CAP_KILL: u64 = 1 << 5;

const SIG_SETMASK: c_int = 2;
const PR_SET_PDEATHSIG: c_int = 1;
const PR_SET_DUMPABLE: c_int = 4;
const PR_SET_KEEPCAPS: c_int = 8;
const PR_SET_SECCOMP: c_int = 22;
const PR_CAPBSET_DROP: c_int = 24;
const PR_SET_NO_NEW_PRIVS: c_int = 38;
const PR_CAP_AMBIENT: c_int = 47;
const PR_CAP_AMBIENT_CLEAR_ALL: c_ulong = 4;
const SECCOMP_MODE_FILTER: c_ulong = 2;
const CAPABILITY_VERSION_3: u32 = 0x2008_0522;

/// A set of signals, as large as any C library's.
type SignalSet = [u64; 16];

#[repr(C)]
#[derive(Default)]
struct Usage {
    user: [i64; 2],
    system: [i64; 2],
    /// In kilobytes.
    max_resident: i64,
    rest: [i64; 13],
}

#[repr(C)]
struct FilterProgram {
    length: u16,
    instructions: *const c_void,
}

unsafe extern "C" {
    fn prctl(option: c_int, ...) -> c_int;
    fn wait4(pid: c_int, status: *mut c_int, options: c_int, usage: *mut Usage) -> c_int;
    #[link_name = "kill"]
    fn send_signal(pid: c_int, signal: c_int) -> c_int;
    #[link_name = "setsid"]
    fn start_session() -> c_int;
    #[link_name = "umask"]
    fn set_umask(mask: c_uint) -> c_uint;
    fn sethostname(name: *const c_char, length: usize) -> c_int;
    fn sigprocmask(how: c_int, set: *const SignalSet, old: *mut SignalSet) -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
    #[link_name = "signalfd"]
    fn open_signalfd(descriptor: c_int, set: *const SignalSet, flags: c_int) -> c_int;
    fn geteuid() -> c_uint;
    fn getegid() -> c_uint;
    fn dup2(old: c_int, new: c_int) -> c_int;
    fn fcntl(descriptor: c_int, command: c_int, ...) -> c_int;
    fn unshare(namespaces: c_int) -> c_int;
    fn execve(path: *const c_char, argv: *const *const c_char, env: *const *const c_char) -> c_int;
    fn _exit(status: c_int) -> !;
}

/// Starts a copy of this single-threaded process in new namespaces. `None` in the copy.
pub fn fork_into(namespaces: u64) -> io::Result<Option<i32>> {
    // SAFETY: without CLONE_VM the copy has its own memory and goes on with a copy of this stack; the process has
    // one thread, so no lock of another thread is copied in a locked state.
    let pid = check(unsafe {
        syscall(
            number::CLONE as c_long,
            (namespaces | SIGCHLD) as c_ulong,
            0_usize,
            0_usize,
            0_usize,
            0_usize,
        )
    })?;
    Ok((pid != 0).then_some(pid as i32))
}

/// Moves this process to new namespaces.
pub fn leave(namespaces: u64) -> io::Result<()> {
    // SAFETY: takes an integer; the process has one thread.
    check_int(unsafe { unshare(namespaces as c_int) }).map(drop)
}

/// Ends this process at once: no destructor, no buffer.
pub fn exit(status: i32) -> ! {
    // SAFETY: always allowed.
    unsafe { _exit(status) }
}

/// A child that ended.
pub struct Reaped {
    pub pid: i32,
    status: i32,
    /// Its processor time, with that of the children it waited for, in microseconds.
    pub cpu_us: u64,
    /// The most memory that it, or one of those, held, in bytes.
    pub peak: u64,
}

impl Reaped {
    /// The exit code or the signal.
    pub fn outcome(&self) -> Result<i32, i32> {
        let signal = self.status & 0x7f;
        if signal == 0 { Ok((self.status >> 8) & 0xff) } else { Err(signal) }
    }
}

/// Takes a child that ended. `Ok(None)`: there are children, none has ended. An error: there are no children.
pub fn reap(block: bool) -> io::Result<Option<Reaped>> {
    const WNOHANG: c_int = 1;
    let (mut status, mut usage) = (0, Usage::default());
    // SAFETY: both pointers are to live values with the layout of the C types.
    let pid =
        check_int(unsafe { wait4(-1, &raw mut status, if block { 0 } else { WNOHANG }, &raw mut usage) })?;
    let cpu = (usage.user[0] + usage.system[0]) * 1_000_000 + usage.user[1] + usage.system[1];
    let peak = usage.max_resident.max(0) as u64 * 1024;
    Ok((pid != 0).then(|| Reaped { pid, status, cpu_us: cpu.max(0) as u64, peak }))
}

/// Signals a process, a group (negative) or everything that can be reached (-1).
pub fn kill(pid: i32, signal: i32) {
    // SAFETY: sending a signal touches no memory; that nothing is left to signal is no failure.
    unsafe { send_signal(pid, signal) };
}

/// A descriptor that becomes readable when the process ends.
pub fn watch_process(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: takes two integers.
    owned(check(unsafe { syscall(common_number::PIDFD_OPEN as c_long, pid as c_long, 0 as c_long) })?)
}

/// Holds back `SIGCHLD` and returns a descriptor that is readable while one is waiting.
pub fn watch_children() -> io::Result<File> {
    const NONBLOCK_CLOEXEC: c_int = 0o2_004_000;
    let mut set: SignalSet = [0; 16];
    set[0] = 1 << (SIGCHLD - 1);
    // SAFETY: `set` is at least as large as the C library's type and outlives both calls.
    let descriptor = unsafe {
        check_int(sigprocmask(SIG_SETMASK, &raw const set, ptr::null_mut()))?;
        check_int(open_signalfd(-1, &raw const set, NONBLOCK_CLOEXEC))?
    };
    owned(descriptor.into()).map(File::from)
}

/// Gives every signal its default meaning but `SIGPIPE`: what is written to someone who is gone is an error here.
pub fn reset_signals() {
    for number in (1..=64).filter(|number| *number != SIGPIPE) {
        // SAFETY: 0 is SIG_DFL; numbers that can't be set are refused without effect.
        unsafe { signal(number, 0) };
    }
}

/// Gives `SIGPIPE` its default meaning too and lets every signal through.
pub fn let_signals_through() -> io::Result<()> {
    let none: SignalSet = [0; 16];
    // SAFETY: 0 is SIG_DFL.
    unsafe { signal(SIGPIPE, 0) };
    // SAFETY: `none` is at least as large as the C library's type and outlives the call.
    check_int(unsafe { sigprocmask(SIG_SETMASK, &raw const none, ptr::null_mut()) })?;
    Ok(())
}

/// Leaves the terminal and the group of the process that started this one.
pub fn setsid() -> io::Result<()> {
    // SAFETY: takes nothing.
    check_int(unsafe { start_session() }).map(drop)
}

/// New files are writable by their owner only.
pub fn umask() {
    // SAFETY: takes an integer and can't fail.
    unsafe { set_umask(0o022) };
}

pub fn set_hostname(name: &str) -> io::Result<()> {
    // SAFETY: the pointer and the length are of one live string.
    check_int(unsafe { sethostname(name.as_ptr().cast(), name.len()) }).map(drop)
}

/// The user and the group this process acts as.
pub fn own_ids() -> (u32, u32) {
    // SAFETY: take nothing, can't fail.
    unsafe { (geteuid(), getegid()) }
}

/// Becomes this user and group, without further groups, for good.
pub fn become_user(id: u32, drop_groups: bool) -> io::Result<()> {
    let id = c_long::from(id);
    // SAFETY: integers, and an empty list of groups. Raw calls: this process has one thread to change.
    unsafe {
        if drop_groups {
            check(syscall(number::SETGROUPS as c_long, 0 as c_long, ptr::null::<u32>()))?;
        }
        check(syscall(number::SETRESGID as c_long, id, id, id))?;
        check(syscall(number::SETRESUID as c_long, id, id, id))?;
    }
    Ok(())
}

/// Becomes this user and group for good, and keeps these of its capabilities.
pub fn become_user_with(id: u32, kept: u64) -> io::Result<()> {
    // SAFETY: integers only.
    check_int(unsafe { prctl(PR_SET_KEEPCAPS, 1 as c_ulong, 0 as c_ulong, 0 as c_ulong, 0 as c_ulong) })?;
    become_user(id, false)?;
    keep_capabilities(kept)
}

/// Gives up all capabilities that are not in `kept`.
pub fn keep_capabilities(kept: u64) -> io::Result<()> {
    let header = [CAPABILITY_VERSION_3, 0];
    let (low, high) = (kept as u32, (kept >> 32) as u32);
    let data = [low, low, 0, high, high, 0];
    // SAFETY: header and data have the layout of version 3 and outlive the call.
    check(unsafe { syscall(number::CAPSET as c_long, header.as_ptr(), data.as_ptr()) })?;
    Ok(())
}

/// Makes sure that no program this process or a copy of it turns into can regain a capability. Its own stay.
pub fn forget_capabilities() -> io::Result<()> {
    for capability in 0..64 as c_ulong {
        // SAFETY: integers only.
        if let Err(error) = check_int(unsafe { prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) }) {
            // The kernel knows no capability of this number, nor of any above.
            if error.kind() == io::ErrorKind::InvalidInput && capability > 30 {
                break;
            }
            return Err(error);
        }
    }
    // SAFETY: integers only.
    check_int(unsafe {
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0 as c_ulong, 0 as c_ulong, 0 as c_ulong)
    })
    .map(drop)
}

/// Neither this process nor what it turns into can gain rights by running a program.
pub fn no_new_privileges() -> io::Result<()> {
    let (yes, no): (c_ulong, c_ulong) = (1, 0);
    // SAFETY: integers only.
    check_int(unsafe { prctl(PR_SET_NO_NEW_PRIVS, yes, no, no, no) }).map(drop)
}

/// Hides this process's memory and descriptors from others of the same user.
pub fn make_opaque() -> io::Result<()> {
    // SAFETY: integers only.
    check_int(unsafe { prctl(PR_SET_DUMPABLE, 0 as c_ulong) }).map(drop)
}

/// Has the kernel kill this process when its parent ends.
pub fn die_with_parent() -> io::Result<()> {
    // SAFETY: integers only.
    check_int(unsafe { prctl(PR_SET_PDEATHSIG, SIGKILL as c_ulong) }).map(drop)
}

/// Puts a system-call filter, an array of `struct sock_filter`, in force for good.
pub fn filter_calls(instructions: &[u8]) -> io::Result<()> {
    let length = u16::try_from(instructions.len() / 8).map_err(io::Error::other)?;
    let program = FilterProgram { length, instructions: instructions.as_ptr().cast() };
    // SAFETY: the program points to `length` instructions of 8 bytes each, which the kernel copies during the call.
    check_int(unsafe { prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &raw const program) }).map(drop)
}

/// Sets a limit, no higher than what this process is itself allowed.
pub fn limit(resource: u32, soft: u64, hard: u64) -> io::Result<()> {
    let mut present = [0_u64; 2];
    // SAFETY: pointers are to two 64-bit numbers each, the layout of `struct rlimit64`, or null where allowed.
    unsafe {
        let (own, resource) = (0 as c_long, resource as c_long);
        check(syscall(number::PRLIMIT64 as c_long, own, resource, ptr::null::<u64>(), present.as_mut_ptr()))?;
        let wanted = [soft.min(present[1]), hard.min(present[1])];
        check(syscall(number::PRLIMIT64 as c_long, own, resource, wanted.as_ptr(), ptr::null_mut::<u64>()))?;
    }
    Ok(())
}

/// Lets go of every descriptor but the standard streams, which lead nowhere from here on, and these, which are
/// returned in their order.
pub fn keep_only(descriptors: &[BorrowedFd<'_>]) -> io::Result<Vec<OwnedFd>> {
    const F_DUPFD_CLOEXEC: c_int = 1030;
    /// Above every number that is given away below.
    const ASIDE: c_int = 64;
    let nothing = File::options().read(true).write(true).open("/dev/null")?;
    let mut aside = Vec::new();
    for descriptor in descriptors {
        // SAFETY: integers only.
        aside.push(check_int(unsafe { fcntl(descriptor.as_raw_fd(), F_DUPFD_CLOEXEC, ASIDE) })?);
    }
    for stream in 0..3 {
        install(nothing.as_fd(), stream)?;
    }
    std::mem::forget(nothing);
    let mut kept = Vec::new();
    for (number, descriptor) in (3..).zip(aside) {
        // SAFETY: callers come here right after a fork and own no descriptor in the copy but these.
        check_int(unsafe { dup2(descriptor, number) })?;
        kept.push(owned(number.into())?);
    }
    close_from(3 + kept.len() as u32, false)?;
    Ok(kept)
}

/// Closes every descriptor from `first` on, or marks it to be closed when a program is run.
pub fn close_from(first: u32, on_exec: bool) -> io::Result<()> {
    const CLOSE_RANGE_CLOEXEC: c_ulong = 4;
    let flags = if on_exec { CLOSE_RANGE_CLOEXEC } else { 0 };
    // SAFETY: callers pass the first number above every descriptor that something in this process owns and still uses.
    check(unsafe {
        syscall(common_number::CLOSE_RANGE as c_long, c_ulong::from(first), c_ulong::from(u32::MAX), flags)
    })?;
    Ok(())
}

/// Makes `number` refer to what `descriptor` refers to.
pub fn install(descriptor: BorrowedFd<'_>, number: i32) -> io::Result<()> {
    // SAFETY: the callers own `number`: it is one of the three standard streams.
    check_int(unsafe { dup2(descriptor.as_raw_fd(), number) }).map(drop)
}

/// Turns this process into a program. Returns only on failure.
pub fn run(path: &CStr, argv: &[&CStr], env: &[&CStr]) -> io::Error {
    let pointers = |list: &[&CStr]| -> Vec<*const c_char> {
        list.iter().map(|text| text.as_ptr()).chain([ptr::null()]).collect()
    };
    let (argv, env) = (pointers(argv), pointers(env));
    // SAFETY: both arrays end with a null pointer and point to NUL-terminated strings that live through the call.
    unsafe { execve(path.as_ptr(), argv.as_ptr(), env.as_ptr()) };
    io::Error::last_os_error()
}
