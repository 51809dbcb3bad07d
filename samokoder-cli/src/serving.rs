//! The right to serve an app, which one process has at a time: two would write over each other's data.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::Path,
};

use samokoder::project::STATE_FOLDER;

use crate::{failure::Failure, lock::try_lock, view};

/// The right to serve an app, as a lock that the kernel keeps. It is gone with the process, however that ends.
#[derive(Debug)]
pub(crate) struct Serving(File);

impl Serving {
    /// Takes the right.
    pub(crate) fn begin(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(STATE_FOLDER).join("serving");
        let failed =
            |error: io::Error| Failure::failed(format!("{} can't be locked: {error}", path.display()));
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match try_lock(&file) {
            // The address of one that is gone is no news.
            Ok(()) => file.set_len(0).map(|()| Self(file)).map_err(failed),
            Err(TryLockError::WouldBlock) => {
                // Not written yet while the other one is starting.
                let at = fs::read_to_string(&path).unwrap_or_default();
                let folder = view::quoted(folder);
                let message =
                    format!("{folder} is running already{at}; stop it first, with Ctrl-C where it runs");
                Err(Failure::failed(message))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// Tells whoever comes later where the app is served.
    pub(crate) fn at(&mut self, address: &str) {
        // Whoever can't be told where is still told that it runs.
        let _ = write!(self.0, " at {address}");
    }
}
