//! The right to work in an app's folder, which one process has at a time: what is checked out must not change under a run.

use std::{
    fs::{File, TryLockError},
    path::Path,
};

use samokoder::project::STATE_FOLDER;

use crate::{failure::Failure, lock::try_lock, view};

/// The right to work in an app's folder, as a lock that the kernel keeps. It is gone with the process, however that ends.
#[derive(Debug)]
pub(crate) struct Holding {
    _lock: Option<File>,
}

impl Holding {
    /// Takes the right.
    pub(crate) fn take(folder: &Path) -> Result<Self, Failure> {
        // Where a folder can't be locked, the lease on the branch still keeps two runs apart.
        let Ok(state) = File::open(folder.join(STATE_FOLDER)) else { return Ok(Self { _lock: None }) };
        match try_lock(&state) {
            Ok(()) => Ok(Self { _lock: Some(state) }),
            Err(TryLockError::WouldBlock) => Err(busy(folder)),
            Err(TryLockError::Error(_)) => Ok(Self { _lock: None }),
        }
    }
}

/// What is said while a run has the right.
pub(crate) fn busy(folder: &Path) -> Failure {
    let (me, folder) = (view::command(), view::quoted(folder));
    Failure::failed(format!(
        "another run is working on this project; wait for it, or stop it with: {me} cancel {folder}"
    ))
}
