//! Starting the init program and talking to it.

use std::{
    fs::File,
    io::{self, IoSlice, IoSliceMut, Write as _},
    mem::MaybeUninit,
    os::{
        fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd},
        unix::{net::UnixStream as StdStream, process::CommandExt as _},
    },
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use rustix::{
    fs::{MemfdFlags, Mode, OFlags, SealFlags},
    net::{
        AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
        SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
    },
};
use samokoder_core::sandbox::{SandboxError, SandboxErrorKind};
use tokio::{
    io::{AsyncReadExt as _, Interest},
    net::UnixStream,
};

use super::{
    explain,
    reaper::Reaper,
    wire::{Answer, Facts, Request, Setup},
};

/// How long a machine under load may take to build a session.
const PATIENCE: Duration = Duration::from_secs(30);

/// The init program, as the build script compiled it.
pub(super) const INIT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/init"));

/// The init program, ready to be started.
#[derive(Debug)]
pub(super) struct Program(OwnedFd);

impl Program {
    /// Puts a program where it can be run but not changed.
    pub(super) fn unpack(content: &[u8]) -> io::Result<Self> {
        let mut file = File::from(sealable().or_else(|_| unnamed())?);
        file.write_all(content)?;
        // A file that someone could still write to can't be run: this descriptor has to go.
        let _ = rustix::fs::fcntl_add_seals(
            &file,
            SealFlags::all() & !SealFlags::FUTURE_WRITE & !SealFlags::EXEC,
        );
        Ok(Self(File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))?.into()))
    }

    /// Starts it with a socket as its standard input, and nothing else of this process.
    fn start(&self, socket: &OwnedFd) -> io::Result<Child> {
        let mut attempts = 0;
        loop {
            let started = Command::new(format!("/proc/self/fd/{}", self.0.as_raw_fd()))
                .arg0("samokoder-init")
                .env_clear()
                .current_dir("/")
                .stdin(socket.try_clone()?)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            match started {
                // Another thread was starting a program just when the file was written: its copy is gone in a moment.
                Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy && attempts < 50 => {
                    attempts += 1;
                    std::thread::sleep(Duration::from_millis(1));
                }
                other => return other,
            }
        }
    }
}

fn sealable() -> io::Result<OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    match rustix::fs::memfd_create("samokoder-init", flags | MemfdFlags::EXEC) {
        // Kernels before 6.3 don't know the flag, and need none. Any other refusal means it could not be run.
        Err(rustix::io::Errno::INVAL) => Ok(rustix::fs::memfd_create("samokoder-init", flags)?),
        file => Ok(file?),
    }
}

/// For kernels that are told to run nothing from memory: a file without a name.
fn unnamed() -> io::Result<OwnedFd> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let create = |folder: &str| rustix::fs::open(folder, flags, Mode::RWXU);
    Ok(create("/tmp").or_else(|_| create("/var/tmp"))?)
}

/// A running init program.
#[derive(Debug)]
pub(super) struct Link {
    /// Requests go in here; closing it ends the session.
    control: OwnedFd,
    /// Ends when everything in the session has ended.
    pub(super) life: UnixStream,
    /// What the session said of itself when it was built.
    pub(super) facts: Facts,
    child: Option<Child>,
    reaper: Arc<Reaper>,
}

/// Starts a session and waits until it is built.
pub(super) async fn launch(
    program: &Program,
    setup: &Setup,
    reaper: Arc<Reaper>,
) -> Result<Link, SandboxError> {
    let infrastructure = |error: io::Error| SandboxError::io("open", &error);
    let (control, inner) =
        rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
            .map_err(|error| infrastructure(error.into()))?;
    let (life, inner_life) = channel().map_err(infrastructure)?;
    let child = Some(program.start(&inner).map_err(infrastructure)?);
    drop(inner);
    let mut link = Link { control, life, facts: Facts::default(), child, reaper };
    let result = async {
        link.send_bytes(&setup.encode(), &[inner_life.as_fd()]).await?;
        drop(inner_life);
        link.handshake().await
    };
    match tokio::time::timeout(PATIENCE, result).await {
        Ok(Ok(())) => Ok(link),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(SandboxError::new(
            SandboxErrorKind::Infrastructure,
            "open",
            format!("the session was not built within {} seconds", PATIENCE.as_secs()),
        )),
    }
}

impl Link {
    async fn handshake(&mut self) -> Result<(), SandboxError> {
        let mut received = Vec::new();
        loop {
            match Answer::decode(&received) {
                Some(Answer::Built(facts)) => {
                    self.facts = facts;
                    return Ok(());
                }
                Some(Answer::Failed(failure)) => return Err(explain::setup(&failure)),
                _ => {}
            }
            let count =
                self.life.read_buf(&mut received).await.map_err(|error| SandboxError::io("open", &error))?;
            if count == 0 {
                let message = "the session's init program ended before the session was built";
                return Err(SandboxError::new(SandboxErrorKind::Infrastructure, "open", message));
            }
        }
    }

    /// Sends a request with its descriptors.
    ///
    /// # Cancel safety
    /// The request is sent as a whole or not at all.
    pub(super) async fn send(&self, request: &Request, with: &[BorrowedFd<'_>]) -> Result<(), SandboxError> {
        self.send_bytes(&request.encode(), with).await
    }

    async fn send_bytes(&self, bytes: &[u8], with: &[BorrowedFd<'_>]) -> Result<(), SandboxError> {
        loop {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(4))];
            let mut attached = SendAncillaryBuffer::new(&mut space);
            attached.push(SendAncillaryMessage::ScmRights(with));
            let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
            match rustix::net::sendmsg(&self.control, &[IoSlice::new(bytes)], &mut attached, flags) {
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                // Many requests are waiting; the session answers within milliseconds.
                Err(rustix::io::Errno::AGAIN) => tokio::time::sleep(Duration::from_millis(1)).await,
                Err(rustix::io::Errno::PIPE | rustix::io::Errno::CONNRESET) => return Err(closed("request")),
                Err(error) => return Err(SandboxError::io("request", &error.into())),
            }
        }
    }

    /// Tells the session to end, as dropping this value does.
    pub(super) fn hang_up(&self) {
        let _ = rustix::net::shutdown(&self.control, rustix::net::Shutdown::Both);
    }

    /// Whether the session has not ended.
    pub(super) fn is_alive(&self) -> bool {
        let waiting = self.life.try_read(&mut [0; 1]);
        matches!(waiting, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.hang_up();
        self.reaper.adopt(self.child.take());
    }
}

/// A stream for an answer: our end and the session's.
pub(super) fn channel() -> io::Result<(UnixStream, StdStream)> {
    let (ours, theirs) = StdStream::pair()?;
    ours.set_nonblocking(true)?;
    Ok((UnixStream::from_std(ours)?, theirs))
}

/// Reads an answer that comes with a descriptor.
pub(super) async fn receive_descriptor(stream: &UnixStream) -> io::Result<(Vec<u8>, Option<OwnedFd>)> {
    stream
        .async_io(Interest::READABLE, || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut attached = RecvAncillaryBuffer::new(&mut space);
            let mut buffer = vec![0; 4096];
            let received = rustix::net::recvmsg(
                stream,
                &mut [IoSliceMut::new(&mut buffer)],
                &mut attached,
                RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT,
            )?;
            buffer.truncate(received.bytes);
            let descriptor = attached.drain().find_map(|message| match message {
                RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
                _ => None,
            });
            Ok((buffer, descriptor))
        })
        .await
}

/// The error for a session that has ended.
pub(super) fn closed(operation: &str) -> SandboxError {
    SandboxError::new(SandboxErrorKind::Closed, operation, "the session has ended; open a new one")
}
