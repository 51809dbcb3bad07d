//! What can be asked about projects, answered from the tables.
//!
//! A branch that was just forked has none of its own: they are made when someone asks.

use samokoder_core::store::{
    Branch, CallQuery, CallRow, Page, ProjectDetail, ProjectSummary, Scope, SpendRow,
};
use sqlx::PgConnection;

use super::{
    branch::not_found,
    error::Failure,
    tables::{Cells, fetch, rebuild},
};
use crate::projection::{self, BranchSummary, Plan, Spending};

/// The branches of projects, with what else their rows say.
type Rows = Vec<(BranchSummary, Cells)>;

/// Looks until the tables of all branches that were found are there.
async fn summaries(
    connection: &mut PgConnection,
    scope: &Scope,
    sql: &'static str,
    values: &[projection::Value],
) -> Result<Rows, Failure> {
    loop {
        let mut rows = Vec::new();
        for cells in fetch(connection, sql, values).await? {
            rows.push((BranchSummary::from_row(&cells)?, cells));
        }
        let mut is_current = true;
        for (summary, _) in rows.iter().filter(|(summary, _)| !summary.is_current()) {
            is_current = false;
            let branch = Branch { scope: scope.clone(), project: summary.project, id: summary.id };
            rebuild(connection, &branch).await?;
        }
        if is_current {
            return Ok(rows);
        }
    }
}

/// The projects of a scope, the newest first.
pub(super) async fn projects(
    connection: &mut PgConnection,
    scope: &Scope,
    page: Page,
) -> Result<Vec<ProjectSummary>, Failure> {
    let rows = summaries(connection, scope, projection::PROJECTS, &projection::projects(scope, page)).await?;
    let branches = rows.into_iter().map(|(summary, _)| summary).collect();
    Ok(projection::newest_first(scope, branches)?)
}

/// A project as it is on a branch.
pub(super) async fn project(
    connection: &mut PgConnection,
    branch: &Branch,
) -> Result<ProjectDetail, Failure> {
    let scope = &branch.scope;
    let values = [scope.as_str().into(), branch.project.into()];
    let mut rows = summaries(connection, scope, projection::BRANCHES, &values).await?;
    rows.sort_by_key(|(summary, _)| summary.row);
    let infos = rows.iter().map(|(_, cells)| projection::branch_info(scope, cells));
    let infos = infos.collect::<Result<Vec<_>, _>>()?;
    let branches: Vec<_> = rows.into_iter().map(|(summary, _)| summary).collect();
    let on = branches
        .iter()
        .find(|summary| summary.id == branch.id)
        .ok_or_else(|| not_found(branch, "project"))?;
    let summary = projection::on_branch(scope, &branches, on)?;
    let mut plan = Plan::default();
    for cells in fetch(connection, projection::PLAN, &[on.row.into()]).await? {
        plan.add(&cells)?;
    }
    let files = fetch(connection, projection::FILES, &[on.row.into()]).await?;
    let files = files.iter().map(projection::file).collect::<Result<Vec<_>, _>>()?;
    let (tasks, count) = on.counts();
    if files.len() as u64 != count {
        return Err(projection::altered("files are missing").into());
    }
    Ok(ProjectDetail::new(summary, infos, plan.tasks(tasks)?, files))
}

/// Calls to models, the newest first.
pub(super) async fn calls(
    connection: &mut PgConnection,
    scope: &Scope,
    query: CallQuery,
) -> Result<Vec<CallRow>, Failure> {
    let (sql, values) = projection::calls(scope, query);
    let rows = fetch(connection, sql, &values).await?;
    Ok(rows.iter().map(projection::call).collect::<Result<_, _>>()?)
}

/// What calls have cost, by model and agent.
pub(super) async fn spending(
    connection: &mut PgConnection,
    scope: &Scope,
    since_ms: u64,
    until_ms: u64,
) -> Result<Vec<SpendRow>, Failure> {
    const PAGE: usize = 1000;
    let mut spending = Spending::default();
    let mut query = CallQuery { since_ms, until_ms, limit: PAGE, ..CallQuery::default() };
    loop {
        let page = calls(connection, scope, query).await?;
        let Some(last) = page.last() else { return Ok(spending.rows()) };
        query.before = Some(last.place());
        for call in page {
            spending.add(call);
        }
    }
}
