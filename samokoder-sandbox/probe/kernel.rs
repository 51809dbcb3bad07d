//! Who the kernel takes a command for, and what it lets it change.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
};

use crate::sys::{self, call, is_refusal, number};

const NEW_USER: u64 = 0x1000_0000;

/// How many files are tried.
const MOST: usize = 30_000;

/// No namespace in which this would be root, by `clone`; then nothing can be mounted in one either.
pub fn user_namespace() -> Vec<String> {
    const SIGCHLD: u64 = 17;
    match call(number(56, 220), [(NEW_USER | SIGCHLD) as usize, 0, 0, 0, 0]) {
        Ok(0) => sys::exit(0),
        Ok(_) => vec!["a process in a user namespace of its own".to_owned()],
        Err(errno) if is_refusal(errno) => Vec::new(),
        Err(errno) => vec![format!("clone was looked at: error {errno}")],
    }
}

/// The same by `clone3`, whose flags no filter can see.
pub fn clone3() -> Vec<String> {
    const SIGCHLD: u64 = 17;
    let arguments: [u64; 8] = [NEW_USER, 0, 0, 0, SIGCHLD, 0, 0, 0];
    match call(435, [arguments.as_ptr() as usize, 64, 0, 0, 0]) {
        Ok(0) => sys::exit(0),
        Ok(_) => vec!["a process in a user namespace of its own".to_owned()],
        Err(errno) if is_refusal(errno) => Vec::new(),
        Err(errno) => vec![format!("clone3 was looked at: error {errno}")],
    }
}

/// No namespace of another process is entered.
pub fn join_namespaces() -> Vec<String> {
    let mut breaches = Vec::new();
    for process in ["1", "self"] {
        for kind in ["mnt", "net", "pid", "user", "ipc", "uts", "cgroup"] {
            let path = format!("/proc/{process}/ns/{kind}");
            let Ok(file) = fs::File::open(&path) else { continue };
            let descriptor = std::os::fd::AsRawFd::as_raw_fd(&file) as usize;
            match call(number(308, 268), [descriptor, 0, 0, 0, 0]) {
                Err(errno) if is_refusal(errno) => {}
                other => breaches.push(format!("{path}: {other:?}")),
            }
        }
    }
    breaches
}

/// No setting of the kernel can be changed, and nothing that shows the machine's memory can be opened.
pub fn settings() -> Vec<String> {
    let mut breaches = Vec::new();
    for top in ["/proc/sys", "/proc", "/sys"] {
        let mut folders: VecDeque<PathBuf> = [top.into()].into();
        let mut tried = 0;
        while let Some(folder) = folders.pop_front() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                let path = entry.path();
                if kind.is_dir() && !is_of_a_process(&path) {
                    folders.push_back(path);
                } else if kind.is_file() && tried < MOST {
                    tried += 1;
                    let opened = fs::OpenOptions::new().append(true).open(&path);
                    if opened.is_ok_and(|file| !is_null(&file)) && !concerns_who_asks_alone(&path) {
                        breaches.push(format!("{} can be written", path.display()));
                    }
                }
            }
        }
    }
    for path in [
        "/proc/kcore",
        "/proc/kmsg",
        "/proc/kpagecount",
        "/dev/mem",
        "/dev/kmsg",
        "/dev/kvm",
        "/dev/vhost-vsock",
    ] {
        let read = fs::File::open(path).and_then(|mut file| std::io::Read::read(&mut file, &mut [0; 16]));
        if read.is_ok_and(|count| count > 0)
            || fs::OpenOptions::new().write(true).open(path).is_ok_and(|file| !is_null(&file))
        {
            breaches.push(format!("{path} can be used"));
        }
    }
    breaches
}

/// A process's own folder: what it sets there concerns it alone.
fn is_of_a_process(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.parent() == Some(Path::new("/proc")) && (name.parse::<u32>().is_ok() || name.ends_with("self"))
}

/// Files that everyone may write to: what is written there asks the kernel to wake up whoever wrote it.
fn concerns_who_asks_alone(path: &Path) -> bool {
    path.starts_with("/proc/pressure")
}

/// Whether something is the null device, which some engines put over what must not be seen.
fn is_null(file: &fs::File) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    const NULL: u64 = 0x103;
    file.metadata().is_ok_and(|file| file.rdev() == NULL)
}

fn status() -> Vec<(String, String)> {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let pair =
        |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    text.lines().filter_map(pair).collect()
}

/// The user is not root, neither here nor for the kernel.
pub fn identity() -> Vec<String> {
    let mut breaches = Vec::new();
    let status = status();
    for (file, field) in [("uid_map", "Uid"), ("gid_map", "Gid")] {
        let map = fs::read_to_string(format!("/proc/self/{file}")).unwrap_or_default();
        let map: Vec<Vec<u64>> = map
            .lines()
            .map(|line| line.split_whitespace().filter_map(|number| number.parse().ok()).collect())
            .collect();
        let Some((_, ids)) = status.iter().find(|(name, _)| name == field) else {
            breaches.push(format!("the kernel does not say who this is: {field}"));
            continue;
        };
        for id in ids.split_whitespace().filter_map(|id| id.parse::<u64>().ok()) {
            let outside = map.iter().find_map(|range| match range[..] {
                [inside, outside, count] if (inside..inside + count).contains(&id) => {
                    Some(outside + id - inside)
                }
                _ => None,
            });
            if id == 0 || outside == Some(0) {
                breaches.push(format!("{field} {id} is {outside:?} for the host"));
            }
        }
    }
    breaches
}

/// No capability, none to be had, no new rights by running a program, a filter on system calls. A kernel that shows
/// none of these never gives them.
pub fn rights() -> Vec<String> {
    let wrong = |(name, value): &(String, String)| match name.as_str() {
        "CapInh" | "CapPrm" | "CapEff" | "CapBnd" | "CapAmb" => value.chars().any(|digit| digit != '0'),
        "NoNewPrivs" => value != "1",
        "Seccomp" => value != "2",
        _ => false,
    };
    status().iter().filter(|field| wrong(field)).map(|(name, value)| format!("{name} is {value}")).collect()
}

/// There is no terminal to type into.
pub fn terminal() -> Vec<String> {
    let opens = |path: &&&str| fs::OpenOptions::new().read(true).write(true).open(path).is_ok();
    let terminals =
        ["/dev/tty", "/dev/console", "/dev/pts/0", "/dev/tty0", "/dev/tty1", "/dev/ttyS0", "/dev/vcs"];
    terminals.iter().filter(opens).map(|path| format!("{path} can be opened")).collect()
}
