//! What processes hold, as `/proc` shows it.

use std::fs;

/// The largest size a page can have; an estimate that is too high only leads to the closer look.
const LARGEST_PAGE: u64 = if cfg!(target_arch = "x86_64") { 4096 } else { 65536 };

/// What the processes of this namespace hold together, but for process 1 and this one.
pub struct Held {
    /// How many there are.
    pub processes: u64,
    /// What they hold, in bytes.
    pub memory: u64,
}

/// The processes and everything they have in memory: what several share counts for each.
pub fn roughly() -> Held {
    look(resident)
}

/// The processes and what they have in memory that does not come from files.
pub fn closely() -> Held {
    look(private)
}

/// How many processes and threads there are, process 1 included.
pub fn tasks() -> u64 {
    let of = |pid: &str| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("Threads:")?.trim().parse().ok())
    };
    look(of).memory + 1
}

fn look(of: fn(&str) -> Option<u64>) -> Held {
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

/// Everything in memory, in bytes.
fn resident(pid: &str) -> Option<u64> {
    let line = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
    Some(line.split(' ').nth(1)?.parse::<u64>().ok()? * LARGEST_PAGE)
}

/// Anonymous and shared memory, and what of it is swapped out, in bytes.
fn private(pid: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let kilobytes = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let counts = matches!(name, "RssAnon" | "RssShmem" | "VmSwap");
        counts.then(|| value.trim().split(' ').next()?.parse::<u64>().ok())?
    };
    Some(status.lines().filter_map(kilobytes).sum::<u64>() * 1024)
}
