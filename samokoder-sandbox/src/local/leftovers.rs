//! What a process that was killed together with its init programs leaves behind: empty cgroups.
//!
//! The name of a cgroup says whose it is, so that nobody's but a dead process's is ever touched.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    sync::atomic::{AtomicU64, Ordering},
};

use samokoder_core::sandbox::ReapReport;

use super::places::{self, PREFIX, Places};

/// A process, told from every other that has had or will have its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner {
    /// The process namespace in which the number means something.
    namespace: u64,
    pid: u32,
    /// When it started, in the kernel's ticks since it did itself.
    started: u64,
}

impl Owner {
    fn this_process() -> Option<Self> {
        let pid = std::process::id();
        Some(Self { namespace: namespace()?, pid, started: started(pid)? })
    }

    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix(PREFIX)?.split('-');
        let owner = Self {
            namespace: parts.next()?.parse().ok()?,
            pid: parts.next()?.parse().ok()?,
            started: parts.next()?.parse().ok()?,
        };
        parts.next()?.parse::<u64>().ok()?;
        parts.next().is_none().then_some(owner)
    }

    /// Whether it is known to be gone; of processes in other namespaces nothing is known.
    fn is_gone(&self) -> bool {
        namespace() == Some(self.namespace) && started(self.pid) != Some(self.started)
    }
}

/// A name for a session of this process that no other one has.
pub(super) fn name() -> String {
    static OPENED: AtomicU64 = AtomicU64::new(0);
    let owner = Owner::this_process().unwrap_or(Owner { namespace: 0, pid: std::process::id(), started: 0 });
    let number = OPENED.fetch_add(1, Ordering::Relaxed);
    format!("{}-{}-{}-{number}", owner.namespace, owner.pid, owner.started)
}

/// Removes what is left of processes that are gone.
pub(super) fn sweep(places: &Places) -> ReapReport {
    let mut report = ReapReport::default();
    for parent in places.parents() {
        for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
            let left = entry.file_name().to_str().and_then(Owner::parse).is_some_and(|owner| owner.is_gone());
            if !left {
                continue;
            }
            let what = format!("cgroup {}", entry.path().display());
            match places::remove(&entry.path()) {
                Ok(()) => report.removed.push(what),
                // Its own init program, or another process that reaps, was faster.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => report.failed.push(format!("{what}: {error}")),
            }
        }
    }
    report
}

fn namespace() -> Option<u64> {
    fs::metadata("/proc/self/ns/pid").ok().map(|found| found.ino())
}

fn started(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program, in brackets, may contain anything.
    let (_, fields) = text.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_whose_it_is() {
        let owner = Owner::parse(&format!("{PREFIX}{}", name())).unwrap();
        assert_eq!(Some(owner), Owner::this_process());
        assert!(!owner.is_gone());
        assert!(Owner { started: owner.started + 1, ..owner }.is_gone());
        assert!(!Owner { namespace: owner.namespace + 1, started: 0, ..owner }.is_gone());
    }

    #[test]
    fn other_names_are_nobodys() {
        for name in ["samokoder-1-2-3", "samokoder-1-2-3-4-5", "samokoder-a-2-3-4", "user-1-2-3-4", ""] {
            assert_eq!(Owner::parse(name), None, "{name}");
        }
    }
}
