//! The form of the tables: which one they have, and how they get the newest.
//!
//! Forward only: a migration that was released is never changed, another one is added after it.

use samokoder_core::store::{StoreError, StoreErrorKind};
use sqlx::{PgConnection, Row as _};

use super::{
    connection::{begin, finish},
    error::{Failure, damaged},
};

/// "smkd": whoever changes the form holds this lock.
const LOCK: i64 = 0x736d_6b64;

/// Migration `n` makes form `n` out of form `n - 1`. Form 0 is a schema without the tables.
const MIGRATIONS: &[&str] = &[include_str!("migrations/1.sql"), include_str!("migrations/2.sql")];

/// Brings the tables in the connection's first schema to the newest form.
///
/// # Errors
/// [`StoreErrorKind::NewerFormat`] when a newer version made them.
pub(super) async fn migrate(connection: &mut PgConnection) -> Result<(), Failure> {
    check_encoding(connection).await?;
    if form(connection).await? == MIGRATIONS.len() {
        return Ok(());
    }
    begin(connection).await?;
    let outcome = migrate_alone(connection).await;
    finish(connection, outcome).await
}

/// In a transaction.
async fn migrate_alone(connection: &mut PgConnection) -> Result<(), Failure> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(LOCK).execute(&mut *connection).await?;
    // Asked again: another process may have been faster.
    let from = form(connection).await?;
    if from == 0 {
        refuse_another_programs(connection).await?;
        let made =
            "CREATE TABLE samokoder_form (form BIGINT NOT NULL); INSERT INTO samokoder_form VALUES (0)";
        sqlx::raw_sql(made).execute(&mut *connection).await?;
    }
    for migration in &MIGRATIONS[from..] {
        sqlx::raw_sql(*migration).execute(&mut *connection).await?;
    }
    let form = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    sqlx::query("UPDATE samokoder_form SET form = $1").bind(form).execute(connection).await?;
    Ok(())
}

/// The form that the tables have; 0 when there are none.
async fn form(connection: &mut PgConnection) -> Result<usize, Failure> {
    if !is_there(connection, "samokoder_form").await? {
        return Ok(0);
    }
    let row = sqlx::query("SELECT form FROM samokoder_form").fetch_one(connection).await?;
    let form: i64 = row.try_get(0)?;
    match usize::try_from(form) {
        Ok(form) if form <= MIGRATIONS.len() => Ok(form),
        Ok(_) => {
            let message = format!(
                "the database was written by a newer version of samokoder (form {form}, this one knows {}); \
                 update samokoder to open it",
                MIGRATIONS.len()
            );
            Err(StoreError::new(StoreErrorKind::NewerFormat, "open", message).into())
        }
        Err(_) => Err(damaged("open", format_args!("the tables have form {form}"))),
    }
}

/// Whether the connection's first schema has such a table.
async fn is_there(connection: &mut PgConnection, table: &str) -> Result<bool, Failure> {
    let row = sqlx::query(
        "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = current_schema() AND c.relname = $1)",
    )
    .bind(table)
    .fetch_one(connection)
    .await?;
    Ok(row.try_get(0)?)
}

async fn refuse_another_programs(connection: &mut PgConnection) -> Result<(), Failure> {
    if !is_there(connection, "branch").await? {
        return Ok(());
    }
    let message = "the database's schema has tables of another program; name another database, or another schema \
                   by ?options=-csearch_path%3DNAME";
    Err(StoreError::new(StoreErrorKind::Unavailable, "open", message).into())
}

async fn check_encoding(connection: &mut PgConnection) -> Result<(), Failure> {
    let row = sqlx::query("SHOW server_encoding").fetch_one(connection).await?;
    let encoding: &str = row.try_get(0)?;
    if encoding == "UTF8" {
        return Ok(());
    }
    let message =
        format!("the database's encoding is {encoding}; make another one with createdb --encoding UTF8");
    Err(StoreError::new(StoreErrorKind::Unavailable, "open", message).into())
}
