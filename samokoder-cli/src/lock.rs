//! Locks on files, which the kernel keeps.

use std::{
    fs::{File, TryLockError},
    thread,
    time::{Duration, Instant},
};

/// How long a lock may outlast its process on a busy machine, and how often it is asked for meanwhile: what a process was
/// just starting when it was killed has the lock too, until it runs its own program.
const LINGERS: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(20);

/// Locks a file, unless another process has it locked.
pub(crate) fn try_lock(file: &File) -> Result<(), TryLockError> {
    let until = Instant::now() + LINGERS;
    loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < until => thread::sleep(PAUSE),
            outcome => return outcome,
        }
    }
}
