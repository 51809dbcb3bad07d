//! An open session.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::{AsFd as _, BorrowedFd},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::{
    project::WorkspacePath,
    sandbox::{
        CheckoutFile, Command, Duplex, Entry, ExecOutcome, Limits, SandboxError, SandboxErrorKind,
        SandboxSession, Service, SessionInfo, SessionSpec, SessionStats, Streams,
    },
};
use tokio::{io::AsyncReadExt as _, net::TcpSocket};

use crate::{proxy::Proxy, request::check_command};

use super::{
    explain, files,
    launch::{Link, channel, closed, receive_descriptor},
    running::Running,
    streams::{self, Allowance, Pipes},
    way_out::WayOut,
    wire::{self, Answer, Exec, Facts, Request},
};

/// How long the kernel may take to end everything in a session.
const PATIENCE: Duration = Duration::from_secs(10);

/// An open session: a warm process 1 that commands are forked from.
#[derive(Debug)]
pub(super) struct LocalSession {
    id: String,
    link: Link,
    closed: AtomicBool,
    spec: SessionSpec,
    opened: Instant,
    path: Vec<Vec<u8>>,
    /// The host's user that commands are, where that is not the one of this process.
    owner: Option<u32>,
    way_out: Mutex<Option<WayOut>>,
}

impl LocalSession {
    pub(super) fn new(
        id: String,
        link: Link,
        spec: SessionSpec,
        path: Vec<Vec<u8>>,
        owner: Option<u32>,
    ) -> Self {
        let (closed, opened) = (AtomicBool::new(false), Instant::now());
        Self { id, link, closed, spec, opened, path, owner, way_out: Mutex::default() }
    }

    /// Lets its commands reach what the proxy lets through.
    pub(super) async fn let_out(&self, proxy: &Proxy) -> Result<(), SandboxError> {
        let socket = self.socket("open", false).await?.map_err(|error| SandboxError::io("open", &error))?;
        let way_out = WayOut::open(socket, proxy)?;
        *self.way_out.lock().unwrap_or_else(PoisonError::into_inner) = Some(way_out);
        Ok(())
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.spec.limits
    }

    pub(super) fn facts(&self) -> Facts {
        self.link.facts
    }

    pub(super) fn info(&self) -> SessionInfo {
        let mut info = SessionInfo::new(&self.id, &self.spec.tenant, &self.spec.owner);
        info.age_ms = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        info
    }

    /// Whether it can take requests.
    pub(super) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire) && self.link.is_alive()
    }

    /// Starts a command, with these as its standard streams if there are any.
    async fn start(
        &self,
        command: Command,
        wall: Option<Duration>,
        streams: &[BorrowedFd<'_>],
    ) -> Result<Running, SandboxError> {
        let started = Instant::now();
        let exec = Exec { streams: !streams.is_empty(), ..self.request(&command, wall)? };
        let (ours, theirs) = channel().map_err(|error| SandboxError::io("exec", &error))?;
        let descriptors = [&[theirs.as_fd()], streams].concat();
        self.send("exec", &Request::Exec(exec), &descriptors).await?;
        Ok(Running::new(ours, started, command.argv.into_iter().next().unwrap_or_default()))
    }

    /// The wall time of a command that is waited for.
    fn wall(&self, command: &Command) -> Duration {
        let most = self.limits().wall;
        command.timeout.map_or(most, |timeout| timeout.min(most))
    }

    pub(super) async fn send(
        &self,
        operation: &str,
        request: &Request,
        with: &[BorrowedFd<'_>],
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
        check_command(command)?;
        let path = self.path.join(&b':');
        let way_out = self.way_out.lock().unwrap_or_else(PoisonError::into_inner);
        let variables = way_out.iter().flat_map(|way_out| &way_out.variables);
        let mut env: std::collections::BTreeMap<&[u8], &[u8]> =
            [("HOME", "/tmp"), ("LANG", "C.UTF-8"), ("TMPDIR", "/tmp")]
                .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
                .into();
        env.insert(b"PATH", &path);
        env.extend(variables.map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        env.extend(command.env.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        Ok(Exec {
            argv: command.argv.iter().map(|text| text.clone().into_bytes()).collect(),
            env: env.iter().map(|(name, value)| [name, &b"="[..], value].concat()).collect(),
            path: self.path.clone(),
            // Zero is no limit for the supervisor; a limit of nothing is the shortest one there is.
            wall_ms: wall.map_or(0, |wall| u64::try_from(wall.as_millis()).unwrap_or(u64::MAX / 2).max(1)),
            streams: false,
        })
    }

    async fn connect_to(
        &self,
        address: SocketAddr,
    ) -> Result<io::Result<tokio::net::TcpStream>, SandboxError> {
        Ok(match self.socket("connect", address.is_ipv6()).await? {
            Ok(socket) => socket.connect(address).await,
            Err(error) => Err(error),
        })
    }

    /// A socket that was made inside. It stays in that network, whoever uses it.
    async fn socket(&self, operation: &str, v6: bool) -> Result<io::Result<TcpSocket>, SandboxError> {
        let broken = |error: io::Error| SandboxError::io(operation, &error);
        let (ours, theirs) = channel().map_err(broken)?;
        self.send(operation, &Request::Socket { v6 }, &[theirs.as_fd()]).await?;
        drop(theirs);
        let (answer, descriptor) = receive_descriptor(&ours).await.map_err(broken)?;
        match (Answer::decode(&answer), descriptor) {
            (Some(Answer::Ready), Some(descriptor)) => {
                Ok(Ok(TcpSocket::from_std_stream(std::net::TcpStream::from(descriptor))))
            }
            (Some(Answer::Failed(failure)), _) => Ok(Err(io::Error::from_raw_os_error(failure.errno))),
            _ => Err(closed(operation)),
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
        let kept = |path: &str| !(self.spec.data.is_some() && path.starts_with("data/"));
        let files = files.iter().filter(|file| kept(file.path.as_str()));
        let packed = wire::pack(files.map(|file| (file.path.as_str().as_bytes(), &file.content[..])));
        let memory = files::in_memory(&packed).map_err(broken)?;
        let (mut ours, theirs) = channel().map_err(broken)?;
        self.send("checkout", &Request::Checkout, &[theirs.as_fd(), memory.as_fd()]).await?;
        drop(theirs);
        let mut answer = Vec::new();
        ours.read_to_end(&mut answer).await.map_err(broken)?;
        match Answer::decode(&answer) {
            Some(Answer::Ready) => Ok(()),
            Some(Answer::Failed(failure)) => Err(explain::request("checkout", &failure)),
            _ => Err(closed("checkout")),
        }
    }

    async fn exec(&self, command: Command) -> Result<ExecOutcome, SandboxError> {
        let wall = self.wall(&command);
        self.start(command, Some(wall), &[]).await?.finish().await
    }

    async fn exec_streaming(&self, command: Command, streams: Streams) -> Result<ExecOutcome, SandboxError> {
        let limits = self.limits();
        let wall = self.wall(&command);
        let (pipes, theirs) = Pipes::create(self.owner).map_err(|error| SandboxError::io("exec", &error))?;
        let running = self.start(command, Some(wall), &theirs.each_ref().map(|end| end.as_fd())).await?;
        // The command's ends are the command's alone: only then does a stream end with it.
        drop(theirs);
        let allowance = Allowance { wall, output: limits.output, kept: limits.output_kept };
        streams::run(running, pipes, streams, allowance).await
    }

    async fn spawn(&self, command: Command) -> Result<Box<dyn Service>, SandboxError> {
        let wall = [command.timeout, self.limits().service].into_iter().flatten().min();
        Ok(Box::new(self.start(command, wall, &[]).await?))
    }

    async fn read_file(&self, path: &WorkspacePath, most: u64) -> Result<Bytes, SandboxError> {
        self.read(path, most).await
    }

    async fn write_file(&self, path: &WorkspacePath, content: Bytes) -> Result<(), SandboxError> {
        self.write(path, &content).await
    }

    async fn remove_file(&self, path: &WorkspacePath) -> Result<(), SandboxError> {
        self.remove(path).await
    }

    async fn list_files(
        &self,
        folder: Option<&WorkspacePath>,
        most: usize,
    ) -> Result<Vec<Entry>, SandboxError> {
        self.list(folder, most).await
    }

    async fn stats(&self) -> Result<SessionStats, SandboxError> {
        self.used().await
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
        // Its socket would keep the session's network.
        drop(self.way_out.lock().unwrap_or_else(PoisonError::into_inner).take());
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
