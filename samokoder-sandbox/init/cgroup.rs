//! Cgroups: the kernel counts and limits what a session and each of its commands use together.
//!
//! [`outer`](crate::outer) makes those of the session, since it alone sees the host's files, and removes them when the
//! session is gone. The session gets descriptors of them, and makes one for the memory of each command.

use std::{
    fs::{self, File},
    io,
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::fs::{OpenOptionsExt as _, chown},
    },
    path::Path,
    thread,
    time::Duration,
};

use crate::{
    At as _, lossy,
    sys::files::O_PATH,
    wire::{Failure, Groups, Setup},
};

/// Where process 1 and supervisors are in version 2: a group with groups in it holds no process.
const BASE: &str = "base";

/// The groups of a session. Dropping it removes them, once nobody is in them.
pub struct Made {
    unified: bool,
    memory: String,
    processes: String,
}

/// The groups of a session, as the session has them: without a path.
pub struct Held {
    unified: bool,
    pub memory: OwnedFd,
    pub processes: OwnedFd,
}

impl Made {
    /// Makes a session's groups, and lets the user that will be the session's init make more beneath.
    pub fn make(groups: &Groups, setup: &Setup) -> Result<Self, Failure> {
        let made = Self {
            unified: groups.unified,
            memory: lossy(&groups.memory),
            processes: lossy(&groups.processes),
        };
        let step = |path: &str| format!("make the cgroup {path}");
        fs::create_dir(&made.memory).at(&step(&made.memory))?;
        if !made.unified {
            fs::create_dir(&made.processes).at(&step(&made.processes))?;
        }
        fs::write(format!("{}/pids.max", made.processes), setup.processes.to_string())
            .at("limit the processes of a cgroup")?;
        let mut theirs = vec![made.memory.clone()];
        if made.unified {
            let base = format!("{}/{BASE}", made.memory);
            fs::create_dir(&base).at(&step(&base))?;
            let control =
                ["cgroup.procs", "cgroup.subtree_control"].map(|file| format!("{}/{file}", made.memory));
            theirs.extend(control);
            theirs.extend([format!("{base}/cgroup.procs"), base]);
        }
        if let Some((own, _)) = setup.ids {
            for path in theirs {
                chown(&path, Some(own), Some(own)).at(&step(&path))?;
            }
        }
        Ok(made)
    }

    /// Puts a process in.
    pub fn admit(&self, pid: i32) -> Result<(), Failure> {
        let folders = if self.unified { vec![&self.memory] } else { vec![&self.memory, &self.processes] };
        folders
            .iter()
            .try_for_each(|folder| fs::write(format!("{folder}/cgroup.procs"), pid.to_string()))
            .at("enter a cgroup")
    }

    /// Opens the groups for the session.
    pub fn hold(&self) -> Result<Held, Failure> {
        let open = |path: &str| open_folder(path).at("open a cgroup");
        Ok(Held { unified: self.unified, memory: open(&self.memory)?, processes: open(&self.processes)? })
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for folder in [&self.memory, &self.processes] {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    remove(&entry.path());
                }
            }
            remove(Path::new(folder));
        }
    }
}

/// The kernel takes a moment to let go of the last process.
fn remove(folder: &Path) {
    for _ in 0..100 {
        match fs::remove_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                thread::sleep(Duration::from_millis(1));
            }
            _ => return,
        }
    }
}

impl Held {
    /// Makes room for the groups of commands, once this process's namespace of cgroups begins at the session's.
    pub fn settle(&self) -> Result<(), Failure> {
        if !self.unified {
            return Ok(());
        }
        let top = beneath(&self.memory);
        fs::write(format!("{top}/{BASE}/cgroup.procs"), "0")
            .and_then(|()| fs::write(format!("{top}/cgroup.subtree_control"), "+memory"))
            .at("make room for the cgroups of commands")
    }

    /// Makes the group of a command, which may hold so many bytes.
    pub fn command(&self, number: u64, bytes: u64) -> io::Result<OwnedFd> {
        let path = self.path(number);
        fs::create_dir(&path)?;
        let limits: &[(&str, u64)] = if self.unified {
            &[("memory.max", bytes), ("memory.swap.max", 0), ("memory.oom.group", 1)]
        } else {
            // With swap: a kernel that does not count that has no such file.
            &[("memory.limit_in_bytes", bytes), ("memory.memsw.limit_in_bytes", bytes)]
        };
        for (file, value) in limits {
            match fs::write(format!("{path}/{file}"), value.to_string()) {
                Err(error) if file.contains("sw") && error.kind() == io::ErrorKind::NotFound => {}
                other => other?,
            }
        }
        open_folder(&path)
    }

    /// Removes the group of a command that is over.
    pub fn remove(&self, number: u64) {
        remove(Path::new(&self.path(number)));
    }

    fn path(&self, number: u64) -> String {
        format!("{}/command-{number}", beneath(&self.memory))
    }
}

/// Moves this process to a group.
pub fn enter(group: &OwnedFd) -> io::Result<()> {
    fs::write(format!("{}/cgroup.procs", beneath(group)), "0")
}

/// What a command's group holds, in bytes.
pub fn memory(group: &OwnedFd) -> Option<u64> {
    number(group, "memory.usage_in_bytes").or_else(|| number(group, "memory.current"))
}

/// The most it has held, in bytes.
pub fn peak(group: &OwnedFd) -> Option<u64> {
    number(group, "memory.max_usage_in_bytes").or_else(|| number(group, "memory.peak"))
}

/// How many of its processes the kernel killed for want of memory.
pub fn killed(group: &OwnedFd) -> u64 {
    line(group, "memory.oom_control", "oom_kill")
        .or_else(|| line(group, "memory.events", "oom_kill"))
        .unwrap_or(0)
}

/// How often a process of the session was refused another one.
pub fn refused(processes: &OwnedFd) -> u64 {
    line(processes, "pids.events", "max").unwrap_or(0)
}

fn number(group: &OwnedFd, file: &str) -> Option<u64> {
    fs::read_to_string(format!("{}/{file}", beneath(group))).ok()?.trim().parse().ok()
}

fn line(group: &OwnedFd, file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("{}/{file}", beneath(group))).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

fn open_folder(path: &str) -> io::Result<OwnedFd> {
    File::options().read(true).custom_flags(O_PATH as i32).open(path).map(OwnedFd::from)
}

/// A folder that is known by its descriptor alone.
fn beneath(folder: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", folder.as_raw_fd())
}
