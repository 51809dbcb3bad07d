//! The log of a branch: appending and reading records.

use std::time::{SystemTime, UNIX_EPOCH};

use samokoder_core::store::{Branch, Lease, Record, Seq, StoreError, StoreErrorKind, Stored};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    blob, branch,
    branch::{BranchRow, number},
    checksum::Checksum,
    error::{Failure, damaged},
    script::Script,
    signal,
};

/// A batch in the form in which it is stored.
pub(super) struct Batch {
    records: Vec<String>,
    blobs: Vec<bytes::Bytes>,
    taken: Vec<samokoder_core::id::SignalId>,
}

impl Batch {
    /// Prepares a batch while no transaction is open.
    pub(super) fn encode(batch: samokoder_core::store::Batch) -> Result<Self, StoreError> {
        let records = batch.records.iter().map(Record::encode).collect::<Result<_, _>>()?;
        Ok(Self { records, blobs: batch.blobs, taken: batch.taken })
    }
}

/// Appends a batch, inside of a transaction.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    lease: &Fence,
    after: Seq,
    batch: Batch,
) -> Result<Seq, Failure> {
    let row = branch::find(connection, &lease.branch, "append").await?;
    if row.epoch != lease.epoch {
        let message = "another run has taken this project over; this one may not write any more";
        return Err(StoreError::new(StoreErrorKind::Fenced, "append", message).into());
    }
    if row.head() != after {
        let message = format!("the log ends at {}, not at {after}", row.head());
        return Err(StoreError::new(StoreErrorKind::Conflict, "append", message).into());
    }
    let head = after.after(batch.records.len());
    for id in batch.taken {
        signal::take(connection, row.id, id, head).await?;
    }
    let mut script = Script::default();
    let at_ms = now_ms();
    for (seq, body) in (after.0 + 1..).zip(batch.records) {
        insert(&mut script, &row, number(seq), at_ms, body)?;
    }
    for content in batch.blobs {
        blob::insert(&mut script, &lease.branch.scope, &content)?;
    }
    if head > after {
        row.update(&mut script, &lease.branch, row.epoch, head)?;
    }
    script.run(connection).await?;
    Ok(head)
}

/// What of a lease a write is checked against. It does not keep the lease from being given back.
pub(super) struct Fence {
    branch: Branch,
    epoch: i64,
}

impl From<&Lease> for Fence {
    fn from(lease: &Lease) -> Self {
        Self { branch: lease.branch().clone(), epoch: number(lease.epoch()) }
    }
}

fn insert(script: &mut Script, row: &BranchRow, seq: i64, at_ms: i64, body: String) -> Result<(), Failure> {
    let checksum = checksum(row.id, seq, row.epoch, at_ms, &body).bytes();
    script
        .statement("INSERT INTO record (branch, seq, epoch, at_ms, body, checksum) VALUES (?, ?, ?, ?, ?, ?)")
        .bind(row.id)?
        .bind(seq)?
        .bind(row.epoch)?
        .bind(at_ms)?
        .bind(body)?
        .bind(checksum)?;
    Ok(())
}

fn checksum(branch: i64, seq: i64, epoch: i64, at_ms: i64, body: &str) -> Checksum {
    Checksum::of("record").number(branch).number(seq).number(epoch).number(at_ms).text(body)
}

/// At most `limit` records after `after`.
///
/// The branch is read first: the log only grows, so every record up to its head must be there.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    branch: &Branch,
    after: Seq,
    limit: usize,
) -> Result<Vec<Stored>, Failure> {
    let row = branch::find(connection, branch, "read").await?;
    let left = row.head().0.saturating_sub(after.0);
    let count = left.min(u64::try_from(limit).unwrap_or(u64::MAX));
    if count == 0 {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(
        "SELECT seq, epoch, at_ms, body, checksum FROM record WHERE branch = ? AND seq BETWEEN ? AND ? ORDER BY seq",
    )
    .bind(row.id)
    .bind(number(after.0 + 1))
    .bind(number(after.0 + count))
    .fetch_all(connection)
    .await?;
    let records = (after.0 + 1..)
        .zip(&rows)
        .map(|(expected, stored)| verified(stored, row.id, expected))
        .collect::<Result<Vec<_>, _>>()?;
    if records.len() as u64 != count {
        return Err(damaged(
            "read",
            format_args!("record {} is missing", after.0 + 1 + records.len() as u64),
        ));
    }
    Ok(records)
}

fn verified(row: &SqliteRow, branch: i64, expected: u64) -> Result<Stored, Failure> {
    let (seq, at_ms): (i64, i64) = (row.try_get(0)?, row.try_get(2)?);
    let body: &str = row.try_get(3)?;
    if number(expected) != seq {
        return Err(damaged("read", format_args!("record {expected} is missing")));
    }
    checksum(branch, seq, row.try_get(1)?, at_ms, body).verify(
        row.try_get(4)?,
        "read",
        format_args!("record {seq} is not what was written"),
    )?;
    Ok(Stored { seq: Seq(expected), at_ms: at_ms.unsigned_abs(), record: Record::decode(body)? })
}

/// Milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the stamp of a record is for people; nothing is decided by it"
)]
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
