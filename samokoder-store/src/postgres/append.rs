//! Appending a batch: all of it in one transaction, once.

use std::sync::{Arc, Mutex, PoisonError};

use samokoder_core::store::{Branch, Lease, Link, Seq, StoreError, StoreErrorKind};
use sqlx::{PgConnection, Row as _};

use super::{
    branch::{self, not_found, number, seq},
    connection::{begin, finish},
    error::Failure,
    heads::{Head, Heads},
    lease,
    log::{Batch, fenced},
    news::{News, Topic},
    tables::{self, Statements},
    text::escape,
};
use crate::projection::Target;

/// A batch on its way.
pub(super) struct Append {
    /// It does not keep the lease from being given back.
    branch: Branch,
    epoch: i64,
    after: Seq,
    batch: Batch,
    heads: Arc<Heads>,
    news: Arc<News>,
    /// How long a lease lasts, in seconds.
    lease: f64,
    /// Where the log ends if a write was made whose end is not known.
    in_doubt: Mutex<Option<Head>>,
}

impl Append {
    /// Appends `batch` after record `after`.
    pub(super) fn new(
        lease: &Lease,
        after: Seq,
        batch: samokoder_core::store::Batch,
        heads: Arc<Heads>,
        news: Arc<News>,
        lasts: f64,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            branch: lease.branch().clone(),
            epoch: number(lease.epoch()),
            after,
            batch: Batch::prepare(after, batch)?,
            heads,
            news,
            lease: lasts,
            in_doubt: Mutex::default(),
        })
    }

    fn in_doubt(&self) -> std::sync::MutexGuard<'_, Option<Head>> {
        self.in_doubt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is written.
    fn done(&self, head: Head) -> Seq {
        self.heads.set(&self.branch, head);
        if head.seq > self.after {
            self.news.publish(Topic::Records(self.branch.id));
        }
        head.seq
    }

    fn conflict(&self, head: Seq) -> Failure {
        let message = format!("the log ends at {head}, not at {}", self.after);
        StoreError::new(StoreErrorKind::Conflict, "append", message).into()
    }
}

/// Appends the batch, unless an earlier attempt has.
pub(super) async fn append(connection: &mut PgConnection, append: &Append) -> Result<Seq, Failure> {
    if let Some(head) = append.heads.get(&append.branch)
        && (head.epoch, head.seq) == (append.epoch, append.after)
        && !append.batch.is_empty()
        && let Some(head) = write(connection, append, head).await?
    {
        return Ok(head);
    }
    loop {
        let head = match look(connection, append).await {
            Err(Failure::Refused(why)) => {
                return was_written(connection, append).await?.ok_or(Failure::Refused(why));
            }
            outcome => outcome?,
        };
        if append.batch.is_empty() {
            return Ok(head.seq);
        }
        // Nothing was written: it has changed since, so that looking again tells why, or the lease has just run out.
        if let Some(head) = write(connection, append, head).await? {
            return Ok(head);
        }
    }
}

/// Where the log ends since an earlier attempt of which no answer came: its last record is there. One that still runs has
/// locked the branch's row, which who writes again waits for; and one that has not begun finds the branch changed.
async fn was_written(connection: &mut PgConnection, append: &Append) -> Result<Option<Seq>, Failure> {
    let Some(head) = append.in_doubt().filter(|_| !append.batch.records.is_empty()) else { return Ok(None) };
    let row = sqlx::query("SELECT FROM record WHERE branch = $1 AND seq = $2 AND link = $3")
        .bind(head.id)
        .bind(number(head.seq.0))
        .bind(&head.tip.digest().as_bytes()[..])
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|_| append.done(head)))
}

/// Where the log ends, when the lease may write there. A lease that has run out and that nobody has taken is renewed.
async fn look(connection: &mut PgConnection, append: &Append) -> Result<Head, Failure> {
    let row = sqlx::query(
        "SELECT id, epoch, head, tip, lease_until IS NOT NULL, lease_until > clock_timestamp(), left_at,
                parent IS NOT NULL
         FROM branch
         WHERE scope = $1 AND project = $2 AND branch = $3",
    )
    .bind(escape(append.branch.scope.as_str()))
    .bind(append.branch.project.to_string())
    .bind(append.branch.id.to_string())
    .fetch_optional(&mut *connection)
    .await?;
    let row = row.ok_or_else(|| not_found(&append.branch, "append"))?;
    let (id, epoch, is_held): (i64, i64, bool) = (row.try_get(0)?, row.try_get(1)?, row.try_get(4)?);
    let head = Head {
        id,
        epoch,
        seq: seq(row.try_get(2)?),
        tip: branch::link(&row, 3)?,
        left_at: seq(row.try_get(6)?),
        is_fork: row.try_get(7)?,
    };
    if epoch != append.epoch || !is_held {
        return Err(fenced("append"));
    }
    if head.seq != append.after {
        return Err(append.conflict(head.seq));
    }
    let is_valid: bool = row.try_get(5)?;
    if !is_valid && !lease::renew(connection, id, epoch, append.lease).await? {
        return Err(fenced("append"));
    }
    Ok(head)
}

/// Writes the batch, if the log still ends at `head` and the lease is still good.
async fn write(connection: &mut PgConnection, append: &Append, head: Head) -> Result<Option<Seq>, Failure> {
    let links = append.batch.links(append.after, head.tip);
    let next = Head {
        seq: append.after.after(append.batch.len()),
        tip: links.last().copied().unwrap_or(head.tip),
        ..head
    };
    let target = Target { row: head.id, branch: &append.branch, own_after: head.left_at };
    *append.in_doubt() = Some(next);
    // The tables of a fork begin with its own first record.
    let is_first = head.is_fork && head.seq == head.left_at && !append.batch.records.is_empty();
    let is_written = if is_first {
        begin(connection).await?;
        let outcome = begin_fork(connection, &append.batch, &links, (head, next), target).await;
        finish(connection, outcome).await?
    } else {
        let statements = tables::adding(target, &append.batch.records)?;
        insert(connection, &append.batch, &links, (head, next), statements).await?
    };
    if is_written {
        return Ok(Some(append.done(next)));
    }
    append.heads.remove(&append.branch);
    Ok(None)
}

/// Writes the first batch of a branch that was forked, in a transaction, and makes its tables.
async fn begin_fork(
    connection: &mut PgConnection,
    batch: &Batch,
    links: &[Link],
    heads: (Head, Head),
    target: Target<'_>,
) -> Result<bool, Failure> {
    let is_written = insert(connection, batch, links, heads, Statements::default()).await?;
    if is_written {
        tables::refill(connection, target).await?;
    }
    Ok(is_written)
}

/// Moves the branch on from one head to the next and stores what the batch brings, in one statement. Not when the branch
/// is not as it was.
async fn insert(
    connection: &mut PgConnection,
    batch: &Batch,
    links: &[Link],
    (head, next): (Head, Head),
    statements: Statements,
) -> Result<bool, Failure> {
    let bytes = |link: &Link| link.digest().as_bytes().to_vec();
    let (digests, sizes, contents): (Vec<_>, Vec<_>, Vec<_>) = batch
        .contents
        .iter()
        .map(|(digest, (size, content))| (&digest.as_bytes()[..], *size, &content[..]))
        .collect();
    let row = sqlx::query(
        "SELECT samokoder_append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    )
    .bind(head.id)
    .bind(head.epoch)
    .bind(number(head.seq.0))
    .bind(bytes(&head.tip))
    .bind(bytes(&next.tip))
    .bind(batch.stamps())
    .bind(&batch.bodies)
    .bind(links.iter().map(bytes).collect::<Vec<_>>())
    .bind(batch.now_ms)
    .bind(digests)
    .bind(sizes)
    .bind(contents)
    .bind(&batch.taken)
    .bind(statements.sql)
    .bind(statements.values)
    .fetch_one(connection)
    .await?;
    Ok(row.try_get(0)?)
}
