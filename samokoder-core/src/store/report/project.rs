//! Listing projects, and one of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Tables;
use crate::{
    budget::Spend,
    id::{BranchId, EpicId, ProjectId, TaskId},
    project::{SourceFile, WorkspacePath},
    store::{Branch, BranchInfo, RunEnd, Scope, Seq, StateStore, StoreError},
};

/// A part of a list that begins with the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Only what comes after this one: [`created_ms`](ProjectSummary::created_ms) and
    /// [`project`](ProjectSummary::project) of the last one that was seen.
    pub before: Option<(u64, ProjectId)>,
    /// At most so many.
    pub limit: usize,
}

impl Default for Page {
    fn default() -> Self {
        Self { before: None, limit: 100 }
    }
}

/// A project in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProjectSummary {
    /// The project.
    pub project: ProjectId,
    /// Its branch that was written to last; the one that was made last, of several. All that follows is about it, where
    /// nothing else is said.
    pub branch: BranchId,
    /// What a person calls the project.
    pub title: String,
    /// The number of the last commit.
    pub version: Seq,
    /// Why the last sitting ended. `None` while one is going on or when it was killed, and before the first.
    pub end: Option<RunEnd>,
    /// Files.
    pub files: u64,
    /// Tasks of the plan.
    pub tasks: u64,
    /// What all branches have spent, effects without an outcome with all that was reserved.
    pub spent: Spend,
    /// When the first record of any of its branches was stored, in milliseconds since 1970; 0 before it.
    pub created_ms: u64,
    /// When the last one was stored.
    pub updated_ms: u64,
}

impl ProjectSummary {
    /// What the tables of a branch say, in a project that has spent so much and has no older branch.
    pub fn of(tables: &Tables, spent: Spend) -> Self {
        Self {
            project: tables.project(),
            branch: tables.branch.id,
            title: tables.title.clone(),
            version: tables.version,
            end: tables.end.clone(),
            files: tables.files.len() as u64,
            tasks: tables.tasks.len() as u64,
            spent,
            created_ms: tables.created_ms,
            updated_ms: tables.updated_ms,
        }
    }
}

/// A project as it is on a branch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProjectDetail {
    /// In short.
    pub summary: ProjectSummary,
    /// All branches of the project, in the order in which they were made.
    pub branches: Vec<BranchInfo>,
    /// The tasks, in their order.
    pub tasks: Vec<TaskProgress>,
    /// The files, by path.
    pub files: Vec<(WorkspacePath, SourceFile)>,
}

impl ProjectDetail {
    /// From its parts.
    pub fn new(
        summary: ProjectSummary,
        branches: Vec<BranchInfo>,
        tasks: Vec<TaskProgress>,
        files: Vec<(WorkspacePath, SourceFile)>,
    ) -> Self {
        Self { summary, branches, tasks, files }
    }
}

/// How far a task has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskProgress {
    /// The task.
    pub id: TaskId,
    /// Its epic.
    pub epic: EpicId,
    /// What a person calls it.
    pub title: String,
    /// Its steps; 0 until they are planned.
    pub steps: u64,
    /// Those of them that are finished.
    pub finished: u64,
}

/// The tables of every branch of a scope, by project, in the order in which they were made.
async fn load(
    store: &(impl StateStore + ?Sized),
    scope: &Scope,
) -> Result<BTreeMap<ProjectId, Vec<Tables>>, StoreError> {
    let mut projects: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for branch in store.branches(scope).await? {
        projects.entry(branch.project).or_default().push(Tables::load(store, &branch).await?);
    }
    Ok(projects)
}

/// A project in short, as it is on the branch with these `tables`.
fn summary(tables: &Tables, branches: &[Tables]) -> ProjectSummary {
    let mut spent = Spend::default();
    for tables in branches {
        spent += tables.spent;
    }
    let created_ms = branches.iter().map(|tables| tables.created_ms).filter(|at| *at > 0).min();
    let summary = ProjectSummary::of(tables, spent);
    ProjectSummary { created_ms: created_ms.unwrap_or_default(), ..summary }
}

pub(crate) async fn projects(
    store: &(impl StateStore + ?Sized),
    scope: &Scope,
    page: Page,
) -> Result<Vec<ProjectSummary>, StoreError> {
    let mut summaries: Vec<_> = load(store, scope)
        .await?
        .values()
        .filter_map(|branches| {
            let last = branches.iter().max_by_key(|tables| tables.updated_ms)?;
            Some(summary(last, branches))
        })
        .collect();
    let place = |summary: &ProjectSummary| (summary.created_ms, summary.project);
    summaries.retain(|summary| page.before.is_none_or(|before| place(summary) < before));
    summaries.sort_by_key(|summary| std::cmp::Reverse(place(summary)));
    summaries.truncate(page.limit);
    Ok(summaries)
}

pub(crate) async fn project(
    store: &(impl StateStore + ?Sized),
    branch: &Branch,
) -> Result<ProjectDetail, StoreError> {
    let tables = Tables::load(store, branch).await?;
    let all = load(store, &branch.scope).await?.remove(&branch.project).unwrap_or_default();
    let mut branches = Vec::new();
    for branch in store.branches(&branch.scope).await?.iter().filter(|other| other.project == branch.project)
    {
        branches.push(store.info(branch).await?);
    }
    let tasks = tables.tasks.iter().map(|task| {
        let steps = tables.steps.get(&task.id).map_or(&[][..], |steps| steps);
        TaskProgress {
            id: task.id,
            epic: task.epic,
            title: task.title.clone(),
            steps: steps.len() as u64,
            finished: steps.iter().filter(|step| tables.finished.contains(&step.id)).count() as u64,
        }
    });
    let tasks = tasks.collect();
    let files = tables.files.iter().map(|(path, file)| (path.clone(), *file)).collect();
    Ok(ProjectDetail::new(summary(&tables, &all), branches, tasks, files))
}
