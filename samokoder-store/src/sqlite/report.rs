//! What can be asked about projects, answered from the tables beside the logs.

use futures::TryStreamExt as _;
use samokoder_core::store::{
    Branch, CallQuery, CallRow, Page, ProjectDetail, ProjectSummary, Scope, SpendRow, StoreError,
    StoreErrorKind,
};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    error::{Failure, damaged},
    script::arguments,
};
use crate::projection::{self, BranchSummary, Columns, Plan, Spending, Value};

/// An answer, or the branches whose tables must be made first.
pub(super) enum Answer<T> {
    Known(T),
    Stale(Vec<i64>),
}

/// The projects of a scope, the newest first. One statement.
pub(super) async fn projects(
    connection: &mut SqliteConnection,
    scope: &Scope,
    page: Page,
) -> Result<Answer<Vec<ProjectSummary>>, Failure> {
    let rows = ask(connection, projection::PROJECTS, projection::projects(scope, page)).await?;
    let branches = rows.iter().map(BranchSummary::from_row).collect::<Result<Vec<_>, _>>()?;
    if let Some(stale) = stale(&branches) {
        return Ok(Answer::Stale(stale));
    }
    Ok(Answer::Known(projection::newest_first(scope, branches)?))
}

/// A project as it is on a branch. Three statements.
pub(super) async fn project(
    connection: &mut SqliteConnection,
    of: &Branch,
) -> Result<Answer<ProjectDetail>, Failure> {
    sqlx::query("BEGIN").execute(&mut *connection).await?;
    let answer = within(connection, of).await;
    if !matches!(answer, Err(Failure::Sqlite(_))) {
        sqlx::query("COMMIT").execute(connection).await?;
    }
    answer
}

async fn within(connection: &mut SqliteConnection, of: &Branch) -> Result<Answer<ProjectDetail>, Failure> {
    let key = vec![of.scope.as_str().into(), of.project.into()];
    let rows = ask(connection, projection::BRANCHES, key).await?;
    let mut branches = rows.iter().map(BranchSummary::from_row).collect::<Result<Vec<_>, _>>()?;
    if let Some(stale) = stale(&branches) {
        return Ok(Answer::Stale(stale));
    }
    let infos = rows.iter().map(|row| Ok((row.int(17)?, projection::branch_info(&of.scope, row)?)));
    let mut infos = infos.collect::<Result<Vec<_>, StoreError>>()?;
    infos.sort_by_key(|(row, _)| *row);
    branches.sort_by_key(|branch| branch.row);
    let Some(on) = branches.iter().find(|branch| branch.id == of.id) else {
        let message = format!("there is no branch {} of project {}", of.id, of.project);
        return Err(StoreError::new(StoreErrorKind::NotFound, "project", message).into());
    };
    let (tasks, files) = on.counts();
    let mut plan = Plan::default();
    for row in ask(connection, projection::PLAN, vec![on.row.into()]).await? {
        plan.add(&row)?;
    }
    let rows = ask(connection, projection::FILES, vec![on.row.into()]).await?;
    let found = rows.iter().map(projection::file).collect::<Result<Vec<_>, _>>()?;
    if found.len() as u64 != files {
        return Err(damaged("project", "files are missing"));
    }
    let summary = projection::on_branch(&of.scope, &branches, on)?;
    let infos = infos.into_iter().map(|(_, info)| info).collect();
    Ok(Answer::Known(ProjectDetail::new(summary, infos, plan.tasks(tasks)?, found)))
}

/// Calls to models, the newest first. One statement.
pub(super) async fn calls(
    connection: &mut SqliteConnection,
    scope: &Scope,
    query: CallQuery,
) -> Result<Vec<CallRow>, Failure> {
    let (sql, values) = projection::calls(scope, query);
    let rows = ask(connection, sql, values).await?;
    Ok(rows.iter().map(projection::call).collect::<Result<_, _>>()?)
}

/// What calls have cost, by model and agent. One statement, whose rows are summed up as they come: each is compared with
/// its checksum, and nothing is sorted.
pub(super) async fn spending(
    connection: &mut SqliteConnection,
    scope: &Scope,
    since_ms: u64,
    until_ms: u64,
) -> Result<Vec<SpendRow>, Failure> {
    let query = CallQuery { since_ms, until_ms, limit: usize::MAX, ..CallQuery::default() };
    let (sql, values) = projection::calls(scope, query);
    let mut rows = sqlx::query_with(sql, arguments(values)?).fetch(connection);
    let mut spending = Spending::default();
    while let Some(row) = rows.try_next().await? {
        spending.add(projection::call(&row)?);
    }
    Ok(spending.rows())
}

async fn ask(
    connection: &mut SqliteConnection,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<Vec<SqliteRow>, Failure> {
    Ok(sqlx::query_with(sql, arguments(values)?).fetch_all(connection).await?)
}

fn stale(branches: &[BranchSummary]) -> Option<Vec<i64>> {
    let stale: Vec<_> =
        branches.iter().filter(|branch| !branch.is_current()).map(|branch| branch.row).collect();
    (!stale.is_empty()).then_some(stale)
}

impl Columns for SqliteRow {
    fn int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.try_get(column).map_err(unreadable)
    }

    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.try_get(column).map_err(unreadable)
    }

    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        self.try_get(column).map_err(unreadable)
    }
}

fn unreadable(error: sqlx::Error) -> StoreError {
    StoreError::new(StoreErrorKind::Damaged, "query", "a column is not what was written").caused_by(error)
}
