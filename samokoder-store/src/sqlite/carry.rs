//! Carrying over what a database of form 1 has.

use samokoder_core::store::{Link, Seq};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    branch,
    checksum::Checksum,
    error::{Failure, damaged},
    rebuild,
    script::Script,
};
use crate::projection::{self, Sink as _, number};

/// Records that are carried over at a time.
const PAGE: i64 = 500;

/// Moves the records from `record_1` to `record`, chained, and fills what is made from them.
///
/// # Errors
/// When a branch or a record is not what was written. The migration is undone then.
pub(super) async fn from_1(connection: &mut SqliteConnection) -> Result<(), Failure> {
    let rows =
        sqlx::query("SELECT id, scope, project, branch, epoch, head, checksum FROM branch ORDER BY id")
            .fetch_all(&mut *connection)
            .await?;
    for row in &rows {
        let id: i64 = row.try_get(0)?;
        let link = records(connection, id, row).await?;
        let row = branch::carried_over(connection, id, link).await?;
        let mut script = Script::default();
        row.update(&mut script)?;
        projection::create(row.target(), &mut script)?;
        script.execute(&mut *connection).await?;
        rebuild::again(connection, &row).await?;
    }
    sqlx::query("DROP TABLE record_1").execute(connection).await?;
    Ok(())
}

/// Moves the records of a branch. Gives the link of the last one.
async fn records(connection: &mut SqliteConnection, id: i64, row: &SqliteRow) -> Result<Link, Failure> {
    let (scope, project, branch): (&str, &str, &str) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    let (epoch, head): (i64, i64) = (row.try_get(4)?, row.try_get(5)?);
    Checksum::of("branch").text(scope).text(project).text(branch).number(epoch).number(head).verify(
        row.try_get(6)?,
        "open",
        "a branch is not what was written",
    )?;
    let no_id = |_| damaged("open", format_args!("{project:?} or {branch:?} is no id"));
    let mut link = Link::first(project.parse().map_err(no_id)?, branch.parse().map_err(no_id)?);
    let mut after = 0;
    while after < head {
        let rows = sqlx::query(
            "SELECT seq, epoch, at_ms, body, checksum FROM record_1 WHERE branch = $1 AND seq BETWEEN $2 AND $3
             ORDER BY seq",
        )
        .bind(id)
        .bind(after + 1)
        .bind(head.min(after + PAGE))
        .fetch_all(&mut *connection)
        .await?;
        if rows.is_empty() {
            return Err(damaged("open", format_args!("record {} is missing", after + 1)));
        }
        let mut script = Script::default();
        for row in &rows {
            after += 1;
            link = record(&mut script, (id, after), row, link)?;
        }
        script.execute(&mut *connection).await?;
    }
    Ok(link)
}

fn record(
    script: &mut Script,
    (branch, seq): (i64, i64),
    row: &SqliteRow,
    link: Link,
) -> Result<Link, Failure> {
    let (epoch, at_ms, body): (i64, i64, &str) = (row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
    if row.try_get::<i64, _>(0)? != seq {
        return Err(damaged("open", format_args!("record {seq} is missing")));
    }
    Checksum::of("record").number(branch).number(seq).number(epoch).number(at_ms).text(body).verify(
        row.try_get(4)?,
        "open",
        format_args!("record {seq} is not what was written"),
    )?;
    let link = link.next(Seq(seq.unsigned_abs()), at_ms.unsigned_abs(), body);
    script.run(
        "INSERT INTO record (branch, seq, at_ms, body, link) VALUES ($1, $2, $3, $4, $5)",
        vec![
            branch.into(),
            seq.into(),
            number(at_ms.unsigned_abs()).into(),
            body.into(),
            link.digest().into(),
        ],
    )?;
    Ok(link)
}
