//! An open session.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::AsFd as _,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use rustix::fs::MemfdFlags;
use samokoder_core::sandbox::{
    CheckoutFile, Command, Duplex, ExecOutcome, SandboxError, SandboxErrorKind, SandboxSession, Service,
};
use tokio::{io::AsyncReadExt as _, net::TcpSocket};

use super::{
    explain,
    launch::{Link, channel, closed, receive_descriptor},
    running::Running,
    wire::{self, Answer, Exec, MAX_DATAGRAM, Request},
};

/// How long the kernel may take to end everything in a session.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open session: a warm process 1 that commands are forked from.
#[derive(Debug)]
pub(super) struct LocalSession {
    id: String,
    link: Link,
    closed: AtomicBool,
    wall: Duration,
    path: Vec<Vec<u8>>,
    has_data: bool,
}

impl LocalSession {
    pub(super) fn new(link: Link, wall: Duration, path: Vec<Vec<u8>>, has_data: bool) -> Self {
        static OPENED: AtomicU64 = AtomicU64::new(0);
        let id = format!("local-{}-{}", std::process::id(), OPENED.fetch_add(1, Ordering::Relaxed));
        Self { id, link, closed: AtomicBool::new(false), wall, path, has_data }
    }

    /// Whether it can take requests.
    pub(super) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire) && self.link.is_alive()
    }

    async fn start(&self, command: Command, wall: Option<Duration>) -> Result<Running, SandboxError> {
        let started = Instant::now();
        let request = Request::Exec(self.request(&command, wall)?);
        let (ours, theirs) = channel().map_err(|error| SandboxError::io("exec", &error))?;
        self.send("exec", &request, &[theirs.as_fd()]).await?;
        Ok(Running::new(ours, started, command.argv.into_iter().next().unwrap_or_default()))
    }

    async fn send(
        &self,
        operation: &str,
        request: &Request,
        with: &[std::os::fd::BorrowedFd<'_>],
    ) -> Result<(), SandboxError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(closed(operation));
        }
        self.link
            .send(request, with)
            .await
            .map_err(|error| SandboxError { operation: operation.into(), ..error })
    }

    fn request(&self, command: &Command, wall: Option<Duration>) -> Result<Exec, SandboxError> {
        let invalid = |message: &str| SandboxError::new(SandboxErrorKind::InvalidRequest, "exec", message);
        if command.argv.first().is_none_or(String::is_empty) {
            return Err(invalid("the command is empty"));
        }
        if command.env.keys().any(|name| name.is_empty() || name.contains('=')) {
            return Err(invalid("a variable's name is empty or contains `=`"));
        }
        let texts = command.argv.iter().chain(command.env.keys()).chain(command.env.values());
        if texts.clone().any(|text| text.contains('\0')) {
            return Err(invalid("an argument or a variable contains a NUL character"));
        }
        if texts.map(|text| text.len() + 16).sum::<usize>() > MAX_DATAGRAM - 32 * 1024 {
            return Err(invalid(
                "arguments and variables together are longer than 128 KiB; pass a file instead",
            ));
        }
        let path = self.path.join(&b':');
        let mut env: std::collections::BTreeMap<&[u8], &[u8]> =
            [("HOME", "/tmp"), ("LANG", "C.UTF-8"), ("TMPDIR", "/tmp")]
                .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
                .into();
        env.insert(b"PATH", &path);
        env.extend(command.env.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        Ok(Exec {
            argv: command.argv.iter().map(|text| text.clone().into_bytes()).collect(),
            env: env.iter().map(|(name, value)| [name, &b"="[..], value].concat()).collect(),
            path: self.path.clone(),
            // Zero is no limit for the supervisor; a limit of nothing is the shortest one there is.
            wall_ms: wall.map_or(0, |wall| u64::try_from(wall.as_millis()).unwrap_or(u64::MAX / 2).max(1)),
        })
    }

    async fn connect_to(
        &self,
        address: SocketAddr,
    ) -> Result<io::Result<tokio::net::TcpStream>, SandboxError> {
        let broken = |error: io::Error| SandboxError::io("connect", &error);
        let (ours, theirs) = channel().map_err(broken)?;
        self.send("connect", &Request::Socket { v6: address.is_ipv6() }, &[theirs.as_fd()]).await?;
        drop(theirs);
        let (answer, descriptor) = receive_descriptor(&ours).await.map_err(broken)?;
        match (Answer::decode(&answer), descriptor) {
            (Some(Answer::Ready), Some(descriptor)) => {
                // The socket was made inside and stays in that network, whoever connects it.
                let socket = TcpSocket::from_std_stream(std::net::TcpStream::from(descriptor));
                Ok(socket.connect(address).await)
            }
            (Some(Answer::Failed(failure)), _) => Ok(Err(io::Error::from_raw_os_error(failure.errno))),
            _ => Err(closed("connect")),
        }
    }
}

#[async_trait]
impl SandboxSession for LocalSession {
    fn id(&self) -> &str {
        &self.id
    }

    async fn checkout(&self, files: Vec<CheckoutFile>) -> Result<(), SandboxError> {
        let broken = |error: io::Error| SandboxError::io("checkout", &error);
        // The data folder is the user's: a checkout leaves it as it is.
        let kept = |path: &str| !(self.has_data && path.starts_with("data/"));
        let files = files.iter().filter(|file| kept(file.path.as_str()));
        let packed = wire::pack(files.map(|file| (file.path.as_str().as_bytes(), &file.content[..])));
        let memory = rustix::fs::memfd_create("samokoder-checkout", MemfdFlags::CLOEXEC)
            .map_err(|error| broken(error.into()))?;
        let memory = std::fs::File::from(memory);
        io::Write::write_all(&mut &memory, &packed).map_err(broken)?;
        let (mut ours, theirs) = channel().map_err(broken)?;
        self.send("checkout", &Request::Checkout, &[theirs.as_fd(), memory.as_fd()]).await?;
        drop(theirs);
        let mut answer = Vec::new();
        ours.read_to_end(&mut answer).await.map_err(broken)?;
        match Answer::decode(&answer) {
            Some(Answer::Ready) => Ok(()),
            Some(Answer::Failed(failure)) => Err(explain::request("checkout", &failure)),
            Some(Answer::Ended(_)) | None => Err(closed("checkout")),
        }
    }

    async fn exec(&self, command: Command) -> Result<ExecOutcome, SandboxError> {
        let wall = command.timeout.map_or(self.wall, |timeout| timeout.min(self.wall));
        self.start(command, Some(wall)).await?.finish().await
    }

    async fn spawn(&self, command: Command) -> Result<Box<dyn Service>, SandboxError> {
        Ok(Box::new(self.start(command, None).await?))
    }

    async fn connect(&self, port: u16) -> Result<Box<dyn Duplex>, SandboxError> {
        let mut refused = None;
        for address in
            [SocketAddr::from((Ipv4Addr::LOCALHOST, port)), SocketAddr::from((Ipv6Addr::LOCALHOST, port))]
        {
            match self.connect_to(address).await? {
                Ok(stream) => return Ok(Box::new(stream)),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        let reason = refused.map_or_else(String::new, |error| format!(": {error}"));
        let message = format!("nothing listens on port {port} in the session (yet){reason}");
        Err(SandboxError::new(SandboxErrorKind::ConnectionRefused, "connect", message))
    }

    async fn close(&self) -> Result<(), SandboxError> {
        self.closed.store(true, Ordering::Release);
        self.link.hang_up();
        let ended = async {
            loop {
                self.link.life.readable().await?;
                match self.link.life.try_read(&mut [0; 64]) {
                    Ok(0) => return Ok(()),
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
        };
        match tokio::time::timeout(PATIENCE, ended).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(SandboxError::io("close", &error)),
            Err(_) => {
                let message = format!("something in the session did not end within {} s", PATIENCE.as_secs());
                Err(SandboxError::new(SandboxErrorKind::Infrastructure, "close", message))
            }
        }
    }
}
