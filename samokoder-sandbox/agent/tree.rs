//! Which process came from which.

use std::{collections::BTreeMap, fs};

use crate::{
    inside::memory::{self, LARGEST_PAGE},
    sys,
};

/// A process as `/proc` shows it.
#[derive(Debug, Clone, Copy)]
pub struct Process {
    pub pid: i32,
    pub parent: i32,
    pub threads: u64,
    /// Bytes in memory, those of files included.
    pub resident: u64,
}

/// All processes of the container but process 1 and those that the engine started.
#[derive(Debug)]
pub struct Census {
    children: BTreeMap<i32, Vec<Process>>,
}

impl Census {
    pub fn take() -> Self {
        let mut children: BTreeMap<i32, Vec<Process>> = BTreeMap::new();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let process = entry.file_name().to_str().and_then(|name| process(name.parse().ok()?));
            if let Some(process) = process {
                children.entry(process.parent).or_default().push(process);
            }
        }
        Self { children }
    }

    /// The processes that came from this one, which is not among them.
    pub fn beneath(&self, root: i32) -> Vec<Process> {
        let mut found: Vec<Process> = self.children.get(&root).cloned().unwrap_or_default();
        let mut next = 0;
        while let Some(process) = found.get(next) {
            found.extend(self.children.get(&process.pid).into_iter().flatten());
            next += 1;
        }
        found
    }

    /// How many threads the processes that came from this one have together.
    pub fn threads_beneath(&self, root: i32) -> u64 {
        self.beneath(root).iter().map(|process| process.threads).sum()
    }

    /// Children of process 1 that are not among these supervisors, with what came from them: their supervisor is dead.
    pub fn strays(&self, supervisors: &[i32]) -> Vec<Process> {
        let mut found = Vec::new();
        for process in self.children.get(&1).into_iter().flatten() {
            if !supervisors.contains(&process.pid) {
                found.push(*process);
                found.extend(self.beneath(process.pid));
            }
        }
        found
    }
}

/// `/proc/PID/stat`, whose second field can hold anything, in brackets.
fn process(pid: i32) -> Option<Process> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let end = text.iter().rposition(|byte| *byte == b')')?;
    let fields: Vec<&str> = std::str::from_utf8(&text[end + 1..]).ok()?.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let (threads, pages) = (number(17).unwrap_or(1), number(21).unwrap_or(0));
    // Without its first thread it is seen by the others alone.
    let other = if pages == 0 { memory::resident(&pid.to_string()) } else { None };
    let resident = other.unwrap_or(pages * LARGEST_PAGE);
    Some(Process { pid, parent: fields.get(1)?.parse().ok()?, threads, resident })
}

/// The memory that processes hold together, in bytes: at most that, looked at more closely if it is more than `limit`.
pub fn memory(processes: &[Process], limit: u64) -> u64 {
    let resident = processes.iter().map(|process| process.resident).sum();
    if resident <= limit {
        return resident;
    }
    let private = |process: &Process| memory::private(&process.pid.to_string()).unwrap_or(process.resident);
    processes.iter().map(private).sum()
}

/// Kills these processes.
pub fn kill(processes: &[Process]) {
    for process in processes {
        sys::kill(process.pid, sys::SIGKILL);
    }
}
