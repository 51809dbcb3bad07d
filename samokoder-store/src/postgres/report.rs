//! What can be asked about projects, answered from the tables.
//!
//! A branch that was just forked has none of its own: they are made when someone asks.

use std::collections::BTreeMap;

use samokoder_core::{
    id::ProjectId,
    store::{
        Branch, BranchInfo, CallQuery, CallRow, ForkPoint, Link, Page, ProjectDetail, ProjectSummary, Scope,
        SpendRow, StoreError,
    },
};
use sqlx::PgConnection;

use super::{
    branch::not_found,
    error::Failure,
    tables::{Cells, fetch, rebuild},
};
use crate::projection::{self, BranchSummary, Columns as _, Plan, Spending};

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
    let mut projects: BTreeMap<ProjectId, Vec<BranchSummary>> = BTreeMap::new();
    for (summary, _) in rows {
        projects.entry(summary.project).or_default().push(summary);
    }
    let mut listed = Vec::new();
    for mut branches in projects.into_values() {
        let (summaries, created_ms) = projection::projects_of(scope, &mut branches)?;
        if let Some(mut last) = summaries.into_iter().max_by_key(|summary| summary.updated_ms) {
            last.created_ms = created_ms;
            listed.push(last);
        }
    }
    listed.sort_by_key(|summary| std::cmp::Reverse((summary.created_ms, summary.project)));
    Ok(listed)
}

/// A project as it is on a branch.
pub(super) async fn project(
    connection: &mut PgConnection,
    branch: &Branch,
) -> Result<ProjectDetail, Failure> {
    let values = [branch.scope.as_str().into(), branch.project.into()];
    let rows = summaries(connection, &branch.scope, projection::BRANCHES, &values).await?;
    let mut rows: BTreeMap<i64, _> = rows.into_iter().map(|(summary, cells)| (summary.row, (summary, cells))).collect();
    let (row, counts) = rows
        .values()
        .find(|(summary, _)| summary.id == branch.id)
        .map(|(summary, _)| (summary.row, summary.counts()))
        .ok_or_else(|| not_found(branch, "project"))?;
    let infos = rows.values().map(|(summary, cells)| info(branch, summary, cells));
    let infos = infos.collect::<Result<Vec<_>, StoreError>>()?;
    let mut branches: Vec<_> = std::mem::take(&mut rows).into_values().map(|(summary, _)| summary).collect();
    let (summaries, _) = projection::projects_of(&branch.scope, &mut branches)?;
    let summary = summaries
        .into_iter()
        .find(|summary| summary.branch == branch.id)
        .ok_or_else(|| not_found(branch, "project"))?;
    let mut plan = Plan::default();
    for cells in fetch(connection, projection::PLAN, &[row.into()]).await? {
        plan.add(&cells)?;
    }
    let files = fetch(connection, projection::FILES, &[row.into()]).await?;
    let files = files.iter().map(projection::file).collect::<Result<Vec<_>, _>>()?;
    if files.len() as u64 != counts.1 {
        return Err(projection::altered("files are missing").into());
    }
    Ok(ProjectDetail::new(summary, infos, plan.tasks(counts.0)?, files))
}

fn info(of: &Branch, summary: &BranchSummary, cells: &Cells) -> Result<BranchInfo, StoreError> {
    let branch = Branch { id: summary.id, ..of.clone() };
    let parent = match cells.text(21)? {
        Some(_) => Some(ForkPoint { branch: cells.parsed(21)?, at: samokoder_core::store::Seq(cells.number(22)?) }),
        None => None,
    };
    let tip = cells.digest(23)?.ok_or_else(|| projection::altered("a branch has no tip"))?;
    let mut info = BranchInfo::new(branch, cells.word(20)?, parent, Link::from_digest(tip));
    info.head = samokoder_core::store::Seq(cells.number(1)?);
    Ok(info)
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
        page.into_iter().for_each(|call| spending.add(call));
    }
}
