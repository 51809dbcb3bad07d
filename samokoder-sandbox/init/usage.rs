//! What processes hold, as `/proc` shows it.

use std::{collections::BTreeMap, fs};

use crate::inside::memory;

/// What the processes of this namespace hold together, but for process 1 and this one.
pub struct Held {
    /// How many there are.
    pub processes: u64,
    /// What they hold, in bytes.
    pub memory: u64,
}

/// The processes and everything they have in memory: what several share counts for each.
pub fn roughly() -> Held {
    look(memory::resident)
}

/// The processes and what they have in memory that does not come from files.
pub fn closely() -> Held {
    look(memory::private)
}

/// How many processes and threads there are, process 1 included.
pub fn tasks() -> u64 {
    let of = |pid: &str| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("Threads:")?.trim().parse().ok())
    };
    look(of).memory + 1
}

fn look(mut of: impl FnMut(&str) -> Option<u64>) -> Held {
    let mut held = Held { processes: 0, memory: 0 };
    // What can't be looked at counts as too much.
    let Ok(entries) = fs::read_dir("/proc") else { return Held { processes: u64::MAX, memory: u64::MAX } };
    let own = std::process::id().to_string();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|name| name.starts_with(|first: char| first.is_ascii_digit()))
        else {
            continue;
        };
        if name != "1" && name != own {
            held.processes += 1;
            held.memory += of(name).unwrap_or(0);
        }
    }
    held
}

/// The processes and the memory that is theirs alone, and all shared memory that has no name, each piece of it once:
/// pages of it that a process has let go of are still there, and seen in none.
pub fn nameless() -> u64 {
    let mut shared = BTreeMap::new();
    let held = look(|pid| {
        memory::nameless(pid, &mut shared);
        memory::anonymous(pid)
    });
    held.memory.saturating_add(shared.into_values().sum())
}
