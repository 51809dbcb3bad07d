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

/// The two queues of a socket, as a line of `/proc/net/tcp` or of its like shows them (proc(5)).
///
/// While a connection is being made the kernel takes them from numbers of which one is random and the other one is not
/// there yet: what it shows then is nothing that waits.
fn waiting(line: &str) -> Option<u64> {
    const SYN_SENT: &str = "02";
    let mut fields = line.split_ascii_whitespace().skip(3);
    let state = fields.next()?;
    let (sent, received) = fields.next()?.split_once(':')?;
    // A difference of two numbers, which may be read while one of them is ahead.
    let queue =
        |hex| u32::from_str_radix(hex, 16).ok().map(|bytes| u64::try_from(bytes.cast_signed()).unwrap_or(0));
    if state == SYN_SENT { Some(0) } else { Some(queue(sent)? + queue(received)?) }
}

#[cfg(test)]
mod tests {
    use super::waiting;

    #[test]
    fn what_waits_in_a_socket_is_both_of_its_queues() {
        let line =
            "  37: 0100007F:1F90 0100007F:D6E2 01 00000400:00000020 01:00000014 00000000  1000        0 71 2";
        assert_eq!(waiting(line), Some(1024 + 32));
    }

    #[test]
    fn nothing_waits_in_a_socket_that_connects() {
        let line =
            "   1: 0100007F:D6E2 0100007F:1F90 02 3A51C0E7:00000000 01:00000063 00000000  1000        0 72 2";
        assert_eq!(waiting(line), Some(0));
    }

    #[test]
    fn a_queue_that_is_less_than_nothing_is_empty() {
        let line =
            "   1: 0100007F:D6E2 0100007F:1F90 01 00000000:FFFFFFF0 00:00000000 00000000  1000        0 73 1";
        assert_eq!(waiting(line), Some(0));
    }

    #[test]
    fn what_is_no_line_of_a_socket_is_nothing() {
        assert_eq!(waiting("  sl  local_address rem_address   st tx_queue rx_queue"), None);
        assert_eq!(waiting(""), None);
    }
}
