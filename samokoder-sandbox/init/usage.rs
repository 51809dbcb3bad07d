//! How much memory the processes of this namespace hold.

use std::fs;

/// The largest size a page can have; an estimate that is too high only leads to the closer look.
const LARGEST_PAGE: u64 = if cfg!(target_arch = "x86_64") { 4096 } else { 65536 };

/// Whether the processes together hold more than `limit` bytes, without what they map from files.
pub fn memory_exceeds(limit: u64) -> bool {
    // One short line for each process bounds the sum from above; only when that is too much is it worth a closer look.
    sum(resident) > limit && sum(private) > limit
}

fn sum(of: fn(&str) -> Option<u64>) -> u64 {
    let Ok(entries) = fs::read_dir("/proc") else { return u64::MAX };
    entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name();
            let name = name.to_str()?;
            // Process 1 is the supervisor itself.
            if name == "1" || !name.starts_with(|first: char| first.is_ascii_digit()) {
                return None;
            }
            of(name)
        })
        .sum()
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
