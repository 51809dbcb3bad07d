//! Projects, their plans and their files.

use std::collections::{BTreeMap, BTreeSet};

use samokoder_core::{
    budget::Spend,
    id::{BranchId, EpicId, ProjectId, StepId, TaskId},
    llm::Money,
    project::{SourceFile, WorkspacePath},
    store::{
        Branch, BranchInfo, ForkPoint, Link, Page, ProjectSummary, Scope, Seq, StoreError, Tables,
        TaskProgress,
    },
};

use super::{
    super::{
        checksum,
        value::{Columns, Value, altered, number},
    },
    values,
};

/// What [`BranchSummary::from_row`] reads.
macro_rules! columns {
    () => {
        "b.branch, b.head, s.applied, s.created_ms, s.updated_ms, s.version, s.specified, s.title_checksum,
         s.run_end_checksum, s.tasks, s.files, s.money, s.tokens, s.calls, s.checksum, s.title, s.run_end, b.id, b.project"
    };
}

/// The branches of some projects of a scope, the newest projects, in no order; last comes when the project began. The
/// projects are found by an index, in its order.
pub(crate) const PROJECTS: &str = concat!(
    "SELECT ",
    columns!(),
    ", p.created_ms
     FROM (SELECT scope, project, created_ms FROM project
           WHERE scope = $1 AND (created_ms, project) < ($2, $3)
           ORDER BY created_ms DESC, project DESC LIMIT $4) AS p
     JOIN branch AS b ON b.scope = p.scope AND b.project = p.project
     LEFT JOIN summary AS s ON s.branch = b.id"
);

/// The branches of a project, in no order; last come when it began and what [`BranchInfo`] has: the name, the parent,
/// where it was left, and the tip.
pub(crate) const BRANCHES: &str = concat!(
    "SELECT ",
    columns!(),
    ", p.created_ms, b.name, parent.branch, b.left_at, b.tip
     FROM branch AS b
     LEFT JOIN project AS p ON p.scope = b.scope AND p.project = b.project
     LEFT JOIN summary AS s ON s.branch = b.id
     LEFT JOIN branch AS parent ON parent.id = b.parent
     WHERE b.scope = $1 AND b.project = $2"
);

/// The plan of a branch: its tasks, their steps, and which steps are finished.
pub(crate) const PLAN: &str = "
    SELECT CAST(1 AS BIGINT), branch, nth, id, epic, title, description, depends_on, files, checksum
    FROM task WHERE branch = $1
    UNION ALL
    SELECT CAST(2 AS BIGINT), branch, nth, task, id, path, instruction, NULL, NULL, checksum
    FROM step WHERE branch = $1
    UNION ALL
    SELECT CAST(3 AS BIGINT), branch, seq, step, NULL, NULL, NULL, NULL, NULL, checksum
    FROM finished_step WHERE branch = $1";

/// The files of a branch, by path.
pub(crate) const FILES: &str =
    "SELECT branch, path, content, size, seq, checksum FROM file WHERE branch = $1 ORDER BY path";

/// The values for [`PROJECTS`].
pub(crate) fn projects(scope: &Scope, page: Page) -> Vec<Value> {
    let (created_ms, project) = match page.before {
        Some((created_ms, project)) => (number(created_ms), project.to_string()),
        None => (i64::MAX, "~".into()),
    };
    vec![scope.as_str().into(), created_ms.into(), project.into(), (page.limit as u64).into()]
}

/// A branch in short.
#[derive(Debug)]
pub(crate) struct BranchSummary {
    /// The number of its row.
    pub(crate) row: i64,
    /// The branch.
    pub(crate) id: BranchId,
    /// Its project.
    pub(crate) project: ProjectId,
    head: Seq,
    applied: Option<Seq>,
    created_ms: u64,
    updated_ms: u64,
    version: Seq,
    tasks: u64,
    files: u64,
    spent: Spend,
    title: String,
    run_end: Option<samokoder_core::store::RunEnd>,
    project_created_ms: u64,
}

impl BranchSummary {
    /// From what [`PROJECTS`] or [`BRANCHES`] found.
    pub(crate) fn from_row(row: &impl Columns) -> Result<Self, StoreError> {
        let applied = row.int(2)?;
        let mut found = Self {
            row: row.int(17)?.unwrap_or_default(),
            id: row.parsed(0)?,
            project: row.parsed(18)?,
            head: Seq(row.number(1)?),
            applied: None,
            created_ms: 0,
            updated_ms: 0,
            version: Seq::START,
            tasks: 0,
            files: 0,
            spent: Spend::default(),
            title: String::new(),
            run_end: None,
            project_created_ms: row.number(19)?,
        };
        if applied.is_none() {
            return Ok(found);
        }
        let (title, run_end) = (row.word(15)?, row.text(16)?);
        if row.int(14)? != Some(checksum::mix(&values(row, 2, "iiiiiiiiiiii")?))
            || row.int(7)? != Some(checksum::text(Some(title)))
            || row.int(8)? != Some(checksum::text(run_end))
        {
            return Err(altered(format_args!("the summary of branch {} is not what was written", found.id)));
        }
        let spent = |column| -> Result<u64, StoreError> {
            Ok(row.int(column)?.unwrap_or_default().max(0).unsigned_abs())
        };
        found.applied = Some(Seq(row.number(2)?));
        found.created_ms = row.number(3)?;
        found.updated_ms = row.number(4)?;
        found.version = Seq(row.number(5)?);
        found.tasks = row.number(9)?;
        found.files = row.number(10)?;
        found.spent =
            Spend { money: Money::from_picodollars(spent(11)?), tokens: spent(12)?, calls: spent(13)? };
        found.title = title.into();
        found.run_end = run_end
            .map(|json| {
                serde_json::from_str(json).map_err(|error| altered(format_args!("{json:?}: {error}")))
            })
            .transpose()?;
        Ok(found)
    }

    /// Whether the tables say what the log says.
    pub(crate) fn is_current(&self) -> bool {
        self.applied == Some(self.head)
    }

    /// How many tasks and files the tables have.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.tasks, self.files)
    }

    fn summary(&self, scope: &Scope, created_ms: u64, spent: Spend) -> ProjectSummary {
        let branch = Branch { scope: scope.clone(), project: self.project, id: self.id };
        let link = Link::first(branch.project, branch.id);
        let mut tables = Tables::new(&BranchInfo::new(branch, "", None, link));
        tables.created_ms = created_ms;
        tables.updated_ms = self.updated_ms;
        tables.version = self.version;
        tables.title.clone_from(&self.title);
        tables.end.clone_from(&self.run_end);
        let mut summary = ProjectSummary::of(&tables, spent);
        (summary.files, summary.tasks) = (self.files, self.tasks);
        summary
    }
}

/// What the branches of projects say of them, the newest project first.
///
/// # Errors
/// When a project did not begin with its first branch.
pub(crate) fn newest_first(
    scope: &Scope,
    branches: Vec<BranchSummary>,
) -> Result<Vec<ProjectSummary>, StoreError> {
    let mut projects: BTreeMap<ProjectId, Vec<BranchSummary>> = BTreeMap::new();
    for branch in branches {
        projects.entry(branch.project).or_default().push(branch);
    }
    let mut summaries = Vec::new();
    for branches in projects.values_mut() {
        branches.sort_by_key(|branch| branch.row);
        let (created_ms, spent) = together(branches)?;
        let last = branches.iter().max_by_key(|branch| branch.updated_ms);
        summaries.extend(last.map(|branch| branch.summary(scope, created_ms, spent)));
    }
    summaries.sort_by_key(|summary| std::cmp::Reverse((summary.created_ms, summary.project)));
    Ok(summaries)
}

/// When a project began and what it has spent, on all its branches.
fn together(branches: &[BranchSummary]) -> Result<(u64, Spend), StoreError> {
    let created_ms = branches.iter().map(|branch| branch.created_ms).filter(|at| *at > 0).min();
    let created_ms = created_ms.unwrap_or_default();
    let mut spent = Spend::default();
    for branch in branches {
        if branch.project_created_ms != created_ms {
            return Err(altered(format_args!("project {} is not what was written", branch.project)));
        }
        spent += branch.spent;
    }
    Ok((created_ms, spent))
}

/// A project on one of its branches, from all of them.
pub(crate) fn on_branch(
    scope: &Scope,
    branches: &[BranchSummary],
    on: &BranchSummary,
) -> Result<ProjectSummary, StoreError> {
    let (created_ms, spent) = together(branches)?;
    Ok(on.summary(scope, created_ms, spent))
}

/// What is known of a branch that [`BRANCHES`] found.
pub(crate) fn branch_info(scope: &Scope, row: &impl Columns) -> Result<BranchInfo, StoreError> {
    let branch = Branch { scope: scope.clone(), project: row.parsed(18)?, id: row.parsed(0)? };
    let at = row.int(22)?.map(|_| row.number(22)).transpose()?;
    let parent = match (row.text(21)?, at) {
        (Some(_), Some(at)) => Some(ForkPoint { branch: row.parsed(21)?, at: Seq(at) }),
        _ => None,
    };
    let tip = row.digest(23)?.ok_or_else(|| altered("a branch has no tip"))?;
    let mut info = BranchInfo::new(branch, row.word(20)?, parent, Link::from_digest(tip));
    info.head = Seq(row.number(1)?);
    Ok(info)
}

/// The plan of a branch, from the rows that [`PLAN`] found.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    tasks: BTreeMap<u64, (TaskId, EpicId, String)>,
    steps: BTreeMap<TaskId, Vec<(u64, StepId)>>,
    finished: BTreeSet<StepId>,
}

impl Plan {
    /// Adds a row.
    pub(crate) fn add(&mut self, row: &impl Columns) -> Result<(), StoreError> {
        let (branch, nth, checksum) =
            (Value::Int(row.int(1)?), Value::Int(row.int(2)?), Value::Int(row.int(9)?));
        let texts = values(row, 3, "tttttt")?;
        match row.number(0)? {
            1 => {
                checksum::verify("task", &[&[branch, nth], &texts[..], &[checksum]].concat())?;
                self.tasks.insert(row.number(2)?, (row.parsed(3)?, row.parsed(4)?, row.word(5)?.into()));
            }
            2 => {
                let task = texts[0].clone();
                checksum::verify("step", &[&[branch, task, nth], &texts[1..4], &[checksum]].concat())?;
                self.steps.entry(row.parsed(3)?).or_default().push((row.number(2)?, row.parsed(4)?));
            }
            _ => {
                checksum::verify("finished_step", &[branch, texts[0].clone(), nth, checksum])?;
                self.finished.insert(row.parsed(3)?);
            }
        }
        Ok(())
    }

    /// How far each task has come. There must be `count` of them.
    pub(crate) fn tasks(self, count: u64) -> Result<Vec<TaskProgress>, StoreError> {
        if self.tasks.len() as u64 != count {
            return Err(altered("tasks are missing"));
        }
        let progress = self.tasks.into_values().map(|(id, epic, title)| {
            let steps = self.steps.get(&id).map_or(&[][..], |steps| steps);
            let finished = steps.iter().filter(|(_, step)| self.finished.contains(step)).count() as u64;
            TaskProgress { id, epic, title, steps: steps.len() as u64, finished }
        });
        Ok(progress.collect())
    }
}

/// A row that [`FILES`] found.
pub(crate) fn file(row: &impl Columns) -> Result<(WorkspacePath, SourceFile), StoreError> {
    checksum::verify("file", &values(row, 0, "itbiii")?)?;
    let content = row.digest(2)?.ok_or_else(|| altered("a file has no content"))?;
    Ok((row.parsed(1)?, SourceFile { content, size: row.number(3)? }))
}
