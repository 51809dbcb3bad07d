//! The right to append, as a lock that the kernel keeps.
//!
//! It is gone with the process that holds it, however that ends, unless that was just starting another one: what was
//! forked and does not run its own program yet has it too, for some milliseconds. So a lock is asked for again for a
//! while. The lock says who may take the lease; the epoch in the branch's row says whose writes count.

use std::{
    ffi::OsString,
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    time::Duration,
};

use samokoder_core::store::{Branch, StoreError, StoreErrorKind};
use sqlx::SqliteConnection;

use super::{branch, error::Failure, script::Script};

/// How long a lock may outlast its process on a busy machine, and how often it is asked for meanwhile.
pub(super) const LINGERS: Duration = Duration::from_millis(500);
pub(super) const PAUSE: Duration = Duration::from_millis(20);

/// Takes the lock of a branch and counts the lease, inside of a transaction. The lock lasts as long as the file.
pub(super) async fn acquire(
    connection: &mut SqliteConnection,
    database: &Path,
    branch: &Branch,
) -> Result<(i64, File), Failure> {
    let mut row = branch::find(connection, branch, "acquire").await?;
    let lock = lock(&lock_file(database, row.id))?;
    row.epoch += 1;
    let mut script = Script::default();
    row.update(&mut script)?;
    script.execute(connection).await?;
    Ok((row.epoch, lock))
}

/// One file for each branch. It stays: who removed it could lock a file that others no longer see.
fn lock_file(database: &Path, branch: i64) -> PathBuf {
    let mut path = OsString::from(database);
    path.push(format!("-lease-{branch}"));
    path.into()
}

fn lock(path: &Path) -> Result<File, StoreError> {
    let unavailable = |error: std::io::Error| {
        let message =
            format!("{} can't be locked: {error}; check the permissions of its folder", path.display());
        StoreError::new(StoreErrorKind::Unavailable, "acquire", message).caused_by(error)
    };
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(unavailable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let message = "another run is working on this project; wait for it or cancel it";
            Err(StoreError::new(StoreErrorKind::LeaseHeld, "acquire", message))
        }
        Err(TryLockError::Error(error)) => Err(unavailable(error)),
    }
}
