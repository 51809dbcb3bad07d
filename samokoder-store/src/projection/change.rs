//! Plans, steps and files: what commits change.

use samokoder_core::{
    project::{Change, Iteration, Step, Task},
    store::{Seq, StoreError, StoreErrorKind},
};

use super::{Sink, Target, checksum::sealed};

/// Adds the `nth` change of the commit `seq`.
pub(super) fn add(
    target: Target<'_>,
    seq: Seq,
    nth: i64,
    change: &Change,
    sink: &mut impl Sink,
) -> Result<(), StoreError> {
    let branch = target.row;
    match change {
        Change::PlanMade { epics, tasks } => {
            sink.run("DELETE FROM epic WHERE branch = $1", vec![branch.into()])?;
            sink.run("DELETE FROM task WHERE branch = $1", vec![branch.into()])?;
            for (nth, epic) in (0..).zip(epics) {
                let title = epic.title.as_str();
                let values = vec![
                    branch.into(),
                    i64::into(nth),
                    epic.id.into(),
                    title.into(),
                    epic.description.as_str().into(),
                ];
                sink.run(
                    "INSERT INTO epic (branch, nth, id, title, description, checksum)
                     VALUES ($1, $2, $3, $4, $5, $6)",
                    sealed("epic", values),
                )?;
            }
            (0..).zip(tasks).try_for_each(|(nth, task)| add_task(branch, nth, task, sink))
        }
        Change::StepsPlanned { task, steps } => {
            sink.run(
                "DELETE FROM step WHERE branch = $1 AND task = $2",
                vec![branch.into(), (*task).into()],
            )?;
            for (nth, step) in (0..).zip(steps) {
                let Step { id, path, instruction } = step;
                let values = vec![
                    branch.into(),
                    (*task).into(),
                    i64::into(nth),
                    (*id).into(),
                    path.as_str().into(),
                    instruction.as_str().into(),
                ];
                sink.run(
                    "INSERT INTO step (branch, task, nth, id, path, instruction, checksum)
                     VALUES ($1, $2, $3, $4, $5, $6, $7)",
                    sealed("step", values),
                )?;
            }
            Ok(())
        }
        Change::FileWritten { path, content, size, finishes, .. } => {
            sink.run(
                "UPDATE summary SET files = files + 1
                 WHERE branch = $1 AND NOT EXISTS (SELECT 1 FROM file WHERE branch = $1 AND path = $2)",
                vec![branch.into(), path.as_str().into()],
            )?;
            let values =
                vec![branch.into(), path.as_str().into(), (*content).into(), (*size).into(), seq.into()];
            sink.run(
                "INSERT INTO file (branch, path, content, size, seq, checksum) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (branch, path) DO UPDATE SET
                     content = excluded.content, size = excluded.size, seq = excluded.seq,
                     checksum = excluded.checksum",
                sealed("file", values),
            )?;
            let Some(step) = finishes else { return Ok(()) };
            sink.run(
                "INSERT INTO finished_step (branch, step, seq, checksum) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (branch, step) DO NOTHING",
                sealed("finished_step", vec![branch.into(), (*step).into(), seq.into()]),
            )
        }
        Change::FileDeleted { path, .. } => {
            let file = || vec![branch.into(), path.as_str().into()];
            sink.run(
                "UPDATE summary SET files = files - 1
                 WHERE branch = $1 AND EXISTS (SELECT 1 FROM file WHERE branch = $1 AND path = $2)",
                file(),
            )?;
            sink.run("DELETE FROM file WHERE branch = $1 AND path = $2", file())
        }
        Change::IterationPlanned { iteration } => add_iteration(branch, seq, nth, iteration, sink),
        _ => Ok(()),
    }
}

fn add_task(branch: i64, nth: i64, task: &Task, sink: &mut impl Sink) -> Result<(), StoreError> {
    let values = vec![
        branch.into(),
        nth.into(),
        task.id.into(),
        task.epic.into(),
        task.title.as_str().into(),
        task.description.as_str().into(),
        json(&task.depends_on)?.into(),
        json(&task.files)?.into(),
    ];
    sink.run(
        "INSERT INTO task (branch, nth, id, epic, title, description, depends_on, files, checksum)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        sealed("task", values),
    )
}

fn add_iteration(
    branch: i64,
    seq: Seq,
    nth: i64,
    iteration: &Iteration,
    sink: &mut impl Sink,
) -> Result<(), StoreError> {
    let diagnosis = iteration.diagnosis.as_str();
    let values = vec![branch.into(), seq.into(), nth.into(), iteration.id.into(), diagnosis.into()];
    sink.run(
        "INSERT INTO iteration (branch, seq, nth, id, diagnosis, checksum) VALUES ($1, $2, $3, $4, $5, $6)",
        sealed("iteration", values),
    )?;
    for (step_nth, step) in (0..).zip(&iteration.steps) {
        let values = vec![
            branch.into(),
            seq.into(),
            nth.into(),
            i64::into(step_nth),
            step.id.into(),
            step.path.as_str().into(),
            step.instruction.as_str().into(),
        ];
        sink.run(
            "INSERT INTO iteration_step (branch, seq, nth, step_nth, id, path, instruction, checksum)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            sealed("iteration_step", values),
        )?;
    }
    Ok(())
}

pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| {
        StoreError::new(StoreErrorKind::Damaged, "append", "a record has no JSON form").caused_by(error)
    })
}
