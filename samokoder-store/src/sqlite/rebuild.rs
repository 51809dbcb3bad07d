//! Making the tables beside the logs again.

use samokoder_core::store::{Branch, Seq};
use sqlx::{Row as _, SqliteConnection};

use super::{
    branch::{self, BranchRow},
    error::Failure,
    log,
    script::Script,
};
use crate::projection::{self, Row};

/// Records that are added with one command.
const PAGE: u64 = 500;

/// Makes the tables of a branch again unless they are as far as its log. Those of one that was forked are empty at first.
pub(super) async fn unless_current(
    connection: &mut SqliteConnection,
    row: &BranchRow,
) -> Result<(), Failure> {
    let found = sqlx::query("SELECT applied FROM summary WHERE branch = $1")
        .bind(row.id)
        .fetch_optional(&mut *connection)
        .await?;
    let applied = found.map(|found| found.try_get::<i64, _>(0)).transpose()?;
    if applied == Some(projection::number(row.head.0)) {
        return Ok(());
    }
    again(connection, row).await
}

/// Makes the tables of a branch again, inside of a transaction.
pub(super) async fn again(connection: &mut SqliteConnection, row: &BranchRow) -> Result<(), Failure> {
    let mut script = Script::default();
    projection::clear(row.target(), &mut script)?;
    script.execute(&mut *connection).await?;
    let mut after = Seq::START;
    while after < row.head {
        let last = Seq(row.head.0.min(after.0 + PAGE));
        let records = log::read_of(connection, row, after, last).await?;
        let rows =
            records.iter().map(|stored| Row { seq: stored.seq, at_ms: stored.at_ms, record: &stored.record });
        let mut script = Script::default();
        projection::add(row.target(), rows, &mut script)?;
        script.execute(&mut *connection).await?;
        after = last;
    }
    Ok(())
}

/// Makes the tables of these rows of `branch` again, unless someone else has done so by now.
pub(super) async fn those(connection: &mut SqliteConnection, branches: &[i64]) -> Result<(), Failure> {
    for id in branches {
        let row = branch::numbered(connection, *id, "rebuild").await?;
        unless_current(connection, &row).await?;
    }
    Ok(())
}

/// Makes the tables of all branches of a project again.
pub(super) async fn project(connection: &mut SqliteConnection, of: &Branch) -> Result<(), Failure> {
    sqlx::query("DELETE FROM project WHERE scope = $1 AND project = $2")
        .bind(of.scope.as_str())
        .bind(of.project.to_string())
        .execute(&mut *connection)
        .await?;
    let rows = branch::list(connection, &of.scope).await?;
    for row in rows.iter().filter(|row| row.branch.project == of.project) {
        again(connection, row).await?;
    }
    Ok(())
}
