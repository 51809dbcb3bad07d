//! The part that stays outside: it has the rights of whoever started the host process, and uses them once.

use std::{
    fs,
    fs::File,
    io::{self, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::{
            ffi::OsStrExt as _,
            fs::{MetadataExt as _, chown},
            process::parent_id,
        },
    },
    path::Path,
};

use crate::{
    At as _, cgroup, session,
    sys::{memory::Code, mounts, process, sockets},
    wire::{Answer, Failure, INSIDE_ID, MAX_DATAGRAM, Setup},
};

/// The namespaces of a session, but for that of cgroups, which it leaves when it is in its own.
const NAMESPACES: u64 = process::NEW_USER
    | process::NEW_NS
    | process::NEW_PID
    | process::NEW_NET
    | process::NEW_IPC
    | process::NEW_UTS;

/// Detached copies of what the session will see of the host.
pub struct Trees {
    /// In the order of [`Setup::trees`].
    pub system: Vec<OwnedFd>,
    pub data: Option<OwnedFd>,
}

/// Builds a session and ends with it.
pub fn run() -> ! {
    let host = parent_id();
    let _ = process::close_from(3, false);
    let _ = process::setsid();
    process::umask();
    // Run from memory, it would be listed by the number of a descriptor.
    let _ = fs::write("/proc/self/comm", "samokoder-init");
    // When the whole machine is out of memory, let it be a sandbox that goes.
    let _ = fs::write("/proc/self/oom_score_adj", "500");
    process::reset_signals();
    let mut buffer = vec![0; MAX_DATAGRAM];
    let Ok((length, mut descriptors)) = sockets::receive(io::stdin().as_fd(), &mut buffer) else {
        process::exit(1)
    };
    let (Some(setup), Some(life)) = (Setup::decode(&buffer[..length]), descriptors.pop()) else {
        process::exit(1)
    };
    drop(buffer);
    let life = File::from(life);
    if let Err(failure) = start(setup, &life, host) {
        let _ = (&life).write_all(&Answer::Failed(failure).encode());
        process::exit(1);
    }
    process::exit(0)
}

fn start(setup: Setup, life: &File, host: u32) -> Result<(), Failure> {
    let watch = process::watch_process(host).at("watch the host process")?;
    // Only the host's root may take these from outside; anyone else does it inside, as root of the session.
    let trees = if setup.ids.is_some() { Some(Trees::take(&setup)?) } else { None };
    let groups = setup.groups.as_ref().map(|groups| cgroup::Made::make(groups, &setup)).transpose()?;
    let held = groups.as_ref().map(cgroup::Made::hold).transpose()?;
    let code = Code::find();
    let (mapped, map_done) = sockets::pipe().at("create a pipe")?;
    let Some(pid) = process::fork_into(NAMESPACES).at("create namespaces")? else {
        drop(map_done);
        session::run(setup, trees, held, life, mapped, code)
    };
    drop((mapped, trees, held));
    groups.as_ref().map_or(Ok(()), |groups| groups.admit(pid))?;
    map_users(pid, setup.ids)?;
    File::from(map_done).write_all(&[1]).at("start the session")?;
    process::make_opaque().at("hide the supervisor")?;
    // What it takes to end the session and to remove its cgroups.
    let needed = process::CAP_KILL | process::CAP_DAC_OVERRIDE;
    process::keep_capabilities(if setup.ids.is_some() { needed } else { 0 }).at("drop capabilities")?;
    let children = process::watch_children().at("watch the session")?;
    code.inspect(|code| code.forget());
    loop {
        let [host_ended, _] = sockets::wait([Some(watch.as_fd()), Some(children.as_fd())], -1).at("wait")?;
        if host_ended != 0 {
            process::kill(pid, process::SIGKILL);
            let _ = process::reap(true);
            return Ok(());
        }
        match process::reap(false) {
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => return Ok(()),
        }
    }
}

/// Says who the session's users are for the host.
fn map_users(pid: i32, ids: Option<(u32, u32)>) -> Result<(), Failure> {
    let write = |file: &str, text: String| {
        fs::write(format!("/proc/{pid}/{file}"), text).at(&format!("write {file}"))
    };
    if let Some((own, command)) = ids {
        let map = format!("0 {own} 1\n{INSIDE_ID} {command} 1\n");
        write("uid_map", map.clone())?;
        return write("gid_map", map);
    }
    let (user, group) = process::own_ids();
    write("uid_map", format!("{INSIDE_ID} {user} 1\n"))?;
    write("setgroups", "deny".to_owned())?;
    write("gid_map", format!("{INSIDE_ID} {group} 1\n"))
}

impl Trees {
    /// Opens everything the session will see, read-only but for the data folder.
    pub fn take(setup: &Setup) -> Result<Self, Failure> {
        let system = setup.trees.iter().map(|(path, inside)| {
            let step = || format!("show {} read-only", crate::lossy(path));
            let tree = mounts::clone_tree(path).at(&step())?;
            let device = if inside.starts_with(b"/dev/") { mounts::NOEXEC } else { mounts::NODEV };
            mounts::restrict_tree(tree.as_fd(), mounts::READ_ONLY | mounts::NOSUID | device).at(&step())?;
            Ok(tree)
        });
        let system = system.collect::<Result<_, Failure>>()?;
        let data = setup.data.as_ref().map(|path| data_tree(path, setup.ids)).transpose()?;
        Ok(Self { system, data })
    }
}

/// The data folder, such that commands can write in it and what they write belongs to the folder's owner.
fn data_tree(path: &[u8], ids: Option<(u32, u32)>) -> Result<OwnedFd, Failure> {
    let step = format!("show the data folder {}", crate::lossy(path));
    let tree = mounts::clone_tree(path).at(&step)?;
    let flags = mounts::NOSUID | mounts::NODEV | mounts::NOEXEC;
    mounts::restrict_tree(tree.as_fd(), flags).at(&step)?;
    if let Some((_, command)) = ids {
        let path = Path::new(std::ffi::OsStr::from_bytes(path));
        let owner = fs::metadata(path).at(&step)?;
        let mapped = owner_map(owner.uid(), owner.gid(), command)
            .and_then(|userns| mounts::map_owners(tree.as_fd(), userns.as_fd()));
        // A file system that can't map owners: the folder itself is handed over.
        if mapped.is_err() {
            chown(path, Some(command), Some(command)).at(&step)?;
        }
    }
    Ok(tree)
}

/// A user namespace that shows files of `uid` and `gid` as files of `command`.
fn owner_map(uid: u32, gid: u32, command: u32) -> io::Result<OwnedFd> {
    let (ended, keep) = sockets::pipe()?;
    let Some(pid) = process::fork_into(process::NEW_USER)? else {
        drop(keep);
        let _ = sockets::wait([Some(ended.as_fd())], -1);
        process::exit(0)
    };
    let map = |file: &str, id: u32| fs::write(format!("/proc/{pid}/{file}"), format!("{id} {command} 1\n"));
    let userns = map("uid_map", uid)
        .and_then(|()| map("gid_map", gid))
        .and_then(|()| File::open(format!("/proc/{pid}/ns/user")));
    drop(keep);
    let _ = process::reap(true);
    userns.map(OwnedFd::from)
}
