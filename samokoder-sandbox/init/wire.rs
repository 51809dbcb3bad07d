//! What the library and the init program say to each other. Both are built from this one file.
//!
//! Requests are datagrams on the control socket, with file descriptors attached. Each request brings a socket
//! of its own for the answer, so nothing has to be matched and a dropped future is seen as end of file.

pub use crate::inside::{Ended, Failure, How, Keeper, Kept};

use crate::inside::codec::{Reader, Writer};

/// Largest datagram in bytes; the kernel's default socket buffer holds it.
pub const MAX_DATAGRAM: usize = 160 * 1024;

/// The workspace, as commands see it.
pub const WORKSPACE: &str = "/workspace";

/// User and group that commands run as, as they see it.
pub const INSIDE_ID: u32 = 1000;

/// Room for process 1 of a session and the supervisors of its commands, where they count as its processes.
pub const OWN_PROCESSES: u64 = 16;

/// The first datagram: how the session must be built. Comes with the session's life line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// Host ids for (the session's own init, commands) when started by root.
    pub ids: Option<(u32, u32)>,
    /// What of the host is visible: (path on the host, path inside).
    pub trees: Vec<(Vec<u8>, Vec<u8>)>,
    /// Symbolic links to make: (target, path inside).
    pub links: Vec<(Vec<u8>, Vec<u8>)>,
    /// Files to write: (path inside, content).
    pub files: Vec<(Vec<u8>, Vec<u8>)>,
    /// Size of workspace and temporary files in bytes, and their number.
    pub disk: (u64, u64),
    /// The folder of the host that is mounted as `data` in the workspace.
    pub data: Option<Vec<u8>>,
    /// The system-call filter: `struct sock_filter`s.
    pub filter: Vec<u8>,
    /// `setrlimit`s: (resource, soft, hard).
    pub rlimits: Vec<(u32, u64, u64)>,
    /// Memory of one command in bytes.
    pub memory: u64,
    /// Processes and threads of the session, without its own.
    pub processes: u64,
    /// Size of the data folder in bytes.
    pub data_size: u64,
    /// Output of one command in bytes, and how much of each stream is kept.
    pub output: (u64, u64),
    /// The least version of Landlock's interface; none is needed for 0.
    pub landlock: u64,
    /// The session's own cgroups, where it can have them.
    pub groups: Option<Groups>,
}

/// Cgroups that are made for a session and removed with it: paths on the host of folders that do not exist yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Groups {
    /// Whether it is one folder in the hierarchy of version 2.
    pub unified: bool,
    pub memory: Vec<u8>,
    pub processes: Vec<u8>,
}

/// What a session says of itself when it is built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Facts {
    /// The version of Landlock's interface that commands are restricted with; 0 for none.
    pub landlock: u64,
}

/// A request to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Run a command; comes with its channel, and for [`Exec::streams`] with what its three standard streams shall be.
    Exec(Exec),
    /// Replace the workspace; comes with the answer's socket and a file of packed files.
    Checkout,
    /// Hand over a TCP socket in the session's network; comes with the answer's socket.
    Socket { v6: bool },
    /// Do something to files of the workspace; comes with the answer's socket, and for a write with the content.
    File(FileRequest),
    /// Say what the session uses; comes with the answer's socket.
    Stats,
}

/// What to do to a file of the workspace. Paths are relative to it, and empty for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileRequest {
    /// Open it for reading; the answer comes with the descriptor.
    Read { path: Vec<u8> },
    /// Replace it.
    Write { path: Vec<u8> },
    /// Remove it, with what is in it.
    Remove { path: Vec<u8> },
    /// Say what is in it, if that is no more than `most`.
    List { path: Vec<u8>, most: u64 },
}

/// Something in a folder: its name, what it is, its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub name: Vec<u8>,
    pub kind: ItemKind,
    pub size: u64,
}

/// What an [`Item`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    File,
    Folder,
    Link,
    Special,
}

/// What a session uses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    pub processes: u64,
    pub memory: u64,
    pub disk: u64,
    pub inodes: u64,
}

/// Said to a command's supervisor on its channel in place of a time to stop in: there was too much output.
pub const TOO_MUCH_OUTPUT: u64 = u64::MAX;

/// A command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exec {
    pub argv: Vec<Vec<u8>>,
    /// `NAME=value`.
    pub env: Vec<Vec<u8>>,
    /// Where programs are looked up.
    pub path: Vec<Vec<u8>>,
    /// Wall time in milliseconds; 0 is no limit.
    pub wall_ms: u64,
    /// Whether its standard streams come with the request. Its output is then the library's to read and to limit.
    pub streams: bool,
}

/// What a session or a command's supervisor answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Ready,
    Failed(Failure),
    Ended(Ended),
    Built(Facts),
    Items(Vec<Item>),
    Used(Used),
}

impl Setup {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        let (own, command) = self.ids.unwrap_or_default();
        w.u64(u64::from(self.ids.is_some())).u64(own.into()).u64(command.into());
        w.pairs(&self.trees).pairs(&self.links).pairs(&self.files);
        w.u64(self.disk.0).u64(self.disk.1);
        w.list(self.data.as_slice()).bytes(&self.filter);
        w.limits(&self.rlimits).u64(self.memory).u64(self.processes).u64(self.data_size);
        w.u64(self.output.0).u64(self.output.1).u64(self.landlock);
        let groups = self.groups.clone().unwrap_or_default();
        w.u64(u64::from(self.groups.is_some())).u64(groups.unified.into());
        w.bytes(&groups.memory).bytes(&groups.processes);
        w.0
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        let (has_ids, own, command) = (r.u64()? == 1, r.u32()?, r.u32()?);
        Some(Self {
            ids: has_ids.then_some((own, command)),
            trees: r.pairs()?,
            links: r.pairs()?,
            files: r.pairs()?,
            disk: (r.u64()?, r.u64()?),
            data: r.list()?.pop(),
            filter: r.bytes()?,
            rlimits: r.limits()?,
            memory: r.u64()?,
            processes: r.u64()?,
            data_size: r.u64()?,
            output: (r.u64()?, r.u64()?),
            landlock: r.u64()?,
            groups: {
                let is_some = r.u64()? == 1;
                let groups = Groups { unified: r.u64()? == 1, memory: r.bytes()?, processes: r.bytes()? };
                is_some.then_some(groups)
            },
        })
    }
}

impl Request {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        match self {
            Self::Exec(exec) => {
                w.u64(0).list(&exec.argv).list(&exec.env).list(&exec.path).u64(exec.wall_ms);
                w.u64(exec.streams.into());
            }
            Self::Checkout => {
                w.u64(1);
            }
            Self::Socket { v6 } => {
                w.u64(2).u64((*v6).into());
            }
            Self::File(FileRequest::Read { path }) => {
                w.u64(3).bytes(path);
            }
            Self::File(FileRequest::Write { path }) => {
                w.u64(4).bytes(path);
            }
            Self::File(FileRequest::Remove { path }) => {
                w.u64(5).bytes(path);
            }
            Self::File(FileRequest::List { path, most }) => {
                w.u64(6).bytes(path).u64(*most);
            }
            Self::Stats => {
                w.u64(7);
            }
        }
        w.0
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        Some(match r.u64()? {
            0 => Self::Exec(Exec {
                argv: r.list()?,
                env: r.list()?,
                path: r.list()?,
                wall_ms: r.u64()?,
                streams: r.u64()? == 1,
            }),
            1 => Self::Checkout,
            2 => Self::Socket { v6: r.u64()? == 1 },
            3 => Self::File(FileRequest::Read { path: r.bytes()? }),
            4 => Self::File(FileRequest::Write { path: r.bytes()? }),
            5 => Self::File(FileRequest::Remove { path: r.bytes()? }),
            6 => Self::File(FileRequest::List { path: r.bytes()?, most: r.u64()? }),
            7 => Self::Stats,
            _ => return None,
        })
    }
}

impl Answer {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        match self {
            Self::Ready => {
                w.u64(0);
            }
            Self::Failed(failure) => failure.write(w.u64(1)),
            Self::Ended(ended) => ended.write(w.u64(2)),
            Self::Built(facts) => {
                w.u64(3).u64(facts.landlock);
            }
            Self::Items(items) => {
                w.u64(4).u64(items.len() as u64);
                for item in items {
                    w.bytes(&item.name).u64(item.kind.number()).u64(item.size);
                }
            }
            Self::Used(used) => {
                w.u64(5).u64(used.processes).u64(used.memory).u64(used.disk).u64(used.inodes);
            }
        }
        w.0
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        Some(match r.u64()? {
            0 => Self::Ready,
            1 => Self::Failed(Failure::read(&mut r)?),
            2 => Self::Ended(Ended::read(&mut r)?),
            3 => Self::Built(Facts { landlock: r.u64()? }),
            4 => {
                let count = r.u64()?;
                let item = |_| {
                    Some(Item { name: r.bytes()?, kind: ItemKind::from_number(r.u64()?)?, size: r.u64()? })
                };
                Self::Items((0..count).map(item).collect::<Option<_>>()?)
            }
            5 => Self::Used(Used { processes: r.u64()?, memory: r.u64()?, disk: r.u64()?, inodes: r.u64()? }),
            _ => return None,
        })
    }
}

impl ItemKind {
    fn number(self) -> u64 {
        match self {
            Self::File => 0,
            Self::Folder => 1,
            Self::Link => 2,
            Self::Special => 3,
        }
    }

    fn from_number(number: u64) -> Option<Self> {
        Some(match number {
            0 => Self::File,
            1 => Self::Folder,
            2 => Self::Link,
            3 => Self::Special,
            _ => return None,
        })
    }
}

/// Packs the files of a checkout.
pub fn pack<'a>(files: impl Iterator<Item = (&'a [u8], &'a [u8])>) -> Vec<u8> {
    let mut w = Writer::default();
    for (path, content) in files {
        w.bytes(path).bytes(content);
    }
    w.0
}

/// Takes the next file off a packed checkout: its path, its content, and the rest.
pub fn unpack(packed: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut r = Reader(packed);
    let (path, content) = (r.slice()?, r.slice()?);
    Some((path, content, r.0))
}
