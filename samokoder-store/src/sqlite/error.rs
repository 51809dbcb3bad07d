//! From SQLite's errors to the port's.

use std::path::Path;

use samokoder_core::store::{StoreError, StoreErrorKind};

/// Why a unit of work on a connection ended early.
pub(super) enum Failure {
    /// The port's rules say no. The connection is as good as before.
    Refused(StoreError),
    /// SQLite says no. What state the connection is in is not known.
    Sqlite(sqlx::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl Failure {
    /// A statement that must not be run any more, because its branch has changed, has said so.
    pub(super) fn is_stale(&self) -> bool {
        let Self::Sqlite(error) = self else { return false };
        code_of(error) == code::CONSTRAINT_NOTNULL && error.to_string().contains("branch.tip")
    }

    /// Whether the same work may succeed a moment later: another program holds a lock, or the disk had a bad moment.
    pub(super) fn may_pass(&self) -> bool {
        let Self::Sqlite(error) = self else { return false };
        match code_of(error) {
            code::IOERR_WRITE | code::IOERR_TRUNCATE | code::IOERR_SHMSIZE => false,
            code => matches!(code & 0xff, code::BUSY | code::LOCKED | code::IOERR),
        }
    }

    /// What the caller is told.
    pub(super) fn explain(self, operation: &'static str, file: &Path) -> StoreError {
        match self {
            Self::Refused(mut error) => {
                if error.kind == StoreErrorKind::Damaged {
                    error.message = format!("{}: {}", file.display(), error.message);
                }
                error
            }
            Self::Sqlite(error) => explain(operation, file, error),
        }
    }
}

/// <https://www.sqlite.org/rescode.html>: primary codes, and extended ones where they say more.
mod code {
    /// Not SQLite's.
    pub(super) const NONE: i32 = 0;
    /// A statement makes no sense for the tables that are there.
    pub(super) const ERROR: i32 = 1;
    pub(super) const PERM: i32 = 3;
    pub(super) const BUSY: i32 = 5;
    pub(super) const LOCKED: i32 = 6;
    pub(super) const READONLY: i32 = 8;
    pub(super) const IOERR: i32 = 10;
    pub(super) const CORRUPT: i32 = 11;
    pub(super) const FULL: i32 = 13;
    pub(super) const CANTOPEN: i32 = 14;
    pub(super) const CONSTRAINT: i32 = 19;
    pub(super) const NOTADB: i32 = 26;
    pub(super) const CONSTRAINT_NOTNULL: i32 = CONSTRAINT | 5 << 8;
    /// A write failed for another reason than a full disk: a quota, a limit on the size of files.
    pub(super) const IOERR_WRITE: i32 = IOERR | 3 << 8;
    pub(super) const IOERR_TRUNCATE: i32 = IOERR | 6 << 8;
    /// The index of the write-ahead log can't grow.
    pub(super) const IOERR_SHMSIZE: i32 = IOERR | 19 << 8;
}

fn code_of(error: &sqlx::Error) -> i32 {
    match error {
        sqlx::Error::Database(error) => {
            error.code().and_then(|code| code.parse::<i32>().ok()).unwrap_or(code::NONE)
        }
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => code::CORRUPT,
        _ => code::NONE,
    }
}

fn explain(operation: &'static str, file: &Path, error: sqlx::Error) -> StoreError {
    let code = code_of(&error);
    let file = file.display();
    let (kind, message) = match (code, code & 0xff) {
        (code::IOERR_WRITE | code::IOERR_TRUNCATE | code::IOERR_SHMSIZE, _) | (_, code::FULL) => (
            StoreErrorKind::Full,
            format!("no room is left for {file}; nothing was lost; make room on its disk and try again"),
        ),
        (_, code::BUSY | code::LOCKED) => (
            StoreErrorKind::Unavailable,
            format!("another program keeps {file} locked; close it and try again"),
        ),
        (_, code::READONLY | code::PERM) => (
            StoreErrorKind::Unavailable,
            format!("{file} or its folder may not be written; change its permissions"),
        ),
        (_, code::CANTOPEN) => (
            StoreErrorKind::Unavailable,
            format!("{file} can't be opened; check that its folder exists and may be written"),
        ),
        (_, code::NOTADB) => (
            StoreErrorKind::Damaged,
            format!("{file} is not a database, or its beginning is damaged; restore it from a copy"),
        ),
        // The statements are always the same: what they can't work on is not what they made.
        (_, code::CORRUPT | code::ERROR | code::CONSTRAINT) => (
            StoreErrorKind::Damaged,
            format!(
                "{file} is damaged ({}); restore it from a copy, with its -wal file if it has one",
                cause(&error)
            ),
        ),
        _ => (StoreErrorKind::Unavailable, format!("{file} can't be used: {}", cause(&error))),
    };
    StoreError::new(kind, operation, message).caused_by(error)
}

/// What SQLite says, without who says it.
fn cause(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().into(),
        other => other.to_string(),
    }
}

/// What is in the file can't be true. Which file that is, [`Failure::explain`] says.
pub(super) fn damaged(operation: &'static str, what: impl std::fmt::Display) -> Failure {
    let message = format!("{what}: the state file is damaged; restore it from a copy");
    Failure::Refused(StoreError::new(StoreErrorKind::Damaged, operation, message))
}
