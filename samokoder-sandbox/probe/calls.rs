//! System calls that must be refused, by what they are for.

use crate::sys::{HERE, call, is_refusal, number};

/// A call: its name, its number, its arguments, which a kernel that would do it takes.
type Call = (&'static str, i64, [usize; 5]);

const NEW_USER: usize = 0x1000_0000;
const NEW_MOUNTS: usize = 0x0002_0000;

/// Makes the calls of a group; those that were not refused.
pub fn refused(group: &str) -> Vec<String> {
    let calls = match group {
        "mounts" => mounts(),
        "namespaces" => namespaces(),
        "others" => others(),
        "kernel" => kernel(),
        "keys" => keys(),
        "machine" => machine(),
        "typing" => typing(),
        "sockets" => sockets(),
        _ => return vec![format!("no such group of calls: {group}")],
    };
    let made = calls.into_iter().map(|(name, number, arguments)| (name, call(number, arguments)));
    made.filter_map(|(name, result)| match result {
        Err(errno) if is_refusal(errno) => None,
        Err(errno) => Some(format!("{name} was looked at: error {errno}")),
        Ok(_) => Some(format!("{name} went through")),
    })
    .collect()
}

fn text(text: &'static std::ffi::CStr) -> usize {
    text.as_ptr() as usize
}

fn mounts() -> Vec<Call> {
    let (root, here, temporary) = (text(c"/"), text(c"."), text(c"/tmp"));
    vec![
        ("mount", number(165, 40), [text(c"none"), temporary, text(c"tmpfs"), 0, 0]),
        ("mount --bind", number(165, 40), [root, temporary, 0, 0x1000, 0]),
        ("umount2", number(166, 39), [text(c"/proc"), 2, 0, 0, 0]),
        ("pivot_root", number(155, 41), [here, here, 0, 0, 0]),
        ("chroot", number(161, 51), [here, 0, 0, 0, 0]),
        ("open_tree", 428, [HERE, root, 1, 0, 0]),
        ("move_mount", 429, [HERE, root, HERE, temporary, 0]),
        ("fsopen", 430, [text(c"tmpfs"), 0, 0, 0, 0]),
        ("fsmount", 432, [0, 0, 0, 0, 0]),
        ("fspick", 433, [HERE, root, 0, 0, 0]),
        ("mount_setattr", 442, [HERE, root, 0, 0, 0]),
        ("open_by_handle_at", number(304, 265), [0, 0, 0, 0, 0]),
        ("name_to_handle_at", number(303, 264), [0, 0, 0, 0, 0]),
    ]
}

fn namespaces() -> Vec<Call> {
    let unshare = number(272, 97);
    vec![
        ("unshare mounts", unshare, [NEW_MOUNTS, 0, 0, 0, 0]),
        ("unshare network", unshare, [0x4000_0000, 0, 0, 0, 0]),
        ("unshare processes", unshare, [0x2000_0000, 0, 0, 0, 0]),
        ("unshare user", unshare, [NEW_USER, 0, 0, 0, 0]),
        ("unshare user and mounts", unshare, [NEW_USER | NEW_MOUNTS, 0, 0, 0, 0]),
    ]
}

/// Looking into other processes, process 1 among them.
fn others() -> Vec<Call> {
    let (attach, seize) = (16, 0x4206);
    vec![
        ("ptrace traceme", number(101, 117), [0, 0, 0, 0, 0]),
        ("ptrace attach", number(101, 117), [attach, 1, 0, 0, 0]),
        ("ptrace seize", number(101, 117), [seize, 1, 0, 0, 0]),
        ("process_vm_readv", number(310, 270), [1, 0, 0, 0, 0]),
        ("process_vm_writev", number(311, 271), [1, 0, 0, 0, 0]),
        ("process_madvise", 440, [0, 0, 0, 0, 0]),
        ("pidfd_getfd", 438, [0, 0, 0, 0, 0]),
        ("kcmp", number(312, 272), [1, 1, 0, 0, 0]),
    ]
}

/// The kernel's rarely used parts.
fn kernel() -> Vec<Call> {
    // Read and written by a kernel that would do it.
    let room = Box::leak(Box::new([0_u64; 64])).as_ptr() as usize;
    vec![
        ("bpf", number(321, 280), [0, room, 128, 0, 0]),
        ("perf_event_open", number(298, 241), [room, 0, usize::MAX, usize::MAX, 0]),
        ("userfaultfd", number(323, 282), [1, 0, 0, 0, 0]),
        ("io_uring_setup", 425, [1, room, 0, 0, 0]),
        ("io_uring_enter", 426, [0, 0, 0, 0, 0]),
        ("io_uring_register", 427, [0, 0, 0, 0, 0]),
        ("memfd_secret", 447, [0, 0, 0, 0, 0]),
        ("seccomp", number(317, 277), [1, 0, 0, 0, 0]),
        ("prctl seccomp", number(157, 167), [22, 2, 0, 0, 0]),
        ("io_setup", number(206, 0), [1, 0, 0, 0, 0]),
        ("vmsplice", number(278, 75), [0, 0, 0, 0, 0]),
        ("mbind", number(237, 235), [0, 0, 0, 0, 0]),
        ("set_mempolicy", number(238, 237), [0, 0, 0, 0, 0]),
        ("a filter on a socket", number(54, 208), [usize::MAX, 1, 26, 0, 0]),
        ("a filter on sockets that share a port", number(54, 208), [usize::MAX, 1, 51, 0, 0]),
        ("a group of receivers", number(54, 208), [usize::MAX, 0, 35, 0, 0]),
        ("a group of receivers over IPv6", number(54, 208), [usize::MAX, 41, 20, 0, 0]),
        ("personality", number(135, 92), [0x0040_0000, 0, 0, 0, 0]),
        ("a call of the future", 500, [0, 0, 0, 0, 0]),
    ]
}

/// The session keyring is the host user's, whatever the namespace.
fn keys() -> Vec<Call> {
    let (user, name, session) = (text(c"user"), text(c"samokoder"), -3_isize as usize);
    vec![
        ("add_key", number(248, 217), [user, name, name, 1, session]),
        ("request_key", number(249, 218), [user, name, 0, session, 0]),
        ("keyctl", number(250, 219), [0, session, 0, 0, 0]),
    ]
}

/// What concerns the whole machine.
fn machine() -> Vec<Call> {
    vec![
        ("init_module", number(175, 105), [0, 0, 0, 0, 0]),
        ("finit_module", number(313, 273), [0, 0, 0, 0, 0]),
        ("delete_module", number(176, 106), [0, 0, 0, 0, 0]),
        ("kexec_load", number(246, 104), [0, 0, 0, 0, 0]),
        ("kexec_file_load", number(320, 294), [0, 0, 0, 0, 0]),
        ("syslog", number(103, 116), [10, 0, 0, 0, 0]),
        ("reboot", number(169, 142), [0, 0, 0, 0, 0]),
        ("swapon", number(167, 224), [0, 0, 0, 0, 0]),
        ("sethostname", number(170, 161), [0, 0, 0, 0, 0]),
        ("settimeofday", number(164, 170), [0, 0, 0, 0, 0]),
        ("acct", number(163, 89), [0, 0, 0, 0, 0]),
        ("quotactl", number(179, 60), [0, 0, 0, 0, 0]),
        #[cfg(target_arch = "x86_64")]
        ("iopl", 172, [3, 0, 0, 0, 0]),
        #[cfg(target_arch = "x86_64")]
        ("modify_ldt", 154, [0, 0, 0, 0, 0]),
        #[cfg(target_arch = "x86_64")]
        ("sysfs", 139, [3, 0, 0, 0, 0]),
    ]
}

/// Typing into a terminal; the kernel looks at the low half of the request alone.
fn typing() -> Vec<Call> {
    let ioctl = number(16, 29);
    vec![
        ("ioctl TIOCSTI", ioctl, [0, 0x5412, 0, 0, 0]),
        ("ioctl TIOCSTI with high bits", ioctl, [0, 0x1_0000_5412, 0, 0, 0]),
        ("ioctl TIOCLINUX", ioctl, [0, 0x541c, 0, 0, 0]),
    ]
}

fn sockets() -> Vec<Call> {
    let socket = number(41, 198);
    vec![
        ("socket netlink", socket, [16, 3, 0, 0, 0]),
        ("socket packet", socket, [17, 3, 0, 0, 0]),
        ("socket vsock", socket, [40, 1, 0, 0, 0]),
        ("socket alg", socket, [38, 5, 0, 0, 0]),
        ("socket bluetooth", socket, [31, 3, 0, 0, 0]),
        ("socket raw", socket, [2, 3, 1, 0, 0]),
        ("socket raw, IPv6", socket, [10, 3, 58, 0, 0]),
        ("socketpair netlink", number(53, 199), [16, 3, 0, 0, 0]),
    ]
}

/// A call by the numbers of another architecture does not return what it was asked for.
pub fn foreign() -> Vec<String> {
    let mut breaches = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        // getpid by the numbers of x32.
        if let Ok(pid) = call(0x4000_0000 + 39, [0; 5]) {
            breaches.push(format!("x32: process {pid}"));
        }
        let pid: i64;
        // SAFETY: getpid of the 32-bit table; touches no memory.
        unsafe {
            std::arch::asm!("int 0x80", inlateout("rax") 20_i64 => pid, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
        }
        if pid > 0 {
            breaches.push(format!("32 bits: process {pid}"));
        }
    }
    breaches
}
