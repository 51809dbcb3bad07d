//! What can be asked about projects in SQL: tables that follow from the logs and are written with them.
//!
//! Both databases have the same tables, with the same columns:
//!
//! | table | a row is | key |
//! |---|---|---|
//! | `project` | a project and when it began | `scope, project` |
//! | `summary` | a branch in short: title, version, counts, spend | `branch` |
//! | `epic`, `task` | a part of the plan | `branch, nth` |
//! | `step` | a step of a task | `branch, task, nth` |
//! | `finished_step` | a step whose file was written | `branch, step` |
//! | `iteration`, `iteration_step` | a round of repair, and what it writes | `branch, seq, nth` (`, step_nth`) |
//! | `file` | a file as it is | `branch, path` |
//! | `attempt` | an attempt at an assignment | `branch, assignment, attempt` |
//! | `open_effect` | an effect without an outcome | `branch, assignment, attempt, name, nth` |
//! | `llm_call` | a call to a model | `scope, at_ms, branch_uuid, seq` |
//! | `exec_log` | a command in the sandbox | `branch, seq` |
//!
//! `branch` is the number of the branch's row. Ids are text, hashes 32 bytes, times milliseconds since 1970, money
//! picodollars. A number that is larger than 2⁶³ - 1 is stored as that.
//!
//! `checksum` columns tell a row that is what was written from one that was altered, for databases that don't notice
//! themselves.

mod change;
mod checksum;
mod effect;
mod read;
#[cfg(feature = "sqlite")]
mod sample;
mod summary;
mod value;

use samokoder_core::store::{Branch, Record, Seq, StoreError};

pub(crate) use read::*;
#[cfg(feature = "sqlite")]
pub(crate) use sample::statements;
#[cfg(feature = "postgres")]
pub(crate) use value::altered;
pub(crate) use value::{Columns, Value, hexadecimal, number, with_values};

/// Takes statements in the order in which they must be run, in one transaction.
pub(crate) trait Sink {
    /// Takes a statement with the values of `$1`, `$2` … in it.
    fn run(&mut self, sql: &'static str, values: Vec<Value>) -> Result<(), StoreError>;
}

/// The branch whose tables are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    /// The number of its row.
    pub(crate) row: i64,
    /// The branch.
    pub(crate) branch: &'a Branch,
    /// Where it leaves its parent: earlier effects are not its own.
    pub(crate) own_after: Seq,
}

/// A record as it is stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) seq: Seq,
    pub(crate) at_ms: u64,
    pub(crate) record: &'a Record,
}

/// Makes the rows of a branch whose log is empty. Those that are there stay.
pub(crate) fn create(target: Target<'_>, sink: &mut impl Sink) -> Result<(), StoreError> {
    let (scope, project) = (target.branch.scope.as_str(), target.branch.project);
    sink.run(
        "INSERT INTO project (scope, project, created_ms) VALUES ($1, $2, 0)
         ON CONFLICT (scope, project) DO NOTHING",
        vec![scope.into(), project.into()],
    )?;
    sink.run(
        "INSERT INTO summary (branch, scope, project, applied, created_ms, updated_ms, version, specified, title,
                              title_checksum, run_end, run_end_checksum, tasks, files, money, tokens, calls)
         VALUES ($1, $2, $3, 0, 0, 0, 0, 0, '', $4, NULL, $5, 0, 0, 0, 0, 0)
         ON CONFLICT (branch) DO NOTHING",
        vec![
            target.row.into(),
            scope.into(),
            project.into(),
            checksum::text(Some("")).into(),
            checksum::text(None).into(),
        ],
    )?;
    summary::seal(target, sink)
}

/// Adds records to the tables of a branch: those that follow the ones that were added before.
pub(crate) fn add<'a>(
    target: Target<'_>,
    rows: impl IntoIterator<Item = Row<'a>>,
    sink: &mut impl Sink,
) -> Result<(), StoreError> {
    let mut summary = summary::Delta::default();
    for row in rows {
        summary.add(target, row);
        match row.record {
            Record::Commit(commit) => {
                for (nth, change) in (0..).zip(&commit.changes) {
                    change::add(target, row.seq, nth, change, sink)?;
                }
            }
            Record::Started { id, role, subject, .. } => {
                effect::started(target, row, *id, role, subject, sink)?;
            }
            Record::Intent { effect, kind, request, reserved } if row.seq > target.own_after => {
                effect::intent(target, row, effect, kind, *request, *reserved, sink)?;
            }
            Record::Outcome { effect, result, spent } if row.seq > target.own_after => {
                effect::outcome(target, effect, result, *spent, sink)?;
            }
            _ => {}
        }
    }
    summary.write(target, sink)
}

/// Takes everything of a branch out of the tables, so that its whole log can be added.
pub(crate) fn clear(target: Target<'_>, sink: &mut impl Sink) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM epic WHERE branch = $1",
        "DELETE FROM task WHERE branch = $1",
        "DELETE FROM step WHERE branch = $1",
        "DELETE FROM finished_step WHERE branch = $1",
        "DELETE FROM iteration_step WHERE branch = $1",
        "DELETE FROM iteration WHERE branch = $1",
        "DELETE FROM file WHERE branch = $1",
        "DELETE FROM attempt WHERE branch = $1",
        "DELETE FROM open_effect WHERE branch = $1",
        "DELETE FROM exec_log WHERE branch = $1",
        "DELETE FROM summary WHERE branch = $1",
    ] {
        sink.run(sql, vec![target.row.into()])?;
    }
    let Branch { scope, project, id } = target.branch;
    sink.run(
        "DELETE FROM llm_call WHERE scope = $1 AND project = $2 AND branch_uuid = $3",
        vec![scope.as_str().into(), (*project).into(), (*id).into()],
    )?;
    create(target, sink)
}
