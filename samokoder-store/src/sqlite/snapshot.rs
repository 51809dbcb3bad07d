//! What a log adds up to, so that it need not be read from its start.

use bytes::Bytes;
use samokoder_core::store::{Branch, Seq, StoreError, StoreErrorKind};
use sqlx::{Row as _, SqliteConnection};

use super::{
    blob::unpack,
    branch::{self, BranchRow},
    checksum::Checksum,
    error::Failure,
    log::Fence,
};
use crate::{compress::compress, projection::number};

/// So many of a branch stay, wherever they are.
const FEW: usize = 8;
/// Of more than that, those that are closer to each other are thinned out: reading so many records takes some
/// milliseconds.
const CLOSE: u64 = 1024;
/// A log has at most about so many, however long it is.
const MOST: u64 = 64;

/// Stores a snapshot, and removes those that it makes needless.
pub(super) async fn put(
    connection: &mut SqliteConnection,
    fence: &Fence,
    at: Seq,
    snapshot: &[u8],
) -> Result<(), Failure> {
    let row = branch::find(connection, &fence.branch, "put_snapshot").await?;
    fence.check(&row, "put_snapshot")?;
    if row.head < at {
        let message = format!("the log ends at {}, before {at}", row.head);
        return Err(StoreError::new(StoreErrorKind::Conflict, "put_snapshot", message).into());
    }
    let (codec, content) = compress(snapshot);
    sqlx::query(
        "INSERT INTO snapshot (branch, seq, codec, size, content, checksum) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (branch, seq) DO UPDATE SET codec = excluded.codec, size = excluded.size,
             content = excluded.content, checksum = excluded.checksum",
    )
    .bind(row.id)
    .bind(number(at.0))
    .bind(codec.number())
    .bind(number(snapshot.len() as u64))
    .bind(content.into_owned())
    .bind(checksum(row.id, at, snapshot).bytes())
    .execute(&mut *connection)
    .await?;
    thin_out(connection, &row).await
}

/// Removes snapshots between two others that are close enough to each other, but not the last one.
async fn thin_out(connection: &mut SqliteConnection, row: &BranchRow) -> Result<(), Failure> {
    let rows = sqlx::query("SELECT seq FROM snapshot WHERE branch = $1 ORDER BY seq")
        .bind(row.id)
        .fetch_all(&mut *connection)
        .await?;
    let places = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
    if places.len() <= FEW {
        return Ok(());
    }
    let close = number(CLOSE.max(row.head.0 / MOST * 2));
    let mut before = number(row.start().0);
    for (at, after) in places.iter().zip(places.iter().skip(1)) {
        if after - before <= close {
            sqlx::query("DELETE FROM snapshot WHERE branch = $1 AND seq = $2")
                .bind(row.id)
                .bind(at)
                .execute(&mut *connection)
                .await?;
        } else {
            before = *at;
        }
    }
    Ok(())
}

/// The latest snapshot at or before a record, also of the branch it was forked from. A damaged one is passed over.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    branch: &Branch,
    until: Seq,
) -> Result<Option<(Seq, Bytes)>, Failure> {
    let (mut row, mut until) = (branch::find(connection, branch, "snapshot").await?, until);
    loop {
        while let Some((at, snapshot)) = latest(connection, row.id, until).await? {
            if let Some(snapshot) = snapshot {
                return Ok(Some((at, snapshot)));
            }
            let Some(before) = at.0.checked_sub(1) else { break };
            until = Seq(before);
        }
        let Some((parent, point)) = row.parent else { return Ok(None) };
        until = until.min(point.at);
        row = branch::numbered(connection, parent, "snapshot").await?;
    }
}

/// The latest snapshot of a row of `branch`, without its content when that is damaged.
async fn latest(
    connection: &mut SqliteConnection,
    branch: i64,
    until: Seq,
) -> Result<Option<(Seq, Option<Bytes>)>, Failure> {
    let row = sqlx::query(
        "SELECT seq, codec, size, content, checksum FROM snapshot WHERE branch = $1 AND seq <= $2
         ORDER BY seq DESC LIMIT 1",
    )
    .bind(branch)
    .bind(number(until.0))
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let at = Seq(row.try_get::<i64, _>(0)?.unsigned_abs());
    let stored: &[u8] = row.try_get(4)?;
    let snapshot = unpack((row.try_get(1)?, row.try_get(2)?), row.try_get(3)?)
        .filter(|snapshot| checksum(branch, at, snapshot).bytes() == stored);
    Ok(Some((at, snapshot.map(Bytes::from))))
}

fn checksum(branch: i64, at: Seq, snapshot: &[u8]) -> Checksum {
    Checksum::of("snapshot").number(branch).number(number(at.0)).bytes_of(snapshot)
}
