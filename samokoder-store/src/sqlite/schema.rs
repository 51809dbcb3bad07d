//! The form of the database: which one it has, and how it gets the newest.
//!
//! Forward only: a migration that was released is never changed, another one is added after it.

use std::path::Path;

use samokoder_core::store::{StoreError, StoreErrorKind};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::{carry, error::Failure};

/// "smkd": says in the file's header whose it is.
const APPLICATION_ID: i64 = 0x736d_6b64;

/// Migration `n` makes form `n` out of form `n - 1`. Form 0 is an empty file.
const MIGRATIONS: &[&str] = &[include_str!("migrations/1.sql"), include_str!("migrations/2.sql")];

/// The newest form.
pub(super) const NEWEST: Form = Form::Version(MIGRATIONS.len());

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A database with nothing in it.
    Empty,
    /// A store whose form is this one.
    Version(usize),
}

/// Tells what a database is.
///
/// # Errors
/// [`StoreErrorKind::NewerFormat`] for a store of a newer version, [`StoreErrorKind::Unavailable`] for a database of
/// another program.
pub(super) async fn form(connection: &mut SqliteConnection, file: &Path) -> Result<Form, Failure> {
    let row = sqlx::query(
        "SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
                (SELECT count(*) FROM sqlite_schema)",
    )
    .fetch_one(connection)
    .await?;
    let (application, version, objects): (i64, i64, i64) =
        (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    if application == 0 && version == 0 && objects == 0 {
        return Ok(Form::Empty);
    }
    let file = file.display();
    let refuse = |kind, message| Err(Failure::Refused(StoreError::new(kind, "open", message)));
    if application != APPLICATION_ID {
        let message = format!("{file} is a database of another program; name another file");
        return refuse(StoreErrorKind::Unavailable, message);
    }
    match usize::try_from(version) {
        Ok(version @ 1..) if version <= MIGRATIONS.len() => Ok(Form::Version(version)),
        Ok(version) if version > MIGRATIONS.len() => {
            let message = format!(
                "{file} was written by a newer version of samokoder (form {version}, this one knows {}); \
                 update samokoder to open it",
                MIGRATIONS.len()
            );
            refuse(StoreErrorKind::NewerFormat, message)
        }
        _ => refuse(StoreErrorKind::Damaged, format!("its form is {version}: it is damaged; restore a copy")),
    }
}

/// Brings a database to the newest form, in one transaction. It also proves that the file can be written.
pub(super) async fn migrate(connection: &mut SqliteConnection, file: &Path) -> Result<(), Failure> {
    sqlx::query("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    // Asked again: another process may have been faster.
    let from = match form(connection, file).await? {
        Form::Empty => 0,
        Form::Version(version) => version,
    };
    for (form, migration) in (1..).zip(MIGRATIONS).skip(from) {
        sqlx::raw_sql(*migration).execute(&mut *connection).await?;
        if form == 2 {
            carry::from_1(connection).await?;
        }
    }
    if from < MIGRATIONS.len() {
        let stamp =
            format!("PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}", MIGRATIONS.len());
        sqlx::raw_sql(AssertSqlSafe(stamp)).execute(&mut *connection).await?;
    }
    sqlx::query("COMMIT").execute(connection).await?;
    Ok(())
}
