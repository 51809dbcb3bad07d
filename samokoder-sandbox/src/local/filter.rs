//! The system-call filter: a classic BPF program that refuses what commands have no business with.
//!
//! It lists what is refused, because language runtimes use a broad and growing set of calls, with one exception:
//! calls that are newer than this list don't exist for commands, so that a new kernel opens no new door.

use Test::{AnyBit, In, NotIn};

use super::view;

/// Refused with "not permitted": they change the machine or look into others.
const FORBIDDEN: &[libc::c_long] = &[
    libc::SYS_acct,
    libc::SYS_add_key,
    libc::SYS_adjtimex,
    libc::SYS_bpf,
    libc::SYS_chroot,
    libc::SYS_clock_adjtime,
    libc::SYS_clock_settime,
    libc::SYS_delete_module,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    libc::SYS_finit_module,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fsopen,
    libc::SYS_fspick,
    libc::SYS_init_module,
    libc::SYS_ioprio_set,
    libc::SYS_kcmp,
    libc::SYS_kexec_load,
    libc::SYS_keyctl,
    libc::SYS_lookup_dcookie,
    // Policies are kept in memory that no cgroup counts.
    libc::SYS_mbind,
    libc::SYS_migrate_pages,
    libc::SYS_mount,
    libc::SYS_mount_setattr,
    libc::SYS_move_mount,
    libc::SYS_move_pages,
    libc::SYS_name_to_handle_at,
    libc::SYS_nfsservctl,
    libc::SYS_open_by_handle_at,
    libc::SYS_open_tree,
    libc::SYS_perf_event_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pivot_root,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_ptrace,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_reboot,
    libc::SYS_request_key,
    libc::SYS_seccomp,
    libc::SYS_set_mempolicy,
    libc::SYS_setdomainname,
    libc::SYS_sethostname,
    libc::SYS_setns,
    libc::SYS_setpriority,
    libc::SYS_settimeofday,
    libc::SYS_swapoff,
    libc::SYS_swapon,
    libc::SYS_syslog,
    libc::SYS_umount2,
    libc::SYS_unshare,
    libc::SYS_userfaultfd,
    libc::SYS_vhangup,
];

/// Refused as if the kernel did not have them: programs know another way.
const ABSENT: &[libc::c_long] = &[
    // Its flags are behind a pointer, where a filter can't look; C libraries fall back to `clone`.
    libc::SYS_clone3,
    // The whole machine has room for so many of these.
    libc::SYS_io_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_io_uring_setup,
    // Memory that belongs to no process is seen by no limit.
    libc::SYS_memfd_create,
    libc::SYS_memfd_secret,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_shmget,
    // Pages in a pipe are seen in no process.
    libc::SYS_vmsplice,
    // Its mode is behind a pointer.
    libc::SYS_openat2,
    libc::SYS_set_mempolicy_home_node,
    STATMOUNT,
    LISTMOUNT,
];

/// Calls of one architecture alone.
#[cfg(target_arch = "x86_64")]
const FORBIDDEN_HERE: &[libc::c_long] = &[
    libc::SYS_ioperm,
    libc::SYS_iopl,
    libc::SYS_kexec_file_load,
    libc::SYS_modify_ldt,
    libc::SYS_sysfs,
    libc::SYS_uselib,
    libc::SYS_ustat,
    libc::SYS__sysctl,
];
#[cfg(not(target_arch = "x86_64"))]
const FORBIDDEN_HERE: &[libc::c_long] = &[KEXEC_FILE_LOAD];
#[cfg(not(target_arch = "x86_64"))]
const KEXEC_FILE_LOAD: libc::c_long = 294;

// Not every C library's list has these; their numbers are the same on all architectures.
const FCHMODAT2: libc::c_long = 452;
const STATMOUNT: libc::c_long = 457;
const LISTMOUNT: libc::c_long = 458;

/// The youngest call this list was written for: `mseal`.
const YOUNGEST: u32 = 462;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xc000_003e;
#[cfg(target_arch = "x86_64")]
const SETRLIMIT: libc::c_long = 160;
#[cfg(not(target_arch = "x86_64"))]
const SETRLIMIT: libc::c_long = 164;

#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xc000_00b7;
#[cfg(target_arch = "riscv64")]
const ARCHITECTURE: u32 = 0xc000_00f3;

const SETUID_SETGID: u32 = 0o6000;
/// Set in the types of character and block devices, and in no other that can be made.
const DEVICE: u32 = 0o020_000;
const CREATES: u32 = (libc::O_CREAT | (libc::O_TMPFILE & !libc::O_DIRECTORY)).cast_unsigned();
const NEW_NAMESPACES: u32 = 0x7e02_0000;
const FAMILIES: &[u32] =
    &[libc::AF_UNIX.cast_unsigned(), libc::AF_INET.cast_unsigned(), libc::AF_INET6.cast_unsigned()];
/// The system's usual personality, and the question what it is.
const PERSONALITIES: &[u32] = &[0, u32::MAX];
/// `TIOCSTI`, `TIOCLINUX`: typing into a terminal.
const TERMINAL_INJECTION: &[u32] = &[0x5412, 0x541c];

/// `SO_ATTACH_FILTER`, `SO_ATTACH_BPF`, `SO_ATTACH_REUSEPORT_CBPF`, `SO_ATTACH_REUSEPORT_EBPF`: programs for the kernel,
/// of which the whole machine has room for so many, and no more filters like this one when that is used up.
const SOCKET_FILTERS: &[u32] = &[26, 50, 51, 52];
/// Joining groups of receivers, which the kernel keeps in memory that no cgroup counts: `IP_ADD_MEMBERSHIP`,
/// `IP_ADD_SOURCE_MEMBERSHIP`, `MCAST_JOIN_GROUP`, `MCAST_JOIN_SOURCE_GROUP`; `IPV6_ADD_MEMBERSHIP`, `IPV6_JOIN_ANYCAST`.
const GROUPS: &[u32] = &[35, 39, 42, 46];
const GROUPS_V6: &[u32] = &[20, 27, 42, 46];
/// `PR_SET_SECCOMP`.
const MORE_FILTERS: &[u32] = &[22];

/// With a limit of exactly one byte the kernel starts no crash handler of the host's; nobody may lower it to zero.
const CORE: &[u32] = &[view::resource::CORE];

/// A condition on the low half of an argument; the kernel looks at no more of these.
#[derive(Debug, Clone, Copy)]
enum Test {
    AnyBit(u8, u32),
    In(u8, &'static [u32]),
    NotIn(u8, &'static [u32]),
}

/// Refused with an error number when all tests hold.
type Rule = (libc::c_long, &'static [Test], i32);

const CONDITIONAL: &[Rule] = &[
    (libc::SYS_clone, &[AnyBit(0, NEW_NAMESPACES)], libc::EPERM),
    (libc::SYS_socket, &[NotIn(0, FAMILIES)], libc::EAFNOSUPPORT),
    (libc::SYS_socketpair, &[NotIn(0, FAMILIES)], libc::EAFNOSUPPORT),
    (libc::SYS_setsockopt, &[In(1, &[libc::SOL_SOCKET.cast_unsigned()]), In(2, SOCKET_FILTERS)], libc::EPERM),
    (libc::SYS_setsockopt, &[In(1, &[libc::IPPROTO_IP.cast_unsigned()]), In(2, GROUPS)], libc::EPERM),
    (libc::SYS_setsockopt, &[In(1, &[libc::IPPROTO_IPV6.cast_unsigned()]), In(2, GROUPS_V6)], libc::EPERM),
    (libc::SYS_prctl, &[In(0, MORE_FILTERS)], libc::EPERM),
    (libc::SYS_personality, &[NotIn(0, PERSONALITIES)], libc::EPERM),
    (libc::SYS_ioctl, &[In(1, TERMINAL_INJECTION)], libc::EPERM),
    // A file that runs with its owner's rights would outlive the sandbox in the data folder.
    (libc::SYS_fchmod, &[AnyBit(1, SETUID_SETGID)], libc::EPERM),
    (libc::SYS_fchmodat, &[AnyBit(2, SETUID_SETGID)], libc::EPERM),
    (FCHMODAT2, &[AnyBit(2, SETUID_SETGID)], libc::EPERM),
    (libc::SYS_mkdirat, &[AnyBit(2, SETUID_SETGID)], libc::EPERM),
    (libc::SYS_mknodat, &[AnyBit(2, SETUID_SETGID | DEVICE)], libc::EPERM),
    (libc::SYS_openat, &[AnyBit(2, CREATES), AnyBit(3, SETUID_SETGID)], libc::EPERM),
    // The supervisor may have the same user: nobody slows it down or changes its limits.
    (libc::SYS_prlimit64, &[NotIn(0, &[0])], libc::EPERM),
    (libc::SYS_prlimit64, &[In(1, CORE)], libc::EPERM),
    (SETRLIMIT, &[In(0, CORE)], libc::EPERM),
    (libc::SYS_sched_setaffinity, &[NotIn(0, &[0])], libc::EPERM),
    (libc::SYS_sched_setattr, &[NotIn(0, &[0])], libc::EPERM),
    (libc::SYS_sched_setparam, &[NotIn(0, &[0])], libc::EPERM),
    (libc::SYS_sched_setscheduler, &[NotIn(0, &[0])], libc::EPERM),
];

#[cfg(target_arch = "x86_64")]
const CONDITIONAL_HERE: &[Rule] = &[
    (libc::SYS_chmod, &[AnyBit(1, SETUID_SETGID)], libc::EPERM),
    (libc::SYS_creat, &[AnyBit(1, SETUID_SETGID)], libc::EPERM),
    (libc::SYS_mkdir, &[AnyBit(1, SETUID_SETGID)], libc::EPERM),
    (libc::SYS_mknod, &[AnyBit(1, SETUID_SETGID | DEVICE)], libc::EPERM),
    (libc::SYS_open, &[AnyBit(1, CREATES), AnyBit(2, SETUID_SETGID)], libc::EPERM),
];
#[cfg(not(target_arch = "x86_64"))]
const CONDITIONAL_HERE: &[Rule] = &[];

const LOAD: u16 = 0x20;
const RETURN: u16 = 0x06;
const IF_EQUAL: u16 = 0x15;
const IF_GREATER: u16 = 0x25;
const IF_ANY_BIT: u16 = 0x45;

/// Where `struct seccomp_data` has the call's number and its architecture.
const NUMBER: u32 = 0;
const ARCHITECTURE_OF_CALL: u32 = 4;

const ALLOW: u32 = 0x7fff_0000;
const KILL_PROCESS: u32 = 0x8000_0000;

/// Builds the program: `struct sock_filter`s, one after the other.
pub(crate) fn program() -> Vec<u8> {
    let mut program = Program::default();
    // The calls of another architecture have other numbers; nothing that belongs here makes them.
    program.add(LOAD, 0, 0, ARCHITECTURE_OF_CALL).add(IF_EQUAL, 1, 0, ARCHITECTURE).add(
        RETURN,
        0,
        0,
        KILL_PROCESS,
    );
    // Numbers from 2^30 on are the x32 variants of the same calls.
    program.add(LOAD, 0, 0, NUMBER).add(IF_GREATER, 0, 1, YOUNGEST).add(RETURN, 0, 0, error(libc::ENOSYS));
    for number in FORBIDDEN.iter().chain(FORBIDDEN_HERE) {
        program.add(IF_EQUAL, 0, 1, low(*number)).add(RETURN, 0, 0, error(libc::EPERM));
    }
    for number in ABSENT {
        program.add(IF_EQUAL, 0, 1, low(*number)).add(RETURN, 0, 0, error(libc::ENOSYS));
    }
    for (number, tests, errno) in CONDITIONAL.iter().chain(CONDITIONAL_HERE) {
        program.rule(low(*number), tests, *errno);
    }
    program.add(RETURN, 0, 0, ALLOW);
    program.0
}

#[derive(Default)]
struct Program(Vec<u8>);

impl Program {
    /// Adds an instruction. A jump skips `yes` or `no` instructions.
    fn add(&mut self, code: u16, yes: u8, no: u8, operand: u32) -> &mut Self {
        self.0.extend(code.to_ne_bytes());
        self.0.extend([yes, no]);
        self.0.extend(operand.to_ne_bytes());
        self
    }

    /// Refuses a call when all tests hold, and goes on behind the rule otherwise.
    fn rule(&mut self, number: u32, tests: &[Test], errno: i32) {
        let mut rest = tests.iter().map(Test::length).sum::<u8>() + 1;
        self.add(LOAD, 0, 0, NUMBER).add(IF_EQUAL, 0, rest, number);
        for test in tests {
            rest -= test.length();
            self.test(*test, rest);
        }
        self.add(RETURN, 0, 0, error(errno));
    }

    /// Goes on when the test holds, and skips `rest` instructions behind it otherwise.
    fn test(&mut self, test: Test, rest: u8) {
        let argument = |index: u8| 16 + 8 * u32::from(index);
        match test {
            AnyBit(index, bits) => {
                self.add(LOAD, 0, 0, argument(index)).add(IF_ANY_BIT, 0, rest, bits);
            }
            In(index, values) => {
                self.add(LOAD, 0, 0, argument(index));
                for (left, value) in (0..len(values)).rev().zip(values) {
                    self.add(IF_EQUAL, left, if left == 0 { rest } else { 0 }, *value);
                }
            }
            NotIn(index, values) => {
                self.add(LOAD, 0, 0, argument(index));
                for (left, value) in (0..len(values)).rev().zip(values) {
                    self.add(IF_EQUAL, left + rest, 0, *value);
                }
            }
        }
    }
}

impl Test {
    /// How many instructions it takes.
    fn length(&self) -> u8 {
        match self {
            AnyBit(..) => 2,
            In(_, values) | NotIn(_, values) => 1 + len(values),
        }
    }
}

/// The lists above are short.
fn len(values: &[u32]) -> u8 {
    u8::try_from(values.len()).unwrap_or(u8::MAX)
}

fn error(errno: i32) -> u32 {
    0x0005_0000 | errno.cast_unsigned()
}

fn low(number: libc::c_long) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
