//! The files of the workspace.
//!
//! A path is walked one folder at a time: each is opened, without following a link, and becomes the working directory.
//! So whatever commands do to the folders meanwhile, no step leads through a link.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io,
    os::unix::{
        ffi::{OsStrExt as _, OsStringExt as _},
        fs::{OpenOptionsExt as _, PermissionsExt as _, symlink},
    },
    path::Path,
};

use crate::{
    At as _,
    stream::Download,
    sys,
    wire::{DATA, Failure, Setup, WORKSPACE, Writer},
};

const NOFOLLOW: i32 = if cfg!(target_arch = "aarch64") { 0o100_000 } else { 0o400_000 };
const NONBLOCK: i32 = 0o4000;

const EFBIG: i32 = 27;
const ENOTDIR: i32 = 20;
const EINVAL: i32 = 22;
const EOVERFLOW: i32 = 75;

/// The name of the data folder in the workspace.
const DATA_NAME: &[u8] = b"data";

/// Makes the folders that commands write to.
pub fn prepare(setup: &Setup) -> io::Result<()> {
    for (path, mode) in [(WORKSPACE, 0o755), (crate::wire::TEMPORARY, 0o1777)] {
        match fs::create_dir(path) {
            // An engine has followed a link there, and has put a file system of its own where it leads.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            other => other?,
        }
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
    }
    link_data(setup)
}

/// Shows the data folder in the workspace.
pub fn link_data(setup: &Setup) -> io::Result<()> {
    if setup.data == 0 {
        return Ok(());
    }
    match symlink(DATA, format!("{WORKSPACE}/data")) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Enters the folder that holds what a path names. Returns its name there: nothing for the workspace itself.
pub fn enter_parent(setup: &Setup, path: &[u8], create: bool) -> io::Result<Option<OsString>> {
    let mut names: Vec<&[u8]> = path.split(|byte| *byte == b'/').filter(|name| !name.is_empty()).collect();
    if names.iter().any(|name| matches!(*name, b"." | b"..") || name.contains(&0)) {
        return Err(io::Error::from_raw_os_error(EINVAL));
    }
    let in_data = setup.data > 0 && names.first().is_some_and(|name| *name == DATA_NAME);
    std::env::set_current_dir(if in_data { DATA } else { WORKSPACE })?;
    if in_data {
        names.remove(0);
    }
    let Some(last) = names.pop() else { return Ok(None) };
    for name in names {
        let name = OsString::from_vec(name.to_vec());
        match enter(&name) {
            Err(error) if create && error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir(&name)?;
                enter(&name)?;
            }
            other => other?,
        }
    }
    Ok(Some(OsString::from_vec(last.to_vec())))
}

fn enter(name: &OsString) -> io::Result<()> {
    sys::enter(&open_folder(name)?)
}

/// Opens a folder of the working directory.
pub fn open_folder(name: impl AsRef<Path>) -> io::Result<File> {
    // Not as a directory: gVisor then follows a link that it was told not to follow.
    let folder = OpenOptions::new().read(true).custom_flags(NOFOLLOW | NONBLOCK).open(name)?;
    if folder.metadata()?.is_dir() { Ok(folder) } else { Err(io::Error::from_raw_os_error(ENOTDIR)) }
}

/// Begins to send a file.
pub fn read(setup: &Setup, path: &[u8], most: u64) -> Result<Download, Failure> {
    let step = || format!("read {}", String::from_utf8_lossy(path));
    let open = || {
        let name = enter_parent(setup, path, false)?.ok_or(io::Error::from_raw_os_error(EINVAL))?;
        let file = OpenOptions::new().read(true).custom_flags(NOFOLLOW | NONBLOCK).open(name)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::from_raw_os_error(EINVAL));
        }
        if found.len() > most {
            return Err(io::Error::from_raw_os_error(EFBIG));
        }
        Ok(Download::new(file, found.len()))
    };
    open().at(&step())
}

/// Removes a file, or a folder with all in it.
pub fn remove(setup: &Setup, path: &[u8]) -> Result<(), Failure> {
    let removed = enter_parent(setup, path, false).and_then(|name| match name {
        Some(name) => remove_here(&name),
        None => Err(io::Error::from_raw_os_error(EINVAL)),
    });
    let removed = match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    removed.at(&format!("remove {}", String::from_utf8_lossy(path)))
}

/// Empties the workspace; the data folder stays.
pub fn clear(setup: &Setup) -> io::Result<()> {
    std::env::set_current_dir(WORKSPACE)?;
    clear_here()?;
    link_data(setup)
}

fn clear_here() -> io::Result<()> {
    let names: Vec<OsString> =
        fs::read_dir(".")?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<_>>()?;
    names.iter().try_for_each(remove_here)
}

fn remove_here(name: &OsString) -> io::Result<()> {
    let found = match fs::symlink_metadata(name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.is_dir() {
        return fs::remove_file(name);
    }
    if found.permissions().mode() & 0o700 != 0o700 {
        fs::set_permissions(name, fs::Permissions::from_mode(0o700))?;
    }
    let here = open_folder(".")?;
    enter(name)?;
    let cleared = clear_here();
    sys::enter(&here)?;
    cleared?;
    fs::remove_dir(name)
}

/// Lists a folder: for each entry its name, what it is (0 a file, 1 a folder, 2 a link, 3 anything else), its size.
pub fn list(setup: &Setup, path: &[u8], most: u64) -> Result<Vec<u8>, Failure> {
    let list = || {
        if let Some(name) = enter_parent(setup, path, false)? {
            enter(&name)?;
        }
        let mut listed = Writer::default();
        for (count, entry) in (1..).zip(fs::read_dir(".")?) {
            if count > most {
                return Err(io::Error::from_raw_os_error(EOVERFLOW));
            }
            let name = entry?.file_name();
            let Ok(found) = fs::symlink_metadata(&name) else { continue };
            let (kind, size) = match found.file_type() {
                kind if kind.is_file() => (0, found.len()),
                kind if kind.is_dir() => (1, 0),
                kind if kind.is_symlink() => (2, 0),
                _ => (3, 0),
            };
            listed.bytes(name.as_bytes()).u64(kind).u64(size);
        }
        Ok(listed.0)
    };
    list().at(&format!("list {}", String::from_utf8_lossy(path)))
}
