//! The root that commands see.

use std::{
    fs,
    os::{
        fd::AsFd as _,
        unix::fs::{DirBuilderExt as _, symlink},
    },
    path::Path,
};

use crate::{
    At as _, lossy,
    outer::Trees,
    sys::mounts::{self, NODEV, NOEXEC, NOSUID, READ_ONLY},
    wire::{Failure, Setup, WORKSPACE},
};

/// Where the root is put together: a folder that every system has.
const SITE: &str = "/tmp";

/// Where a new workspace is put together before it is shown.
pub const STAGE: &str = "/.stage";

/// Builds the root from nothing, makes it this process's root and takes everything else away.
pub fn build(setup: &Setup, trees: &Trees) -> Result<(), Failure> {
    mounts::mount_new("tmpfs", SITE, NOSUID | NODEV, "size=8m,nr_inodes=4096,mode=0755")
        .at("mount a new root")?;
    std::env::set_current_dir(SITE).at("enter the new root")?;
    for (tree, (_, inside)) in trees.system.iter().zip(&setup.trees) {
        attach(tree.as_fd(), &lossy(inside))?;
    }
    for (target, inside) in &setup.links {
        let inside = lossy(inside);
        make_parent(&inside)?;
        symlink(lossy(target), beneath(&inside)).at(&format!("link {inside}"))?;
    }
    for (inside, content) in &setup.files {
        let inside = lossy(inside);
        make_parent(&inside)?;
        fs::write(beneath(&inside), content).at(&format!("write {inside}"))?;
    }
    for folder in [WORKSPACE, "/tmp", "/dev/shm", "/proc"] {
        make_folder(folder)?;
    }
    fs::DirBuilder::new().mode(0o700).create(beneath(STAGE)).at("create the stage")?;
    // Taken while the host's own is in sight: the kernel shows a new one only to who can see one already.
    mount_proc(&beneath("/proc"))?;
    mounts::pivot_to_working_directory().at("change the root")?;
    std::env::set_current_dir("/").at("enter the root")?;
    mounts::restrict_path("/", READ_ONLY).at("make the root read-only")
}

/// Mounts the view of the processes of this process's own namespace.
pub fn mount_proc(target: &str) -> Result<(), Failure> {
    mounts::mount_new("proc", target, READ_ONLY | NOSUID | NODEV | NOEXEC, "").at("mount /proc")
}

/// Attaches a tree at a path of the new root, which may be a file.
fn attach(tree: std::os::fd::BorrowedFd<'_>, inside: &str) -> Result<(), Failure> {
    let step = format!("show {inside}");
    let top = fs::File::from(tree.try_clone_to_owned().at(&step)?);
    if top.metadata().at(&step)?.is_dir() {
        make_folder(inside)?;
    } else {
        make_parent(inside)?;
        fs::write(beneath(inside), "").at(&step)?;
    }
    mounts::attach_tree(tree, beneath(inside).as_bytes()).at(&step)
}

fn make_parent(inside: &str) -> Result<(), Failure> {
    Path::new(inside).parent().and_then(Path::to_str).map_or(Ok(()), make_folder)
}

fn make_folder(inside: &str) -> Result<(), Failure> {
    fs::create_dir_all(beneath(inside)).at(&format!("create {inside}"))
}

/// A path of the new root, relative to the working directory, which is its top.
fn beneath(inside: &str) -> String {
    format!(".{inside}")
}
