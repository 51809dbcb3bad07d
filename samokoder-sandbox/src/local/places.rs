//! Where sessions can have cgroups of their own, beneath the one that this process is in.

use std::{
    fs, io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::Access;

use super::wire::Groups;

/// What the names of all sessions' cgroups begin with.
pub(super) const PREFIX: &str = "samokoder-";

/// The cgroups beneath which those of sessions are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    unified: bool,
    memory: PathBuf,
    processes: PathBuf,
}

impl Places {
    /// Finds them and tries them.
    ///
    /// # Errors
    /// Why there are none, in words.
    pub(super) fn find(trial: &str) -> Result<Self, String> {
        let read = |path: &str| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
        let (own, mounts) = (read("/proc/self/cgroup")?, read("/proc/self/mountinfo")?);
        let places = Self::of(&own, &mounts)?;
        let places = if places.unified { places.delegated()? } else { places };
        places.try_out(trial)?;
        Ok(places)
    }

    /// The cgroups that this process is in, from what the kernel says of them.
    fn of(own: &str, mounts: &str) -> Result<Self, String> {
        let place = |controller: &str| place(own, mounts, controller);
        if let (Some(memory), Some(processes)) = (place("memory"), place("pids")) {
            return Ok(Self { unified: false, memory, processes });
        }
        let own = place("").ok_or("this process sees no cgroups")?;
        Ok(Self { unified: true, memory: own.clone(), processes: own })
    }

    /// In version 2, a cgroup with processes gives nothing to those beneath it. A service manager that delegates puts
    /// them one level deeper.
    fn delegated(self) -> Result<Self, String> {
        let gives = |folder: &Path| {
            let given = fs::read_to_string(folder.join("cgroup.subtree_control")).unwrap_or_default();
            let gives = |controller: &str| given.split_whitespace().any(|given| given == controller);
            gives("memory") && gives("pids")
        };
        if gives(&self.memory) {
            return Ok(self);
        }
        // Root could write anywhere: what is above may be the machine's, and its limits are not ours to leave.
        let is_ours = |folder: &&Path| {
            is_delegated(folder)
                || (!rustix::process::geteuid().is_root()
                    && rustix::fs::access(folder.join("cgroup.procs"), Access::WRITE_OK).is_ok())
        };
        match self.memory.parent().filter(is_ours) {
            Some(above) if gives(above) || (is_delegated(above) && give(above).is_ok()) => {
                Ok(Self { unified: true, memory: above.to_owned(), processes: above.to_owned() })
            }
            _ => Err(format!("memory and pids are not delegated at {}", self.memory.display())),
        }
    }

    fn try_out(&self, name: &str) -> Result<(), String> {
        for parent in self.parents() {
            let folder = parent.join(format!("{PREFIX}{name}"));
            let tried = fs::create_dir(&folder).and_then(|()| fs::remove_dir(&folder));
            tried.map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        Ok(())
    }

    /// The groups of a session with this name.
    pub(super) fn groups(&self, name: &str) -> Groups {
        let path = |parent: &Path| parent.join(format!("{PREFIX}{name}")).as_os_str().as_bytes().to_vec();
        Groups { unified: self.unified, memory: path(&self.memory), processes: path(&self.processes) }
    }

    /// The folders in which the groups of sessions are.
    pub(super) fn parents(&self) -> impl Iterator<Item = &Path> {
        let second = (!self.unified).then_some(self.processes.as_path());
        [self.memory.as_path()].into_iter().chain(second)
    }
}

/// Whether a service manager has marked a cgroup as its service's own, as <https://systemd.io/CGROUP_DELEGATION> says.
fn is_delegated(folder: &Path) -> bool {
    ["user.delegate", "trusted.delegate"].iter().any(|name| {
        let mut value = [0; 1];
        rustix::fs::getxattr(folder, *name, &mut value).is_ok() && value == *b"1"
    })
}

/// Has a cgroup without processes give its controllers to those beneath it.
fn give(folder: &Path) -> io::Result<()> {
    fs::write(folder.join("cgroup.subtree_control"), "+memory +pids")
}

/// The folder of the cgroup of this process in the hierarchy of a controller; in that of version 2 for "".
fn place(own: &str, mounts: &str, controller: &str) -> Option<PathBuf> {
    let path = own.lines().find_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        controllers.split(',').any(|named| named == controller).then_some(path)
    })?;
    mounts.lines().find_map(|line| {
        let (mount, file_system) = line.split_once(" - ")?;
        let mut kind = file_system.split(' ');
        let is_it = match kind.next()? {
            "cgroup2" => controller.is_empty(),
            "cgroup" => kind.nth(1)?.split(',').any(|option| option == controller),
            _ => false,
        };
        let mut fields = mount.split(' ').skip(3);
        let (root, point) = (fields.next()?, fields.next()?);
        let beneath = Path::new(path).strip_prefix(root).ok()?;
        is_it.then(|| Path::new(point).join(beneath))
    })
}

/// Removes a cgroup with those beneath it. Who is in there is killed.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove(&entry.path())?;
        }
    }
    let inside = fs::read_to_string(folder.join("cgroup.procs"))?;
    for pid in inside.lines().filter_map(|line| rustix::process::Pid::from_raw(line.parse().ok()?)) {
        // One that has ended meanwhile is what is wanted.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
    fs::remove_dir(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "9:name=systemd:/\n8:pids:/\n4:memory:/service/one\n2:cpu,cpuacct:/\n0::/\n";
    const MOUNTS: &str = "\
30 25 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw
31 30 0:27 / /sys/fs/cgroup/memory rw,relatime shared:1 - cgroup cgroup rw,memory
32 30 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids
33 30 0:29 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw
";

    #[test]
    fn controllers_in_hierarchies_of_their_own_are_found_there() {
        let places = Places::of(FIRST, MOUNTS).unwrap();
        assert!(!places.unified);
        assert_eq!(places.memory, Path::new("/sys/fs/cgroup/memory/service/one"));
        assert_eq!(places.processes, Path::new("/sys/fs/cgroup/pids"));
    }

    #[test]
    fn in_version_2_there_is_one_place() {
        let mounts = "30 25 0:26 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw,nsdelegate";
        let places = Places::of("0::/docker/abc/inner\n", mounts).unwrap();
        assert!(places.unified);
        assert_eq!(places.memory, Path::new("/sys/fs/cgroup/inner"));
        assert_eq!(places.parents().count(), 1);
    }

    #[test]
    fn where_nothing_is_mounted_there_is_no_place() {
        assert!(Places::of(FIRST, "").is_err());
        assert!(Places::of("", MOUNTS).is_err());
    }
}
