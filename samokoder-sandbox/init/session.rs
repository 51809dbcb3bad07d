//! Process 1 of a session: builds it, stays warm, and takes everything with it when it ends.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::fd::{AsFd as _, OwnedFd},
};

use crate::{
    At as _, cgroup,
    command::{self, Handles},
    files,
    gauge::Groups,
    outer::Trees,
    reply, root,
    start::Standard,
    sys::{landlock, memory::Code, mounts, process, sockets},
    usage,
    wire::{Answer, Exec, Facts, Failure, INSIDE_ID, MAX_DATAGRAM, Request, Setup, Used},
    workspace,
};

/// Builds the session, says so on the life line and answers requests until the host is gone.
pub fn run(
    setup: Setup,
    trees: Option<Trees>,
    mut groups: Option<cgroup::Held>,
    mut life: &File,
    mapped: OwnedFd,
    code: Option<Code>,
) -> ! {
    let built = build(&setup, trees, groups.as_mut(), mapped)
        .and_then(|facts| groups.as_ref().map_or(Ok(facts), |groups| groups.settle(&setup).map(|()| facts)))
        .and_then(|facts| process::watch_children().at("watch children").map(|children| (facts, children)));
    let (facts, children) = match built {
        Ok(built) => built,
        Err(failure) => {
            let _ = life.write_all(&Answer::Failed(failure).encode());
            process::exit(1)
        }
    };
    if life.write_all(&Answer::Built(facts).encode()).is_ok() {
        let session = Session {
            setup,
            facts,
            groups,
            commands: BTreeMap::new(),
            started: 0,
            has_too_much: false,
            left: Vec::new(),
        };
        code.inspect(|code| code.forget());
        let _ = session.answer(&children);
    }
    process::exit(0)
}

fn build(
    setup: &Setup,
    trees: Option<Trees>,
    groups: Option<&mut cgroup::Held>,
    mapped: OwnedFd,
) -> Result<Facts, Failure> {
    // End of file instead of a byte: mapping failed, and the parent has said why.
    if File::from(mapped).read(&mut [0]).at("wait for the user map")? == 0 {
        process::exit(1);
    }
    groups.map_or(Ok(()), cgroup::Held::enter)?;
    process::leave(process::NEW_CGROUP).at("create a namespace of cgroups")?;
    mounts::make_all_private().at("make mounts private")?;
    let trees = if let Some(trees) = trees {
        process::become_user(0, true).at("change the user")?;
        trees
    } else {
        process::become_user(INSIDE_ID, false).at("change the user")?;
        Trees::take(setup)?
    };
    // Both are reset by a change of user.
    process::die_with_parent().at("tie the session to its supervisor")?;
    process::make_opaque().at("hide the session")?;
    process::no_new_privileges().at("give up new privileges")?;
    process::set_hostname("sandbox").at("name the host")?;
    sockets::raise_loopback().at("bring the loopback interface up")?;
    forbid_namespaces();
    root::build(setup, &trees)?;
    workspace::create(setup, trees.data)?;
    process::forget_capabilities().at("drop capabilities for good")?;
    Ok(Facts { landlock: landlock_version(setup.landlock)? })
}

/// What the kernel has of Landlock, which may be nothing only where nothing is asked for.
fn landlock_version(least: u64) -> Result<u64, Failure> {
    const EOPNOTSUPP: i32 = 95;
    let step = || format!("restrict commands with version {least} of Landlock");
    match landlock::version() {
        Ok(version) if version >= least => Ok(version),
        Ok(_) => Err(Failure { step: step(), errno: EOPNOTSUPP }),
        Err(_) if least == 0 => Ok(0),
        Err(error) => Err(error).at(&step()),
    }
}

/// Has the kernel refuse what the filter refuses too, and keeps commands from using up what the host's user has.
///
/// A second wall: where these can't be written, as in some containers, the first one stands.
fn forbid_namespaces() {
    for kind in ["user", "net", "ipc", "uts", "cgroup", "time"] {
        let _ = fs::write(format!("/proc/sys/user/max_{kind}_namespaces"), "0");
    }
    let _ = fs::write("/proc/sys/user/max_inotify_instances", "64");
    let _ = fs::write("/proc/sys/user/max_inotify_watches", "8192");
}

struct Session {
    setup: Setup,
    facts: Facts,
    groups: Option<cgroup::Held>,
    /// Running commands, by the process that supervises them.
    commands: BTreeMap<i32, Command>,
    /// How many commands there have been.
    started: u64,
    /// Whether the last command left more in the data folder than there may be.
    has_too_much: bool,
    /// The commands whose groups are still to be removed.
    left: Vec<u64>,
}

/// A command that runs.
struct Command {
    /// Closing it tells the host that all of the command is gone.
    channel: OwnedFd,
    number: u64,
}

impl Session {
    fn answer(mut self, mut children: &File) -> io::Result<()> {
        let control = io::stdin();
        let mut buffer = vec![0; MAX_DATAGRAM];
        loop {
            let [request, ended] = sockets::wait([Some(control.as_fd()), Some(children.as_fd())], -1)?;
            if ended != 0 {
                // The news says at least one has ended, not how many.
                let _ = children.read(&mut [0; 128]);
                while let Ok(Some(child)) = process::reap(false) {
                    self.forget(&child);
                }
            }
            if request & sockets::READABLE != 0 {
                let (length, descriptors) = sockets::receive(control.as_fd(), &mut buffer)?;
                if length == 0 {
                    return Ok(());
                }
                self.handle(&buffer[..length], descriptors);
            } else if request != 0 {
                return Ok(());
            }
        }
    }

    /// Lets go of a command whose supervisor has ended, and so everything else of it.
    fn forget(&mut self, supervisor: &process::Reaped) {
        let Some(Command { channel, number }) = self.commands.remove(&supervisor.pid) else { return };
        self.has_too_much = supervisor.outcome() == Ok(command::LEFT_TOO_MUCH);
        drop(channel);
        if let Some(groups) = &self.groups {
            self.left.push(number);
            self.left.retain(|number| !groups.remove(*number));
        }
    }

    /// A request that can't be read is dropped with its descriptors, which the host sees as an end of file.
    fn handle(&mut self, request: &[u8], mut descriptors: Vec<OwnedFd>) {
        let Some(request) = Request::decode(request) else { return };
        if descriptors.is_empty() {
            return;
        }
        let channel = descriptors.remove(0);
        match request {
            Request::Exec(exec) => self.start(&exec, channel, descriptors),
            Request::Checkout => {
                let Some(packed) = descriptors.pop() else { return };
                let done = workspace::replace(&self.setup, packed);
                reply(channel, done.map(|()| Answer::Ready));
            }
            Request::Socket { v6 } => match sockets::tcp_socket(v6) {
                Ok(socket) => {
                    let _ = sockets::send_with(channel.as_fd(), &Answer::Ready.encode(), socket.as_fd());
                }
                Err(error) => reply(channel, Err(error).at("create a socket")),
            },
            // Not here: a file may be on a disk that takes its time.
            Request::File(request) => match process::fork_into(0) {
                Ok(None) => files::serve(&request, &channel, descriptors.first()),
                Ok(Some(_)) => {}
                Err(error) => reply(channel, Err(error).at("start a process")),
            },
            Request::Stats => match process::fork_into(0) {
                Ok(None) => {
                    let Ok(kept) = process::keep_only(&[channel.as_fd()]) else { process::exit(1) };
                    kept.into_iter().for_each(|channel| reply(channel, used().map(Answer::Used)));
                    process::exit(0)
                }
                Ok(Some(_)) => {}
                Err(error) => reply(channel, Err(error).at("start a process")),
            },
        }
    }

    fn start(&mut self, exec: &Exec, channel: OwnedFd, descriptors: Vec<OwnedFd>) {
        self.started += 1;
        let number = self.started;
        let mut streams = descriptors.into_iter();
        let standard = match (exec.streams, streams.next(), streams.next(), streams.next()) {
            (false, ..) => None,
            (true, Some(input), Some(output), Some(error)) => Some(Standard { input, output, error }),
            _ => return,
        };
        let groups = self.groups.as_ref().map(|groups| {
            // The files that a command writes are in memory too, and are limited as files.
            let bytes = self.setup.memory.saturating_add(self.setup.disk.0);
            let command = groups.command(number, bytes)?;
            Ok(Groups { command, processes: groups.processes.try_clone()? })
        });
        let groups = match groups.transpose() {
            Ok(groups) => groups,
            Err(error) => return reply(channel, Err::<_, io::Error>(error).at("make a cgroup")),
        };
        let handles = Handles { channel, groups, standard };
        match process::fork_into(process::NEW_PID | process::NEW_NS) {
            Ok(None) => command::run(&self.setup, exec, self.facts.landlock, self.has_too_much, &handles),
            Ok(Some(pid)) => {
                self.commands.insert(pid, Command { channel: handles.channel, number });
            }
            Err(error) => {
                if let Some(groups) = &self.groups {
                    groups.remove(number);
                }
                reply(handles.channel, Err(error).at("start a process"));
            }
        }
    }
}

/// What the session uses; process 1 is part of it.
fn used() -> Result<Used, Failure> {
    let held = usage::closely();
    let (disk, inodes) = workspace::used()?;
    Ok(Used { processes: held.processes + 1, memory: held.memory, disk, inodes })
}
