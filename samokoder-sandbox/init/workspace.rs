//! The workspace and the temporary files: one file system of limited size, replaced as a whole.

use std::{
    fs,
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _, chown, fchown},
    },
    path::Path,
};

use crate::{
    At as _,
    root::STAGE,
    sys::{
        files,
        mounts::{self, NODEV, NOSUID},
    },
    wire::{self, Failure, INSIDE_ID, Setup, WORKSPACE},
};

/// The folders commands can write in: (name on the file system, path, mode).
const FOLDERS: [(&str, &str, u32); 3] =
    [("workspace", WORKSPACE, 0o755), ("tmp", "/tmp", 0o1777), ("shm", "/dev/shm", 0o1777)];

/// Shows the first workspace, empty but for the data folder.
pub fn create(setup: &Setup, data: Option<OwnedFd>) -> Result<(), Failure> {
    stage(setup)?;
    if let Some(data) = data {
        let place = data_place()?;
        mounts::attach_tree(data.as_fd(), place.as_bytes()).at("show the data folder")?;
    }
    show()
}

/// Replaces the workspace by one that holds the packed files. On failure the present one stays.
///
/// A whole new file system: nothing that commands left behind (links, open files, mount points) can have a say
/// in where a file goes. Who runs in the old one keeps it.
pub fn replace(setup: &Setup, packed: OwnedFd) -> Result<(), Failure> {
    let mut content = Vec::new();
    let mut file = File::from(packed);
    file.rewind().and_then(|()| file.read_to_end(&mut content)).at("read the files")?;
    stage(setup)?;
    fill(&content).and_then(|()| carry_data(setup)).inspect_err(|_| {
        let _ = mounts::unmount(STAGE);
    })?;
    for (_, path, _) in FOLDERS {
        mounts::unmount(path).at("take the old workspace away")?;
    }
    show()
}

/// Bytes and files in the workspace and among the temporary files.
pub fn used() -> Result<(u64, u64), Failure> {
    let (bytes, free, files, free_files) = files::room("/tmp").at("measure the workspace")?;
    let own = FOLDERS.len() as u64 + 1;
    Ok((bytes.saturating_sub(free), files.saturating_sub(free_files).saturating_sub(own)))
}

fn stage(setup: &Setup) -> Result<(), Failure> {
    let (bytes, inodes) = setup.disk;
    // Its own folders are not the commands'.
    let options =
        format!("size={bytes},nr_inodes={},mode=0755,huge=never", inodes + FOLDERS.len() as u64 + 1);
    mounts::mount_new("tmpfs", STAGE, NOSUID | NODEV, &options).at("mount the workspace")?;
    for (name, _, mode) in FOLDERS {
        let path = format!("{STAGE}/{name}");
        fs::create_dir(&path)
            .and_then(|()| chown(&path, Some(INSIDE_ID), Some(INSIDE_ID)))
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(mode)))
            .at("create the workspace")?;
    }
    Ok(())
}

fn show() -> Result<(), Failure> {
    for (name, path, _) in FOLDERS {
        mounts::bind(&format!("{STAGE}/{name}"), path).at("show the workspace")?;
    }
    mounts::unmount(STAGE).at("leave the stage")
}

fn carry_data(setup: &Setup) -> Result<(), Failure> {
    if setup.data.is_none() {
        return Ok(());
    }
    let place = data_place()?;
    mounts::bind(&format!("{WORKSPACE}/data"), &place).at("show the data folder")
}

fn data_place() -> Result<String, Failure> {
    let place = format!("{STAGE}/workspace/data");
    fs::create_dir(&place).at("create the data folder")?;
    Ok(place)
}

fn fill(mut packed: &[u8]) -> Result<(), Failure> {
    while let Some((path, content, rest)) = wire::unpack(packed) {
        let path = crate::lossy(path);
        write(&path, content).at(&format!("write {path}"))?;
        packed = rest;
    }
    Ok(())
}

fn write(path: &str, content: &[u8]) -> io::Result<()> {
    let top = Path::new(STAGE).join("workspace");
    let target = top.join(path);
    // The library sends parsed paths only; this process has more rights than it should trust anyone with.
    if Path::new(path).components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
        return Err(io::Error::from_raw_os_error(22));
    }
    let mut missing: Vec<&Path> = target
        .ancestors()
        .skip(1)
        .take_while(|folder| *folder != top)
        .filter(|folder| !folder.exists())
        .collect();
    while let Some(folder) = missing.pop() {
        fs::DirBuilder::new().mode(0o755).create(folder)?;
        chown(folder, Some(INSIDE_ID), Some(INSIDE_ID))?;
    }
    let runnable = content.starts_with(b"#!") || content.starts_with(b"\x7fELF");
    let mode = if runnable { 0o755 } else { 0o644 };
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(&target)?;
    file.write_all(content)?;
    fchown(&file, Some(INSIDE_ID), Some(INSIDE_ID))
}
