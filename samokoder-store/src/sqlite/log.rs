//! The log of a branch: reading records, and the way of a batch into it.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use samokoder_core::{
    digest::Digest,
    id::SignalId,
    store::{Branch, Lease, Link, Record, Seq, StoreError, StoreErrorKind, Stored},
};
use sqlx::{Row as _, SqliteConnection};

use super::{
    blob,
    branch::{self, BranchRow},
    connection::Writer,
    error::{Failure, damaged},
    operations::{self, Operations},
    rebuild,
    rows::Rows,
    script::Script,
    signal,
};
use crate::{
    compress::Compressor,
    projection::{self, Row, Sink as _, number},
};

/// A batch in the form in which it is stored.
#[derive(Debug)]
pub(super) struct Batch {
    records: Vec<(u64, Record, String)>,
    blobs: Vec<blob::Stored>,
    taken: Vec<SignalId>,
    /// Whether it was sent to the database before. Then it may be there.
    is_sent: AtomicBool,
}

impl Batch {
    /// Prepares a batch while no transaction is open.
    pub(super) fn encode(batch: samokoder_core::store::Batch) -> Result<Self, StoreError> {
        let stamps = batch.stamps.into_iter().chain(std::iter::repeat(now_ms()));
        let records = stamps.zip(batch.records).map(|(at_ms, record)| {
            let json = record.encode()?;
            // SQLite has no larger numbers.
            Ok((number(at_ms).unsigned_abs(), record, json))
        });
        let mut compressor = Compressor::default();
        let blobs = batch.blobs.iter().map(|content| blob::Stored::new(content, &mut compressor)).collect();
        Ok(Self {
            records: records.collect::<Result<_, StoreError>>()?,
            blobs,
            taken: batch.taken,
            is_sent: AtomicBool::new(false),
        })
    }

    /// The link after it, where it follows a record with this link.
    fn link(&self, after: Seq, link: Link) -> Link {
        let records = (after.0 + 1..).zip(&self.records);
        records.fold(link, |link, (seq, (at_ms, _, json))| link.next(Seq(seq), *at_ms, json))
    }
}

/// What of a lease a write is checked against. It does not keep the lease from being given back.
#[derive(Debug, Clone)]
pub(super) struct Fence {
    pub(super) branch: Branch,
    epoch: i64,
}

impl From<&Lease> for Fence {
    fn from(lease: &Lease) -> Self {
        Self { branch: lease.branch().clone(), epoch: number(lease.epoch()) }
    }
}

impl Fence {
    /// The branch, as long as the lease is its newest one.
    pub(super) fn check(&self, row: &BranchRow, operation: &'static str) -> Result<(), StoreError> {
        if row.epoch == self.epoch {
            return Ok(());
        }
        let message = "another run has taken this project over; this one may not write any more";
        Err(StoreError::new(StoreErrorKind::Fenced, operation, message))
    }
}

/// Appends a batch.
///
/// What the branch's row says is remembered from one append to the next. So a batch is one command, transaction
/// included, whose first statement fails when the row says something else by now.
pub(super) async fn append(
    writer: &mut Writer,
    fence: &Fence,
    after: Seq,
    batch: &Batch,
) -> Result<Seq, Failure> {
    let was_sent = batch.is_sent.load(Ordering::Relaxed);
    if let Some(row) = writer.known(&fence.branch)
        && row.epoch == fence.epoch
        && row.head == after
    {
        match write(writer, row, batch).await {
            // Someone else has written to the branch: what it says by now is the reason.
            Err(failure) if failure.is_stale() => writer.roll_back().await?,
            outcome => return outcome,
        }
    }
    let branch = fence.branch.clone();
    let row = writer
        .transaction(move |connection| Box::pin(async move { load(connection, &branch).await }))
        .await?;
    fence.check(&row, "append")?;
    if was_sent && !batch.records.is_empty() && row.head == after.after(batch.records.len()) {
        let before = link(writer.connection().await?, &row, after).await?;
        if batch.link(after, before) == row.tip {
            // It was written by an attempt whose end nobody knew.
            return Ok(row.head);
        }
    }
    if row.head != after {
        let message = format!("the log ends at {}, not at {after}", row.head);
        return Err(StoreError::new(StoreErrorKind::Conflict, "append", message).into());
    }
    match write(writer, row, batch).await {
        Err(failure) if failure.is_stale() => {
            writer.roll_back().await?;
            let message = "another run has written to this branch at the same moment";
            Err(StoreError::new(StoreErrorKind::Conflict, "append", message).into())
        }
        outcome => outcome,
    }
}

/// Finds a branch and sees to it that its tables say what its log says.
async fn load(connection: &mut SqliteConnection, branch: &Branch) -> Result<BranchRow, Failure> {
    let row = branch::find(connection, branch, "append").await?;
    rebuild::unless_current(connection, &row).await?;
    Ok(row)
}

async fn write(writer: &mut Writer, row: BranchRow, batch: &Batch) -> Result<Seq, Failure> {
    let (connection, known) = writer.parts().await?;
    let (records, next) = records(&row, batch);
    let mut operations = Operations::new(known)?;
    for id in &batch.taken {
        signal::take(connection, &mut operations, row.id, *id, next.head).await?;
    }
    let rows = (row.head.0 + 1..).zip(&batch.records);
    let rows = rows.map(|(seq, (at_ms, record, _))| Row { seq: Seq(seq), at_ms: *at_ms, record });
    projection::add(row.target(), rows, &mut operations)?;
    let operations = operations.prepare(connection).await?;
    // The same statements for each batch, so that they are prepared once.
    let mut script = Script::default();
    script.statement("BEGIN IMMEDIATE");
    row.advance(&next, &mut script)?;
    script.run(
        "INSERT INTO record (branch, seq, at_ms, body, link)
         SELECT $1, value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3) FROM json_each($2)",
        vec![row.id.into(), records.into()],
    )?;
    blob::insert(&batch.blobs, &row.branch.scope, &mut script)?;
    script.run(operations::RUN, vec![operations.into()])?;
    script.statement("COMMIT");
    batch.is_sent.store(true, Ordering::Relaxed);
    script.execute(connection).await?;
    let head = next.head;
    writer.remember(next);
    Ok(head)
}

/// The batch's records as rows, and the branch's row after them.
fn records(row: &BranchRow, batch: &Batch) -> (Rows, BranchRow) {
    let (mut rows, mut next) = (Rows::default(), row.clone());
    for (at_ms, _, json) in &batch.records {
        next.head = next.head.after(1);
        next.tip = next.tip.next(next.head, *at_ms, json);
        rows.push([next.head.into(), (*at_ms).into(), json.as_str().into(), next.tip.digest().into()]);
    }
    (rows, next)
}

/// At most `limit` records after `after`, of the branch or of those it was forked from.
///
/// The branch is read first: the log only grows, so every record up to its head must be there.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    branch: &Branch,
    after: Seq,
    limit: usize,
) -> Result<Vec<Stored>, Failure> {
    let row = branch::find(connection, branch, "read").await?;
    let last = after.0.saturating_add(u64::try_from(limit).unwrap_or(u64::MAX)).min(row.head.0);
    read_of(connection, &row, after, Seq(last)).await
}

/// The records after `after` up to `last`, which must be there.
pub(super) async fn read_of(
    connection: &mut SqliteConnection,
    row: &BranchRow,
    after: Seq,
    last: Seq,
) -> Result<Vec<Stored>, Failure> {
    let mut records = Vec::new();
    if last <= after {
        return Ok(records);
    }
    let lineage = lineage(connection, row, after).await?;
    let mut link = link_in(connection, &lineage, after).await?;
    let mut from = after;
    for (part, until) in lineage.iter().rev() {
        let to = last.min(*until);
        if to <= from {
            continue;
        }
        link = read_part(connection, part.id, (from, to), link, &mut records).await?;
        from = to;
    }
    if last == row.head && link != row.tip {
        return Err(damaged("read", "the log does not end with the branch's last record"));
    }
    Ok(records)
}

/// The branch and those it was forked from, as far back as what comes after `after` is in them, each with its last record
/// that counts.
async fn lineage(
    connection: &mut SqliteConnection,
    row: &BranchRow,
    after: Seq,
) -> Result<Vec<(BranchRow, Seq)>, Failure> {
    let mut lineage = vec![(row.clone(), row.head)];
    while let Some((last, until)) = lineage.last()
        && let Some((parent, point)) = last.parent
        && (after < last.start() || after == Seq::START)
    {
        let until = point.at.min(*until);
        lineage.push((branch::numbered(connection, parent, "read").await?, until));
    }
    Ok(lineage)
}

/// The link of record `at`.
pub(super) async fn link(
    connection: &mut SqliteConnection,
    row: &BranchRow,
    at: Seq,
) -> Result<Link, Failure> {
    if at == row.head {
        return Ok(row.tip);
    }
    let lineage = lineage(connection, row, at).await?;
    link_in(connection, &lineage, at).await
}

async fn link_in(
    connection: &mut SqliteConnection,
    lineage: &[(BranchRow, Seq)],
    at: Seq,
) -> Result<Link, Failure> {
    let Some((oldest, _)) = lineage.last() else { return Err(damaged("read", "a branch is missing")) };
    if at == Seq::START {
        return Ok(Link::first(oldest.branch.project, oldest.branch.id));
    }
    // Where a branch begins, the link is its parent's.
    let holder = if at == oldest.start() { oldest.parent.map(|(parent, _)| parent) } else { None };
    let mut holder = holder.unwrap_or(oldest.id);
    loop {
        let row = sqlx::query("SELECT link FROM record WHERE branch = $1 AND seq = $2")
            .bind(holder)
            .bind(number(at.0))
            .fetch_optional(&mut *connection)
            .await?;
        if let Some(row) = row {
            return stored_link(row.try_get(0)?);
        }
        // A branch that was forked where its parent was forked has no record of its own there.
        match branch::numbered(connection, holder, "read").await?.parent {
            Some((parent, point)) if point.at >= at => holder = parent,
            _ => return Err(damaged("read", format_args!("record {at} is missing"))),
        }
    }
}

fn stored_link(link: &[u8]) -> Result<Link, Failure> {
    let bytes = link.try_into().map_err(|_| damaged("read", "the link of a record has another length"))?;
    Ok(Link::from_digest(Digest::from_bytes(bytes)))
}

/// Reads records of one row of `branch` that follow `link`.
async fn read_part(
    connection: &mut SqliteConnection,
    branch: i64,
    (after, last): (Seq, Seq),
    mut link: Link,
    records: &mut Vec<Stored>,
) -> Result<Link, Failure> {
    let rows = sqlx::query(
        "SELECT seq, at_ms, body, link FROM record WHERE branch = $1 AND seq BETWEEN $2 AND $3 ORDER BY seq",
    )
    .bind(branch)
    .bind(number(after.0 + 1))
    .bind(number(last.0))
    .fetch_all(connection)
    .await?;
    let mut expected = after;
    for row in &rows {
        expected = expected.after(1);
        let (seq, at_ms): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
        let body: &str = row.try_get(2)?;
        if number(expected.0) != seq {
            return Err(damaged("read", format_args!("record {expected} is missing")));
        }
        let at_ms = at_ms.unsigned_abs();
        link = link.next(expected, at_ms, body);
        if stored_link(row.try_get(3)?)? != link {
            return Err(damaged("read", format_args!("record {seq} is not what was written")));
        }
        records.push(Stored { seq: expected, at_ms, record: Record::decode(body)? });
    }
    if expected != last {
        return Err(damaged("read", format_args!("record {} is missing", expected.0 + 1)));
    }
    Ok(link)
}

/// Milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the stamp of a record is for people; nothing is decided by it"
)]
pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
