//! Appending a batch: all of it in one transaction, once.

use std::sync::{Arc, Mutex, PoisonError};

use samokoder_core::store::{Branch, Lease, Link, Seq, StoreError, StoreErrorKind};
use sqlx::{PgConnection, Row as _};

use super::{
    branch::{self, not_found, number, seq},
    connection::{begin, commit, finish, roll_back},
    error::Failure,
    heads::{Head, Heads},
    lease,
    log::{Batch, fenced},
    news::{News, Topic},
    tables,
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
    /// A transaction whose end is not known.
    in_doubt: Mutex<Option<(String, Head)>>,
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

    fn in_doubt(&self) -> std::sync::MutexGuard<'_, Option<(String, Head)>> {
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
    let in_doubt = append.in_doubt().clone();
    if let Some((transaction, head)) = in_doubt {
        if was_committed(connection, &transaction).await? {
            return Ok(append.done(head));
        }
        *append.in_doubt() = None;
    }
    if let Some(head) = append.heads.get(&append.branch)
        && (head.epoch, head.seq) == (append.epoch, append.after)
        && !append.batch.is_empty()
        && let Some(head) = write(connection, append, head).await?
    {
        return Ok(head);
    }
    loop {
        let head = look(connection, append).await?;
        if append.batch.is_empty() {
            return Ok(head.seq);
        }
        // Nothing was written: it has changed since, so that looking again tells why, or the lease has just run out.
        if let Some(head) = write(connection, append, head).await? {
            return Ok(head);
        }
    }
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

/// Brings the tables up to the records that were just inserted. Those of a fork begin with its own first record.
async fn tell_tables(connection: &mut PgConnection, append: &Append, head: Head) -> Result<(), Failure> {
    let target = Target { row: head.id, branch: &append.branch, own_after: head.left_at };
    if append.batch.records.is_empty() {
        Ok(())
    } else if head.is_fork && head.seq == head.left_at {
        tables::refill(connection, target).await
    } else {
        tables::adding(target, &append.batch.records)?.run(connection).await
    }
}

/// Writes the batch, if the log still ends at `head` and the lease is still good.
async fn write(connection: &mut PgConnection, append: &Append, head: Head) -> Result<Option<Seq>, Failure> {
    begin(connection).await?;
    let links = append.batch.links(append.after, head.tip);
    let next = Head {
        seq: append.after.after(append.batch.len()),
        tip: links.last().copied().unwrap_or(head.tip),
        ..head
    };
    let Some(transaction) = insert(connection, &append.batch, &links, head, next).await? else {
        append.heads.remove(&append.branch);
        roll_back(connection).await?;
        return Ok(None);
    };
    if let Err(failure) = tell_tables(connection, append, head).await {
        return finish(connection, Err(failure)).await;
    }
    *append.in_doubt() = Some((transaction, next));
    commit(connection).await?;
    Ok(Some(append.done(next)))
}

/// Moves the branch on and inserts what the batch brings, in one statement. Gives the number of the transaction; none
/// when the branch is not as it was.
async fn insert(
    connection: &mut PgConnection,
    batch: &Batch,
    links: &[Link],
    head: Head,
    next: Head,
) -> Result<Option<String>, Failure> {
    let bytes = |link: &Link| link.digest().as_bytes().to_vec();
    let (digests, sizes, contents): (Vec<_>, Vec<_>, Vec<_>) = batch
        .contents
        .iter()
        .map(|(digest, (size, content))| (&digest.as_bytes()[..], *size, &content[..]))
        .collect();
    let row = sqlx::query(
        "WITH moved AS (
             UPDATE branch SET head = $4, tip = $5
             WHERE id = $1 AND epoch = $2 AND head = $3 AND tip = $6 AND lease_until > clock_timestamp()
             RETURNING id, scope
         ), recorded AS (
             INSERT INTO record (branch, seq, epoch, at_ms, body, link)
             SELECT moved.id, $3 + new.n, $2, new.at_ms, new.body, new.link
             FROM moved, unnest($7::bigint[], $8::bytea[], $9::bytea[]) WITH ORDINALITY AS new (at_ms, body, link, n)
         ), stored AS (
             INSERT INTO blob (scope, digest, size, stored_ms, content)
             SELECT moved.scope, new.digest, new.size, $10, new.content
             FROM moved, unnest($11::bytea[], $12::bigint[], $13::bytea[]) AS new (digest, size, content)
             ON CONFLICT (scope, digest) DO UPDATE SET stored_ms = excluded.stored_ms
         ), taken AS (
             UPDATE signal SET taken = $4 FROM moved
             WHERE signal.branch = moved.id AND signal.id = ANY ($14::text[]) AND signal.taken IS NULL
         )
         SELECT pg_current_xact_id()::text FROM moved",
    )
    .bind(head.id)
    .bind(head.epoch)
    .bind(number(head.seq.0))
    .bind(number(next.seq.0))
    .bind(bytes(&next.tip))
    .bind(bytes(&head.tip))
    .bind(batch.stamps())
    .bind(&batch.bodies)
    .bind(links.iter().map(bytes).collect::<Vec<_>>())
    .bind(batch.now_ms)
    .bind(digests)
    .bind(sizes)
    .bind(contents)
    .bind(&batch.taken)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Whether a transaction was committed.
async fn was_committed(connection: &mut PgConnection, transaction: &str) -> Result<bool, Failure> {
    let row =
        sqlx::query("SELECT pg_xact_status($1::text::xid8)").bind(transaction).fetch_one(connection).await?;
    match row.try_get::<Option<&str>, _>(0)? {
        Some("committed") => Ok(true),
        // Its connection is lost, the server has not found out yet.
        Some("in progress") => Err(Failure::InDoubt),
        _ => Ok(false),
    }
}
