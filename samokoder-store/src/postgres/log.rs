//! The log of a branch: preparing batches and reading records.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    store::{Branch, Link, Record, Seq, StoreError, StoreErrorKind, Stored},
};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    branch::{self, Line, number, seq},
    error::{Failure, damaged},
    pack::{pack, unpack},
};

/// Milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the stamp of a record is for people; nothing is decided by it"
)]
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A batch in the form in which it is stored.
pub(super) struct Batch {
    /// When each record happened, with its JSON.
    texts: Vec<(i64, String)>,
    pub(super) bodies: Vec<Vec<u8>>,
    /// By hash, so that all writers lock them in the same order: size and packed content.
    pub(super) contents: BTreeMap<Digest, (i64, Vec<u8>)>,
    pub(super) taken: Vec<String>,
    /// The records themselves.
    pub(super) records: Vec<Stored>,
    pub(super) now_ms: i64,
}

impl Batch {
    /// Prepares a batch that comes after record `after`.
    pub(super) fn prepare(after: Seq, batch: samokoder_core::store::Batch) -> Result<Self, StoreError> {
        let now_ms = now_ms();
        let stamps = batch.stamps.iter().copied().chain(std::iter::repeat(now_ms.unsigned_abs()));
        let numbers = (1..).map(|n| Seq(after.0.saturating_add(n)));
        let records: Vec<_> = (batch.records.into_iter().zip(stamps).zip(numbers))
            .map(|((record, at_ms), seq)| Stored { seq, at_ms, record })
            .collect();
        let texts = records
            .iter()
            .map(|stored| Ok((number(stored.at_ms), stored.record.encode()?)))
            .collect::<Result<Vec<_>, StoreError>>()?;
        Ok(Self {
            bodies: texts.iter().map(|(_, text)| pack(text.as_bytes())).collect(),
            texts,
            contents: batch.blobs.iter().map(|content| (Digest::of(content), packed(content))).collect(),
            taken: batch.taken.iter().map(ToString::to_string).collect(),
            records,
            now_ms,
        })
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.contents.is_empty() && self.taken.is_empty()
    }

    /// How many records there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// When each record happened.
    pub(super) fn stamps(&self) -> Vec<i64> {
        self.texts.iter().map(|(at_ms, _)| *at_ms).collect()
    }

    /// The link of each record, the first of which follows `tip`.
    pub(super) fn links(&self, after: Seq, tip: Link) -> Vec<Link> {
        let mut link = tip;
        let next = |(n, (at_ms, text)): (usize, &(i64, String))| {
            link = link.next(after.after(n), at_ms.unsigned_abs(), text);
            link
        };
        (1..).zip(&self.texts).map(next).collect()
    }
}

fn packed(content: &Bytes) -> (i64, Vec<u8>) {
    (number(content.len() as u64), pack(content))
}

/// At most `limit` records after `after`.
///
/// The branch is read first: the log only grows, so every record up to its head must be there.
pub(super) async fn read(
    connection: &mut PgConnection,
    branch: &Branch,
    after: Seq,
    limit: usize,
) -> Result<Vec<Stored>, Failure> {
    let line = branch::line(connection, branch, "read").await?;
    let left = line.branch().head.0.saturating_sub(after.0);
    let until = Seq(after.0 + left.min(u64::try_from(limit).unwrap_or(u64::MAX)));
    if until <= after {
        return Ok(Vec::new());
    }
    // With the one before, whose link the first one follows.
    let from = Seq(after.0.max(1));
    let rows = fetch(connection, &line, from, until).await?;
    let (mut link, rows) = match rows.split_first() {
        Some((before, rows)) if after > Seq::START => (branch::link(before, 3)?, rows),
        _ => (line.first_link(branch), &rows[..]),
    };
    let records = (after.0 + 1..)
        .zip(rows)
        .map(|(expected, row)| verified(row, Seq(expected), &mut link))
        .collect::<Result<Vec<_>, _>>()?;
    let missing = after.after(records.len() + 1);
    if missing <= until {
        return Err(damaged("read", format_args!("record {missing} is missing")));
    }
    if until == line.branch().head && link != line.branch().tip {
        return Err(damaged("read", format_args!("record {until} is not the last one that was written")));
    }
    Ok(records)
}

async fn fetch(
    connection: &mut PgConnection,
    line: &Line,
    from: Seq,
    until: Seq,
) -> Result<Vec<PgRow>, Failure> {
    let parts = line.parts(from, until);
    let ids: Vec<i64> = parts.iter().map(|(id, ..)| *id).collect();
    let firsts: Vec<i64> = parts.iter().map(|(_, first, _)| number(first.0)).collect();
    let lasts: Vec<i64> = parts.iter().map(|(.., last)| number(last.0)).collect();
    let rows = sqlx::query(
        "SELECT record.seq, record.at_ms, record.body, record.link
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS part (id, first, last)
         JOIN record ON record.branch = part.id AND record.seq BETWEEN part.first AND part.last
         ORDER BY record.seq",
    )
    .bind(ids)
    .bind(firsts)
    .bind(lasts)
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// A record whose link follows `link`, which is moved on to it.
fn verified(row: &PgRow, expected: Seq, link: &mut Link) -> Result<Stored, Failure> {
    let (at, at_ms): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    if seq(at) != expected {
        return Err(damaged("read", format_args!("record {expected} is missing")));
    }
    let altered = || damaged("read", format_args!("record {expected} is not what was written"));
    let body = unpack(row.try_get(2)?).map_err(|_| altered())?;
    let body = std::str::from_utf8(&body).map_err(|_| altered())?;
    *link = link.next(expected, at_ms.unsigned_abs(), body);
    if *link != branch::link(row, 3)? {
        return Err(altered());
    }
    Ok(Stored { seq: expected, at_ms: at_ms.unsigned_abs(), record: Record::decode(body)? })
}

/// The lease is not the newest one any more.
pub(super) fn fenced(operation: &'static str) -> Failure {
    let message = "another run has taken this project over; this one may not write any more";
    StoreError::new(StoreErrorKind::Fenced, operation, message).into()
}
