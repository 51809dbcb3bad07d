//! The last of an init program.

use std::{
    process::Child,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// How long sessions that were told to end may take for it; they take milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);

/// Takes the exit status of init programs: without that the kernel keeps a trace of each.
///
/// It does so whenever there is something to do anyway, for there may be no runtime left when a session is dropped.
#[derive(Debug, Default)]
pub(super) struct Reaper(Mutex<Vec<Child>>);

impl Reaper {
    /// Takes care of a process that has been told to end.
    pub(super) fn adopt(&self, child: Option<Child>) {
        self.lock().extend(child);
        self.sweep();
    }

    /// Lets go of those that have ended.
    pub(super) fn sweep(&self) {
        self.lock().retain_mut(|child| matches!(child.try_wait(), Ok(None)));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Child>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.sweep();
            if self.lock().is_empty() {
                return;
            }
            if Instant::now() > deadline {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        // The session dies with its init program, and is then left to process 1 of the machine.
        for child in self.lock().iter_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
