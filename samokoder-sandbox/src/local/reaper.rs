//! The last of an init program.

use std::{
    process::Child,
    sync::{Mutex, MutexGuard, PoisonError},
};

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
        for child in self.0.get_mut().unwrap_or_else(PoisonError::into_inner) {
            // It has been told to; this only makes sure that the wait is short.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
