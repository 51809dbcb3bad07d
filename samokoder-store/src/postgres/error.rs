//! From PostgreSQL's errors to the port's.

use samokoder_core::store::{StoreError, StoreErrorKind};

/// Why a unit of work on a connection ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// The port's rules say no. The connection is as good as before.
    Refused(StoreError),
    /// The server says no, or nothing. What state the connection is in is not known.
    Sql(sqlx::Error),
    /// Whether an earlier transaction was committed is not decided yet.
    InDoubt,
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Sql(error)
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
mod code {
    pub(super) const INVALID_PASSWORD: &str = "28P01";
    pub(super) const INVALID_AUTHORIZATION: &str = "28000";
    pub(super) const NO_SUCH_DATABASE: &str = "3D000";
    pub(super) const NO_SUCH_SCHEMA: &str = "3F000";
    pub(super) const MAY_NOT: &str = "42501";
    pub(super) const NO_SUCH_TABLE: &str = "42P01";
    pub(super) const NO_SUCH_COLUMN: &str = "42703";
    pub(super) const NO_SUCH_FUNCTION: &str = "42883";
    pub(super) const DISK_FULL: &str = "53100";
    pub(super) const DATA_CORRUPTED: &str = "XX001";
    pub(super) const INDEX_CORRUPTED: &str = "XX002";

    /// Trying again may help: a conflict with another transaction, a lock that was not given in time, a transaction that
    /// was idle for too long, a connection that was, too many connections, a server that is shut down or not up yet.
    pub(super) const TRANSIENT: [&str; 9] =
        ["40001", "40P01", "55P03", "25P03", "57P05", "53300", "57P01", "57P02", "57P03"];
    /// The class of lost connections.
    pub(super) const CONNECTION: &str = "08";
}

impl Failure {
    /// Whether trying again may help.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Refused(_) => false,
            Self::InDoubt => true,
            Self::Sql(error) => match error {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolClosed
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::WorkerCrashed => true,
                sqlx::Error::Database(error) => error.code().is_some_and(|code| {
                    code::TRANSIENT.contains(&&*code) || code.starts_with(code::CONNECTION)
                }),
                _ => false,
            },
        }
    }

    /// What the caller is told.
    pub(super) fn explain(self, operation: &'static str) -> StoreError {
        match self {
            Self::Refused(error) => error,
            Self::Sql(error) => explain(operation, error),
            Self::InDoubt => {
                let message = "the database did not say in time whether the last write was made; look before trying again";
                StoreError::new(StoreErrorKind::Unavailable, operation, message)
            }
        }
    }
}

fn explain(operation: &'static str, error: sqlx::Error) -> StoreError {
    let code = match &error {
        sqlx::Error::Database(error) => error.code().unwrap_or_default().into_owned(),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => code::DATA_CORRUPTED.into(),
        _ => String::new(),
    };
    let cause = cause(&error);
    let (kind, message) = match code.as_str() {
        code::DISK_FULL => (
            StoreErrorKind::Full,
            "no room is left in the database; nothing was lost; make room on its disk and try again".into(),
        ),
        code::INVALID_PASSWORD | code::INVALID_AUTHORIZATION | code::MAY_NOT => (
            StoreErrorKind::Unavailable,
            format!("the database refuses ({cause}); check the user, the password and what the user may do"),
        ),
        code::NO_SUCH_DATABASE => {
            (StoreErrorKind::NotFound, format!("{cause}; make it with createdb, or name another one"))
        }
        code::NO_SUCH_SCHEMA => (
            StoreErrorKind::NotFound,
            format!("{cause}; make it with CREATE SCHEMA, or name another one in the search path"),
        ),
        // The statements are always the same: what they can't work on is not what they made.
        code::NO_SUCH_TABLE
        | code::NO_SUCH_COLUMN
        | code::NO_SUCH_FUNCTION
        | code::DATA_CORRUPTED
        | code::INDEX_CORRUPTED => {
            (StoreErrorKind::Damaged, format!("the database is damaged ({cause}); restore it from a copy"))
        }
        _ => (StoreErrorKind::Unavailable, format!("the database can't be used: {cause}")),
    };
    StoreError::new(kind, operation, message).caused_by(error)
}

/// What the server says, without who says it.
fn cause(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().into(),
        other => other.to_string(),
    }
}

/// What is in the database can't be true.
pub(super) fn damaged(operation: &'static str, what: impl std::fmt::Display) -> Failure {
    let message = format!("{what}: the database is damaged; restore it from a copy");
    Failure::Refused(StoreError::new(StoreErrorKind::Damaged, operation, message))
}
