//! What logs add up to, so that they need not be read from the start.

use bytes::Bytes;
use samokoder_core::store::{Branch, Lease, Seq, StoreError, StoreErrorKind};
use sqlx::{PgConnection, Row as _};

use super::{
    branch::{self, not_found, number, seq},
    error::{Failure, damaged},
    log::fenced,
    pack::{pack, unpack},
    text::escape,
};

/// A snapshot in the form in which it is stored.
pub(super) struct Snapshot {
    branch: Branch,
    epoch: i64,
    at: Seq,
    content: Vec<u8>,
}

impl Snapshot {
    /// What the log adds up to until record `at`.
    pub(super) fn new(lease: &Lease, at: Seq, content: &Bytes) -> Self {
        Self { branch: lease.branch().clone(), epoch: number(lease.epoch()), at, content: pack(content) }
    }
}

/// Keeps a snapshot.
pub(super) async fn put(connection: &mut PgConnection, snapshot: &Snapshot) -> Result<(), Failure> {
    let row = sqlx::query(
        "WITH found AS (
             SELECT id, epoch, head FROM branch WHERE scope = $1 AND project = $2 AND branch = $3
         ), kept AS (
             INSERT INTO snapshot (branch, seq, content) SELECT id, $5, $6 FROM found WHERE epoch = $4 AND head >= $5
             ON CONFLICT (branch, seq) DO UPDATE SET content = excluded.content
         )
         SELECT epoch, head FROM found",
    )
    .bind(escape(snapshot.branch.scope.as_str()))
    .bind(snapshot.branch.project.to_string())
    .bind(snapshot.branch.id.to_string())
    .bind(snapshot.epoch)
    .bind(number(snapshot.at.0))
    .bind(&snapshot.content)
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or_else(|| not_found(&snapshot.branch, "put_snapshot"))?;
    if row.try_get::<i64, _>(0)? != snapshot.epoch {
        return Err(fenced("put_snapshot"));
    }
    let head = seq(row.try_get(1)?);
    if head < snapshot.at {
        let message = format!("the log ends at {head}, before {}", snapshot.at);
        return Err(StoreError::new(StoreErrorKind::Conflict, "put_snapshot", message).into());
    }
    Ok(())
}

/// The latest snapshot at or before record `until`, also one of the branch that it was forked from.
pub(super) async fn latest(
    connection: &mut PgConnection,
    branch: &Branch,
    until: Seq,
) -> Result<Option<(Seq, Bytes)>, Failure> {
    let line = branch::line(connection, branch, "snapshot").await?;
    let (mut last, mut lasts) = (until, Vec::new());
    for row in &line.0 {
        lasts.push(number(last.0));
        last = last.min(row.start);
    }
    let ids: Vec<i64> = line.0.iter().map(|row| row.id).collect();
    let row = sqlx::query(
        "SELECT latest.seq, latest.content
         FROM unnest($1::bigint[], $2::bigint[]) AS part (id, last)
         CROSS JOIN LATERAL (
             SELECT seq, content FROM snapshot WHERE branch = part.id AND seq <= part.last ORDER BY seq DESC LIMIT 1
         ) AS latest
         ORDER BY latest.seq DESC LIMIT 1",
    )
    .bind(ids)
    .bind(lasts)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let content = unpack(row.try_get(1)?).map_err(|_| damaged("snapshot", "a snapshot is cut off"))?;
    Ok(Some((seq(row.try_get(0)?), content.into())))
}
