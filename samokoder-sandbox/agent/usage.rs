//! What the processes of a session use.

use std::{ffi::CStr, fs, os::unix::fs::MetadataExt as _, path::Path};

use crate::sys;

/// The folders of the session's own in the file system commands write to.
const OWN_FOLDERS: u64 = 2;

/// The file systems commands write to.
fn file_systems() -> impl Iterator<Item = &'static CStr> {
    // An engine or a runtime may have a file system of its own there.
    let device = |path: &str| fs::metadata(path).map(|found| found.dev()).ok();
    let apart = device("/tmp") != device("/sandbox");
    [c"/sandbox", c"/dev/shm"].into_iter().chain(apart.then_some(c"/tmp"))
}

/// Whether nothing more can be written to one of them.
pub fn is_full() -> bool {
    let is_full = |room: sys::Room| room.bytes_free < 4096 || (room.files > 0 && room.files_free == 0);
    file_systems().any(|path| sys::room(path).is_ok_and(is_full))
}

/// Bytes in use.
pub fn bytes_of_disk() -> u64 {
    file_systems().filter_map(|path| sys::room(path).ok()).map(|room| room.bytes - room.bytes_free).sum()
}

/// Bytes and files in use. `is_counted`: the kernel counts files.
pub fn of_disk(is_counted: bool) -> (u64, u64) {
    if !is_counted {
        return (bytes_of_disk(), all_files(u64::MAX));
    }
    // The root of each counts too.
    let rooms = file_systems().filter_map(|path| sys::room(path).ok());
    let files: u64 = rooms.map(|room| room.files - room.files_free - 1).sum();
    (bytes_of_disk(), files.saturating_sub(OWN_FOLDERS))
}

/// Whether the kernel limits the number of files here to what it has to be.
pub fn counts_files(limit: u64) -> bool {
    /// Room for the session's own folders.
    const OWN: u64 = 16;
    file_systems().all(|path| {
        sys::room(path).is_ok_and(|room| room.files > 0 && room.files <= limit.saturating_add(OWN))
    })
}

const MEMORY_EVENTS: [&str; 2] = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];
const PROCESS_EVENTS: [&str; 2] = ["/sys/fs/cgroup/pids.events", "/sys/fs/cgroup/pids/pids.events"];

const MEMORY_LIMITS: [&str; 2] = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
const PROCESS_LIMITS: [&str; 2] = ["/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"];

/// Whether the kernel limits the number of processes here.
pub fn counts_processes() -> bool {
    PROCESS_EVENTS.iter().any(|path| Path::new(path).exists()) && has_limit(&PROCESS_LIMITS)
}

/// Whether the kernel limits the memory of all processes together.
pub fn counts_memory() -> bool {
    has_limit(&MEMORY_LIMITS)
}

/// Whether there is a number in one of these files. Without a limit there is a word, or a number that nothing reaches.
fn has_limit(files: &[&str]) -> bool {
    let limit = |path: &&str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    files.iter().find_map(limit).is_some_and(|limit| limit < 1 << 60)
}

/// Files and folders that commands have made, as far as there are no more than `most`.
pub fn all_files(most: u64) -> u64 {
    // Where it is a link, it leads into the first of them.
    let apart = fs::symlink_metadata("/tmp").is_ok_and(|found| found.is_dir());
    let mut left = most.saturating_add(OWN_FOLDERS);
    let whole = left;
    for place in ["/sandbox", "/dev/shm"].into_iter().chain(apart.then_some("/tmp")) {
        count(Path::new(place), &mut left);
    }
    (whole - left).saturating_sub(OWN_FOLDERS)
}

/// Takes one off for each file and folder beneath a folder. None of them is looked at by itself, which would take long.
fn count(folder: &Path, left: &mut u64) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            count(&entry.path(), left);
        }
    }
}

/// How often the kernel ended a process for want of memory, and how often it refused one, so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Refusals {
    pub memory: u64,
    pub processes: u64,
}

impl Refusals {
    pub fn count() -> Self {
        let memory = MEMORY_EVENTS.iter().find_map(|path| value(path, "oom_kill"));
        let processes = PROCESS_EVENTS.iter().find_map(|path| value(path, "max"));
        Self { memory: memory.unwrap_or(0), processes: processes.unwrap_or(0) }
    }
}

/// The number behind a name in a file of names and numbers.
fn value(path: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(path).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// Files, folders and bytes beneath a folder. What can't be looked into counts as one.
pub fn files_in(folder: &Path) -> (u64, u64) {
    let Ok(entries) = fs::read_dir(folder) else { return (0, 0) };
    let (mut files, mut bytes) = (0, 0);
    for entry in entries.flatten() {
        let Ok(found) = entry.metadata() else { continue };
        let (inner, inner_bytes) = if found.is_dir() { files_in(&entry.path()) } else { (0, found.len()) };
        files += 1 + inner;
        bytes += inner_bytes;
    }
    (files, bytes)
}
