//! The connection to a container's agent: one exec of the engine, shared by everything that a session does.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use bollard::{
    Docker,
    container::LogOutput,
    exec::{CreateExecOptions, StartExecOptions, StartExecResults},
    query_parameters::{EventsOptionsBuilder, WaitContainerOptionsBuilder},
};
use futures::{Stream, StreamExt as _};
use samokoder_core::sandbox::{Duplex, SandboxError, SandboxErrorKind};
use tokio::{
    io::{AsyncWrite, AsyncWriteExt as _},
    runtime::Handle,
    sync::mpsc,
    task::AbortHandle,
};

use super::{
    agent::{self, AGENT, AGENTS_OWN, Frame, Kernel, Kind},
    engine, found, port,
};

/// How long the agent may take to answer after its container was started.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long what a container said may take to arrive after its end.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How long what an engine says of a container's end may take: much longer on a busy machine than on an idle one.
const EXPLANATION: Duration = Duration::from_secs(8);
/// The same where nothing but commands ends: what has ended them was seen before.
const SHORT_EXPLANATION: Duration = Duration::from_secs(2);

/// How an engine writes the status of a process that was killed.
const KILLED: &str = "137";

/// The longest frame that is taken from an agent, beside what is kept of outputs.
const LONGEST: usize = 64 << 20;

/// What comes from the engine.
type Incoming = Pin<Box<dyn Stream<Item = Result<LogOutput, bollard::errors::Error>> + Send>>;

/// A connection to an agent. Dropping the last handle says goodbye: unless someone else is connected, the container ends.
#[derive(Debug)]
pub(super) struct Link {
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    routes: Arc<Routes>,
    next: AtomicU32,
    /// What the agent found out about its kernel.
    pub(super) kernel: Kernel,
    watch: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

/// A container to connect to.
#[derive(Debug)]
pub(super) struct Place {
    /// What the engine knows it by, and no other one before or after it.
    pub(super) id: String,
    /// Whether the commands' kernel is the host's.
    pub(super) shares_kernel: bool,
    /// Whether the engine says that a container has reached its limit of memory. Podman does not.
    pub(super) tells_memory: bool,
}

/// Who waits for which answers.
#[derive(Debug)]
struct Routes {
    /// `None` when there will be none any more.
    waiting: Mutex<Option<Waiting>>,
    /// Whether someone has asked for the end.
    closing: AtomicBool,
    /// Whether the container has ended because it held too much memory.
    out_of_memory: AtomicBool,
}

#[derive(Debug, Default)]
struct Waiting {
    answers: BTreeMap<u32, mpsc::UnboundedSender<Frame>>,
    /// Who takes what commands connect to.
    proxy: Option<mpsc::UnboundedSender<Box<dyn Duplex>>>,
}

/// The answers to one request, or what is said on a connection. Dropping it before the last one cancels it.
#[derive(Debug)]
pub(super) struct Route {
    id: u32,
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
    routes: Arc<Routes>,
    frames: mpsc::UnboundedReceiver<Frame>,
    is_over: bool,
}

impl Link {
    /// Connects to the agent of a container, as `user`, with the session's token. `lease` is how long it may hear
    /// nothing.
    pub(super) async fn connect(
        docker: &Docker,
        place: Place,
        user: u32,
        token: &str,
        lease: Duration,
    ) -> Result<Arc<Self>, SandboxError> {
        let failed = |error| engine::failed("open", &error);
        let options = CreateExecOptions {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(vec![AGENT.to_owned(), "link".to_owned()]),
            user: Some(format!("{user}:{user}")),
            ..CreateExecOptions::default()
        };
        let exec = docker.create_exec(&place.id, options).await.map_err(failed)?;
        let start = StartExecOptions { output_capacity: Some(64 * 1024), ..StartExecOptions::default() };
        let started = docker.start_exec(&exec.id, Some(start)).await.map_err(failed)?;
        let StartExecResults::Attached { mut output, mut input } = started else {
            return Err(broken("open", "the engine did not attach to the container's agent"));
        };
        let mut received = Vec::new();
        let greeting = async {
            let hello = agent::frame(0, Kind::Hello, token.as_bytes());
            // Who can't be told has said why.
            let _ = input.write_all(&hello).await;
            let _ = input.flush().await;
            greeting(&mut output, &mut received).await
        };
        let greeting = tokio::time::timeout(PATIENCE, greeting).await;
        let kernel = greeting.unwrap_or_else(|_| {
            Err(broken("open", &format!("the container's agent said nothing for {} s", PATIENCE.as_secs())))
        })?;
        let (outgoing, queue) = mpsc::unbounded_channel();
        let routes = Arc::new(Routes {
            waiting: Mutex::new(Some(Waiting::default())),
            closing: AtomicBool::new(false),
            out_of_memory: AtomicBool::new(false),
        });
        // They end when the link is dropped, or when the container does.
        let runtime = Handle::current();
        runtime.spawn(send(input, queue, lease / 3));
        let end = Arc::new(End { docker: docker.clone(), place, routes: Arc::clone(&routes) });
        // Only who uses the link keeps it.
        runtime.spawn(receive(output, received, Arc::clone(&end), outgoing.downgrade()));
        let watch = runtime.spawn(watch(end)).abort_handle();
        Ok(Arc::new(Self { outgoing, routes, next: AtomicU32::new(1), kernel, watch }))
    }

    /// Whether answers can be had.
    pub(super) fn is_open(&self) -> bool {
        self.routes.lock().is_some() && !self.outgoing.is_closed()
    }

    /// Sends a request.
    pub(super) fn begin(&self, kind: Kind, payload: &[u8]) -> Result<Route, SandboxError> {
        let id = self.next.fetch_add(1, Ordering::Relaxed) % AGENTS_OWN;
        let route = self.routes.open(id, self.outgoing.clone()).ok_or_else(|| closed("request"))?;
        route.send(kind, payload);
        Ok(route)
    }

    /// What commands connect to from here on, as streams.
    pub(super) fn accepted(&self) -> mpsc::UnboundedReceiver<Box<dyn Duplex>> {
        let (sender, accepted) = mpsc::unbounded_channel();
        if let Some(waiting) = self.routes.lock().as_mut() {
            waiting.proxy = Some(sender);
        }
        accepted
    }

    /// Tells the agent to end.
    pub(super) fn close(&self) {
        self.routes.closing.store(true, Ordering::Release);
        let _ = self.outgoing.send(agent::frame(0, Kind::Close, &[]));
    }
}

impl Route {
    /// Sends a further frame.
    pub(super) fn send(&self, kind: Kind, payload: &[u8]) {
        let _ = self.outgoing.send(agent::frame(self.id, kind, payload));
    }

    /// Lets the agent send this many more bytes.
    pub(super) fn credit(&self, bytes: usize) {
        self.send(Kind::Credit, &(bytes as u64).to_le_bytes());
    }

    /// A second sender for this request's frames.
    pub(super) fn sender(&self) -> RouteSender {
        RouteSender { id: self.id, outgoing: self.outgoing.clone() }
    }

    /// The next answer.
    ///
    /// # Errors
    /// [`SandboxErrorKind::Infrastructure`] when the connection is lost.
    ///
    /// # Cancel safety
    /// No answer is lost.
    pub(super) async fn next(&mut self) -> Result<Frame, SandboxError> {
        let Some(frame) = self.frames.recv().await else {
            self.is_over = true;
            return Err(broken("request", "the connection to the container was lost"));
        };
        self.is_over |= matches!(frame.kind, Kind::Done | Kind::Failed | Kind::Ended);
        Ok(frame)
    }

    /// Whether the connection was lost because the container held too much memory.
    pub(super) fn is_out_of_memory(&self) -> bool {
        self.routes.out_of_memory.load(Ordering::Acquire)
    }

    /// Whether there is more to come after an answer that is usually the last one.
    pub(super) fn go_on(&mut self) {
        self.is_over = false;
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        if let Some(waiting) = self.routes.lock().as_mut() {
            waiting.answers.remove(&self.id);
        }
        if !self.is_over {
            self.send(Kind::Cancel, &[]);
        }
    }
}

/// Sends frames of a request while someone else waits for its answers. It keeps the connection open.
#[derive(Debug, Clone)]
pub(super) struct RouteSender {
    id: u32,
    outgoing: mpsc::UnboundedSender<Vec<u8>>,
}

impl RouteSender {
    /// Sends a frame.
    pub(super) fn send(&self, kind: Kind, payload: &[u8]) {
        let _ = self.outgoing.send(agent::frame(self.id, kind, payload));
    }
}

impl Routes {
    fn lock(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A route of this number; `None` when there are no answers any more.
    fn open(self: &Arc<Self>, id: u32, outgoing: mpsc::UnboundedSender<Vec<u8>>) -> Option<Route> {
        let (sender, frames) = mpsc::unbounded_channel();
        self.lock().as_mut()?.answers.insert(id, sender);
        Some(Route { id, outgoing, routes: Arc::clone(self), frames, is_over: false })
    }

    fn deliver(self: &Arc<Self>, frame: Frame, outgoing: &mpsc::WeakUnboundedSender<Vec<u8>>) {
        if frame.kind == Kind::Accepted {
            let route = outgoing.upgrade().and_then(|outgoing| self.open(frame.id, outgoing));
            let proxy = self.lock().as_ref().and_then(|waiting| waiting.proxy.clone());
            // With nobody there to serve it, the connection is closed.
            if let (Some(route), Some(proxy)) = (route, proxy) {
                let _ = proxy.send(port::stream(route));
            }
            return;
        }
        let sender = self.lock().as_ref().and_then(|waiting| waiting.answers.get(&frame.id).cloned());
        if let Some(sender) = sender {
            let _ = sender.send(frame);
        }
    }
}

/// Waits until the agent says what its kernel does.
async fn greeting(output: &mut Incoming, received: &mut Vec<u8>) -> Result<Kernel, SandboxError> {
    let mut complaints = String::new();
    loop {
        if let Some((frame, length)) = agent::first_frame(received, LONGEST).unwrap_or_default() {
            received.drain(..length);
            let kernel = (frame.kind == Kind::Ready).then(|| Kernel::decode(&frame.payload)).flatten();
            return kernel.ok_or_else(|| broken("open", "the container's agent is of another version"));
        }
        match output.next().await {
            Some(Ok(LogOutput::StdOut { message } | LogOutput::Console { message })) => {
                received.extend_from_slice(&message);
            }
            Some(Ok(LogOutput::StdErr { message })) => {
                complaints.push_str(&String::from_utf8_lossy(&message));
            }
            Some(Ok(LogOutput::StdIn { .. })) => {}
            Some(Err(error)) => return Err(engine::failed("open", &error)),
            None => {
                let said = String::from_utf8_lossy(received);
                let message = format!("the container's agent could not be reached: {complaints}{said}");
                return Err(broken("open", message.trim()));
            }
        }
    }
}

/// Writes what is to be sent, and every now and then that someone is there.
async fn send(
    mut input: Pin<Box<dyn AsyncWrite + Send>>,
    mut queue: mpsc::UnboundedReceiver<Vec<u8>>,
    pause: Duration,
) {
    loop {
        let bytes = match tokio::time::timeout(pause, queue.recv()).await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => break,
            Err(_) => agent::frame(0, Kind::Ping, &[]),
        };
        let sent = async {
            input.write_all(&bytes).await?;
            while let Ok(bytes) = queue.try_recv() {
                input.write_all(&bytes).await?;
            }
            input.flush().await
        };
        if sent.await.is_err() {
            return;
        }
    }
    if input.write_all(&agent::frame(0, Kind::Bye, &[])).await.is_ok() {
        let _ = input.shutdown().await;
    }
}

/// How it ends for those who wait for answers.
struct End {
    docker: Docker,
    place: Place,
    routes: Arc<Routes>,
}

impl End {
    /// There will be no answers any more.
    async fn conclude(&self) {
        let Self { docker, place, routes } = self;
        // Commands that take memory faster than the agent looks end their kernel, if it is their own. The host's ends them, and
        // when all of them are about to be gone and their memory is not yet, the way to the agent too.
        if !routes.closing.load(Ordering::Acquire) && routes.lock().is_some() {
            let patience = if place.shares_kernel { SHORT_EXPLANATION } else { EXPLANATION };
            let is_out_of_memory = was_out_of_memory(docker, place, patience).await;
            routes.out_of_memory.fetch_or(is_out_of_memory, Ordering::AcqRel);
        }
        routes.lock().take();
    }
}

/// Hands out answers until there are none any more.
async fn receive(
    mut output: Incoming,
    mut received: Vec<u8>,
    end: Arc<End>,
    outgoing: mpsc::WeakUnboundedSender<Vec<u8>>,
) {
    'more: while let Some(Ok(piece)) = output.next().await {
        if let LogOutput::StdOut { message } | LogOutput::Console { message } = piece {
            received.extend_from_slice(&message);
        }
        let mut taken = 0;
        loop {
            match agent::first_frame(&received[taken..], LONGEST) {
                Ok(Some((frame, length))) => {
                    taken += length;
                    end.routes.deliver(frame, &outgoing);
                }
                Ok(None) => break,
                Err(()) => break 'more,
            }
        }
        received.drain(..taken);
    }
    end.conclude().await;
}

/// Waits until the container has ended: nobody waits for its answers then. An engine may leave the connection open when a
/// runtime's kernel was killed.
async fn watch(end: Arc<End>) {
    ended(&end.docker, &end.place.id).await;
    end.conclude().await;
}

/// Waits until a container has ended.
async fn ended(docker: &Docker, container: &str) {
    loop {
        let options = WaitContainerOptionsBuilder::default().condition("not-running").build();
        docker.wait_container(container, Some(options)).for_each(|_| async {}).await;
        // What it said last may still be on its way; and waiting ends too when the engine takes it to be long enough.
        tokio::time::sleep(LAST_WORDS).await;
        let is_gone = match found::inspect(docker, "exec", container).await {
            Ok(found) => !found.is_running(),
            Err(error) => error.kind == SandboxErrorKind::Closed,
        };
        if is_gone {
            return;
        }
    }
}

/// Whether a container has reached its limit of memory. It is gone by now, and what it said of itself with it: the engine's
/// events are still known.
async fn was_out_of_memory(docker: &Docker, place: &Place, patience: Duration) -> bool {
    // Engines have other words for their kinds: all of a container's are few.
    let filters = [("container", vec![&*place.id])].into();
    // From the beginning: its clock may be another one.
    let options = EventsOptionsBuilder::default().since("1").filters(&filters).build();
    let mut events = Box::pin(docker.events(Some(options)));
    let said = async {
        while let Some(Ok(event)) = events.next().await {
            let code = event.actor.and_then(|actor| actor.attributes?.remove("exitCode"));
            match event.action.as_deref() {
                Some("oom") => return true,
                _ if place.tells_memory => {}
                Some("kill") => return false,
                // No command reaches the first process: whom the engine has not killed, the kernel has.
                Some("die") => return code.as_deref() == Some(KILLED),
                _ => {}
            }
        }
        false
    };
    tokio::time::timeout(patience, said).await.unwrap_or(false)
}

fn broken(operation: &str, message: &str) -> SandboxError {
    SandboxError::new(SandboxErrorKind::Infrastructure, operation, message)
}

/// The error for a session that has ended.
pub(super) fn closed(operation: &str) -> SandboxError {
    SandboxError::new(SandboxErrorKind::Closed, operation, "the session has ended; open a new one")
}
