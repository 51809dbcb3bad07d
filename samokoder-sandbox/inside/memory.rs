//! What processes and sockets hold in memory, as `/proc` shows it.

use std::{collections::BTreeMap, fs};

/// The largest size a page can have; an estimate that is too high only leads to a closer look.
pub const LARGEST_PAGE: u64 = if cfg!(target_arch = "x86_64") { 4096 } else { 65536 };

/// Everything that a process has in memory, in bytes, or somewhat more.
pub fn resident(pid: &str) -> Option<u64> {
    of_any_thread(pid, |place| Some(statm(place, 1)? * LARGEST_PAGE))
}

/// Anonymous and shared memory of a process, and what of it is swapped out, in bytes.
pub fn private(pid: &str) -> Option<u64> {
    of_any_thread(pid, |place| status(place, &["RssAnon", "RssShmem", "VmSwap"]))
}

/// The same but for memory that may be shared.
pub fn anonymous(pid: &str) -> Option<u64> {
    of_any_thread(pid, |place| status(place, &["RssAnon", "VmSwap"]))
}

/// A process whose first thread has ended is seen by the others alone.
fn of_any_thread(pid: &str, look: impl Fn(&str) -> Option<u64>) -> Option<u64> {
    match look(&format!("/proc/{pid}")) {
        None | Some(0) => {
            let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?.flatten();
            threads.filter_map(|thread| look(thread.path().to_str()?)).max()
        }
        found => found,
    }
}

fn statm(place: &str, field: usize) -> Option<u64> {
    fs::read_to_string(format!("{place}/statm")).ok()?.split(' ').nth(field)?.trim().parse().ok()
}

/// The sum of lines that are in kilobytes, if there is one of them.
fn status(place: &str, names: &[&str]) -> Option<u64> {
    let text = fs::read_to_string(format!("{place}/status")).ok()?;
    let kilobytes = text.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        names.contains(&name).then(|| value.trim().split(' ').next()?.parse::<u64>().ok())?
    });
    kilobytes.reduce(|sum, more| sum + more).map(|sum| sum * 1024)
}

/// Adds the shared memory without a name that a process can reach, whether or not it is seen in any process: by its
/// inode, how large it is at most.
pub fn nameless(pid: &str, all: &mut BTreeMap<String, u64>) {
    let Ok(maps) = fs::read_to_string(format!("/proc/{pid}/maps")) else {
        // One that nobody may look into may use all that it has asked for.
        let asked = statm(&format!("/proc/{pid}"), 0).unwrap_or(0) * LARGEST_PAGE;
        all.insert(pid.to_owned(), asked);
        return;
    };
    for line in maps.lines().filter(|line| line.contains("/dev/zero") || line.contains("/SYSV")) {
        let mut fields = line.split_ascii_whitespace();
        let (Some(range), Some(rights), Some(offset)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        let length = range.split_once('-').and_then(|(start, end)| hex(end)?.checked_sub(hex(start)?));
        if let (true, Some(length), Some(offset)) = (rights.ends_with('s'), length, hex(offset)) {
            let object = fields.take(2).collect::<Vec<_>>().join(" ");
            let size = all.entry(object).or_default();
            *size = (*size).max(offset + length);
        }
    }
}

/// What is in use of a machine that is the session's alone, but for what it keeps of files, in bytes.
pub fn of_machine() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kilobytes = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    let spare = kilobytes("MemFree").saturating_add(kilobytes("Cached"));
    kilobytes("MemTotal").saturating_sub(spare).saturating_mul(1024)
}

/// What waits in the sockets of this network, in bytes. Version 1 of cgroups does not count it.
pub fn sockets() -> u64 {
    let files = ["udp", "udp6", "tcp", "tcp6"].map(|name| fs::read_to_string(format!("/proc/net/{name}")));
    let lines = files.iter().flatten().flat_map(|text| text.lines().skip(1));
    lines.filter_map(waiting).sum()
}

/// The two queues of a socket.
fn waiting(line: &str) -> Option<u64> {
    let (sent, received) = line.split_ascii_whitespace().nth(4)?.split_once(':')?;
    Some(u64::from_str_radix(sent, 16).ok()? + u64::from_str_radix(received, 16).ok()?)
}
