//! System calls that must be refused.

use std::{ffi::c_long, io};

unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
}

/// Makes a call; the error number, or 0 when it went through.
pub fn call(number: i64, arguments: [usize; 5]) -> i32 {
    let [a, b, c, d, e] = arguments;
    // SAFETY: none; what these calls do to this process is what is being tried.
    let result = unsafe { syscall(number as c_long, a, b, c, d, e) };
    if result == -1 { io::Error::last_os_error().raw_os_error().unwrap() } else { 0 }
}

const EPERM: i32 = 1;
const ENOSYS: i32 = 38;
const EAFNOSUPPORT: i32 = 97;

#[cfg(target_arch = "x86_64")]
const OWN: &[(&str, i64, [usize; 5], i32)] = &[
    ("mount", 165, [0; 5], EPERM),
    ("umount2", 166, [0; 5], EPERM),
    ("pivot_root", 155, [0; 5], EPERM),
    ("chroot", 161, [0; 5], EPERM),
    ("unshare user", 272, [0x1000_0000, 0, 0, 0, 0], EPERM),
    ("unshare mount", 272, [0x0002_0000, 0, 0, 0, 0], EPERM),
    ("setns", 308, [0, 0, 0, 0, 0], EPERM),
    ("clone user", 56, [0x1000_0011, 0, 0, 0, 0], EPERM),
    ("clone pid", 56, [0x2000_0011, 0, 0, 0, 0], EPERM),
    ("ptrace traceme", 101, [0; 5], EPERM),
    ("process_vm_readv", 310, [1, 0, 0, 0, 0], EPERM),
    ("process_vm_writev", 311, [1, 0, 0, 0, 0], EPERM),
    ("bpf", 321, [0; 5], EPERM),
    ("perf_event_open", 298, [0; 5], EPERM),
    ("userfaultfd", 323, [1, 0, 0, 0, 0], EPERM),
    ("keyctl", 250, [0; 5], EPERM),
    ("add_key", 248, [0; 5], EPERM),
    ("request_key", 249, [0; 5], EPERM),
    ("kexec_load", 246, [0; 5], EPERM),
    ("kexec_file_load", 320, [0; 5], EPERM),
    ("init_module", 175, [0; 5], EPERM),
    ("finit_module", 313, [0; 5], EPERM),
    ("delete_module", 176, [0; 5], EPERM),
    ("open_by_handle_at", 304, [0; 5], EPERM),
    ("name_to_handle_at", 303, [0; 5], EPERM),
    ("syslog", 103, [10, 0, 0, 0, 0], EPERM),
    ("reboot", 169, [0; 5], EPERM),
    ("swapon", 167, [0; 5], EPERM),
    ("sethostname", 170, [0; 5], EPERM),
    ("settimeofday", 164, [0; 5], EPERM),
    ("acct", 163, [0; 5], EPERM),
    ("quotactl", 179, [0; 5], EPERM),
    ("iopl", 172, [3, 0, 0, 0, 0], EPERM),
    ("modify_ldt", 154, [0; 5], EPERM),
    ("seccomp", 317, [1, 0, 0, 0, 0], EPERM),
    ("kcmp", 312, [1, 1, 0, 0, 0], EPERM),
    ("personality", 135, [0x0040_0000, 0, 0, 0, 0], EPERM),
    ("ioctl TIOCSTI", 16, [0, 0x5412, 0, 0, 0], EPERM),
    ("ioctl TIOCSTI with high bits", 16, [0, 0x1_0000_5412, 0, 0, 0], EPERM),
    ("ioctl TIOCLINUX", 16, [0, 0x541c, 0, 0, 0], EPERM),
    ("socket netlink", 41, [16, 3, 0, 0, 0], EAFNOSUPPORT),
    ("socket vsock", 41, [40, 1, 0, 0, 0], EAFNOSUPPORT),
    ("socket packet", 41, [17, 3, 0, 0, 0], EAFNOSUPPORT),
    ("socket alg", 41, [38, 5, 0, 0, 0], EAFNOSUPPORT),
    ("socket raw", 41, [2, 3, 1, 0, 0], EPERM),
    ("shmget", 29, [0, 4096, 0o1600, 0, 0], ENOSYS),
    ("memfd_create", 319, [0; 5], ENOSYS),
    ("x32 getpid", 0x4000_0000 + 39, [0; 5], ENOSYS),
];
#[cfg(not(target_arch = "x86_64"))]
const OWN: &[(&str, i64, [usize; 5], i32)] = &[
    ("mount", 40, [0; 5], EPERM),
    ("unshare user", 97, [0x1000_0000, 0, 0, 0, 0], EPERM),
    ("clone user", 220, [0x1000_0011, 0, 0, 0, 0], EPERM),
    ("ptrace traceme", 117, [0; 5], EPERM),
    ("bpf", 280, [0; 5], EPERM),
    ("keyctl", 219, [0; 5], EPERM),
    ("socket netlink", 198, [16, 3, 0, 0, 0], EAFNOSUPPORT),
    ("memfd_create", 279, [0; 5], ENOSYS),
];

const COMMON: &[(&str, i64, [usize; 5], i32)] = &[
    ("clone3", 435, [0; 5], ENOSYS),
    ("io_uring_setup", 425, [0; 5], ENOSYS),
    ("io_uring_enter", 426, [0; 5], ENOSYS),
    ("io_uring_register", 427, [0; 5], ENOSYS),
    ("open_tree", 428, [0; 5], EPERM),
    ("move_mount", 429, [0; 5], EPERM),
    ("fsopen", 430, [0; 5], EPERM),
    ("fsmount", 432, [0; 5], EPERM),
    ("openat2", 437, [0; 5], ENOSYS),
    ("pidfd_getfd", 438, [0; 5], EPERM),
    ("process_madvise", 440, [0; 5], EPERM),
    ("mount_setattr", 442, [0; 5], EPERM),
    ("memfd_secret", 447, [0; 5], ENOSYS),
    ("a call of the future", 500, [0; 5], ENOSYS),
];

pub fn refused() -> Vec<String> {
    let made = OWN.iter().chain(COMMON).map(|(name, number, arguments, wanted)| (name, call(*number, *arguments), wanted));
    made.filter(|(_, got, wanted)| got != *wanted).map(|(name, got, wanted)| format!("{name}: {got}, not {wanted}")).collect()
}

/// A call by the numbers of another architecture ends the process before it returns.
pub fn foreign() -> Vec<String> {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: getpid of the 32-bit table; touches no memory.
    unsafe {
        std::arch::asm!("int 0x80", inout("eax") 20 => _, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    }
    vec!["went through".to_owned()]
}

/// Process 1 here is the supervisor; in one launch mode it has the same user.
pub fn supervisor() -> Vec<String> {
    #[cfg(target_arch = "x86_64")]
    let (kill, prlimit, setaffinity, setpriority) = (62, 302, 203, 141);
    #[cfg(not(target_arch = "x86_64"))]
    let (kill, prlimit, setaffinity, setpriority) = (129, 261, 122, 140);
    let mut breaches = Vec::new();
    let limit = [0_u64, 0];
    if call(prlimit, [0, 4, limit.as_ptr() as usize, 0, 0]) == 0 {
        breaches.push("the host's crash handler can be called".to_owned());
    }
    let mask = [1_u64; 16];
    if call(prlimit, [1, 0, limit.as_ptr() as usize, 0, 0]) == 0 {
        breaches.push("its limits can be changed".to_owned());
    }
    if call(setaffinity, [1, 128, mask.as_ptr() as usize, 0, 0]) == 0 {
        breaches.push("its processors can be changed".to_owned());
    }
    for (which, who) in [(0, 1), (2, 0)] {
        if call(setpriority, [which, who, 19, 0, 0]) == 0 {
            breaches.push("its priority can be changed".to_owned());
        }
    }
    for signal in 1..=64 {
        // What counts is that it is there afterwards.
        call(kill, [1, signal, 0, 0, 0]);
    }
    breaches
}

/// Files that run with their owner's rights must not come into being.
pub fn setuid(folder: &str) -> Vec<String> {
    use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
    let path = format!("{folder}/setuid");
    let mut breaches = Vec::new();
    if std::fs::OpenOptions::new().write(true).create(true).mode(0o4755).open(&path).is_ok() {
        breaches.push("created with the bit".to_owned());
    }
    std::fs::write(&path, "x").unwrap();
    for mode in [0o4755, 0o2755, 0o6755] {
        if std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).is_ok() {
            breaches.push(format!("changed to {mode:o}"));
        }
    }
    breaches
}
