//! What the library and the init program say to each other. Both are built from this one file.
//!
//! Requests are datagrams on the control socket, with file descriptors attached. Each request brings a socket
//! of its own for the answer, so nothing has to be matched and a dropped future is seen as end of file.

/// Largest datagram in bytes; the kernel's default socket buffer holds it.
pub const MAX_DATAGRAM: usize = 160 * 1024;

/// The workspace, as commands see it.
pub const WORKSPACE: &str = "/workspace";

/// User and group that commands run as, as they see it.
pub const INSIDE_ID: u32 = 1000;

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
    /// Output of one command in bytes, and how much of each stream is kept.
    pub output: (u64, u64),
}

/// A request to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Run a command; comes with its channel.
    Exec(Exec),
    /// Replace the workspace; comes with the answer's socket and a file of packed files.
    Checkout,
    /// Hand over a TCP socket in the session's network; comes with the answer's socket.
    Socket { v6: bool },
}

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
}

/// What a session or a command's supervisor answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Ready,
    Failed(Failure),
    Ended(Ended),
}

/// A step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What was being done, in words.
    pub step: String,
    /// The operating system's error number.
    pub errno: i32,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub how: How,
    /// Processor time of all its processes in microseconds.
    pub cpu_us: u64,
    pub stdout: Kept,
    pub stderr: Kept,
}

/// The reason a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Exited(i32),
    Signalled(i32),
    TimedOut,
    CpuExhausted,
    OutOfMemory,
    OutputLimit,
    Cancelled,
    /// With the error number of `execve`.
    NotStarted(i32),
}

/// The beginning and the end of a stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    pub head: Vec<u8>,
    pub tail: Vec<u8>,
    pub omitted: u64,
}

impl Setup {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        let (own, command) = self.ids.unwrap_or_default();
        w.u64(u64::from(self.ids.is_some())).u64(own.into()).u64(command.into());
        w.pairs(&self.trees).pairs(&self.links).pairs(&self.files);
        w.u64(self.disk.0).u64(self.disk.1);
        w.list(self.data.as_slice()).bytes(&self.filter);
        w.u64(self.rlimits.len() as u64);
        for (resource, soft, hard) in &self.rlimits {
            w.u64((*resource).into()).u64(*soft).u64(*hard);
        }
        w.u64(self.memory).u64(self.output.0).u64(self.output.1);
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
            rlimits: (0..r.u64()?).map(|_| Some((r.u32()?, r.u64()?, r.u64()?))).collect::<Option<_>>()?,
            memory: r.u64()?,
            output: (r.u64()?, r.u64()?),
        })
    }
}

impl Request {
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::default();
        match self {
            Self::Exec(exec) => {
                w.u64(0).list(&exec.argv).list(&exec.env).list(&exec.path).u64(exec.wall_ms);
            }
            Self::Checkout => {
                w.u64(1);
            }
            Self::Socket { v6 } => {
                w.u64(2).u64((*v6).into());
            }
        }
        w.0
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        Some(match r.u64()? {
            0 => Self::Exec(Exec { argv: r.list()?, env: r.list()?, path: r.list()?, wall_ms: r.u64()? }),
            1 => Self::Checkout,
            2 => Self::Socket { v6: r.u64()? == 1 },
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
            Self::Failed(failure) => {
                w.u64(1).bytes(failure.step.as_bytes()).i32(failure.errno);
            }
            Self::Ended(ended) => {
                w.u64(2);
                let (kind, value) = ended.how.number();
                w.u64(kind).i32(value).u64(ended.cpu_us);
                for kept in [&ended.stdout, &ended.stderr] {
                    w.bytes(&kept.head).bytes(&kept.tail).u64(kept.omitted);
                }
            }
        }
        w.0
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut r = Reader(bytes);
        Some(match r.u64()? {
            0 => Self::Ready,
            1 => Self::Failed(Failure {
                step: String::from_utf8_lossy(&r.bytes()?).into_owned(),
                errno: r.i32()?,
            }),
            2 => Self::Ended(Ended {
                how: How::from_number(r.u64()?, r.i32()?)?,
                cpu_us: r.u64()?,
                stdout: Kept { head: r.bytes()?, tail: r.bytes()?, omitted: r.u64()? },
                stderr: Kept { head: r.bytes()?, tail: r.bytes()?, omitted: r.u64()? },
            }),
            _ => return None,
        })
    }
}

impl How {
    fn number(self) -> (u64, i32) {
        match self {
            Self::Exited(code) => (0, code),
            Self::Signalled(signal) => (1, signal),
            Self::TimedOut => (2, 0),
            Self::CpuExhausted => (3, 0),
            Self::OutOfMemory => (4, 0),
            Self::OutputLimit => (5, 0),
            Self::Cancelled => (6, 0),
            Self::NotStarted(errno) => (7, errno),
        }
    }

    fn from_number(kind: u64, value: i32) -> Option<Self> {
        Some(match kind {
            0 => Self::Exited(value),
            1 => Self::Signalled(value),
            2 => Self::TimedOut,
            3 => Self::CpuExhausted,
            4 => Self::OutOfMemory,
            5 => Self::OutputLimit,
            6 => Self::Cancelled,
            7 => Self::NotStarted(value),
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

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn i32(&mut self, value: i32) -> &mut Self {
        self.0.extend_from_slice(&value.to_le_bytes());
        self
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.u64(bytes.len() as u64).0.extend_from_slice(bytes);
        self
    }

    fn list(&mut self, list: &[Vec<u8>]) -> &mut Self {
        self.u64(list.len() as u64);
        for item in list {
            self.bytes(item);
        }
        self
    }

    fn pairs(&mut self, pairs: &[(Vec<u8>, Vec<u8>)]) -> &mut Self {
        self.u64(pairs.len() as u64);
        for (first, second) in pairs {
            self.bytes(first).bytes(second);
        }
        self
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        u32::try_from(self.u64()?).ok()
    }

    fn i32(&mut self) -> Option<i32> {
        Some(i32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    fn slice(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u64()?).ok()?;
        self.take(length)
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        Some(self.slice()?.to_vec())
    }

    fn list(&mut self) -> Option<Vec<Vec<u8>>> {
        (0..self.u64()?).map(|_| self.bytes()).collect()
    }

    fn pairs(&mut self) -> Option<Vec<(Vec<u8>, Vec<u8>)>> {
        (0..self.u64()?).map(|_| Some((self.bytes()?, self.bytes()?))).collect()
    }
}
