//! What a command uses beside time and output, looked at every now and then.

use std::{os::fd::OwnedFd, thread, time::Duration};

use crate::{
    cgroup,
    data::Walk,
    inside::memory,
    sys::files,
    usage,
    wire::{How, OWN_PROCESSES, Setup},
};

/// With less left than this, a file system is full: so much is not worth asking for.
const FULL: u64 = 4096;

/// Without a cgroup nobody counts refusals: so close to the limit, a command counts as refused. Process 1 of the session
/// is not seen from here, nor is a first process that has just ended.
const NEAR: u64 = 4;

/// Every how many looks it is asked for memory that is seen in no process, where no cgroup counts it: it takes long.
const RARELY: u32 = 16;
const MOMENT: Duration = Duration::from_millis(5);

/// The cgroups that say what a command uses.
pub struct Groups {
    /// The command's own.
    pub command: OwnedFd,
    /// That of all commands of the session, which limits processes.
    pub processes: OwnedFd,
}

/// What a command uses, and what it was seen to run out of.
pub struct Gauge<'a> {
    setup: &'a Setup,
    groups: Option<Groups>,
    data: Option<Walk>,
    /// How often the session had been refused a process when the command started.
    refused: u64,
    /// Whether it was seen with as many processes as it may have.
    crowded: bool,
    /// Whether its disk was seen to be full.
    full: bool,
    peak: u64,
    looks: u32,
}

impl<'a> Gauge<'a> {
    pub fn new(setup: &'a Setup, groups: Option<Groups>, has_too_much: bool) -> Self {
        let refused = groups.as_ref().map_or(0, |groups| cgroup::refused(&groups.processes));
        let data = setup.data.as_ref().map(|_| Walk::new(setup.data_size, has_too_much));
        Self { setup, groups, data, refused, crowded: false, full: false, peak: 0, looks: 0 }
    }

    /// Looks; says how the command has to end if it has taken too much.
    pub fn look(&mut self) -> Option<How> {
        self.full = self.full || is_full();
        if self.memory_exceeds() {
            return Some(How::OutOfMemory);
        }
        let too_much_data = self.data.as_mut().is_some_and(Walk::advance);
        too_much_data.then_some(How::DiskFull)
    }

    fn memory_exceeds(&mut self) -> bool {
        // Whose sockets they are is not seen: they count for every command of the session.
        let limit = self.setup.memory.saturating_sub(memory::sockets());
        self.looks = self.looks.wrapping_add(1);
        match &self.groups {
            // The group counts files in memory too, and those are not held by processes.
            Some(groups) => {
                cgroup::killed(&groups.command) > 0
                    || cgroup::memory(&groups.command).is_none_or(|bytes| bytes > limit)
                        && usage::closely().memory > limit
            }
            None => {
                // One short line for each process bounds the sum from above; only when that is too much, or there
                // are many, is it worth a closer look.
                let held = usage::roughly();
                self.peak = self.peak.max(held.memory);
                self.crowded = self.crowded || held.processes + NEAR >= self.most();
                (held.memory > limit && usage::closely().memory > limit)
                    || (self.looks.is_multiple_of(RARELY) && nameless_exceeds(limit))
            }
        }
    }

    /// The processes that the kernel lets there be where it has no cgroup to count those of commands alone.
    fn most(&self) -> u64 {
        self.setup.processes.saturating_add(OWN_PROCESSES)
    }

    /// The end as it looks from outside, for a command that ended by itself while its other processes may still be
    /// there: a failure after it was refused something is that refusal.
    pub fn judge(&mut self, how: How) -> How {
        if self.groups.as_ref().is_some_and(|groups| cgroup::killed(&groups.command) > 0) {
            return How::OutOfMemory;
        }
        if matches!(how, How::Exited(0)) || !matches!(how, How::Exited(_) | How::Signalled(_)) {
            return how;
        }
        if self.full || is_full() {
            return How::DiskFull;
        }
        let refused = match &self.groups {
            Some(groups) => cgroup::refused(&groups.processes) > self.refused,
            None => self.crowded || usage::tasks() + NEAR >= self.most(),
        };
        if refused { How::TooManyProcesses } else { how }
    }

    /// Whether there is too much in the data folder. It is only right when nothing of the command is left.
    pub fn has_too_much(&mut self) -> bool {
        self.data.as_mut().is_some_and(Walk::complete)
    }

    /// The end of a command that ended by itself and leaves too much data.
    pub fn conclude(&self, how: How, left_too_much: bool) -> How {
        let ended = matches!(how, How::Exited(_) | How::Signalled(_));
        if ended && left_too_much { How::DiskFull } else { how }
    }

    /// The most memory that the command held, in bytes, given the most that one of its processes did.
    pub fn peak(&self, largest: u64) -> u64 {
        let counted = self.groups.as_ref().and_then(|groups| cgroup::peak(&groups.command));
        counted.unwrap_or_else(|| self.peak.max(largest))
    }

    /// The cgroups that the command belongs in.
    pub fn groups(&self) -> Option<&Groups> {
        self.groups.as_ref()
    }
}

/// Whether there is too much memory that is seen in no process. A process that is just starting another program or ending
/// can't be looked into, and counts with all that it has asked for: only what is still so a moment later does.
fn nameless_exceeds(limit: u64) -> bool {
    usage::nameless() > limit && {
        thread::sleep(MOMENT);
        usage::nameless() > limit
    }
}

fn is_full() -> bool {
    files::room("/tmp").is_ok_and(|(_, free, _, files)| free < FULL || files == 0)
}
