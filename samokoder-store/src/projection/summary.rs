//! A branch in short.

use samokoder_core::{
    project::Change,
    store::{Record, Seq, StoreError},
};

use super::{Row, Sink, Target, Value, checksum, number};

/// Changes with each number in a row of `summary`.
macro_rules! numbers {
    () => {
        $crate::projection::checksum::mixed!(
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
        concat!("UPDATE summary SET checksum = ", numbers!(), " WHERE branch = $1"),
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
    created_ms: u64,
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
        if self.created_ms == 0 {
            self.created_ms = row.at_ms;
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
        self.write_times(target, applied, sink)?;
        self.write_words(target, sink)?;
        self.write_spent(target, sink)?;
        seal(target, sink)
    }

    fn write_times(&self, target: Target<'_>, applied: Seq, sink: &mut impl Sink) -> Result<(), StoreError> {
        sink.run(
            "UPDATE summary SET applied = $2, updated_ms = $3, version = COALESCE($4, version),
                                tasks = COALESCE($5, tasks),
                                created_ms = CASE WHEN created_ms = 0 THEN $6 ELSE created_ms END
             WHERE branch = $1",
            vec![
                target.row.into(),
                applied.into(),
                self.updated_ms.into(),
                self.version.map(|seq| seq.0).into(),
                self.tasks.into(),
                self.created_ms.into(),
            ],
        )?;
        sink.run(
            "UPDATE project SET created_ms = $3
             WHERE scope = $1 AND project = $2 AND (created_ms = 0 OR created_ms > $3)
               AND EXISTS (SELECT 1 FROM summary WHERE branch = $4 AND created_ms = $3)",
            vec![
                target.branch.scope.as_str().into(),
                target.branch.project.into(),
                self.created_ms.into(),
                target.row.into(),
            ],
        )
    }

    fn write_words(&self, target: Target<'_>, sink: &mut impl Sink) -> Result<(), StoreError> {
        let title = self.specified.as_deref().or(self.described.as_deref());
        if let Some(title) = title {
            sink.run(
                "UPDATE summary SET title = $2, title_checksum = $3,
                                    specified = CASE WHEN $4 = 1 THEN 1 ELSE specified END
                 WHERE branch = $1 AND ($4 = 1 OR specified = 0)",
                vec![
                    target.row.into(),
                    title.into(),
                    checksum::text(Some(title)).into(),
                    i64::from(self.specified.is_some()).into(),
                ],
            )?;
        }
        let end = match &self.run_end {
            None => return Ok(()),
            Some(Sitting::GoesOn) => None,
            Some(Sitting::Ended(end)) => Some(end.as_str()),
        };
        sink.run(
            "UPDATE summary SET run_end = $2, run_end_checksum = $3 WHERE branch = $1",
            vec![target.row.into(), end.into(), checksum::text(end).into()],
        )
    }

    fn write_spent(&self, target: Target<'_>, sink: &mut impl Sink) -> Result<(), StoreError> {
        if self.spent == [0; 3] {
            return Ok(());
        }
        let spent = self.spent.map(|sum| Value::from(number(sum)));
        sink.run(
            "UPDATE summary SET
                 money = CASE WHEN money > 9223372036854775807 - $2 THEN 9223372036854775807 ELSE money + $2 END,
                 tokens = CASE WHEN tokens > 9223372036854775807 - $3 THEN 9223372036854775807 ELSE tokens + $3 END,
                 calls = CASE WHEN calls > 9223372036854775807 - $4 THEN 9223372036854775807 ELSE calls + $4 END
             WHERE branch = $1",
            std::iter::once(target.row.into()).chain(spent).collect(),
        )
    }
}
