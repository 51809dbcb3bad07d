//! Looking at what is not theirs.

use std::{
    fs, io,
    os::{
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixStream},
    },
    path::Path,
};

/// No setting of the kernel can be changed.
pub fn writable_system() -> Vec<String> {
    let mut breaches = Vec::new();
    let mut folders = vec![Path::new("/proc").to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() && fs::OpenOptions::new().append(true).open(entry.path()).is_ok() {
                breaches.push(format!("{} can be written", entry.path().display()));
            }
        }
    }
    for path in ["/sys", "/proc/kcore", "/dev/mem", "/dev/kmsg", "/dev/kvm", "/dev/fuse", "/proc/sysrq-trigger"] {
        if fs::File::open(path).is_ok() {
            breaches.push(format!("{path} can be opened"));
        }
    }
    breaches
}

/// Exactly the three standard streams are open.
pub fn descriptors() -> Vec<String> {
    let open: Vec<String> = fs::read_dir("/proc/self/fd")
        .unwrap()
        .flatten()
        .map(|entry| (entry.file_name(), fs::read_link(entry.path()).unwrap_or_default()))
        // Reading the folder opens it.
        .filter(|(_, target)| !target.to_string_lossy().starts_with("/proc/"))
        .map(|(number, target)| format!("{} {}", number.display(), target.display()))
        .collect();
    let right = matches!(open.as_slice(), [zero, one, two]
        if zero == "0 /dev/null" && one.starts_with("1 pipe:") && two.starts_with("2 pipe:"));
    if right { Vec::new() } else { vec![format!("{open:?}")] }
}

/// Only this process and the supervisor are there, and the supervisor can't be looked into.
pub fn processes() -> Vec<String> {
    let mut breaches = Vec::new();
    let own = std::process::id().to_string();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        if name.parse::<u32>().is_ok() && name != "1" && name != own {
            breaches.push(format!("process {name} is visible"));
        }
    }
    for file in ["environ", "mem", "maps", "auxv", "syscall"] {
        if fs::read(format!("/proc/1/{file}")).is_ok_and(|content| !content.is_empty()) {
            breaches.push(format!("/proc/1/{file} can be read"));
        }
    }
    for link in ["exe", "cwd", "root", "ns/mnt", "ns/net"] {
        if fs::read_link(format!("/proc/1/{link}")).is_ok() {
            breaches.push(format!("/proc/1/{link} can be followed"));
        }
    }
    if fs::read_dir("/proc/1/fd").is_ok_and(|mut entries| entries.next().is_some()) {
        breaches.push("/proc/1/fd can be listed".to_owned());
    }
    breaches
}

/// There is no terminal to type into.
pub fn terminal() -> Vec<String> {
    let opens = |path: &&&str| fs::OpenOptions::new().read(true).write(true).open(path).is_ok();
    ["/dev/tty", "/dev/console", "/dev/ptmx", "/dev/pts/0", "/dev/tty1"]
        .iter()
        .filter(opens)
        .map(|path| format!("{path} can be opened"))
        .collect()
}

/// None of these paths is there, by any way in.
pub fn secrets(paths: &[&str]) -> Vec<String> {
    let ways = ["", "/proc/self/root", "/proc/1/root", "/proc/self/cwd/../..", "/usr/..", "/dev/fd/0/../.."];
    paths
        .iter()
        .flat_map(|path| ways.iter().map(move |way| format!("{way}{path}")))
        .filter(|path| fs::symlink_metadata(path).is_ok())
        .map(|path| format!("{path} is visible"))
        .collect()
}

/// A socket that a process of the host listens on, named without a file.
pub fn abstract_socket(name: &str) -> Vec<String> {
    let address = SocketAddr::from_abstract_name(name).unwrap();
    match UnixStream::connect_addr(&address) {
        Ok(_) => vec!["reached".to_owned()],
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Vec::new(),
        Err(error) => vec![format!("{error}")],
    }
}

/// Nothing read-only becomes writable by another name.
pub fn links() -> Vec<String> {
    let mut breaches = Vec::new();
    let program = std::env::current_exe().unwrap();
    for target in ["/usr/bin/env", "/etc/passwd", "/dev/null"] {
        if fs::hard_link(target, "/workspace/hard").is_ok() {
            breaches.push(format!("{target} has a second name"));
        }
    }
    if fs::OpenOptions::new().write(true).open("/proc/self/exe").is_ok() {
        breaches.push(format!("{} can be written while it runs", program.display()));
    }
    for path in ["/proc/self/root/usr/bin/probe", "/proc/self/root/probe", "/proc/self/cwd/../probe"] {
        if fs::write(path, "x").is_ok() {
            breaches.push(format!("{path} was written"));
        }
    }
    breaches
}
