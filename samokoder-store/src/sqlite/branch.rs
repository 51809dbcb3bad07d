//! Branches: their rows, making, forking and listing them.

use samokoder_core::{
    digest::Digest,
    id::BranchId,
    store::{Branch, BranchInfo, ForkPoint, Link, Scope, Seq, StoreError, StoreErrorKind},
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    checksum::Checksum,
    error::{Failure, damaged},
    log,
    script::Script,
};
use crate::projection::{self, Sink, Target, number};

/// A branch as it is in the file.
#[derive(Debug, Clone)]
pub(super) struct BranchRow {
    /// What other tables know it by.
    pub(super) id: i64,
    /// The branch.
    pub(super) branch: Branch,
    /// Of the newest lease.
    pub(super) epoch: i64,
    /// The last record.
    pub(super) head: Seq,
    /// The link of the last record.
    pub(super) tip: Link,
    name: String,
    /// The number of the row of the one it leaves, with where.
    pub(super) parent: Option<(i64, ForkPoint)>,
}

impl BranchRow {
    /// Where it leaves its parent.
    pub(super) fn start(&self) -> Seq {
        self.parent.map_or(Seq::START, |(_, parent)| parent.at)
    }

    /// What is known of it.
    pub(super) fn info(&self) -> BranchInfo {
        let parent = self.parent.map(|(_, parent)| parent);
        let mut info = BranchInfo::new(self.branch.clone(), self.name.clone(), parent, self.tip);
        info.head = self.head;
        info
    }

    /// Its tables.
    pub(super) fn target(&self) -> Target<'_> {
        Target { row: self.id, branch: &self.branch, own_after: self.start() }
    }

    /// Stores its epoch, last record and tip.
    pub(super) fn update(&self, sink: &mut impl Sink) -> Result<(), StoreError> {
        sink.run(
            "UPDATE branch SET epoch = $2, head = $3, tip = $4, checksum = $5 WHERE id = $1",
            vec![
                self.id.into(),
                self.epoch.into(),
                self.head.into(),
                self.tip.digest().into(),
                self.checksum().into(),
            ],
        )
    }

    /// Makes it `next`, which has another last record. Fails when the row in the file is not this one any more: then its
    /// tip would be NULL.
    pub(super) fn advance(&self, next: &Self, sink: &mut impl Sink) -> Result<(), StoreError> {
        sink.run(
            "UPDATE branch SET head = $2, checksum = $3, tip = CASE WHEN epoch = $4 AND head = $5 AND tip = $6 THEN $7 END
             WHERE id = $1",
            vec![
                self.id.into(),
                next.head.into(),
                next.checksum().into(),
                self.epoch.into(),
                self.head.into(),
                self.tip.digest().into(),
                next.tip.digest().into(),
            ],
        )
    }

    fn checksum(&self) -> Vec<u8> {
        let (parent, left_at) = match self.parent {
            Some((_, ForkPoint { branch, at })) => (branch.to_string(), number(at.0)),
            None => (String::new(), -1),
        };
        Checksum::of("branch")
            .text(self.branch.scope.as_str())
            .text(&self.branch.project.to_string())
            .text(&self.branch.id.to_string())
            .number(self.epoch)
            .number(number(self.head.0))
            .text(&self.name)
            .text(&parent)
            .number(left_at)
            .text(&self.tip.digest().to_string())
            .bytes()
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT b.id, b.scope, b.project, b.branch, b.epoch, b.head, b.tip, b.name, b.parent, b.left_at, b.checksum,
                    parent.branch
             FROM branch AS b LEFT JOIN branch AS parent ON parent.id = b.parent ",
            $rest
        )
    };
}

/// Finds a branch.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    branch: &Branch,
    operation: &'static str,
) -> Result<BranchRow, Failure> {
    optional(connection, branch, operation).await?.ok_or_else(|| {
        let message = format!("there is no branch {} of project {}", branch.id, branch.project);
        StoreError::new(StoreErrorKind::NotFound, operation, message).into()
    })
}

async fn optional(
    connection: &mut SqliteConnection,
    branch: &Branch,
    operation: &'static str,
) -> Result<Option<BranchRow>, Failure> {
    let row = sqlx::query(select!("WHERE b.scope = $1 AND b.project = $2 AND b.branch = $3"))
        .bind(branch.scope.as_str())
        .bind(branch.project.to_string())
        .bind(branch.id.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(|row| verified(&row, operation)).transpose()
}

/// Finds a branch by the number of its row.
pub(super) async fn numbered(
    connection: &mut SqliteConnection,
    id: i64,
    operation: &'static str,
) -> Result<BranchRow, Failure> {
    let row = sqlx::query(select!("WHERE b.id = $1")).bind(id).fetch_optional(connection).await?;
    match row {
        Some(row) => verified(&row, operation),
        None => Err(damaged(operation, "a branch that another one was forked from is missing")),
    }
}

/// Makes a branch if it is not there.
pub(super) async fn create(connection: &mut SqliteConnection, branch: &Branch) -> Result<(), Failure> {
    if optional(connection, branch, "create").await?.is_some() {
        return Ok(());
    }
    let row = BranchRow {
        id: 0,
        branch: branch.clone(),
        epoch: 0,
        head: Seq::START,
        tip: Link::first(branch.project, branch.id),
        name: BranchInfo::MAIN.into(),
        parent: None,
    };
    insert(connection, row).await
}

async fn insert(connection: &mut SqliteConnection, mut row: BranchRow) -> Result<(), Failure> {
    let parent = row.parent;
    row.id = sqlx::query(
        "INSERT INTO branch (scope, project, branch, epoch, head, tip, name, parent, left_at, checksum)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(row.branch.scope.as_str())
    .bind(row.branch.project.to_string())
    .bind(row.branch.id.to_string())
    .bind(row.epoch)
    .bind(number(row.head.0))
    .bind(row.tip.digest().as_bytes().to_vec())
    .bind(&row.name)
    .bind(parent.map(|(id, _)| id))
    .bind(parent.map(|(_, parent)| number(parent.at.0)))
    .bind(row.checksum())
    .execute(&mut *connection)
    .await?
    .last_insert_rowid();
    let mut script = Script::default();
    projection::create(row.target(), &mut script)?;
    script.execute(connection).await
}

/// Makes a branch that begins as another one is up to a record. Its tables are filled when they are asked for first, or
/// with its first record.
pub(super) async fn fork(
    connection: &mut SqliteConnection,
    from: &Branch,
    at: Seq,
    to: BranchId,
    name: String,
) -> Result<Branch, Failure> {
    let conflict = |message| Err(StoreError::new(StoreErrorKind::Conflict, "fork", message).into());
    let source = find(connection, from, "fork").await?;
    if source.head < at {
        return conflict(format!("the log ends at {}, before {at}", source.head));
    }
    let branch = Branch { id: to, ..from.clone() };
    let parent = ForkPoint { branch: from.id, at };
    match optional(connection, &branch, "fork").await? {
        Some(row) if row.info().parent == Some(parent) => {}
        Some(_) => return conflict(format!("there is a branch {to} already")),
        None => {
            let tip = log::link(connection, &source, at).await?;
            let parent = Some((source.id, parent));
            let row = BranchRow { id: 0, branch: branch.clone(), epoch: 0, head: at, tip, name, parent };
            insert(connection, row).await?;
        }
    }
    Ok(branch)
}

/// The branches of a scope, oldest first.
pub(super) async fn list(
    connection: &mut SqliteConnection,
    scope: &Scope,
) -> Result<Vec<BranchRow>, Failure> {
    let mut rows = sqlx::query(select!("WHERE b.scope = $1"))
        .bind(scope.as_str())
        .fetch_all(connection)
        .await?
        .iter()
        .map(|row| verified(row, "branches"))
        .collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|row| row.id);
    Ok(rows)
}

/// Every branch of the file, each as it was written.
pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<BranchRow>, Failure> {
    let rows = sqlx::query(select!("ORDER BY b.id")).fetch_all(connection).await?;
    rows.iter().map(|row| verified(row, "open")).collect()
}

/// The row of a branch that has no tip yet, with this one.
pub(super) async fn carried_over(
    connection: &mut SqliteConnection,
    id: i64,
    tip: Link,
) -> Result<BranchRow, Failure> {
    let row = sqlx::query(select!("WHERE b.id = $1")).bind(id).fetch_one(connection).await?;
    found(&row, tip, "open")
}

fn verified(row: &SqliteRow, operation: &'static str) -> Result<BranchRow, Failure> {
    let tip: &[u8] = row.try_get(6)?;
    let tip = tip.try_into().map_err(|_| damaged(operation, "the tip of a branch has another length"))?;
    let found = found(row, Link::from_digest(Digest::from_bytes(tip)), operation)?;
    let stored: &[u8] = row.try_get(10)?;
    if found.checksum() != stored {
        return Err(damaged(operation, "a branch is not what was written"));
    }
    Ok(found)
}

/// A branch as its row says, but for its tip.
fn found(row: &SqliteRow, tip: Link, operation: &'static str) -> Result<BranchRow, Failure> {
    let text = |column: usize| -> Result<&str, Failure> { Ok(row.try_get(column)?) };
    let id = |text: &str| -> Result<uuid::Uuid, Failure> {
        text.parse().map_err(|_| damaged(operation, format_args!("{text:?} is no id")))
    };
    let seq = |at: i64| Seq(at.unsigned_abs());
    let parent = match (row.try_get(8)?, row.try_get(9)?, row.try_get(11)?) {
        (Some(parent), Some(at), Some(branch)) => {
            Some((parent, ForkPoint { branch: id(branch)?.into(), at: seq(at) }))
        }
        (None::<i64>, None::<i64>, None::<&str>) => None,
        _ => return Err(damaged(operation, "a branch that another one was forked from is missing")),
    };
    Ok(BranchRow {
        id: row.try_get(0)?,
        branch: Branch {
            scope: Scope::new(text(1)?),
            project: id(text(2)?)?.into(),
            id: id(text(3)?)?.into(),
        },
        epoch: row.try_get(4)?,
        head: seq(row.try_get(5)?),
        tip,
        name: text(7)?.into(),
        parent,
    })
}
