//! Process 1 of one command's process namespace: watches the command, enforces its limits, reports how it ended.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::fs::fchown,
    },
    time::{Duration, Instant},
};

use crate::{
    At as _,
    gauge::{Gauge, Groups},
    output::Stream,
    root,
    start::{self, Standard},
    sys::{process, sockets},
    wire::{Answer, Ended, Exec, Failure, How, INSIDE_ID, Kept, Setup, TOO_MUCH_OUTPUT},
};

/// How often it is looked at what the command uses.
const SAMPLE: Duration = Duration::from_millis(20);

/// The resource number of `RLIMIT_CPU`.
const RLIMIT_CPU: u32 = 0;

/// How often those that are left are killed again while they are waited for: once is enough.
const AGAIN: u32 = 512;

/// The status of a supervisor after whose command there is more in the data folder than there may be.
pub const LEFT_TOO_MUCH: i32 = 3;

/// What a command's supervisor works with.
pub struct Handles {
    /// Where the host speaks and is answered.
    pub channel: OwnedFd,
    pub groups: Option<Groups>,
    /// The command's standard streams, when the host has the other ends.
    pub standard: Option<Standard>,
}

/// Runs a command and reports on the channel. When this process ends, the kernel kills what is left of it.
/// `has_too_much`: the data folder does from before. It ends with [`LEFT_TOO_MUCH`] if it still does.
pub fn run(setup: &Setup, exec: &Exec, landlock: u64, has_too_much: bool, handles: &Handles) -> ! {
    let Some(handles) = handles.alone() else { process::exit(1) };
    let Handles { channel, groups, standard } = handles;
    let mut channel = File::from(channel);
    let gauge = Gauge::new(setup, groups, has_too_much);
    let answer = supervise(setup, exec, landlock, &channel, gauge, standard);
    let left_too_much = matches!(answer, Ok((_, true)));
    let answer = answer.map(|(ended, _)| Answer::Ended(ended));
    let _ = channel.write_all(&answer.unwrap_or_else(Answer::Failed).encode());
    process::exit(if left_too_much { LEFT_TOO_MUCH } else { 0 })
}

impl Handles {
    /// Lets go of everything else that this copy of the session's process has.
    fn alone(&self) -> Option<Self> {
        let groups = self.groups.iter().flat_map(|groups| [&groups.command, &groups.processes]);
        let standard =
            self.standard.iter().flat_map(|standard| [&standard.input, &standard.output, &standard.error]);
        let all: Vec<_> =
            [&self.channel].into_iter().chain(groups).chain(standard).map(OwnedFd::as_fd).collect();
        let mut kept = process::keep_only(&all).ok()?.into_iter();
        Some(Self {
            channel: kept.next()?,
            groups: match self.groups {
                Some(_) => Some(Groups { command: kept.next()?, processes: kept.next()? }),
                None => None,
            },
            standard: match self.standard {
                Some(_) => Some(Standard { input: kept.next()?, output: kept.next()?, error: kept.next()? }),
                None => None,
            },
        })
    }
}

fn supervise(
    setup: &Setup,
    exec: &Exec,
    landlock: u64,
    channel: &File,
    gauge: Gauge<'_>,
    standard: Option<Standard>,
) -> Result<(Ended, bool), Failure> {
    process::make_opaque().at("hide the supervisor")?;
    process::die_with_parent().at("tie the command to its session")?;
    root::mount_proc("/proc")?;
    let children = process::watch_children().at("watch the command")?;
    let (standard, streams) = match standard {
        Some(standard) => (standard, None),
        None => {
            let (stdout, output) = sockets::output_pipe().at("create a pipe")?;
            let (stderr, error) = sockets::output_pipe().at("create a pipe")?;
            let input = File::open("/dev/null").at("open /dev/null")?.into();
            // Who opens `/dev/stderr` opens the pipe anew, which takes its owner's rights.
            for end in [&output, &error] {
                let _ = fchown(end, Some(INSIDE_ID), Some(INSIDE_ID));
            }
            let kept = setup.output.1;
            (Standard { input, output, error }, Some([Stream::new(stdout, kept), Stream::new(stderr, kept)]))
        }
    };
    let (trouble, trouble_writer) = sockets::pipe().at("create a pipe")?;
    let started = Instant::now();
    let Some(pid) = process::fork_into(0).at("start a process")? else {
        start::run(setup, exec, landlock, gauge.groups(), &standard, trouble_writer)
    };
    drop((standard, trouble_writer));
    // The data folder may have folders that only their owner can look into.
    process::keep_capabilities(process::CAP_KILL | process::CAP_DAC_READ_SEARCH).at("drop capabilities")?;
    let mut report = Vec::new();
    File::from(trouble).read_to_end(&mut report).at("start the command")?;
    let mut watch = Watch {
        setup,
        pid,
        channel,
        children,
        streams,
        buffer: vec![0; 256 * 1024],
        wall: (exec.wall_ms > 0).then(|| started + Duration::from_millis(exec.wall_ms)),
        sample: started + SAMPLE,
        kill: None,
        gauge,
        cpu_us: 0,
        largest: 0,
    };
    let how = match report.as_slice() {
        [] => watch.watch()?,
        [start::PROGRAM, errno @ ..] => How::NotStarted(number(errno)),
        [_, errno @ ..] => {
            return Err(Failure { step: "give up the rights of a command".to_owned(), errno: number(errno) });
        }
    };
    Ok(watch.finish(how))
}

fn number(bytes: &[u8]) -> i32 {
    bytes.try_into().map_or(0, i32::from_le_bytes)
}

struct Watch<'a> {
    setup: &'a Setup,
    pid: i32,
    channel: &'a File,
    children: File,
    /// Its output, unless the host reads that.
    streams: Option<[Stream; 2]>,
    buffer: Vec<u8>,
    wall: Option<Instant>,
    sample: Instant,
    /// When a command that was asked to stop is killed.
    kill: Option<Instant>,
    gauge: Gauge<'a>,
    cpu_us: u64,
    /// The most memory that one of its processes held.
    largest: u64,
}

impl Watch<'_> {
    /// Waits until the command ends or has to be ended.
    fn watch(&mut self) -> Result<How, Failure> {
        loop {
            let source = |index: usize| {
                let streams = self.streams.as_ref()?;
                streams[index].source.as_ref().map(File::as_fd)
            };
            let descriptors = [Some(self.children.as_fd()), Some(self.channel.as_fd()), source(0), source(1)];
            let [ended, host, stdout, stderr] = sockets::wait(descriptors, self.patience()).at("wait")?;
            for (stream, news) in self.streams.iter_mut().flatten().zip([stdout, stderr]) {
                if news != 0 {
                    stream.read(&mut self.buffer);
                }
            }
            if self.written() > self.setup.output.0 {
                return Ok(How::OutputLimit);
            }
            if host != 0
                && let Some(how) = self.listen(host)
            {
                return Ok(how);
            }
            if ended != 0
                && let Some(how) = self.reap()
            {
                return Ok(how);
            }
            if let Some(how) = self.overdue() {
                return Ok(how);
            }
        }
    }

    fn written(&self) -> u64 {
        self.streams.iter().flatten().map(Stream::total).sum()
    }

    /// How long there is nothing to do, in milliseconds.
    fn patience(&self) -> i32 {
        let next = [self.wall, self.kill].into_iter().flatten().fold(self.sample, Instant::min);
        let wait = next.saturating_duration_since(Instant::now());
        // Rounded up: waking before the time is up means waking twice.
        i32::try_from(wait.as_millis() + 1).unwrap_or(i32::MAX)
    }

    /// The host asks the command to stop within so many milliseconds, has read too much of it, or is gone.
    fn listen(&mut self, news: i16) -> Option<How> {
        let mut grace = [0; 8];
        let asked = news & sockets::READABLE != 0 && (&mut &*self.channel).read_exact(&mut grace).is_ok();
        if !asked {
            // Nobody wants to know the outcome.
            process::exit(0);
        }
        let grace = u64::from_le_bytes(grace);
        if grace == TOO_MUCH_OUTPUT {
            return Some(How::OutputLimit);
        }
        self.kill = Some(Instant::now() + Duration::from_millis(grace));
        process::kill(-self.pid, process::SIGTERM);
        None
    }

    /// Takes children that ended; says how the command did if it is one of them.
    fn reap(&mut self) -> Option<How> {
        // The news says at least one has ended, not how many.
        let _ = self.children.read(&mut [0; 128]);
        let mut how = None;
        while let Ok(Some(child)) = process::reap(false) {
            self.cpu_us += child.cpu_us;
            self.largest = self.largest.max(child.peak);
            if child.pid == self.pid {
                how = Some(self.classify(child.outcome(), child.cpu_us));
            }
        }
        how.map(|how| self.gauge.judge(how))
    }

    fn classify(&self, outcome: Result<i32, i32>, cpu_us: u64) -> How {
        let cpu_limit = self.setup.rlimits.iter().find(|limit| limit.0 == RLIMIT_CPU);
        let cpu_spent = cpu_limit.is_some_and(|(_, soft, _)| cpu_us >= soft.saturating_mul(1_000_000));
        match outcome {
            Ok(code) => How::Exited(code),
            Err(process::SIGXCPU) => How::CpuExhausted,
            Err(process::SIGKILL) if cpu_spent => How::CpuExhausted,
            Err(process::SIGTERM) if self.kill.is_some() => How::Cancelled,
            Err(signal) => How::Signalled(signal),
        }
    }

    fn overdue(&mut self) -> Option<How> {
        let now = Instant::now();
        if self.wall.is_some_and(|wall| now >= wall) {
            return Some(How::TimedOut);
        }
        if self.kill.is_some_and(|kill| now >= kill) {
            return Some(How::Cancelled);
        }
        if now >= self.sample {
            if let Some(how) = self.gauge.look() {
                return Some(how);
            }
            // A look that took long is not followed by another one at once.
            self.sample = Instant::now() + SAMPLE.max(now.elapsed());
        }
        None
    }

    /// Kills everything in the namespace, then reads what it had written. Says too whether there is too much in the data
    /// folder.
    fn finish(mut self, how: How) -> (Ended, bool) {
        for count in 0_u32.. {
            if count % AGAIN == 0 {
                process::kill(-1, process::SIGKILL);
            }
            let Ok(child) = process::reap(true) else { break };
            self.cpu_us += child.as_ref().map_or(0, |child| child.cpu_us);
            self.largest = self.largest.max(child.map_or(0, |child| child.peak));
        }
        let left_too_much = self.gauge.has_too_much();
        let how = self.gauge.conclude(how, left_too_much);
        let peak = self.gauge.peak(self.largest);
        let mut ended = Ended {
            how,
            cpu_us: self.cpu_us,
            peak,
            written: 0,
            stdout: Kept::default(),
            stderr: Kept::default(),
        };
        if let Some(streams) = self.streams {
            let [(out, stdout), (err, stderr)] = streams.map(|stream| stream.finish(&mut self.buffer));
            (ended.written, ended.stdout, ended.stderr) = (out + err, stdout, stderr);
        }
        (ended, left_too_much)
    }
}
