//! Process 1 of a session: builds it, stays warm, and takes everything with it when it ends.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::fd::{AsFd as _, OwnedFd},
};

use crate::{
    At as _, command,
    outer::Trees,
    root,
    sys::{mounts, process, sockets},
    wire::{Answer, Failure, INSIDE_ID, MAX_DATAGRAM, Request, Setup},
    workspace,
};

/// Builds the session, says so on the life line and answers requests until the host is gone.
pub fn run(setup: Setup, trees: Option<Trees>, mut life: &File, mapped: OwnedFd) -> ! {
    let built = build(&setup, trees, mapped).and_then(|()| process::watch_children().at("watch children"));
    let children = match built {
        Ok(children) => children,
        Err(failure) => {
            let _ = life.write_all(&Answer::Failed(failure).encode());
            process::exit(1)
        }
    };
    if life.write_all(&Answer::Ready.encode()).is_ok() {
        let _ = Session { setup, channels: BTreeMap::new() }.answer(&children);
    }
    process::exit(0)
}

fn build(setup: &Setup, trees: Option<Trees>, mapped: OwnedFd) -> Result<(), Failure> {
    // End of file instead of a byte: mapping failed, and the parent has said why.
    if File::from(mapped).read(&mut [0]).at("wait for the user map")? == 0 {
        process::exit(1);
    }
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
    process::forget_capabilities().at("drop capabilities for good")
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
    /// The channels of running commands, by the process that supervises them. Closing one tells the host that all is gone.
    channels: BTreeMap<i32, OwnedFd>,
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
                    self.channels.remove(&child.pid);
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

    /// A request that can't be read is dropped with its descriptors, which the host sees as an end of file.
    fn handle(&mut self, request: &[u8], mut descriptors: Vec<OwnedFd>) {
        let Some(request) = Request::decode(request) else { return };
        if descriptors.is_empty() {
            return;
        }
        let channel = descriptors.remove(0);
        match request {
            Request::Exec(exec) => match process::fork_into(process::NEW_PID | process::NEW_NS) {
                Ok(None) => command::run(&self.setup, &exec, &channel),
                Ok(Some(pid)) => {
                    self.channels.insert(pid, channel);
                }
                Err(error) => reply(channel, Err::<(), _>(error).at("start a process")),
            },
            Request::Checkout => {
                let Some(packed) = descriptors.pop() else { return };
                let done = workspace::replace(&self.setup, packed);
                reply(channel, done);
            }
            Request::Socket { v6 } => match sockets::tcp_socket(v6) {
                Ok(socket) => {
                    let _ = sockets::send_with(channel.as_fd(), &Answer::Ready.encode(), socket.as_fd());
                }
                Err(error) => reply(channel, Err::<(), _>(error).at("create a socket")),
            },
        }
    }
}

fn reply(channel: OwnedFd, outcome: Result<(), Failure>) {
    let answer = outcome.map_or_else(Answer::Failed, |()| Answer::Ready);
    let _ = File::from(channel).write_all(&answer.encode());
}
