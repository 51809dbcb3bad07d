//! A branch in short.

use samokoder_core::{
    project::Change,
    store::{Record, Seq, StoreError},
};

use super::{Row, Sink, Target, Value, checksum, number};

/// Changes with each number in a row of `summary`, which a query knows as `$table`.
macro_rules! numbers {
    ($table:literal) => {
        $crate::projection::checksum::mixed!(
            $table:
            "applied" * 2,
            "created_ms" * 3,
            "updated_ms" * 5,
            "version" * 7,
            "specified" * 11,
            "title_checksum" * 13,
            "run_end_checksum" * 17,
            "tasks" * 19,
            "files" * 23,
            "money" * 29,
            "tokens" * 31,
            "calls" * 37,
        )
    };
}

/// Makes a row of `summary` valid as it is.
pub(super) fn seal(target: Target<'_>, sink: &mut impl Sink) -> Result<(), StoreError> {
    sink.run(
        concat!("UPDATE summary SET checksum = ", numbers!("summary"), " WHERE branch = $1"),
        vec![target.row.into()],
    )
}

/// How it is with the last sitting.
#[derive(Debug)]
enum Sitting {
    GoesOn,
    /// Why it ended, as JSON.
    Ended(String),
}

/// What some records add to it.
#[derive(Debug, Default)]
pub(super) struct Delta {
    applied: Option<Seq>,
    /// When the first record of the log was stored, if it is among them.
    created_ms: Option<u64>,
    updated_ms: u64,
    version: Option<Seq>,
    /// From the description: counts as long as there is no specification.
    described: Option<String>,
    specified: Option<String>,
    run_end: Option<Sitting>,
    tasks: Option<u64>,
    /// Picodollars, tokens, calls.
    spent: [u64; 3],
}

impl Delta {
    pub(super) fn add(&mut self, target: Target<'_>, row: Row<'_>) {
        self.applied = Some(row.seq);
        if row.seq == Seq::START.after(1) {
            self.created_ms = Some(row.at_ms);
        }
        self.updated_ms = row.at_ms;
        match row.record {
            Record::Commit(commit) => {
                self.version = Some(row.seq);
                commit.changes.iter().for_each(|change| self.change(change));
            }
            Record::RunStarted { .. } | Record::Forked { .. } => self.run_end = Some(Sitting::GoesOn),
            Record::RunEnded { end, .. } => {
                self.run_end = serde_json::to_string(end).ok().map(Sitting::Ended);
            }
            Record::Intent { reserved: spend, .. } | Record::Outcome { spent: spend, .. }
                if row.seq > target.own_after =>
            {
                let more = [spend.money.picodollars(), spend.tokens, spend.calls];
                for (sum, more) in self.spent.iter_mut().zip(more) {
                    *sum = sum.saturating_add(more);
                }
            }
            _ => {}
        }
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Described { description, name, .. } if self.specified.is_none() => {
                let line = || description.lines().next().unwrap_or_default().to_owned();
                self.described = Some(name.clone().unwrap_or_else(line));
            }
            Change::SpecificationWritten { specification } => {
                self.specified = Some(specification.name.clone());
            }
            Change::PlanMade { tasks, .. } => self.tasks = Some(tasks.len() as u64),
            _ => {}
        }
    }

    pub(super) fn write(self, target: Target<'_>, sink: &mut impl Sink) -> Result<(), StoreError> {
        let Some(applied) = self.applied else { return Ok(()) };
        let title = self.specified.as_deref().or(self.described.as_deref());
        let end = match &self.run_end {
            None | Some(Sitting::GoesOn) => None,
            Some(Sitting::Ended(end)) => Some(end.as_str()),
        };
        let mut values = vec![
            target.row.into(),
            applied.into(),
            self.updated_ms.into(),
            self.created_ms.into(),
            self.version.map(|seq| seq.0).into(),
            self.tasks.into(),
            title.into(),
            title.map(|title| checksum::text(Some(title))).into(),
            i64::from(self.specified.is_some()).into(),
            i64::from(self.run_end.is_some()).into(),
            end.into(),
            checksum::text(end).into(),
        ];
        values.extend(self.spent.map(|sum| Value::from(number(sum))));
        sink.run(WRITE, values)?;
        self.write_project(target, sink)
    }

    /// A project began with the first record of any of its branches.
    fn write_project(&self, target: Target<'_>, sink: &mut impl Sink) -> Result<(), StoreError> {
        let Some(created_ms) = self.created_ms.filter(|at_ms| *at_ms > 0) else { return Ok(()) };
        sink.run(
            "UPDATE project SET created_ms = $3
             WHERE scope = $1 AND project = $2 AND (created_ms = 0 OR created_ms > $3)",
            vec![target.branch.scope.as_str().into(), target.branch.project.into(), created_ms.into()],
        )
    }
}

/// All of it in one statement: each costs as much as what it writes.
const WRITE: &str = concat!(
    "UPDATE summary SET
         applied = later.applied, updated_ms = later.updated_ms, created_ms = later.created_ms, version = later.version,
         tasks = later.tasks, title = later.title, title_checksum = later.title_checksum, specified = later.specified,
         run_end = later.run_end, run_end_checksum = later.run_end_checksum, money = later.money, tokens = later.tokens,
         calls = later.calls, checksum = ",
    numbers!("later"),
    "
     FROM (
         SELECT $2 AS applied, $3 AS updated_ms, COALESCE($4, created_ms) AS created_ms,
             COALESCE($5, version) AS version, COALESCE($6, tasks) AS tasks, files,
             CASE WHEN $9 = 1 OR specified = 0 THEN COALESCE($7, title) ELSE title END AS title,
             CASE WHEN $9 = 1 OR specified = 0 THEN COALESCE($8, title_checksum) ELSE title_checksum END AS title_checksum,
             CASE WHEN $9 = 1 THEN 1 ELSE specified END AS specified,
             CASE WHEN $10 = 1 THEN $11 ELSE run_end END AS run_end,
             CASE WHEN $10 = 1 THEN $12 ELSE run_end_checksum END AS run_end_checksum,
             CASE WHEN money > 9223372036854775807 - $13 THEN 9223372036854775807 ELSE money + $13 END AS money,
             CASE WHEN tokens > 9223372036854775807 - $14 THEN 9223372036854775807 ELSE tokens + $14 END AS tokens,
             CASE WHEN calls > 9223372036854775807 - $15 THEN 9223372036854775807 ELSE calls + $15 END AS calls
         FROM summary WHERE branch = $1
     ) AS later
     WHERE summary.branch = $1"
);
