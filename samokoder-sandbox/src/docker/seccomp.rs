//! The system-call profile of a container, for everything in it.
//!
//! Commands have a second filter, the one of the `local` backend, which the agent puts on them: it also refuses calls
//! that are younger than this list.

use serde_json::{Value, json};

/// Refused with "not permitted": they change the machine, look into others, or reach what the kernel's rarely used
/// parts hold.
pub(super) const FORBIDDEN: &[&str] = &[
    "acct",
    "add_key",
    "adjtimex",
    "bpf",
    "chroot",
    "clock_adjtime",
    "clock_settime",
    "create_module",
    "delete_module",
    "fanotify_init",
    "fanotify_mark",
    "finit_module",
    "fsconfig",
    "fsmount",
    "fsopen",
    "fspick",
    "get_kernel_syms",
    "init_module",
    "ioperm",
    "iopl",
    "kcmp",
    "kexec_file_load",
    "kexec_load",
    "keyctl",
    "landlock_restrict_self",
    "lookup_dcookie",
    "mount",
    "mount_setattr",
    "move_mount",
    "move_pages",
    "name_to_handle_at",
    "nfsservctl",
    "open_by_handle_at",
    "open_tree",
    "perf_event_open",
    "pidfd_getfd",
    "pivot_root",
    "process_madvise",
    "process_vm_readv",
    "process_vm_writev",
    "ptrace",
    "query_module",
    "quotactl",
    "quotactl_fd",
    "reboot",
    "request_key",
    "setdomainname",
    "sethostname",
    "setns",
    "settimeofday",
    "swapoff",
    "swapon",
    "syslog",
    "umount",
    "umount2",
    "unshare",
    "uselib",
    "userfaultfd",
    "ustat",
    "vhangup",
];

/// Refused as if the kernel did not have them: programs know another way.
pub(super) const ABSENT: &[&str] =
    &["clone3", "io_uring_enter", "io_uring_register", "io_uring_setup", "memfd_secret"];

const EPERM: u32 = 1;
const ENOSYS: u32 = 38;
const EAFNOSUPPORT: u32 = 97;

/// Families of sockets are small numbers; those above these are all refused: netlink, packets, virtual machines, …
const SOCKET_FAMILIES: [u32; 3] = [1, 2, 10];

/// The flags of `clone` that make namespaces.
const NEW_NAMESPACES: u32 = 0x7e02_0000;

/// The profile, as engines take it.
pub(super) fn profile() -> Value {
    let mut rules = vec![
        json!({ "names": FORBIDDEN, "action": "SCMP_ACT_ERRNO", "errnoRet": EPERM }),
        json!({ "names": ABSENT, "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS }),
    ];
    for namespace in (0..32).map(|bit| 1_u32 << bit).filter(|bit| NEW_NAMESPACES & bit != 0) {
        rules.push(refusal(
            "clone",
            EPERM,
            &json!({ "index": 0, "value": namespace, "valueTwo": namespace, "op": "SCMP_CMP_MASKED_EQ" }),
        ));
    }
    // Of several conditions on one argument an engine makes "one of them", so each family is a rule.
    let [.., last] = SOCKET_FAMILIES;
    for name in ["socket", "socketpair"] {
        let others = (0..last).filter(|family| !SOCKET_FAMILIES.contains(family));
        for family in others {
            rules.push(refusal(
                name,
                EAFNOSUPPORT,
                &json!({ "index": 0, "value": family, "op": "SCMP_CMP_EQ" }),
            ));
        }
        rules.push(refusal(name, EAFNOSUPPORT, &json!({ "index": 0, "value": last, "op": "SCMP_CMP_GT" })));
    }
    json!({ "defaultAction": "SCMP_ACT_ALLOW", "architectures": [ARCHITECTURE], "syscalls": rules })
}

/// The calls of any other architecture are refused.
const ARCHITECTURE: &str = if cfg!(target_arch = "aarch64") {
    "SCMP_ARCH_AARCH64"
} else if cfg!(target_arch = "riscv64") {
    "SCMP_ARCH_RISCV64"
} else {
    "SCMP_ARCH_X86_64"
};

fn refusal(name: &str, errno: u32, condition: &Value) -> Value {
    json!({ "names": [name], "action": "SCMP_ACT_ERRNO", "errnoRet": errno, "args": [condition] })
}
