//! Process 1 of a container: waits for whatever happens, and does what it asks for.

use std::{
    collections::{BTreeMap, VecDeque},
    fs::File,
    io::{self, Read as _},
    os::{
        fd::AsRawFd as _,
        linux::net::SocketAddrExt as _,
        unix::net::{SocketAddr, UnixListener},
    },
    path::Path,
    time::{Duration, Instant},
};

use crate::{
    At as _, command,
    connection::{Answers, Connection},
    exec::Exec,
    files,
    inside::memory,
    port::Port,
    stream::Stream,
    sys::{self, Poll},
    tree::Census,
    upload::Upload,
    usage, way_out,
    way_out::WayOut,
    wire::{self, AGENTS_OWN, DATA, Failure, Frame, How, Kernel, Kind, Setup, Writer},
};

/// Bytes that the agent and its supervisors may take.
const AGENTS_MEMORY: u64 = 64 << 20;

/// How often memory is looked at while commands run.
const SAMPLE: Duration = Duration::from_millis(20);

/// How often files are counted where the kernel does not count them, at most: it takes a walk.
const WALK: Duration = SAMPLE;

/// How many may have connected without saying who they are.
const MOST_STRANGERS: usize = 16;

/// A request: who asked, and which number they gave it.
type Key = (u64, u32);

struct Session {
    setup: Setup,
    kernel: Kernel,
    listener: UnixListener,
    children: File,
    connections: BTreeMap<u64, Connection>,
    connected: u64,
    /// Who has connected and has not said who they are. Commands can do that too.
    strangers: VecDeque<(u64, Connection)>,
    /// What those who may ask for something know: the first one says it, before any command runs.
    token: Option<Vec<u8>>,
    execs: BTreeMap<Key, Exec>,
    streams: BTreeMap<Key, Box<dyn Stream>>,
    /// Where commands reach the proxy, if they may.
    way_out: Option<WayOut>,
    /// Since when nobody has been connected.
    alone: Instant,
    sample: Instant,
    walk: Instant,
    /// What was there at the last look: files, and bytes in the data folder.
    files_seen: (u64, u64),
    /// What a kernel that is the session's alone held when commands began, and the least since.
    machine_held: u64,
    buffer: Vec<u8>,
}

/// What a descriptor belongs to.
#[derive(Debug, Clone, Copy)]
enum Source {
    Listener,
    Children,
    Connection(u64),
    Stranger(u64),
    Exec(Key),
    Stream(Key),
    WayOut,
}

/// Serves until nobody is connected any more.
pub fn run(setup: Setup) -> ! {
    let served = Session::new(setup).and_then(|mut session| session.serve());
    sys::exit(i32::from(served.is_err()))
}

impl Session {
    fn new(setup: Setup) -> io::Result<Self> {
        sys::close_from(3);
        sys::umask();
        sys::set_dumpable(false)?;
        files::prepare(&setup)?;
        let kernel = Kernel {
            keeps_orphans: command::keeps_orphans(),
            counts_processes: usage::counts_processes(),
            counts_files: usage::counts_files(setup.inodes),
            counts_memory: usage::counts_memory(),
        };
        let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(wire::SOCKET)?)?;
        listener.set_nonblocking(true)?;
        let now = Instant::now();
        Ok(Self {
            setup,
            kernel,
            listener,
            children: sys::watch_children()?,
            connections: BTreeMap::new(),
            connected: 0,
            strangers: VecDeque::new(),
            token: None,
            execs: BTreeMap::new(),
            streams: BTreeMap::new(),
            way_out: None,
            alone: now,
            sample: now,
            walk: now,
            files_seen: (0, 0),
            machine_held: 0,
            buffer: vec![0; 64 * 1024],
        })
    }

    fn serve(&mut self) -> io::Result<()> {
        loop {
            let (mut list, sources) = self.interests();
            sys::poll(&mut list, self.patience())?;
            let mut seen = None;
            for (poll, source) in list.iter().zip(sources) {
                if poll.happened != 0 {
                    // One with several descriptors does all it can at the first.
                    let key = if let Source::Exec(key) = source { Some(key) } else { None };
                    if key.is_none() || key != seen {
                        self.handle(source);
                    }
                    seen = key;
                }
            }
            self.look();
            self.clean_up();
            self.connections.retain(|_, connection| connection.send());
            self.forget_the_gone();
            if self.is_deserted() {
                return Ok(());
            }
        }
    }

    fn interests(&self) -> (Vec<Poll>, Vec<Source>) {
        let (mut list, mut sources) = (Vec::new(), Vec::new());
        let mut add = |source, (descriptor, events)| {
            list.push(Poll { descriptor, events, happened: 0 });
            sources.push(source);
        };
        add(Source::Children, (self.children.as_raw_fd(), sys::READABLE));
        add(Source::Listener, (self.listener.as_raw_fd(), sys::READABLE));
        if let Some(way_out) = &self.way_out
            && self.proxy_holder().is_some()
        {
            add(Source::WayOut, (way_out.descriptor(), sys::READABLE));
        }
        for (number, connection) in &self.connections {
            add(Source::Connection(*number), connection.interest());
        }
        for (number, connection) in &self.strangers {
            add(Source::Stranger(*number), connection.interest());
        }
        for (key, exec) in &self.execs {
            exec.interests().into_iter().for_each(|interest| add(Source::Exec(*key), interest));
        }
        for (key, stream) in &self.streams {
            stream.interest().into_iter().for_each(|interest| add(Source::Stream(*key), interest));
        }
        (list, sources)
    }

    /// How long there is nothing to do, in milliseconds.
    fn patience(&self) -> i32 {
        let lease = Duration::from_millis(self.setup.lease_ms);
        let silent = self.connections.values().map(|connection| connection.heard + lease);
        let sample = self.execs.values().any(Exec::is_running).then_some(self.sample);
        let deserted = self.connections.is_empty().then_some(self.alone + lease);
        let all = silent.chain(self.execs.values().filter_map(Exec::deadline)).chain(sample).chain(deserted);
        // Rounded up: waking before the time is up means waking twice.
        all.min().map_or(-1, |next| {
            i32::try_from(next.saturating_duration_since(Instant::now()).as_millis() + 1).unwrap_or(i32::MAX)
        })
    }

    fn handle(&mut self, source: Source) {
        match source {
            Source::Listener => self.accept(),
            Source::Children => self.reap(),
            Source::Connection(number) => {
                let Some(connection) = self.connections.get_mut(&number) else { return };
                match connection.receive(&mut self.buffer) {
                    Some(frames) => frames.into_iter().for_each(|frame| self.obey(number, frame)),
                    None => drop(self.connections.remove(&number)),
                }
            }
            Source::Stranger(number) => self.meet(number),
            Source::Exec(key) => {
                if let (Some(exec), Some(connection)) =
                    (self.execs.get_mut(&key), self.connections.get_mut(&key.0))
                {
                    exec.go_on(
                        &mut self.buffer,
                        &mut Answers { id: key.1, outgoing: &mut connection.outgoing },
                    );
                }
            }
            Source::Stream(key) => self.with_stream(key, |stream, answers| stream.go_on(answers)),
            Source::WayOut => self.let_out(),
        }
    }

    /// Who holds the proxy, as long as it serves fewer than it can.
    fn proxy_holder(&self) -> Option<u64> {
        let open = self.streams.keys().filter(|(_, id)| *id >= AGENTS_OWN).count();
        let holder = self.way_out.as_ref()?.holder(|number| self.connections.contains_key(&number));
        holder.filter(|_| open < way_out::MOST)
    }

    /// Passes on who has connected to the way out.
    fn let_out(&mut self) {
        let Some(holder) = self.proxy_holder() else { return };
        let (Some(way_out), Some(connection)) = (&mut self.way_out, self.connections.get_mut(&holder)) else {
            return;
        };
        let Some((number, socket)) = way_out.accept() else { return };
        let Ok(port) = Port::over(socket) else { return };
        self.streams.insert((holder, number), Box::new(port));
        connection.outgoing.extend_from_slice(&wire::frame(number, Kind::Accepted, &[]));
    }

    fn with_stream(&mut self, key: Key, act: impl FnOnce(&mut dyn Stream, &mut Answers<'_>)) {
        let Some(connection) = self.connections.get_mut(&key.0) else { return };
        let Some(stream) = self.streams.get_mut(&key) else { return };
        act(stream.as_mut(), &mut Answers { id: key.1, outgoing: &mut connection.outgoing });
        if stream.is_over() {
            self.streams.remove(&key);
        }
    }

    fn accept(&mut self) {
        let Ok((stream, _)) = self.listener.accept() else { return };
        if let Ok(connection) = Connection::new(stream) {
            self.connected += 1;
            self.strangers.push_back((self.connected, connection));
        }
        if self.strangers.len() > MOST_STRANGERS {
            self.strangers.pop_front();
        }
    }

    /// Lets in who knows the token.
    fn meet(&mut self, number: u64) {
        let Some(index) = self.strangers.iter().position(|(stranger, _)| *stranger == number) else { return };
        let Some((_, mut connection)) = self.strangers.remove(index) else { return };
        let Some(frames) = connection.receive(&mut self.buffer) else { return };
        let mut frames = frames.into_iter();
        match frames.next() {
            None => self.strangers.push_back((number, connection)),
            Some(Frame { kind: Kind::Hello, payload, .. })
                if self.token.as_ref().is_none_or(|token| *token == payload) =>
            {
                self.token = Some(payload);
                connection.outgoing = wire::frame(0, Kind::Ready, &self.kernel.encode());
                self.connections.insert(number, connection);
                frames.for_each(|frame| self.obey(number, frame));
            }
            Some(_) => {}
        }
    }

    fn reap(&mut self) {
        // The news says at least one has ended, not how many.
        let _ = self.children.read(&mut [0; 1024]);
        let alone = self.execs.len() == 1;
        while let Ok(Some(child)) = sys::reap(false) {
            for exec in self.execs.values_mut() {
                if exec.supervisor == child.pid && exec.gone.is_none() {
                    exec.gone = Some(child.status == 0);
                    exec.cpu_us += child.cpu_us;
                    exec.peak = exec.peak.max(child.peak);
                    exec.lost_supervisor();
                } else if alone {
                    exec.cpu_us += child.cpu_us;
                    exec.peak = exec.peak.max(child.peak);
                }
            }
        }
    }

    fn obey(&mut self, from: u64, frame: Frame) {
        let key = (from, frame.id);
        match frame.kind {
            Kind::Close => sys::exit(0),
            Kind::Bye => {
                self.connections.remove(&from);
                if self.connections.is_empty() {
                    sys::exit(0);
                }
                return;
            }
            Kind::Cancel => return self.cancel(key),
            Kind::Data | Kind::End | Kind::Credit | Kind::Stop | Kind::File => {
                if let Some(exec) = self.execs.get_mut(&key) {
                    let Some(connection) = self.connections.get_mut(&from) else { return };
                    exec.take(&frame, &mut Answers { id: key.1, outgoing: &mut connection.outgoing });
                } else {
                    self.with_stream(key, |stream, answers| stream.take(frame, answers));
                }
                return;
            }
            _ => {}
        }
        let outcome = self.begin(key, &frame);
        let Some(connection) = self.connections.get_mut(&from) else { return };
        let mut answers = Answers { id: frame.id, outgoing: &mut connection.outgoing };
        if let Some(outcome) = outcome.transpose() {
            answers.conclude(outcome);
        }
    }

    /// Begins what is asked for. Answers it if that is all there is to it.
    fn begin(&mut self, key: Key, frame: &Frame) -> Result<Option<Vec<u8>>, Failure> {
        let mut reader = wire::Reader(&frame.payload);
        let nonsense = || Failure { step: "read a request".to_owned(), errno: 22 };
        let stream: Box<dyn Stream> = match frame.kind {
            Kind::Exec => {
                let exec = wire::Exec::decode(&frame.payload).ok_or_else(nonsense)?;
                let is_first = self.execs.values().all(|exec| !exec.is_running());
                if is_first && !self.kernel.counts_memory {
                    self.machine_held = memory::of_machine();
                }
                let exec = Exec::start(&self.setup, &exec, self.kernel)?;
                if is_first {
                    self.sample = Instant::now() + SAMPLE;
                }
                self.execs.insert(key, exec);
                return Ok(None);
            }
            Kind::Connect => {
                let port = reader.u64().and_then(|port| u16::try_from(port).ok()).ok_or_else(nonsense)?;
                let port = Port::connect(port)?;
                self.streams.insert(key, Box::new(port));
                return Ok(Some(Vec::new()));
            }
            Kind::Checkout => {
                if frame.payload == [1] {
                    files::clear(&self.setup).at("empty the workspace")?;
                }
                Box::new(Upload::new(&self.setup))
            }
            Kind::Read => {
                let (path, most) = (reader.bytes().ok_or_else(nonsense)?, reader.u64().ok_or_else(nonsense)?);
                Box::new(files::read(&self.setup, &path, most)?)
            }
            Kind::Remove => {
                files::remove(&self.setup, &frame.payload)?;
                return Ok(Some(Vec::new()));
            }
            Kind::List => {
                let (path, most) = (reader.bytes().ok_or_else(nonsense)?, reader.u64().ok_or_else(nonsense)?);
                return files::list(&self.setup, &path, most).map(Some);
            }
            Kind::Stats => return Ok(Some(self.stats())),
            Kind::WayOut => {
                if self.way_out.is_none() {
                    self.way_out = Some(WayOut::open().at("listen for commands")?);
                }
                let Some(way_out) = &mut self.way_out else { return Ok(None) };
                way_out.add_holder(key.0);
                return Ok(Some(u64::from(way_out.port).to_le_bytes().to_vec()));
            }
            _ => return Ok(None),
        };
        self.streams.insert(key, stream);
        Ok(None)
    }

    fn cancel(&mut self, key: Key) {
        self.streams.remove(&key);
        if let Some(exec) = self.execs.get_mut(&key) {
            exec.end(Ok(How::Cancelled));
        }
    }

    fn stats(&self) -> Vec<u8> {
        let all: Vec<_> =
            self.execs.values().flat_map(|exec| Census::take().beneath(exec.supervisor)).collect();
        let memory = crate::tree::memory(&all, 0);
        let (disk, inodes) = usage::of_disk(self.kernel.counts_files);
        let mut stats = Writer::default();
        stats.u64((all.len() + self.execs.len() + 1) as u64).u64(memory).u64(disk).u64(inodes);
        stats.0
    }

    /// Looks at everything that is limited and that the kernel does not limit.
    fn look(&mut self) {
        let now = Instant::now();
        self.execs.values_mut().for_each(|exec| exec.look_at_time(now));
        if now < self.sample || !self.execs.values().any(Exec::is_running) {
            return;
        }
        let (census, is_full, waiting) = (Census::take(), usage::is_full(), memory::sockets());
        for exec in self.execs.values_mut().filter(|exec| exec.is_running()) {
            exec.look_at_usage(&census, self.setup.memory, waiting, is_full);
        }
        if !self.kernel.counts_processes {
            self.look_at_processes(&census);
        }
        if !self.kernel.counts_memory {
            self.look_at_machine();
        }
        if now >= self.walk {
            let before = sys::cpu_time();
            self.look_at_files();
            // A walk that takes long is not taken often. Waiting for a processor is not the walk's.
            self.walk = Instant::now() + WALK.max((sys::cpu_time() - before) * 10);
        }
        self.sample = Instant::now() + SAMPLE;
    }

    /// Ends all commands when a kernel that is theirs alone holds more than one of them may have, in processes or not:
    /// nobody knows whose it is. What commands before have left is not theirs: such a kernel takes its time to let go of it.
    fn look_at_machine(&mut self) {
        let allowed = self.setup.memory.saturating_add(AGENTS_MEMORY).saturating_add(usage::bytes_of_disk());
        let held = memory::of_machine();
        self.machine_held = self.machine_held.min(held);
        let left = if self.machine_held > allowed { self.machine_held } else { 0 };
        if held > allowed.saturating_add(left) {
            self.execs.values_mut().for_each(|exec| exec.end(Ok(How::OutOfMemory)));
        }
    }

    /// Ends the command with the most processes when there are too many.
    fn look_at_processes(&mut self, census: &Census) {
        let counts: Vec<(u64, Key)> =
            self.execs.iter().map(|(key, exec)| (census.threads_beneath(exec.supervisor), *key)).collect();
        if counts.iter().map(|(count, _)| count).sum::<u64>() > self.setup.processes
            && let Some(exec) = counts.iter().max().and_then(|(_, key)| self.execs.get_mut(key))
        {
            exec.end(Ok(How::TooManyProcesses));
        }
    }

    /// Ends all commands when there are too many files, or too much in the data folder: nobody knows whose they are.
    /// Those that take away of it go on.
    fn look_at_files(&mut self) {
        // Counting goes on no further than it has to: it takes longer the more there are, and meanwhile there are more.
        let now = self.files(self.files_seen.0.max(self.setup.inodes).saturating_add(1));
        let has_grown = now.0 > self.files_seen.0 || now.1 > self.files_seen.1;
        self.files_seen = now;
        if has_grown && self.is_too_much(now) {
            self.execs.values_mut().for_each(|exec| exec.end(Ok(How::DiskFull)));
        }
    }

    /// How many files there are, as far as there are no more than `most`, and how many bytes in the data folder, as far
    /// as the kernel does not see to it.
    fn files(&self, most: u64) -> (u64, u64) {
        let files = if self.kernel.counts_files { 0 } else { usage::all_files(most) };
        let data = if self.setup.data > 0 { usage::files_in(Path::new(DATA)).1 } else { 0 };
        (files, data)
    }

    fn is_too_much(&self, (files, data): (u64, u64)) -> bool {
        files > self.setup.inodes || (self.setup.data > 0 && data > self.setup.data)
    }

    /// Kills what is left of commands that have ended, and says so when nothing is.
    fn clean_up(&mut self) {
        let (now, alone) = (Instant::now(), self.execs.len() == 1);
        let supervisors: Vec<i32> =
            self.execs.values().filter(|exec| exec.gone.is_none()).map(|exec| exec.supervisor).collect();
        let ended: Vec<Key> =
            self.execs.iter().filter(|(_, exec)| !exec.is_running()).map(|(key, _)| *key).collect();
        for key in ended {
            let Some(exec) = self.execs.get_mut(&key) else { continue };
            let is_clean = exec.gone.is_some_and(|by_itself| {
                by_itself || (now >= exec.next_kill && Census::take().strays(&supervisors).is_empty())
            });
            if !is_clean {
                if now >= exec.next_kill {
                    exec.kill(alone, &supervisors);
                }
                continue;
            }
            let Some(exec) = self.execs.remove(&key) else { continue };
            // What it left is not what the next one adds, however much it is.
            self.files_seen = self.files(u64::MAX);
            let too_much = self.is_too_much(self.files_seen);
            if let Some(connection) = self.connections.get_mut(&key.0) {
                exec.conclude(
                    too_much,
                    &mut self.buffer,
                    &mut Answers { id: key.1, outgoing: &mut connection.outgoing },
                );
            }
        }
    }

    /// Ends what was asked for by those who are gone.
    fn forget_the_gone(&mut self) {
        let lease = Duration::from_millis(self.setup.lease_ms);
        self.connections.retain(|_, connection| connection.heard.elapsed() <= lease);
        if !self.connections.is_empty() {
            self.alone = Instant::now();
        }
        self.streams.retain(|key, _| self.connections.contains_key(&key.0));
        for (key, exec) in &mut self.execs {
            if !self.connections.contains_key(&key.0) {
                exec.end(Ok(How::Cancelled));
            }
        }
    }

    /// Whether nobody has been connected for too long.
    fn is_deserted(&self) -> bool {
        self.connections.is_empty() && self.alone.elapsed() > Duration::from_millis(self.setup.lease_ms)
    }
}
