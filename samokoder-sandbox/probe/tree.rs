//! Files: what can be written, what can be found, what must not come into being.

use std::{
    collections::VecDeque,
    fs,
    io::Write as _,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, symlink},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{
    greed::WRITABLE,
    sys::{HERE, call, is_refusal, number},
};

/// How many files and folders are looked at: those near the top come first.
const MOST: usize = 20_000;

/// How long that may take: a kernel in a process is slow.
const LONGEST: Duration = Duration::from_secs(4);

/// What is visible, nearest the top first, without what the kernel makes up.
fn walk(mut visit: impl FnMut(&Path, &fs::Metadata)) {
    let (mut folders, mut seen): (VecDeque<PathBuf>, _) = (["/".into()].into(), 0);
    let end = Instant::now() + LONGEST;
    while let Some(folder) = folders.pop_front() {
        if Instant::now() > end {
            return;
        }
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, Ok(found)) = (entry.path(), entry.metadata()) else { continue };
            seen += 1;
            if seen > MOST {
                return;
            }
            visit(&path, &found);
            if found.is_dir() && path != Path::new("/proc") && path != Path::new("/sys") {
                folders.push_back(path);
            }
        }
    }
}

/// Whether a path is where files may be written: in one of the folders for that, or on the file system of one.
fn is_ours(path: &Path) -> bool {
    let device = |path: &Path| fs::metadata(path).map(|found| found.dev()).ok();
    WRITABLE.iter().any(|folder| path.starts_with(folder) || device(path) == device(Path::new(folder)))
}

/// Removes everything from where files may be written, but for this program.
pub fn clean() -> Vec<String> {
    for folder in WRITABLE {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if entry.file_name() != "probe" {
                let path = entry.path();
                drop(fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path)));
            }
        }
    }
    Vec::new()
}

/// Nothing but the workspace and the temporary files can be written: no file, no folder, no new one.
pub fn writable() -> Vec<String> {
    let mut breaches = Vec::new();
    let mut try_folder = |path: &Path| {
        let (file, folder) = (path.join("samokoder-probe"), path.join("samokoder-probe-folder"));
        let made = fs::OpenOptions::new().write(true).create_new(true).open(&file).is_ok();
        if made || fs::create_dir(&folder).is_ok() {
            breaches.push(format!("something was made in {}", path.display()));
        }
        drop((fs::remove_file(file), fs::remove_dir(folder)));
    };
    try_folder(Path::new("/"));
    let mut files = Vec::new();
    walk(|path, found| {
        if is_ours(path) {
        } else if found.is_dir() {
            try_folder(path);
        } else if found.is_file() {
            files.push(path.to_path_buf());
        }
    });
    let opens = |path: &&PathBuf| fs::OpenOptions::new().append(true).open(path).is_ok();
    let opened: Vec<_> =
        files.iter().filter(opens).map(|path| format!("{} can be written", path.display())).collect();
    for folder in ["/proc", "/proc/sys", "/sys", "/sys/fs/cgroup", "/sys/kernel"] {
        try_folder(Path::new(folder));
    }
    for folder in WRITABLE {
        let file = format!("{folder}/samokoder-probe");
        if let Err(error) = fs::write(&file, "x").and_then(|()| fs::remove_file(&file)) {
            breaches.push(format!("{folder} can't be written: {error}"));
        }
    }
    breaches.extend(opened);
    breaches
}

/// None of these files of the host can be read, by any way in.
pub fn secrets(paths: &[&str]) -> Vec<String> {
    let ways = [
        "",
        "/proc/self/root",
        "/proc/1/root",
        "/proc/self/cwd/../..",
        "/usr/..",
        "/dev/fd/0/../..",
        "/proc/self/fd/0/../..",
    ];
    let all = paths.iter().flat_map(|path| ways.iter().map(move |way| format!("{way}{path}")));
    let read = |path: &String| fs::read_dir(path).is_ok() || fs::read(path).is_ok();
    all.filter(read).map(|path| format!("{path} can be read")).collect()
}

/// No file of this name is anywhere in sight.
pub fn find(name: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    walk(|path, _| {
        if path.file_name().is_some_and(|found| found == name) {
            breaches.push(format!("{} is visible", path.display()));
        }
    });
    breaches
}

/// Nothing from elsewhere gets a second name in the workspace.
pub fn hard_links() -> Vec<String> {
    let (mut breaches, mut tried) = (Vec::new(), 0);
    walk(|path, found| {
        if found.is_file() && !is_ours(path) && tried < 500 {
            tried += 1;
            if fs::hard_link(path, "/workspace/hard").is_ok() {
                breaches.push(format!("{} has a second name", path.display()));
                drop(fs::remove_file("/workspace/hard"));
            }
        }
    });
    // A descriptor is a name too.
    let own = c"/proc/self/exe".as_ptr() as usize;
    let follow = 0x400;
    if call(number(265, 37), [HERE, own, HERE, c"/dev/hard".as_ptr() as usize, follow]).is_ok() {
        breaches.push("a program has a second name in /dev".to_owned());
    }
    breaches
}

/// Programs that others run can't be changed: process 1, and what everyone runs; and the working folder leads
/// nowhere above what is visible.
pub fn programs() -> Vec<String> {
    let mut breaches = Vec::new();
    for path in ["/proc/1/exe", "/.samokoder/agent", "/bin/sh", "/usr/bin/env", "/lib64/ld-linux-x86-64.so.2"]
    {
        if fs::OpenOptions::new().append(true).open(path).is_ok() {
            breaches.push(format!("{path} can be written"));
        }
    }
    match std::env::current_dir() {
        Ok(folder) if is_ours(&folder) => {}
        other => breaches.push(format!("the working folder is {other:?}")),
    }
    if fs::read(format!("{}etc/shadow", "../".repeat(40))).is_ok() {
        breaches.push("/etc/shadow is above the working folder".to_owned());
    }
    breaches
}

/// A pipe and a socket may be made, a device may not.
pub fn special_files() -> Vec<String> {
    let mut breaches = Vec::new();
    let mknodat = number(259, 33);
    let (block, character, pipe) = (0o060_600, 0o020_666, 0o010_600);
    for (path, kind, device) in [
        (c"/workspace/disk", block, 0x801),
        (c"/workspace/memory", character, 0x101),
        (c"/tmp/kmsg", character, 0x10b),
    ] {
        match call(mknodat, [HERE, path.as_ptr() as usize, kind, device, 0]) {
            Err(errno) if is_refusal(errno) => {}
            other => breaches.push(format!("{}: {other:?}", path.to_string_lossy())),
        }
    }
    if let Err(errno) = call(mknodat, [HERE, c"/workspace/pipe".as_ptr() as usize, pipe, 0, 0]) {
        breaches.push(format!("a pipe can't be made: error {errno}"));
    }
    if let Err(error) = UnixListener::bind("/workspace/socket") {
        breaches.push(format!("a socket can't be made: {error}"));
    }
    for (target, name) in [("/dev/zero", "zero"), ("/proc/self/mem", "mem"), ("loop", "loop")] {
        drop(symlink(target, format!("/workspace/{name}")));
    }
    breaches
}

/// Files that run with their owner's rights must not come into being.
pub fn setuid(folder: &str) -> Vec<String> {
    let path = format!("{folder}/setuid");
    let mut breaches = Vec::new();
    if fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o4755).open(&path).is_ok() {
        breaches.push("made with the bit".to_owned());
    }
    if let Err(error) = fs::write(&path, "x") {
        breaches.push(format!("a file can't be made: {error}"));
    }
    for mode in [0o4755, 0o2755, 0o6755] {
        if fs::set_permissions(&path, fs::Permissions::from_mode(mode)).is_ok() {
            breaches.push(format!("changed to {mode:o}"));
        }
    }
    drop(fs::remove_file(&path));
    breaches
}

/// Names that are hard to take: no text, a line break, as long as can be, two that look alike, two that differ in case.
pub fn odd_names() -> Vec<String> {
    let long = "я".repeat(127);
    let names: [&[u8]; 8] = [
        b"\xff\xfe",
        b"a\nb",
        b"-rf",
        long.as_bytes(),
        "й".as_bytes(),
        "и\u{306}".as_bytes(),
        b"Name",
        b"name",
    ];
    drop(fs::create_dir("/workspace/names"));
    let make = |name: &&[u8]| {
        fs::write(Path::new("/workspace/names").join(std::ffi::OsStr::from_bytes(name)), name).err()
    };
    names.iter().filter_map(make).map(|error| error.to_string()).collect()
}

/// What commands need, Landlock lets them do.
pub fn behind_the_mounts() -> Vec<String> {
    let mut breaches = Vec::new();
    let moved = fs::write("/workspace/file", "x")
        .and_then(|()| {
            fs::rename("/workspace/file", "/tmp/moved")
                .or_else(|_| fs::copy("/workspace/file", "/tmp/moved").map(drop))
        })
        .and_then(|()| fs::remove_file("/tmp/moved"));
    if let Err(error) = moved {
        breaches.push(format!("a file can't be moved: {error}"));
    }
    for path in ["/dev/null", "/dev/zero", "/dev/full"] {
        if let Err(error) = fs::OpenOptions::new().write(true).open(path) {
            breaches.push(format!("{path}: {error}"));
        }
    }
    if let Err(error) =
        fs::OpenOptions::new().write(true).open("/dev/stderr").and_then(|mut file| file.write_all(b""))
    {
        breaches.push(format!("/dev/stderr: {error}"));
    }
    breaches
}
