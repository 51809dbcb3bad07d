//! Process 1 of one command's process namespace: watches the command, enforces its limits, reports how it ended.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    os::fd::{AsFd as _, OwnedFd},
    time::{Duration, Instant},
};

use crate::{
    At as _,
    output::Stream,
    root, start,
    sys::{process, sockets},
    usage,
    wire::{Answer, Ended, Exec, Failure, How, Setup},
};

/// How often memory is looked at.
const SAMPLE: Duration = Duration::from_millis(20);

/// The resource number of `RLIMIT_CPU`.
const RLIMIT_CPU: u32 = 0;

/// Runs a command and reports on the channel. When this process ends, the kernel kills what is left of it.
pub fn run(setup: &Setup, exec: &Exec, channel: &OwnedFd) -> ! {
    let Ok(mut channel) = process::keep_only(channel.as_fd()) else { process::exit(1) };
    let answer = supervise(setup, exec, &channel).map_or_else(Answer::Failed, Answer::Ended);
    let _ = channel.write_all(&answer.encode());
    process::exit(0)
}

fn supervise(setup: &Setup, exec: &Exec, channel: &File) -> Result<Ended, Failure> {
    process::make_opaque().at("hide the supervisor")?;
    process::die_with_parent().at("tie the command to its session")?;
    root::mount_proc("/proc")?;
    let children = process::watch_children().at("watch the command")?;
    let (stdout, stdout_writer) = sockets::output_pipe().at("create a pipe")?;
    let (stderr, stderr_writer) = sockets::output_pipe().at("create a pipe")?;
    let (trouble, trouble_writer) = sockets::pipe().at("create a pipe")?;
    let started = Instant::now();
    let Some(pid) = process::fork_into(0).at("start a process")? else {
        start::run(setup, exec, stdout_writer, stderr_writer, trouble_writer)
    };
    drop((stdout_writer, stderr_writer, trouble_writer));
    process::keep_capabilities(process::CAP_KILL).at("drop capabilities")?;
    let mut report = Vec::new();
    File::from(trouble).read_to_end(&mut report).at("start the command")?;
    let kept = setup.output.1;
    let mut watch = Watch {
        setup,
        pid,
        channel,
        children,
        streams: [Stream::new(stdout, kept), Stream::new(stderr, kept)],
        buffer: vec![0; 64 * 1024],
        wall: (exec.wall_ms > 0).then(|| started + Duration::from_millis(exec.wall_ms)),
        sample: started + SAMPLE,
        kill: None,
        cpu_us: 0,
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
    streams: [Stream; 2],
    buffer: Vec<u8>,
    wall: Option<Instant>,
    sample: Instant,
    /// When a command that was asked to stop is killed.
    kill: Option<Instant>,
    cpu_us: u64,
}

impl Watch<'_> {
    /// Waits until the command ends or has to be ended.
    fn watch(&mut self) -> Result<How, Failure> {
        loop {
            let [stdout, stderr] = &self.streams;
            let descriptors = [
                Some(self.children.as_fd()),
                Some(self.channel.as_fd()),
                stdout.source.as_ref().map(File::as_fd),
                stderr.source.as_ref().map(File::as_fd),
            ];
            let [ended, host, stdout, stderr] = sockets::wait(descriptors, self.patience()).at("wait")?;
            for (stream, news) in self.streams.iter_mut().zip([stdout, stderr]) {
                if news != 0 {
                    stream.read(&mut self.buffer);
                }
            }
            if self.streams.iter().map(|stream| stream.total).sum::<u64>() > self.setup.output.0 {
                return Ok(How::OutputLimit);
            }
            if host != 0 {
                self.listen(host);
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

    /// How long there is nothing to do, in milliseconds.
    fn patience(&self) -> i32 {
        let next = [self.wall, self.kill].into_iter().flatten().fold(self.sample, Instant::min);
        let wait = next.saturating_duration_since(Instant::now());
        // Rounded up: waking before the time is up means waking twice.
        i32::try_from(wait.as_millis() + 1).unwrap_or(i32::MAX)
    }

    /// The host asks the command to stop within so many milliseconds, or is gone.
    fn listen(&mut self, news: i16) {
        let mut grace = [0; 8];
        let asked = news & sockets::READABLE != 0 && (&mut &*self.channel).read_exact(&mut grace).is_ok();
        if !asked {
            // Nobody wants to know the outcome.
            process::exit(0);
        }
        self.kill = Some(Instant::now() + Duration::from_millis(u64::from_le_bytes(grace)));
        process::kill(-self.pid, process::SIGTERM);
    }

    /// Takes children that ended; says how the command did if it is one of them.
    fn reap(&mut self) -> Option<How> {
        // The news says at least one has ended, not how many.
        let _ = self.children.read(&mut [0; 128]);
        let mut how = None;
        while let Ok(Some(child)) = process::reap(false) {
            self.cpu_us += child.cpu_us;
            if child.pid == self.pid {
                how = Some(self.classify(child.outcome(), child.cpu_us));
            }
        }
        how
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
            if usage::memory_exceeds(self.setup.memory) {
                return Some(How::OutOfMemory);
            }
            self.sample = Instant::now() + SAMPLE;
        }
        None
    }

    /// Kills everything in the namespace, then reads what it had written.
    fn finish(mut self, how: How) -> Ended {
        loop {
            process::kill(-1, process::SIGKILL);
            match process::reap(true) {
                Ok(child) => self.cpu_us += child.map_or(0, |child| child.cpu_us),
                Err(_) => break,
            }
        }
        let [stdout, stderr] = self.streams;
        let (stdout, stderr) = (stdout.finish(&mut self.buffer), stderr.finish(&mut self.buffer));
        Ended { how, cpu_us: self.cpu_us, stdout, stderr }
    }
}
