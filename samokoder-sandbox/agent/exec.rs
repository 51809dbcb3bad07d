//! A command, from its start to its outcome.

use std::{
    fs::File,
    io::{self, Read as _, Write as _},
    os::fd::{AsRawFd as _, OwnedFd, RawFd},
    time::{Duration, Instant},
};

use crate::{
    At as _,
    command::{self, Ends, NEWS, News},
    connection::Answers,
    sys,
    tree::{self, Census},
    usage::{self, Refusals},
    wire::{self, Ended, Failure, Frame, How, Keeper, Kernel, Kind, Setup, WINDOW},
};

/// How long a supervisor may take to end by itself after its command did.
const BREATH: Duration = Duration::from_millis(1);

/// The resource number of `RLIMIT_CPU`.
const RLIMIT_CPU: u32 = 0;

/// A command that was started.
pub struct Exec {
    /// The supervisor's process.
    pub supervisor: i32,
    command: Option<i32>,
    news: Option<File>,
    outputs: [Output; 2],
    input: Input,
    streaming: bool,
    credit: u64,
    output_limit: u64,
    cpu_limit_us: Option<u64>,
    /// How many processes there may be, where the kernel does not tell who was refused one.
    process_limit: Option<u64>,
    wall: Option<Instant>,
    /// When a command that was asked to stop is killed.
    stop: Option<Instant>,
    outcome: Option<Result<How, Failure>>,
    /// When what is left of it is killed (again).
    pub next_kill: Instant,
    /// Whether the supervisor has ended, and whether it did so by itself: then nothing is left.
    pub gone: Option<bool>,
    pub cpu_us: u64,
    /// The most memory that was seen to be held.
    pub peak: u64,
    was_full: bool,
    before: Refusals,
}

struct Output {
    kind: Kind,
    pipe: Option<File>,
    keeper: Keeper,
}

#[derive(Default)]
struct Input {
    pipe: Option<File>,
    waiting: Vec<u8>,
    ended: bool,
}

impl Exec {
    pub fn start(setup: &Setup, exec: &wire::Exec, kernel: Kernel) -> Result<Self, Failure> {
        let nothing = File::open("/dev/null").at("open /dev/null")?;
        let pipe = || sys::pipe().at("create a pipe");
        let ((stdout, stdout_end), (stderr, stderr_end), (news, news_end)) = (pipe()?, pipe()?, pipe()?);
        let (stdin, stdin_end) = if exec.streaming {
            let (reader, writer) = pipe()?;
            sys::make_nonblocking(&writer).at("prepare a pipe")?;
            (reader, Some(File::from(writer)))
        } else {
            (OwnedFd::from(nothing), None)
        };
        for pipe in [&stdout, &stderr, &news] {
            sys::make_nonblocking(pipe).at("prepare a pipe")?;
        }
        let before = Refusals::count();
        let started = Instant::now();
        let ends = Ends { stdin, stdout: stdout_end, stderr: stderr_end, news: news_end };
        let Some(supervisor) = sys::fork().at("start a process")? else {
            command::supervise(setup, exec, ends, kernel.keeps_orphans)
        };
        drop(ends);
        let session_wall = if exec.service { setup.service_ms } else { setup.wall_ms };
        let wall = [session_wall, exec.wall_ms].into_iter().filter(|wall| *wall > 0).min();
        let output = |kind, pipe: OwnedFd| Output {
            kind,
            pipe: Some(pipe.into()),
            keeper: Keeper::new(setup.output.1),
        };
        Ok(Self {
            supervisor,
            command: None,
            news: Some(news.into()),
            outputs: [output(Kind::Stdout, stdout), output(Kind::Stderr, stderr)],
            input: Input { pipe: stdin_end, ..Input::default() },
            streaming: exec.streaming,
            credit: WINDOW.into(),
            output_limit: setup.output.0,
            cpu_limit_us: setup
                .rlimits
                .iter()
                .find(|limit| limit.0 == RLIMIT_CPU)
                .map(|limit| limit.1 * 1_000_000),
            process_limit: (!kernel.counts_processes).then_some(setup.processes),
            wall: wall.map(|wall| started + Duration::from_millis(wall)),
            stop: None,
            outcome: None,
            next_kill: started,
            gone: None,
            cpu_us: 0,
            peak: 0,
            was_full: false,
            before,
        })
    }

    /// What it waits for.
    pub fn interests(&self) -> Vec<(RawFd, i16)> {
        let mut list: Vec<_> = self.news.iter().map(|news| (news.as_raw_fd(), sys::READABLE)).collect();
        if !self.streaming || self.credit > 0 {
            let open = self.outputs.iter().filter_map(|output| output.pipe.as_ref());
            list.extend(open.map(|pipe| (pipe.as_raw_fd(), sys::READABLE)));
        }
        let input = self.input.pipe.as_ref().filter(|_| !self.input.waiting.is_empty());
        list.extend(input.map(|pipe| (pipe.as_raw_fd(), sys::WRITABLE)));
        list
    }

    /// Whether it runs, or is being ended.
    pub fn is_running(&self) -> bool {
        self.outcome.is_none()
    }

    /// When it next has to be looked at.
    pub fn deadline(&self) -> Option<Instant> {
        if self.outcome.is_some() {
            return Some(self.next_kill);
        }
        [self.wall, self.stop].into_iter().flatten().min()
    }

    /// Reads and writes what can be.
    pub fn go_on(&mut self, buffer: &mut [u8], answers: &mut Answers<'_>) {
        self.hear();
        for index in 0..self.outputs.len() {
            self.read(index, buffer, answers);
        }
        self.write(answers);
    }

    /// Takes a frame that belongs to it.
    pub fn take(&mut self, frame: &Frame, answers: &mut Answers<'_>) {
        let number = wire::Reader(&frame.payload).u64().unwrap_or(0);
        match frame.kind {
            Kind::Data if self.input.pipe.is_some() => self.input.waiting.extend_from_slice(&frame.payload),
            Kind::End => self.input.ended = true,
            Kind::Credit => self.credit = self.credit.saturating_add(number),
            Kind::Stop => self.ask_to_stop(Duration::from_millis(number)),
            _ => {}
        }
        self.write(answers);
    }

    fn ask_to_stop(&mut self, grace: Duration) {
        self.stop = Some(Instant::now() + grace);
        let command = match self.command {
            // Its number is another one in its own namespace.
            Some(0) => Census::take().beneath(self.supervisor).get(1).map(|process| process.pid),
            command => command,
        };
        if let Some(command) = command.filter(|_| self.is_running()) {
            sys::kill(-command, sys::SIGTERM);
        }
    }

    fn hear(&mut self) {
        let mut bytes = [0; NEWS];
        while let Some(pipe) = &mut self.news {
            match pipe.read(&mut bytes) {
                Ok(NEWS) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                _ => {
                    self.news = None;
                    return;
                }
            }
            match News::decode(&bytes) {
                Some(News::Started(pid)) => self.command = Some(pid),
                Some(News::NotStarted(errno)) => self.end(Ok(How::NotStarted(errno))),
                Some(News::Rights(errno)) => {
                    let step = "give up the rights of a command".to_owned();
                    self.end(Err(Failure { step, errno }));
                }
                Some(News::Ended(status, cpu)) => {
                    let how = self.classify(status, cpu);
                    self.end(Ok(how));
                }
                None => {}
            }
        }
    }

    /// Notes how it ended; the first reason counts.
    pub fn end(&mut self, outcome: Result<How, Failure>) {
        if self.outcome.is_none() {
            let by_itself = matches!(outcome, Ok(How::Exited(_) | How::Signalled(_) | How::NotStarted(_)));
            self.next_kill = Instant::now() + if by_itself { BREATH } else { Duration::ZERO };
            self.outcome = Some(outcome);
        }
    }

    /// The supervisor ended before it could say anything: something killed it.
    pub fn lost_supervisor(&mut self) {
        self.hear();
        let how = self.classify(sys::SIGKILL, 0);
        self.end(Ok(how));
    }

    fn classify(&self, status: i32, cpu_us: u64) -> How {
        let (signal, code) = (status & 0x7f, (status >> 8) & 0xff);
        if signal == 0 && code == 0 {
            return How::Exited(0);
        }
        let now = Refusals::count();
        let cpu_spent = self.cpu_limit_us.is_some_and(|limit| cpu_us >= limit);
        match signal {
            sys::SIGXCPU => How::CpuExhausted,
            sys::SIGKILL if cpu_spent => How::CpuExhausted,
            sys::SIGTERM if self.stop.is_some() => How::Cancelled,
            _ if now.memory > self.before.memory => How::OutOfMemory,
            _ if now.processes > self.before.processes || self.is_crowded() => How::TooManyProcesses,
            _ if self.was_full || usage::is_full() => How::DiskFull,
            0 => How::Exited(code),
            signal => How::Signalled(signal),
        }
    }

    /// Whether what a command leaves behind is more than there may be: it ended before anyone looked.
    fn is_crowded(&self) -> bool {
        self.process_limit.is_some_and(|limit| Census::take().threads_beneath(self.supervisor) > limit)
    }

    fn read(&mut self, index: usize, buffer: &mut [u8], answers: &mut Answers<'_>) {
        for _ in 0..8 {
            let output = &mut self.outputs[index];
            let Some(pipe) = &mut output.pipe else { return };
            let credit =
                if self.streaming { usize::try_from(self.credit).unwrap_or(usize::MAX) } else { usize::MAX };
            let most = buffer.len().min(credit);
            if most == 0 {
                return;
            }
            match pipe.read(&mut buffer[..most]) {
                Ok(0) => output.pipe = None,
                Ok(count) => {
                    output.keeper.add(&buffer[..count]);
                    let kind = output.kind;
                    let excess = self.written().saturating_sub(self.output_limit);
                    if self.streaming {
                        self.credit -= count as u64;
                        // What is too much ends it, and nobody gets to see it.
                        let allowed = count - usize::try_from(excess).unwrap_or(count).min(count);
                        answers.send(kind, &buffer[..allowed]);
                    }
                    if excess > 0 {
                        return self.end(Ok(How::OutputLimit));
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => output.pipe = None,
            }
        }
    }

    fn written(&self) -> u64 {
        self.outputs.iter().map(|output| output.keeper.total).sum()
    }

    fn write(&mut self, answers: &mut Answers<'_>) {
        let Input { pipe, waiting, ended } = &mut self.input;
        while let Some(open) = pipe {
            if waiting.is_empty() {
                if *ended {
                    *pipe = None;
                }
                return;
            }
            match open.write(waiting) {
                Ok(count) => {
                    waiting.drain(..count);
                    answers.credit(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => *pipe = None,
            }
        }
        // Nobody reads it: what comes is taken and forgotten, so that nobody waits.
        if !waiting.is_empty() {
            answers.credit(waiting.len());
            waiting.clear();
        }
    }

    /// Ends it when its time is over.
    pub fn look_at_time(&mut self, now: Instant) {
        if self.wall.is_some_and(|wall| now >= wall) {
            self.end(Ok(How::TimedOut));
        } else if self.stop.is_some_and(|stop| now >= stop) {
            self.end(Ok(How::Cancelled));
        }
    }

    /// Ends it when it holds too much.
    /// `waiting`: what waits in the sockets of all commands, which is not to be told apart.
    pub fn look_at_usage(&mut self, census: &Census, memory_limit: u64, waiting: u64, is_full: bool) {
        self.was_full |= is_full;
        let memory_limit = memory_limit.saturating_sub(waiting);
        let held = tree::memory(&census.beneath(self.supervisor), memory_limit);
        self.peak = self.peak.max(held);
        if held > memory_limit {
            self.end(Ok(How::OutOfMemory));
        }
    }

    /// Kills what is left of it. `alone`: everything in the container is.
    pub fn kill(&mut self, alone: bool, supervisors: &[i32]) {
        if alone {
            // The kernel does this at one go: nothing that is being started gets away.
            sys::kill(-1, sys::SIGKILL);
        } else {
            let census = Census::take();
            tree::kill(&census.beneath(self.supervisor));
            tree::kill(&census.strays(supervisors));
            if self.gone.is_none() {
                // Who was stopped can't see that its children have ended.
                sys::kill(self.supervisor, sys::SIGCONT);
            }
        }
        self.next_kill = Instant::now() + BREATH;
    }

    /// Reads what it had written, and says how it ended. `too_much`: there are more files than may be.
    pub fn conclude(mut self, too_much: bool, buffer: &mut [u8], answers: &mut Answers<'_>) {
        if too_much && matches!(self.outcome, Some(Ok(How::Exited(_) | How::Signalled(_)))) {
            self.outcome = Some(Ok(How::DiskFull));
        }
        let mut before = None;
        self.credit = u64::MAX;
        while before != Some(self.written()) && self.written() <= self.output_limit {
            before = Some(self.written());
            (0..2).for_each(|index| self.read(index, buffer, answers));
        }
        let written = self.written();
        let [stdout, stderr] = self.outputs.map(|output| output.keeper.finish());
        match self.outcome {
            Some(Ok(how)) => {
                let ended = Ended { how, cpu_us: self.cpu_us, peak: self.peak, written, stdout, stderr };
                answers.send(Kind::Ended, &ended.encode());
            }
            Some(Err(failure)) => answers.send(Kind::Failed, &failure.encode()),
            None => {}
        }
    }
}
