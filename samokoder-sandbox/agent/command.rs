//! A command's supervisor, and the command's first steps.

use std::{
    fs,
    io::{self, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::process::parent_id,
    },
};

use crate::{
    inside::program,
    sys,
    wire::{Exec, Setup, WORKSPACE},
};

/// What the supervisor tells process 1.
#[derive(Debug, Clone, Copy)]
pub enum News {
    /// The command's process.
    Started(i32),
    /// The command's status, as `wait` gives it, and its processor time in microseconds.
    Ended(i32, u64),
    /// There is no such program, or it can't be run: the error number.
    NotStarted(i32),
    /// Something could not be given up: the error number.
    Rights(i32),
}

/// The length of [`News`] in the pipe, which passes it on as a whole.
pub const NEWS: usize = 13;

/// The number of the supervisor's pipe in the processes of a command.
const NEWS_PIPE: i32 = 3;

impl News {
    fn encode(self) -> [u8; NEWS] {
        let (kind, value, cpu) = match self {
            Self::Started(pid) => (0, pid, 0),
            Self::Ended(status, cpu) => (1, status, cpu),
            Self::NotStarted(errno) => (2, errno, 0),
            Self::Rights(errno) => (3, errno, 0_u64),
        };
        let mut bytes = [kind; NEWS];
        bytes[1..5].copy_from_slice(&value.to_le_bytes());
        bytes[5..].copy_from_slice(&cpu.to_le_bytes());
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let value = i32::from_le_bytes(bytes.get(1..5)?.try_into().ok()?);
        let cpu = u64::from_le_bytes(bytes.get(5..NEWS)?.try_into().ok()?);
        Some(match bytes[0] {
            0 => Self::Started(value),
            1 => Self::Ended(value, cpu),
            2 => Self::NotStarted(value),
            _ => Self::Rights(value),
        })
    }
}

/// A command's standard streams, and the pipe for news.
pub struct Ends {
    pub stdin: OwnedFd,
    pub stdout: OwnedFd,
    pub stderr: OwnedFd,
    pub news: OwnedFd,
}

/// The supervisor of a command: the parent of all its processes. It ends when the last of them has ended.
///
/// A command can kill it, for they have the same user. Process 1 then finds the command's processes among its own
/// children, and ends them.
pub fn supervise(setup: &Setup, exec: &Exec, ends: Ends, keeps_orphans: bool) -> ! {
    let list = [ends.stdin.as_fd(), ends.stdout.as_fd(), ends.stderr.as_fd(), ends.news.as_fd()];
    if sys::keep_only(&list).and_then(|()| sys::close_on_exec(NEWS_PIPE)).is_err() {
        sys::exit(1);
    }
    let mut news = sys::adopt_descriptor(NEWS_PIPE);
    let mut tell = |what: News| drop(news.write_all(&what.encode()));
    let failed = if keeps_orphans {
        sys::adopt_orphans().and_then(|()| lead(setup, exec, &mut tell))
    } else {
        enter_namespaces().and_then(|()| match sys::fork()? {
            None => lead(setup, exec, &mut tell),
            Some(_) => {
                (0..=NEWS_PIPE).for_each(sys::close_number);
                while let Ok(Some(_)) = sys::reap(true) {}
                sys::exit(0)
            }
        })
    };
    if let Err(error) = failed {
        tell(News::Rights(error.raw_os_error().unwrap_or_default()));
    }
    sys::exit(0)
}

/// Starts the command, and takes every process that ends. Without a process namespace of its own, it stays until
/// there are none; with one, its end is theirs.
fn lead(setup: &Setup, exec: &Exec, tell: &mut impl FnMut(News)) -> io::Result<()> {
    let Some(pid) = sys::fork()? else {
        tell(start(setup, exec));
        sys::exit(127)
    };
    (0..3).for_each(sys::close_number);
    // Within a namespace of its own, numbers mean nothing to process 1.
    let is_first = std::process::id() == 1;
    tell(News::Started(if is_first { 0 } else { pid }));
    while let Ok(Some(child)) = sys::reap(true) {
        if child.pid == pid {
            tell(News::Ended(child.status, child.cpu_us));
            if is_first {
                break;
            }
        }
    }
    Ok(())
}

/// For kernels where orphans go to process 1 whatever a supervisor asks for: gVisor's. It has namespaces for everyone.
fn enter_namespaces() -> io::Result<()> {
    let (user, group) = sys::own_ids();
    sys::enter_namespaces()?;
    // Its own files in /proc belong to it only now.
    sys::set_dumpable(true)?;
    fs::write("/proc/self/uid_map", format!("{user} {user} 1\n"))?;
    let _ = fs::write("/proc/self/setgroups", "deny");
    fs::write("/proc/self/gid_map", format!("{group} {group} 1\n"))?;
    sys::set_dumpable(false)?;
    sys::forget_capabilities()
}

/// Whether a process that asks for them gets the orphans among its descendants.
pub fn keeps_orphans() -> bool {
    let Ok(Some(_)) = sys::fork().inspect(|pid| {
        if pid.is_none() {
            sys::exit(i32::from(!gets_orphan()));
        }
    }) else {
        return false;
    };
    sys::reap(true).is_ok_and(|child| child.is_some_and(|child| child.status == 0))
}

fn gets_orphan() -> bool {
    let own = std::process::id();
    if sys::adopt_orphans().is_err() {
        return false;
    }
    let Ok(Some(middle)) = sys::fork().inspect(|middle| {
        if middle.is_none() {
            let middle = std::process::id();
            if let Ok(None) = sys::fork() {
                while parent_id() == middle {
                    std::thread::yield_now();
                }
                sys::exit(i32::from(parent_id() != own));
            }
            sys::exit(2)
        }
    }) else {
        return false;
    };
    let mut found = false;
    while let Ok(Some(child)) = sys::reap(true) {
        found |= child.pid != middle && child.status == 0;
    }
    found
}

/// Turns this process into the command; returns what kept it from that.
fn start(setup: &Setup, exec: &Exec) -> News {
    let errno = |error: &io::Error| error.raw_os_error().unwrap_or_default();
    match give_up_rights(setup) {
        Ok(()) => News::NotStarted(errno(&turn_into(setup, exec))),
        Err(error) => News::Rights(errno(&error)),
    }
}

fn give_up_rights(setup: &Setup) -> io::Result<()> {
    sys::setsid();
    std::env::set_current_dir(WORKSPACE)?;
    // When the container's memory is used up, commands go first, and not the agent. Where this can't be had, whoever
    // is largest does.
    sys::set_dumpable(true)?;
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    sys::set_dumpable(false)?;
    for (resource, soft, hard) in &setup.rlimits {
        sys::limit(*resource, *soft, *hard)?;
    }
    sys::reset_signals()?;
    sys::no_new_privileges()?;
    sys::filter_calls(&setup.filter)
}

/// Looks the program up and runs it; returns why that was not possible.
fn turn_into(setup: &Setup, exec: &Exec) -> io::Error {
    let path = setup.path.join(&b':');
    let own = [&b"HOME=/tmp"[..], b"LANG=C.UTF-8", b"TMPDIR=/tmp", &[&b"PATH="[..], &path].concat()]
        .map(<[u8]>::to_vec);
    let name = |variable: &Vec<u8>| variable.split(|byte| *byte == b'=').next().map(<[u8]>::to_vec);
    let given: Vec<_> = exec.env.iter().map(name).collect();
    let env: Vec<Vec<u8>> =
        own.into_iter().filter(|own| !given.contains(&name(own))).chain(exec.env.iter().cloned()).collect();
    program::run(&exec.argv, &env, &setup.path, sys::run)
}
