//! Cgroups: the kernel counts and limits what a session and each of its commands use together.
//!
//! [`outer`](crate::outer) makes those of the session, since it alone sees the host's files, and removes them when the
//! session is gone. The session gets descriptors of them, and makes one for the memory of each command.

use std::{
    fs::{self, File},
    io::{self, Write as _},
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

/// A process of one thread that writes "0" here comes in. With the other file of version 1, `cgroup.procs`, the kernel
/// stops all that start threads meanwhile, and waits for a grace period for that: tens of milliseconds.
const ENTRANCE: &str = "tasks";

/// Where commands are, so that what they do to the number of processes is no trouble to process 1.
const COMMANDS: &str = "commands";

/// The groups of a session. Dropping it removes them, once nobody is in them.
pub struct Made {
    unified: bool,
    memory: String,
    processes: String,
}

/// The groups of a session, as the session has them: without a path.
pub struct Held {
    unified: bool,
    top: OwnedFd,
    /// In which each command gets a group.
    memory: OwnedFd,
    /// In which all commands are counted.
    pub processes: OwnedFd,
    /// Where the session comes in, in version 1.
    entrances: Vec<File>,
}

impl Made {
    /// Makes a session's groups, and lets the user that will be the session's init work with them.
    pub fn make(groups: &Groups, setup: &Setup) -> Result<Self, Failure> {
        let made = Self {
            unified: groups.unified,
            memory: lossy(&groups.memory),
            processes: lossy(&groups.processes),
        };
        let (top, commands) = (&made.memory, format!("{}/{COMMANDS}", made.processes));
        let base = format!("{top}/{BASE}");
        let folders = if made.unified {
            vec![top.clone(), commands.clone(), base.clone()]
        } else {
            vec![top.clone(), made.processes.clone(), commands.clone()]
        };
        for folder in folders {
            fs::create_dir(&folder).at(&format!("make the cgroup {folder}"))?;
        }
        let mut theirs = Vec::new();
        if made.unified {
            theirs
                .extend(["cgroup.procs", "cgroup.subtree_control"].map(|file| format!("{commands}/{file}")));
            theirs.extend(["cgroup.procs", "cgroup.subtree_control"].map(|file| format!("{top}/{file}")));
            theirs.extend([format!("{base}/cgroup.procs"), commands]);
        } else {
            theirs.extend([top.clone(), format!("{commands}/{ENTRANCE}")]);
            limit_processes(&commands, setup)?;
        }
        if let Some((own, _)) = setup.ids {
            for path in theirs {
                chown(&path, Some(own), Some(own)).at(&format!("hand over {path}"))?;
            }
        }
        Ok(made)
    }

    /// Puts the session's process in, where it can't come in by itself.
    pub fn admit(&self, pid: i32) -> Result<(), Failure> {
        if !self.unified {
            return Ok(());
        }
        fs::write(format!("{}/cgroup.procs", self.memory), pid.to_string()).at("enter a cgroup")
    }

    /// Opens the groups for the session.
    pub fn hold(&self) -> Result<Held, Failure> {
        let open = |path: &str| open_folder(path).at("open a cgroup");
        let processes = open(&format!("{}/{COMMANDS}", self.processes))?;
        let memory =
            if self.unified { processes.try_clone().at("open a cgroup")? } else { open(&self.memory)? };
        let entrance = |folder: &String| {
            File::options().write(true).open(format!("{folder}/{ENTRANCE}")).at("open a cgroup")
        };
        let folders = [&self.memory, &self.processes];
        let entrances = if self.unified {
            Vec::new()
        } else {
            folders.into_iter().map(entrance).collect::<Result<_, _>>()?
        };
        Ok(Held { unified: self.unified, top: open(&self.memory)?, memory, processes, entrances })
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for folder in [&self.memory, &self.processes] {
            remove_all(Path::new(folder));
        }
    }
}

fn limit_processes(folder: &str, setup: &Setup) -> Result<(), Failure> {
    fs::write(format!("{folder}/pids.max"), setup.processes.to_string()).at("limit the processes of a cgroup")
}

fn remove_all(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_all(&entry.path());
        }
    }
    remove(folder);
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
    /// Comes in: with the rights of whoever opened the session's groups, before this process has a view of its own.
    pub fn enter(&mut self) -> Result<(), Failure> {
        self.entrances.drain(..).try_for_each(|mut entrance| entrance.write_all(b"0")).at("enter a cgroup")
    }

    /// Makes room for the groups of commands, once this process's namespace of cgroups begins at the session's.
    pub fn settle(&self, setup: &Setup) -> Result<(), Failure> {
        if !self.unified {
            return Ok(());
        }
        let (top, commands) = (beneath(&self.top), beneath(&self.memory));
        let settled = fs::write(format!("{top}/{BASE}/cgroup.procs"), "0")
            .and_then(|()| fs::write(format!("{top}/cgroup.subtree_control"), "+memory +pids"))
            .and_then(|()| fs::write(format!("{commands}/cgroup.subtree_control"), "+memory"));
        settled.at("make room for the cgroups of commands")?;
        limit_processes(&commands, setup)
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

    /// Removes the group of a command that is over. Says whether it is gone: the kernel may take a moment to let go of
    /// the last process.
    pub fn remove(&self, number: u64) -> bool {
        !matches!(fs::remove_dir(self.path(number)), Err(error) if error.kind() == io::ErrorKind::ResourceBusy)
    }

    fn path(&self, number: u64) -> String {
        format!("{}/command-{number}", beneath(&self.memory))
    }
}

/// Moves this process to a command's groups.
pub fn enter(groups: &crate::gauge::Groups) -> io::Result<()> {
    let enter = |group: &OwnedFd, file: &str| fs::write(format!("{}/{file}", beneath(group)), "0");
    // In version 2 the one lies in the other, which holds no process itself.
    if fs::exists(format!("{}/cgroup.controllers", beneath(&groups.command)))? {
        return enter(&groups.command, "cgroup.procs");
    }
    enter(&groups.processes, ENTRANCE)?;
    enter(&groups.command, ENTRANCE)
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
