//! An open session.

pub(super) mod explain;
mod request;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use bollard::{
    Docker,
    query_parameters::{RemoveContainerOptionsBuilder, WaitContainerOptionsBuilder},
};
use bytes::Bytes;
use futures::StreamExt as _;
use samokoder_core::{
    project::WorkspacePath,
    sandbox::{
        CheckoutFile, Command, Duplex, Entry, EntryKind, ExecOutcome, SandboxError, SandboxErrorKind,
        SandboxSession, Service, SessionStats, Streams,
    },
};

use super::{
    agent::{Failure, Frame, Kind, PIECE, Reader, WINDOW, Writer},
    engine,
    link::{Link, Route, closed},
    port,
    running::{Running, credit},
    way_out::WayOut,
};
use crate::proxy::Proxy;

/// How long an engine may take to remove a container.
const PATIENCE: Duration = Duration::from_secs(30);

/// An open session: a warm container with an agent that commands are forked from.
#[derive(Debug)]
pub(super) struct DockerSession {
    id: String,
    docker: Docker,
    link: Arc<Link>,
    closed: AtomicBool,
    has_data: bool,
    way_out: Mutex<Option<WayOut>>,
}

impl DockerSession {
    pub(super) fn new(id: String, docker: Docker, link: Arc<Link>, has_data: bool) -> Self {
        let (closed, way_out) = (AtomicBool::new(false), Mutex::default());
        Self { id, docker, link, closed, has_data, way_out }
    }

    /// Lets its commands reach what the proxy lets through.
    pub(super) async fn let_out(&self, proxy: &Proxy) -> Result<(), SandboxError> {
        let way_out = WayOut::open(&self.link, proxy).await?;
        *self.way_out() = Some(way_out);
        Ok(())
    }

    fn way_out(&self) -> MutexGuard<'_, Option<WayOut>> {
        self.way_out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it can take requests.
    pub(super) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire) && self.link.is_open()
    }

    /// What the agent found out about its kernel.
    pub(super) fn kernel(&self) -> super::agent::Kernel {
        self.link.kernel
    }

    fn begin(&self, operation: &str, kind: Kind, payload: &[u8]) -> Result<Route, SandboxError> {
        if self.closed.load(Ordering::Acquire) {
            return Err(closed(operation));
        }
        self.link.begin(kind, payload).map_err(|error| SandboxError { operation: operation.into(), ..error })
    }

    fn start(&self, command: Command, service: bool, streaming: bool) -> Result<Running, SandboxError> {
        let started = Instant::now();
        let variables = self.way_out().as_ref().map(|way_out| way_out.variables.clone()).unwrap_or_default();
        let payload = request::exec(&command, variables, service, streaming)?.encode();
        let route = self.begin("exec", Kind::Exec, &payload)?;
        Ok(Running::new(route, started, command.argv.into_iter().next().unwrap_or_default()))
    }

    /// Waits for the last answer to a request, which is not about a command.
    async fn answer(&self, operation: &str, route: &mut Route) -> Result<Vec<u8>, SandboxError> {
        loop {
            let frame = self.next(operation, route).await?;
            if let Some(outcome) = conclusion(operation, frame) {
                return outcome;
            }
        }
    }

    /// The next answer. A session that was closed meanwhile is closed, not broken.
    async fn next(&self, operation: &str, route: &mut Route) -> Result<Frame, SandboxError> {
        route.next().await.map_err(|error| self.told(operation, error))
    }

    fn told(&self, operation: &str, error: SandboxError) -> SandboxError {
        if self.closed.load(Ordering::Acquire) {
            return closed(operation);
        }
        SandboxError { operation: operation.into(), ..error }
    }

    /// Sends files, as fast as they are taken.
    async fn send_files(&self, operation: &str, files: &[CheckoutFile]) -> Result<(), SandboxError> {
        let mut route = self.begin(operation, Kind::Checkout, &[u8::from(operation == "checkout")])?;
        let mut room = WINDOW as usize;
        for file in files {
            route.send(Kind::File, file.path.as_str().as_bytes());
            for piece in file.content.chunks(PIECE) {
                while room < piece.len() {
                    let frame = self.next(operation, &mut route).await?;
                    if frame.kind == Kind::Credit {
                        room += credit(&frame);
                    } else if let Some(outcome) = conclusion(operation, frame) {
                        return outcome.map(drop);
                    }
                }
                room -= piece.len();
                route.send(Kind::Data, piece);
            }
        }
        route.send(Kind::End, &[]);
        self.answer(operation, &mut route).await.map(drop)
    }
}

/// The outcome of a request, if this frame is it.
pub(super) fn conclusion(operation: &str, frame: Frame) -> Option<Result<Vec<u8>, SandboxError>> {
    match frame.kind {
        Kind::Done => Some(Ok(frame.payload)),
        Kind::Failed => Some(Err(Failure::decode(&frame.payload)
            .map_or_else(|| explain::nonsense(operation), |failure| explain::failure(operation, &failure)))),
        _ => None,
    }
}

#[async_trait]
impl SandboxSession for DockerSession {
    fn id(&self) -> &str {
        &self.id
    }

    async fn checkout(&self, files: Vec<CheckoutFile>) -> Result<(), SandboxError> {
        // The data folder is the user's: a checkout leaves it as it is.
        let kept = |file: &CheckoutFile| !(self.has_data && file.path.as_str().starts_with("data/"));
        let files: Vec<_> = files.into_iter().filter(kept).collect();
        self.send_files("checkout", &files).await
    }

    async fn exec(&self, command: Command) -> Result<ExecOutcome, SandboxError> {
        let mut running = self.start(command, false, false)?;
        running.finish().await.map_err(|error| self.told("exec", error))
    }

    async fn exec_streaming(&self, command: Command, streams: Streams) -> Result<ExecOutcome, SandboxError> {
        let mut running = self.start(command, false, true)?;
        running.pass_on(streams).await.map_err(|error| self.told("exec", error))
    }

    async fn spawn(&self, command: Command) -> Result<Box<dyn Service>, SandboxError> {
        Ok(Box::new(self.start(command, true, false)?))
    }

    async fn connect(&self, port: u16) -> Result<Box<dyn Duplex>, SandboxError> {
        let mut route = self.begin("connect", Kind::Connect, &u64::from(port).to_le_bytes())?;
        match self.answer("connect", &mut route).await {
            Ok(_) => {
                route.go_on();
                Ok(port::stream(route))
            }
            Err(error) if error.kind == SandboxErrorKind::ConnectionRefused => {
                let message = format!("nothing listens on port {port} in the session (yet)");
                Err(SandboxError { message, ..error })
            }
            Err(error) => Err(error),
        }
    }

    async fn read_file(&self, path: &WorkspacePath, most: u64) -> Result<Bytes, SandboxError> {
        let mut payload = Writer::default();
        payload.bytes(path.as_str().as_bytes()).u64(most);
        let mut route = self.begin("read file", Kind::Read, &payload.0)?;
        let mut content = Vec::new();
        loop {
            let frame = self.next("read file", &mut route).await?;
            if frame.kind == Kind::Data {
                content.extend_from_slice(&frame.payload);
                route.credit(frame.payload.len());
            } else if let Some(outcome) = conclusion("read file", frame) {
                return outcome.map(|_| content.into());
            }
        }
    }

    async fn write_file(&self, path: &WorkspacePath, content: Bytes) -> Result<(), SandboxError> {
        self.send_files("write file", &[CheckoutFile { path: path.clone(), content }]).await
    }

    async fn remove_file(&self, path: &WorkspacePath) -> Result<(), SandboxError> {
        let mut route = self.begin("remove file", Kind::Remove, path.as_str().as_bytes())?;
        self.answer("remove file", &mut route).await.map(drop)
    }

    async fn list_files(
        &self,
        folder: Option<&WorkspacePath>,
        most: usize,
    ) -> Result<Vec<Entry>, SandboxError> {
        let mut payload = Writer::default();
        payload.bytes(folder.map_or("", WorkspacePath::as_str).as_bytes()).u64(most as u64);
        let mut route = self.begin("list files", Kind::List, &payload.0)?;
        let listed = self.answer("list files", &mut route).await?;
        let (mut reader, mut entries) = (Reader(&listed), Vec::new());
        while let (Some(name), Some(kind), Some(size)) = (reader.bytes(), reader.u64(), reader.u64()) {
            let kind = match kind {
                0 => EntryKind::File,
                1 => EntryKind::Folder,
                2 => EntryKind::Link,
                _ => EntryKind::Special,
            };
            entries.push(Entry::new(String::from_utf8_lossy(&name), kind, size));
        }
        entries.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    async fn stats(&self) -> Result<SessionStats, SandboxError> {
        let mut route = self.begin("stats", Kind::Stats, &[])?;
        let answer = self.answer("stats", &mut route).await?;
        let mut reader = Reader(&answer);
        let mut number = || reader.u64().unwrap_or(0);
        let mut stats = SessionStats::default();
        (stats.processes, stats.memory, stats.disk, stats.inodes) = (number(), number(), number(), number());
        Ok(stats)
    }

    async fn close(&self) -> Result<(), SandboxError> {
        self.closed.store(true, Ordering::Release);
        drop(self.way_out().take());
        self.link.close();
        remove(&self.docker, &self.id).await
    }
}

/// Removes a container, and waits until it is gone.
///
/// # Errors
/// When it is still there after a while.
pub(super) async fn remove(docker: &Docker, container: &str) -> Result<(), SandboxError> {
    let gone = async {
        let mut left = engine::ATTEMPTS;
        loop {
            let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
            match docker.remove_container(container, Some(options)).await {
                Err(error) if engine::has_status(&error, 404) => return Ok(()),
                // Podman can't remove one that is just ending.
                Err(error) if engine::has_status(&error, 500) && left > 0 => {
                    left -= 1;
                    tokio::time::sleep(engine::PAUSE).await;
                    continue;
                }
                // It is being removed already: 409.
                Err(error) if !engine::has_status(&error, 409) => {
                    return Err(engine::failed("close", &error));
                }
                _ => {}
            }
            let options = WaitContainerOptionsBuilder::default().condition("removed").build();
            docker.wait_container(container, Some(options)).for_each(|_| async {}).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap_or_else(|_| {
        let message = format!("the engine did not remove {container} within {} s", PATIENCE.as_secs());
        Err(SandboxError::new(SandboxErrorKind::Infrastructure, "close", message))
    })
}
