//! What the host does to files of the workspace: in a process of its own, with the rights of commands and the right to
//! go on where a command took permissions away, and by descriptors alone, so that no link leads it anywhere.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, Write as _},
    os::{
        fd::{AsFd as _, AsRawFd as _, OwnedFd},
        unix::{
            ffi::OsStrExt as _,
            fs::{MetadataExt as _, OpenOptionsExt as _},
        },
    },
    path::{Path, PathBuf},
    process,
};

use crate::{
    At as _, reply,
    sys::{
        self,
        files::{O_NOFOLLOW, O_PATH, open_beneath},
        sockets,
    },
    wire::{Answer, FileRequest, INSIDE_ID, Item, ItemKind, WORKSPACE},
};

const ENOENT: i32 = 2;
const ENXIO: i32 = 6;
const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
const ENOTDIR: i32 = 20;
const EISDIR: i32 = 21;
const EINVAL: i32 = 22;
const ELOOP: i32 = 40;
const EOVERFLOW: i32 = 75;

/// How many names are tried, and how many steps a removal may take while others fill the folder.
const NAMES: u32 = 1000;
const STEPS: u64 = 20_000_000;

/// Does what is asked for and answers on the channel.
pub fn serve(request: &FileRequest, channel: &OwnedFd, content: Option<&OwnedFd>) -> ! {
    let all: Vec<_> = [channel].into_iter().chain(content).map(OwnedFd::as_fd).collect();
    let mut kept = sys::process::keep_only(&all).unwrap_or_default().into_iter();
    let Some(channel) = kept.next() else { sys::process::exit(1) };
    let content = kept.next();
    let rights = sys::process::CAP_DAC_OVERRIDE | sys::process::CAP_FOWNER;
    let ready = sys::process::become_user_with(INSIDE_ID, rights).at("become the commands' user");
    let top = ready.and_then(|()| File::open(WORKSPACE).at("open the workspace"));
    let answer = top.and_then(|top| match request {
        FileRequest::Read { path } => {
            let file = read(&top, path).at("read it")?;
            let _ = sockets::send_with(channel.as_fd(), &Answer::Ready.encode(), file.as_fd());
            sys::process::exit(0)
        }
        FileRequest::Write { path } => write(&top, path, content).at("write it").map(|()| Answer::Ready),
        FileRequest::Remove { path } => remove(&top, path).at("remove it").map(|()| Answer::Ready),
        FileRequest::List { path, most } => list(&top, path, *most).at("list it").map(Answer::Items),
    });
    reply(channel, answer);
    sys::process::exit(0)
}

/// Opens a regular file. What is something else is never opened: that alone can have an effect.
fn read(top: &File, path: &[u8]) -> io::Result<File> {
    let found = open_beneath(top.as_fd(), path, O_PATH | O_NOFOLLOW)?;
    match found.metadata()?.file_type() {
        kind if kind.is_file() => File::open(by_descriptor(&found)),
        kind if kind.is_dir() => Err(io::Error::from_raw_os_error(EISDIR)),
        kind if kind.is_symlink() => Err(io::Error::from_raw_os_error(ELOOP)),
        _ => Err(io::Error::from_raw_os_error(ENXIO)),
    }
}

/// Opens a folder to look things up in.
fn open_folder(top: &File, path: &[u8]) -> io::Result<File> {
    let found = open_beneath(top.as_fd(), path, O_PATH | O_NOFOLLOW)?;
    match found.metadata()?.file_type() {
        kind if kind.is_dir() => Ok(found),
        kind if kind.is_symlink() => Err(io::Error::from_raw_os_error(ELOOP)),
        _ => Err(io::Error::from_raw_os_error(ENXIO)),
    }
}

/// Replaces a file: who reads it meanwhile reads the one that was there.
fn write(top: &File, path: &[u8], content: Option<OwnedFd>) -> io::Result<()> {
    let mut content = File::from(content.ok_or_else(|| io::Error::from_raw_os_error(EINVAL))?);
    content.rewind()?;
    let (folders, name) = split(path)?;
    let mut folder = top.try_clone()?;
    for name in folders {
        let open = || open_folder(&folder, name);
        folder = match open() {
            Err(error) if error.raw_os_error() == Some(ENOENT) => {
                fs::create_dir(beneath(&folder, name)).or_else(unless(EEXIST))?;
                open()?
            }
            other => other?,
        };
    }
    if fs::symlink_metadata(beneath(&folder, name)).is_ok_and(|found| found.is_dir()) {
        return Err(io::Error::from_raw_os_error(EISDIR));
    }
    let (mut start, mut rest) = ([0; 4], Vec::new());
    let length = content.read(&mut start)?;
    let start = &start[..length];
    let runnable = start.starts_with(b"#!") || start.starts_with(b"\x7fELF");
    let (temporary, mut file) = fresh(&folder, |path| {
        let mode = if runnable { 0o755 } else { 0o644 };
        File::options().write(true).create_new(true).mode(mode).open(path)
    })?;
    let written = file
        .write_all(start)
        .and_then(|()| content.read_to_end(&mut rest))
        .and_then(|_| file.write_all(&rest))
        .and_then(|()| fs::rename(&temporary, beneath(&folder, name)));
    written.inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })
}

/// Removes a file, or a folder with all in it. What is not there is removed already.
fn remove(top: &File, path: &[u8]) -> io::Result<()> {
    let gone = |error: &io::Error| matches!(error.raw_os_error(), Some(ENOENT | ENOTDIR | ENXIO));
    let (folders, name) = split(path)?;
    let folder = if folders.is_empty() {
        top.try_clone()?
    } else {
        match open_folder(top, &folders.join(&b'/')) {
            Err(error) if gone(&error) => return Ok(()),
            other => other?,
        }
    };
    let place = beneath(&folder, name);
    match fs::symlink_metadata(&place) {
        Err(error) if gone(&error) => Ok(()),
        Err(error) => Err(error),
        Ok(found) if !found.is_dir() => fs::remove_file(&place).or_else(unless(ENOENT)),
        Ok(_) => {
            // Out of the way first: to commands it is gone at once. The data folder, a mount, stays where it is.
            let (_, aside) = fresh(&folder, |path| fs::rename(&place, path).map(|()| path.to_path_buf()))?;
            clear(&folder, &aside)
        }
    }
}

/// Removes a folder without ever going deeper than two levels: what lies deeper is moved up, so that neither the
/// length of a path nor the number of descriptors limits how deep it may be.
fn clear(parent: &File, folder: &Path) -> io::Result<()> {
    let name = folder.file_name().ok_or_else(|| io::Error::from_raw_os_error(EINVAL))?;
    let top = open_folder(parent, name.as_bytes())?;
    let mut steps = 0;
    loop {
        let mut is_empty = true;
        for entry in fs::read_dir(by_descriptor(&top))? {
            is_empty = false;
            let name = entry?.file_name();
            let place = beneath(&top, name.as_bytes());
            if fs::remove_file(&place).is_err() && fs::remove_dir(&place).is_err() {
                let inner = open_folder(&top, name.as_bytes())?;
                for deeper in fs::read_dir(by_descriptor(&inner))? {
                    let deeper = beneath(&inner, deeper?.file_name().as_bytes());
                    if fs::remove_file(&deeper).is_err() {
                        fresh(&top, |path| fs::rename(&deeper, path))?;
                    }
                    steps += 1;
                }
            }
            steps += 1;
            if steps > STEPS {
                return Err(io::Error::from_raw_os_error(EBUSY));
            }
        }
        if is_empty {
            return fs::remove_dir(beneath(parent, name.as_bytes()));
        }
    }
}

fn list(top: &File, path: &[u8], most: u64) -> io::Result<Vec<Item>> {
    let folder = if path.is_empty() { top.try_clone()? } else { open_folder(top, path)? };
    let mut items = Vec::new();
    for entry in fs::read_dir(by_descriptor(&folder))? {
        let entry = entry?;
        // Gone since the folder was read.
        let Ok(found) = entry.metadata() else { continue };
        if items.len() as u64 == most {
            return Err(io::Error::from_raw_os_error(EOVERFLOW));
        }
        let kind = match found.file_type() {
            kind if kind.is_file() => ItemKind::File,
            kind if kind.is_dir() => ItemKind::Folder,
            kind if kind.is_symlink() => ItemKind::Link,
            _ => ItemKind::Special,
        };
        let size = if kind == ItemKind::File { found.size() } else { 0 };
        items.push(Item { name: entry.file_name().as_bytes().to_vec(), kind, size });
    }
    Ok(items)
}

/// The folders on the way and the name at the end. The library sends parsed paths only; this is not taken on trust.
fn split(path: &[u8]) -> io::Result<(Vec<&[u8]>, &[u8])> {
    let mut parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    if parts.iter().any(|part| matches!(*part, b"" | b"." | b"..")) {
        return Err(io::Error::from_raw_os_error(EINVAL));
    }
    let name = parts.pop().ok_or_else(|| io::Error::from_raw_os_error(EINVAL))?;
    Ok((parts, name))
}

/// Makes something in a folder under a name that nothing else has.
fn fresh<T>(folder: &File, make: impl Fn(&Path) -> io::Result<T>) -> io::Result<(PathBuf, T)> {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..NAMES {
        let name = format!(".{}-{}", process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = beneath(folder, name.as_bytes());
        if fs::symlink_metadata(&path).is_ok() {
            continue;
        }
        match make(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return Ok((path, made?)),
        }
    }
    Err(io::Error::from_raw_os_error(EEXIST))
}

fn by_descriptor(file: &File) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

/// A name in a folder that is known by its descriptor: one step, which nobody can redirect.
fn beneath(folder: &File, name: &[u8]) -> PathBuf {
    by_descriptor(folder).join(std::ffi::OsStr::from_bytes(name))
}

fn unless(errno: i32) -> impl FnOnce(io::Error) -> io::Result<()> {
    move |error| if error.raw_os_error() == Some(errno) { Ok(()) } else { Err(error) }
}
