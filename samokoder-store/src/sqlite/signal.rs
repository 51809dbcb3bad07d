//! Signals: what people told a run and no batch has taken.

use samokoder_core::{
    id::SignalId,
    store::{Branch, Seq, Signal},
};
use sqlx::{Row as _, SqliteConnection};

use super::{
    branch,
    checksum::Checksum,
    error::{Failure, damaged},
    log::now_ms,
};
use crate::projection::{Sink, number};

/// Posts a signal unless one with this id was posted before.
pub(super) async fn post(
    connection: &mut SqliteConnection,
    branch: &Branch,
    id: SignalId,
    body: String,
) -> Result<(), Failure> {
    let branch = branch::find(connection, branch, "post").await?.id;
    let (id, at_ms) = (id.to_string(), number(now_ms()));
    let checksum = checksum(branch, &id, at_ms, &body, None).bytes();
    sqlx::query(
        "INSERT INTO signal (branch, id, at_ms, body, checksum) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (branch, id) DO NOTHING",
    )
    .bind(branch)
    .bind(id)
    .bind(at_ms)
    .bind(body)
    .bind(checksum)
    .execute(connection)
    .await?;
    Ok(())
}

/// Adds the statement that takes a signal: it is not given out again. One that is not there, or was taken before, is left
/// alone.
pub(super) async fn take(
    connection: &mut SqliteConnection,
    sink: &mut impl Sink,
    branch: i64,
    id: SignalId,
    head: Seq,
) -> Result<(), Failure> {
    let id = id.to_string();
    let row = sqlx::query("SELECT n, at_ms, body FROM signal WHERE branch = ? AND id = ? AND taken IS NULL")
        .bind(branch)
        .bind(&id)
        .fetch_optional(&mut *connection)
        .await?;
    let Some(row) = row else { return Ok(()) };
    let (n, at_ms): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    let taken = number(head.0);
    let checksum = checksum(branch, &id, at_ms, row.try_get(2)?, Some(taken)).bytes();
    sink.run(
        "UPDATE signal SET taken = $2, checksum = $3 WHERE n = $1",
        vec![n.into(), taken.into(), checksum.into()],
    )?;
    Ok(())
}

/// The signals that were not taken, in the order in which they were posted.
pub(super) async fn open(
    connection: &mut SqliteConnection,
    branch: &Branch,
) -> Result<Vec<(SignalId, Signal)>, Failure> {
    let branch = branch::find(connection, branch, "signals").await?.id;
    let rows = sqlx::query(
        "SELECT id, at_ms, body, checksum FROM signal WHERE branch = ? AND taken IS NULL ORDER BY n",
    )
    .bind(branch)
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let (text, body): (&str, &str) = (row.try_get(0)?, row.try_get(2)?);
            checksum(branch, text, row.try_get(1)?, body, None).verify(
                row.try_get(3)?,
                "signals",
                "a signal is not what was posted",
            )?;
            let id = text.parse().map_err(|_| damaged("signals", format_args!("{text:?} is no id")))?;
            Ok((id, Signal::decode(body)?))
        })
        .collect()
}

/// Whether there is a signal that was not taken.
pub(super) async fn any(connection: &mut SqliteConnection, branch: &Branch) -> Result<bool, Failure> {
    let branch = branch::find(connection, branch, "signals").await?.id;
    let row = sqlx::query("SELECT EXISTS (SELECT 1 FROM signal WHERE branch = ? AND taken IS NULL)")
        .bind(branch)
        .fetch_one(connection)
        .await?;
    Ok(row.try_get(0)?)
}

fn checksum(branch: i64, id: &str, at_ms: i64, body: &str, taken: Option<i64>) -> Checksum {
    Checksum::of("signal").number(branch).text(id).number(at_ms).text(body).number(taken.unwrap_or(-1))
}
