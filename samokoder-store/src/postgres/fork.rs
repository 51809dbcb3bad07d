//! Making a branch that begins as another one is.

use samokoder_core::{
    id::BranchId,
    store::{Branch, Link, Seq, StoreError, StoreErrorKind},
};
use sqlx::{PgConnection, Row as _};

use super::{
    branch::{self, Line, number},
    error::{Failure, damaged},
    text::escape,
};

/// What a fork is to be.
pub(super) struct Fork {
    pub(super) from: Branch,
    pub(super) at: Seq,
    pub(super) to: BranchId,
    pub(super) name: String,
}

fn conflict(message: String) -> Failure {
    StoreError::new(StoreErrorKind::Conflict, "fork", message).into()
}

/// Makes the branch unless it is there and was made so. Its log refers to the records that it shares.
pub(super) async fn fork(connection: &mut PgConnection, fork: &Fork) -> Result<Branch, Failure> {
    let line = branch::line(connection, &fork.from, "fork").await?;
    let (parent, head) = (line.branch().id, line.branch().head);
    if head < fork.at {
        return Err(conflict(format!("the log ends at {head}, before {}", fork.at)));
    }
    let tip = link_at(connection, &line, fork).await?;
    let row = sqlx::query(
        "WITH made AS (
             INSERT INTO branch (scope, project, branch, name, parent, left_at, head, tip)
             VALUES ($1, $2, $3, $4, $5, $6, $6, $7)
             ON CONFLICT (scope, project, branch) DO NOTHING
             RETURNING parent, left_at
         )
         SELECT parent, left_at FROM made
         UNION ALL
         SELECT parent, left_at FROM branch WHERE scope = $1 AND project = $2 AND branch = $3",
    )
    .bind(escape(fork.from.scope.as_str()))
    .bind(fork.from.project.to_string())
    .bind(fork.to.to_string())
    .bind(escape(&fork.name))
    .bind(parent)
    .bind(number(fork.at.0))
    .bind(&tip.digest().as_bytes()[..])
    .fetch_optional(connection)
    .await?;
    // None: someone else made it after this statement began.
    let row = row.ok_or(Failure::InDoubt)?;
    if (row.try_get::<Option<i64>, _>(0)?, row.try_get::<i64, _>(1)?) != (Some(parent), number(fork.at.0)) {
        return Err(conflict(format!("there is a branch {} already", fork.to)));
    }
    Ok(Branch { id: fork.to, ..fork.from.clone() })
}

/// The link where it leaves the other branch.
async fn link_at(connection: &mut PgConnection, line: &Line, fork: &Fork) -> Result<Link, Failure> {
    if fork.at == line.branch().head {
        return Ok(line.branch().tip);
    }
    let Some((id, ..)) = line.parts(fork.at, fork.at).pop().filter(|_| fork.at > Seq::START) else {
        return Ok(line.first_link(&fork.from));
    };
    let row = sqlx::query("SELECT link FROM record WHERE branch = $1 AND seq = $2")
        .bind(id)
        .bind(number(fork.at.0))
        .fetch_optional(connection)
        .await?;
    let row = row.ok_or_else(|| damaged("fork", format_args!("record {} is missing", fork.at)))?;
    branch::link(&row, 0)
}
