//! Branches: their rows, making, forking and listing them.

use std::str::FromStr;

use samokoder_core::{
    digest::Digest,
    id::BranchId,
    store::{Branch, BranchInfo, ForkPoint, Link, Scope, Seq, StoreError, StoreErrorKind},
};
use sqlx::{PgConnection, Row as _, postgres::PgRow};

use super::{
    connection::{begin, finish},
    error::{Failure, damaged},
    tables::Statements,
    text::{escape, unescape},
};
use crate::projection::{self, Target};

/// A number as PostgreSQL has it. What is larger than it can store is larger than anything stored.
pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// What a number was before.
pub(super) fn seq(value: i64) -> Seq {
    Seq(value.unsigned_abs())
}

/// There is no such branch.
pub(super) fn not_found(branch: &Branch, operation: &'static str) -> Failure {
    let message = format!("there is no branch {} of project {}", branch.id, branch.project);
    StoreError::new(StoreErrorKind::NotFound, operation, message).into()
}

/// A link as it is stored.
pub(super) fn link(row: &PgRow, column: usize) -> Result<Link, Failure> {
    let bytes: &[u8] = row.try_get(column)?;
    let bytes = bytes.try_into().map_err(|_| damaged("read", "a link of the log is cut off"))?;
    Ok(Link::from_digest(Digest::from_bytes(bytes)))
}

/// An id as it is stored.
pub(super) fn id<T: FromStr>(row: &PgRow, column: usize) -> Result<T, Failure> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| damaged("read", format_args!("{text:?} is no id")))
}

/// A branch as it is in its row.
#[derive(Debug, Clone)]
pub(super) struct BranchRow {
    /// What other tables know it by.
    pub(super) id: i64,
    /// The id that others than the tables know it by.
    pub(super) branch: BranchId,
    pub(super) name: String,
    /// The last record that it shares with its parent.
    pub(super) start: Seq,
    /// The last record.
    pub(super) head: Seq,
    /// The link of the last record.
    pub(super) tip: Link,
}

fn from_row(row: &PgRow) -> Result<BranchRow, Failure> {
    Ok(BranchRow {
        id: row.try_get(0)?,
        branch: id(row, 1)?,
        name: unescape(row.try_get(2)?),
        start: seq(row.try_get(3)?),
        head: seq(row.try_get(4)?),
        tip: link(row, 5)?,
    })
}

/// The branch, then the one that it was forked from, and so on.
pub(super) struct Line(pub(super) Vec<BranchRow>);

impl Line {
    /// The branch itself.
    pub(super) fn branch(&self) -> &BranchRow {
        // There is one: `line` finds it or fails.
        &self.0[0]
    }

    /// Where it leaves the branch that it was forked from.
    fn parent(&self) -> Option<ForkPoint> {
        self.0.get(1).map(|parent| ForkPoint { branch: parent.branch, at: self.branch().start })
    }

    /// Whose tables these are.
    pub(super) fn target<'a>(&self, of: &'a Branch) -> Target<'a> {
        Target { row: self.branch().id, branch: of, own_after: self.branch().start }
    }

    /// Before the first record.
    pub(super) fn first_link(&self, of: &Branch) -> Link {
        Link::first(of.project, self.0.last().map_or(of.id, |root| root.branch))
    }

    /// The parts of the log from record `from` to record `until`: whose rows, from where, to where.
    pub(super) fn parts(&self, from: Seq, until: Seq) -> Vec<(i64, Seq, Seq)> {
        let mut last = until;
        let mut parts = Vec::new();
        for row in &self.0 {
            let first = Seq(from.0.max(row.start.0 + 1));
            if first <= last {
                parts.push((row.id, first, last));
            }
            last = last.min(row.start);
        }
        parts
    }
}

/// Finds a branch with those that it was forked from.
pub(super) async fn line(
    connection: &mut PgConnection,
    branch: &Branch,
    operation: &'static str,
) -> Result<Line, Failure> {
    let rows = sqlx::query(
        "WITH RECURSIVE line AS (
             SELECT id, branch, name, left_at, head, tip, parent, 0 AS nth
             FROM branch WHERE scope = $1 AND project = $2 AND branch = $3
             UNION ALL
             SELECT b.id, b.branch, b.name, b.left_at, b.head, b.tip, b.parent, line.nth + 1
             FROM line JOIN branch b ON b.id = line.parent
         )
         SELECT id, branch, name, left_at, head, tip FROM line ORDER BY nth",
    )
    .bind(escape(branch.scope.as_str()))
    .bind(branch.project.to_string())
    .bind(branch.id.to_string())
    .fetch_all(connection)
    .await?;
    if rows.is_empty() {
        return Err(not_found(branch, operation));
    }
    Ok(Line(rows.iter().map(from_row).collect::<Result<_, _>>()?))
}

/// What is known of a branch.
pub(super) async fn info(connection: &mut PgConnection, branch: &Branch) -> Result<BranchInfo, Failure> {
    let line = line(connection, branch, "info").await?;
    let row = line.branch();
    let mut info = BranchInfo::new(branch.clone(), row.name.clone(), line.parent(), row.tip);
    info.head = row.head;
    Ok(info)
}

/// The last record of a branch.
pub(super) async fn head(connection: &mut PgConnection, branch: &Branch) -> Result<Seq, Failure> {
    let row = sqlx::query("SELECT head FROM branch WHERE scope = $1 AND project = $2 AND branch = $3")
        .bind(escape(branch.scope.as_str()))
        .bind(branch.project.to_string())
        .bind(branch.id.to_string())
        .fetch_optional(connection)
        .await?;
    let row = row.ok_or_else(|| not_found(branch, "wait"))?;
    Ok(seq(row.try_get(0)?))
}

/// Makes a branch if it is not there.
pub(super) async fn create(connection: &mut PgConnection, branch: &Branch) -> Result<(), Failure> {
    begin(connection).await?;
    let outcome = insert(connection, branch).await;
    finish(connection, outcome).await
}

async fn insert(connection: &mut PgConnection, branch: &Branch) -> Result<(), Failure> {
    let first = Link::first(branch.project, branch.id);
    let row = sqlx::query(
        "INSERT INTO branch (scope, project, branch, name, left_at, head, tip) VALUES ($1, $2, $3, $4, 0, 0, $5)
         ON CONFLICT (scope, project, branch) DO NOTHING
         RETURNING id",
    )
    .bind(escape(branch.scope.as_str()))
    .bind(branch.project.to_string())
    .bind(branch.id.to_string())
    .bind(BranchInfo::MAIN)
    .bind(&first.digest().as_bytes()[..])
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let mut statements = Statements::default();
    let target = Target { row: row.try_get(0)?, branch, own_after: Seq::START };
    projection::create(target, &mut statements)?;
    statements.run(connection).await
}

/// The branches of a scope, oldest first.
pub(super) async fn list(connection: &mut PgConnection, scope: &Scope) -> Result<Vec<Branch>, Failure> {
    let rows = sqlx::query("SELECT project, branch FROM branch WHERE scope = $1 ORDER BY id")
        .bind(escape(scope.as_str()))
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| Ok(Branch { scope: scope.clone(), project: id(row, 0)?, id: id(row, 1)? }))
        .collect()
}
