//! Processes: one's own that won't end, and those of others.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::FileTypeExt as _,
    time::{Duration, Instant},
};

use crate::sys::{self, EPERM, ESRCH, call, number};

/// Is there until it is killed.
pub fn wait() -> ! {
    loop {
        std::thread::sleep(Duration::from_secs(600));
    }
}

/// Computes far longer than it may.
pub fn spin() -> Vec<String> {
    let end = Instant::now() + Duration::from_secs(5);
    while Instant::now() < end {
        std::hint::spin_loop();
    }
    vec!["it was not stopped".to_owned()]
}

/// Listens to no signal that can be ignored. Says when it doesn't.
pub fn deaf() -> ! {
    (1..=64).for_each(sys::ignore);
    let _ = fs::write("/workspace/deaf", "");
    wait()
}

/// Leaves a process that has left its parent, its session and its group, listens to no signal, keeps the output open, and
/// writes to `/workspace/alive` for as long as it is there.
pub fn daemon() -> Vec<String> {
    if sys::fork() == Some(0) {
        sys::setsid();
        if sys::fork() == Some(0) {
            (1..=64).for_each(sys::ignore);
            let mut file = fs::OpenOptions::new().append(true).create(true).open("/workspace/alive");
            loop {
                if let Ok(file) = &mut file {
                    let _ = file.write_all(b"x");
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        sys::exit(0);
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while fs::metadata("/workspace/alive").map_or(0, |file| file.len()) == 0 {
        if Instant::now() > deadline {
            return vec!["it did not start".to_owned()];
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Vec::new()
}

/// Processes whose parents are gone, as fast as that goes and for so long; prints how many there were.
pub fn orphans(millis: u64) -> Vec<String> {
    let (end, mut count) = (Instant::now() + Duration::from_millis(millis), 0);
    while Instant::now() < end {
        match sys::fork() {
            Some(0) => {
                sys::fork();
                sys::exit(0);
            }
            Some(_) => {
                count += 1;
                sys::wait();
            }
            // Those before have not been taken away yet.
            None => std::thread::yield_now(),
        }
    }
    println!("{count}");
    Vec::new()
}

/// A process of the host, by its number there; then all that can be reached.
pub fn signal_others(host: u64) -> Vec<String> {
    let mut breaches = Vec::new();
    let pid = host as i32;
    // The number may be that of a process of ours, by chance.
    if fs::metadata(format!("/proc/{pid}")).is_err() {
        match sys::kill(pid, 0) {
            Err(ESRCH | EPERM) => {}
            other => breaches.push(format!("the host's process {pid}: {other:?}")),
        }
        if let Ok(pidfd) = call(434, [pid as usize, 0, 0, 0, 0]) {
            breaches.push(format!("the host's process {pid} is held as descriptor {pidfd}"));
        }
    }
    for signal in [9, 19, 15] {
        // What counts is who is there afterwards.
        let _ = sys::kill(-1, signal);
        let _ = sys::kill(1, signal);
    }
    breaches
}

/// Process 1 supervises; where it has the same user, it must be out of reach all the same.
pub fn supervisor() -> Vec<String> {
    let (prlimit, setaffinity, setpriority) = (number(302, 261), number(203, 122), number(141, 140));
    let mut breaches = Vec::new();
    let limit = [0_u64, 0];
    if call(prlimit, [0, 4, limit.as_ptr() as usize, 0, 0]).is_ok() {
        breaches.push("the host's crash handler can be called".to_owned());
    }
    let mask = [1_u64; 16];
    if call(prlimit, [1, 0, limit.as_ptr() as usize, 0, 0]).is_ok() {
        breaches.push("its limits can be changed".to_owned());
    }
    if call(setaffinity, [1, 128, mask.as_ptr() as usize, 0, 0]).is_ok() {
        breaches.push("its processors can be changed".to_owned());
    }
    for (which, who) in [(0, 1), (2, 0)] {
        if call(setpriority, [which, who, 19, 0, 0]).is_ok() {
            breaches.push("its priority can be changed".to_owned());
        }
    }
    for file in ["mem", "syscall", "stack"] {
        if fs::read(format!("/proc/1/{file}")).is_ok_and(|content| !content.is_empty()) {
            breaches.push(format!("/proc/1/{file} can be read"));
        }
    }
    breaches
}

/// What of other processes is a way to their files.
pub fn magic_links() -> Vec<String> {
    let mut breaches = Vec::new();
    let own = std::process::id().to_string();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.parse::<u32>().is_err() || name == own {
            continue;
        }
        // Who may look may be of one's own session; what counts is that nothing else is seen by it.
        for link in ["root", "cwd"] {
            let folder = format!("/proc/{name}/{link}");
            if fs::read(format!("{folder}/../../../etc/shadow")).is_ok() {
                breaches.push(format!("/etc/shadow can be read by {folder}"));
            }
            if link == "root" && fs::read_dir(&folder).is_ok() && names_in(&folder) != names_in("/") {
                breaches.push(format!("{folder} is another root"));
            }
        }
        for open in fs::read_dir(format!("/proc/{name}/fd")).into_iter().flatten().flatten() {
            let target = fs::read_link(open.path()).unwrap_or_default();
            let is_file = fs::metadata(open.path()).is_ok_and(|found| found.is_file() || found.is_dir());
            if is_file && fs::metadata(&target).is_err() {
                breaches.push(format!("{} is {}", open.path().display(), target.display()));
            }
        }
    }
    // They lead back to what is visible anyway.
    for way in ["/proc/self/root", "/proc/self/cwd/..", "/proc/thread-self/root"] {
        if way.ends_with("root") && names_in(way) != names_in("/") {
            breaches.push(format!("{way} is another root"));
        }
        if fs::read(format!("{way}/etc/shadow")).is_ok() {
            breaches.push(format!("{way}/etc/shadow can be read"));
        }
    }
    breaches
}

fn names_in(folder: &str) -> Vec<std::ffi::OsString> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.file_name()).collect();
    names.sort();
    names
}

/// Exactly the three standard streams are open, and none of them is a file of the host's.
pub fn descriptors() -> Vec<String> {
    let mut breaches = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").into_iter().flatten().flatten() {
        let target = fs::read_link(entry.path()).unwrap_or_default();
        let number: u32 = entry.file_name().to_string_lossy().parse().unwrap_or(u32::MAX);
        // Reading the folder opens it.
        if target.starts_with("/proc") && number > 2 {
            continue;
        }
        let is_stream = fs::metadata(entry.path()).is_ok_and(|file| {
            let kind = file.file_type();
            kind.is_fifo() || kind.is_socket() || target.as_os_str() == "/dev/null"
        });
        if number > 2 || !is_stream {
            breaches.push(format!("{number} is {}", target.display()));
        }
    }
    breaches
}

/// What engines tell every process of a container, the first one too.
const OF_ENGINES: &str = "HOSTNAME";

/// Only these variables are there, in this process and in all that can be looked into.
pub fn environment(names: &[&str]) -> Vec<String> {
    let mut breaches = Vec::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = entry.file_name().to_string_lossy().into_owned();
        if pid != "self" && pid.parse::<u32>().is_err() {
            continue;
        }
        let content = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        for variable in content.split(|byte| *byte == 0).filter(|variable| !variable.is_empty()) {
            let variable = String::from_utf8_lossy(variable);
            let name = variable.split('=').next().unwrap_or_default();
            if !names.contains(&name) && name != OF_ENGINES {
                breaches.push(format!("process {pid} has {name}"));
            }
        }
    }
    for name in std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()) {
        if !names.contains(&&*name) {
            breaches.push(format!("there is {name}"));
        }
    }
    breaches.sort();
    breaches.dedup();
    breaches
}
