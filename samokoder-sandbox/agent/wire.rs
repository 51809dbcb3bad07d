//! What the library and the agent say to each other. Both are built from this one file.
//!
//! Frames in both directions: the length of the payload (u32, little-endian), the number of the request it belongs to
//! (u32), its [`Kind`] (one byte), the payload. Streams within a connection have credit, so that one that nobody reads
//! holds up no other.

pub use crate::inside::{
    Ended, Failure, How, Keeper,
    codec::{Reader, Writer},
};

/// How many bytes of a stream may be on their way before the reader has to give more credit.
pub const WINDOW: u32 = 256 * 1024;

/// The most that one frame of data carries.
pub const PIECE: usize = 32 * 1024;

/// Numbers from here on are the agent's, those below the library's.
pub const AGENTS_OWN: u32 = 1 << 31;

/// The length of a frame's header.
pub const HEADER: usize = 9;

/// Where the agent is in the image.
pub const AGENT: &str = "/.samokoder/agent";

/// The file system commands can write to.
pub const SCRATCH: &str = "/sandbox";

/// The workspace; `/workspace` is a link to it.
pub const WORKSPACE: &str = "/sandbox/workspace";

/// Temporary files; `/tmp` is a link to it.
pub const TEMPORARY: &str = "/sandbox/tmp";

/// The data folder; `data` in the workspace is a link to it.
pub const DATA: &str = "/data";

/// The abstract name of process 1's socket.
pub const SOCKET: &[u8] = b"samokoder-agent";

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Who this is: the session's token.
    Hello = 1,
    /// Run an [`Exec`].
    Exec,
    /// A piece of a stream.
    Data,
    /// The end of a stream.
    End,
    /// This many more bytes (u64) of a stream may be sent.
    Credit,
    /// Nobody wants to know the outcome: end it.
    Cancel,
    /// Ask the command to stop, kill it after this many milliseconds (u64).
    Stop,
    /// Connect to a port (u64).
    Connect,
    /// Write the files that follow; with the payload 1, into an empty workspace.
    Checkout,
    /// The path of the file whose content follows.
    File,
    /// Send a file: its path, the most it may hold (u64).
    Read,
    /// Remove a path.
    Remove,
    /// List a folder: its path, the most entries (u64).
    List,
    /// Say what is used.
    Stats,
    /// End the session.
    Close,
    /// Nothing more will be asked; the session ends unless someone else is connected.
    Bye,
    /// Someone is still there.
    Ping,
    /// The agent listens.
    Ready,
    /// A piece of standard output.
    Stdout,
    /// A piece of standard error.
    Stderr,
    /// How a command [`Ended`].
    Ended,
    /// A [`Failure`].
    Failed,
    /// Done; the payload depends on the request.
    Done,
    /// Let commands reach the proxy: listen for them on loopback. Answered with the port (u64).
    WayOut,
    /// A command has connected there. The frame has a number of the agent's own, for what is said on the connection.
    Accepted,
}

impl Kind {
    const ALL: [Self; 25] = [
        Self::Hello,
        Self::Exec,
        Self::Data,
        Self::End,
        Self::Credit,
        Self::Cancel,
        Self::Stop,
        Self::Connect,
        Self::Checkout,
        Self::File,
        Self::Read,
        Self::Remove,
        Self::List,
        Self::Stats,
        Self::Close,
        Self::Bye,
        Self::Ping,
        Self::Ready,
        Self::Stdout,
        Self::Stderr,
        Self::Ended,
        Self::Failed,
        Self::Done,
        Self::WayOut,
        Self::Accepted,
    ];
}

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub id: u32,
    pub kind: Kind,
    pub payload: Vec<u8>,
}

/// Writes a frame.
pub fn frame(id: u32, kind: Kind, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend_from_slice(&(payload.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&id.to_le_bytes());
    bytes.push(kind as u8);
    bytes.extend_from_slice(payload);
    bytes
}

/// The first frame and its length, when all of it is there. `Err` when this is no frame of at most `longest` bytes.
pub fn first_frame(bytes: &[u8], longest: usize) -> Result<Option<(Frame, usize)>, ()> {
    let Some((header, rest)) = bytes.split_at_checked(HEADER) else { return Ok(None) };
    let number = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let (length, id) = (number(0) as usize, number(4));
    let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == header[8]).ok_or(())?;
    if length > longest {
        return Err(());
    }
    let Some(payload) = rest.get(..length) else { return Ok(None) };
    Ok(Some((Frame { id, kind, payload: payload.to_vec() }, HEADER + length)))
}

/// What process 1 is told at its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// How long nobody may be connected, in milliseconds.
    pub lease_ms: u64,
    /// Wall time of a command and of a service in milliseconds; 0 is no limit.
    pub wall_ms: u64,
    pub service_ms: u64,
    /// Memory of one command in bytes.
    pub memory: u64,
    /// Processes and threads, looked at where the kernel does not count them.
    pub processes: u64,
    /// Files and folders, looked at where the kernel does not count them.
    pub inodes: u64,
    /// Bytes in the data folder; 0 when there is none.
    pub data: u64,
    /// Output of one command in bytes, and how much of each stream is kept.
    pub output: (u64, u64),
    /// `setrlimit`s: (resource, soft, hard).
    pub rlimits: Vec<(u32, u64, u64)>,
    /// Where programs are looked up.
    pub path: Vec<Vec<u8>>,
    /// The system-call filter: `struct sock_filter`s.
    pub filter: Vec<u8>,
}

/// What the kernel beneath does, as process 1 found out. It is the payload of [`Kind::Ready`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kernel {
    /// It gives a supervisor its orphans; else each command has a process namespace.
    pub keeps_orphans: bool,
    /// It counts processes.
    pub counts_processes: bool,
    /// It counts files.
    pub counts_files: bool,
    /// It limits the memory of all processes together.
    pub counts_memory: bool,
}

impl Kernel {
    pub fn encode(self) -> Vec<u8> {
        [self.keeps_orphans, self.counts_processes, self.counts_files, self.counts_memory]
            .map(u8::from)
            .to_vec()
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [keeps_orphans, counts_processes, counts_files, counts_memory] = *bytes else { return None };
        Some(Self {
            keeps_orphans: keeps_orphans == 1,
            counts_processes: counts_processes == 1,
            counts_files: counts_files == 1,
            counts_memory: counts_memory == 1,
        })
    }
}

/// A command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exec {
    pub argv: Vec<Vec<u8>>,
    /// `NAME=value`, beside what every command gets.
    pub env: Vec<Vec<u8>>,
    /// Wall time in milliseconds, if shorter than the session's; 0 for the session's.
    pub wall_ms: u64,
    /// Whether it goes on running.
    pub service: bool,
    /// Whether what it reads and writes is passed on.
    pub streaming: bool,
}

impl Setup {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.u64(self.lease_ms).u64(self.wall_ms).u64(self.service_ms);
        w.u64(self.memory).u64(self.processes).u64(self.inodes).u64(self.data);
        w.u64(self.output.0).u64(self.output.1).limits(&self.rlimits);
        w.list(&self.path).bytes(&self.filter);
        w.0
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        Some(Self {
            lease_ms: r.u64()?,
            wall_ms: r.u64()?,
            service_ms: r.u64()?,
            memory: r.u64()?,
            processes: r.u64()?,
            inodes: r.u64()?,
            data: r.u64()?,
            output: (r.u64()?, r.u64()?),
            rlimits: r.limits()?,
            path: r.list()?,
            filter: r.bytes()?,
        })
    }
}

impl Exec {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        w.list(&self.argv).list(&self.env).u64(self.wall_ms);
        w.u64(self.service.into()).u64(self.streaming.into());
        w.0
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        Some(Self {
            argv: r.list()?,
            env: r.list()?,
            wall_ms: r.u64()?,
            service: r.u64()? == 1,
            streaming: r.u64()? == 1,
        })
    }
}

/// Bytes as text that any engine passes on.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|half| char::from_digit(half.into(), 16))
        .collect()
}

/// The bytes of [`to_hex`].
pub fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|digit| Some(digit.to_digit(16)? as u8)).collect();
    Some(digits?.chunks(2).filter_map(|pair| Some(pair.first()? << 4 | pair.get(1)?)).collect())
}
