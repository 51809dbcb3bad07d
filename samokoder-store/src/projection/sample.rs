//! A log that makes use of all statements.

use samokoder_core::{
    agent::{Role, Subject},
    budget::Spend,
    digest::Digest,
    project::{Change, Epic, Iteration, Step, Task, WorkspacePath},
    store::{
        AttemptId, Author, Branch, Commit, EffectId, EffectKind, EffectResult, Record, Scope, Seq, StoreError,
    },
};
use uuid::Uuid;

use super::{Row, Sink, Target, add, value::altered};

/// Gives `sink` each statement that [`add`] knows, so that a database can prepare for it. The values mean nothing.
pub(crate) fn statements(sink: &mut impl Sink) -> Result<(), StoreError> {
    let (id, digest) = (Uuid::nil(), Digest::of(b""));
    let branch = Branch { scope: Scope::default(), project: id.into(), id: id.into() };
    let target = Target { row: 0, branch: &branch, own_after: Seq::START };
    let rows = (1..).zip(records(id, digest)?);
    let rows: Vec<_> = rows.map(|(seq, record)| (Seq(seq), record)).collect();
    add(target, rows.iter().map(|(seq, record)| Row { seq: *seq, at_ms: 1, record }), sink)
}

fn records(id: Uuid, digest: Digest) -> Result<Vec<Record>, StoreError> {
    let path = WorkspacePath::parse("a").map_err(altered)?;
    let attempt = AttemptId { assignment: id.into(), attempt: 1 };
    let effect = EffectId { attempt, name: String::new(), nth: 0 };
    let intent =
        |kind| Record::Intent { effect: effect.clone(), kind, request: digest, reserved: Spend::default() };
    Ok(vec![
        Record::Commit(Commit { author: Author::Pipeline, changes: changes(id, digest, &path) }),
        Record::Started {
            id: attempt,
            role: Role::from_static(""),
            subject: Subject::from_static(""),
            base: Seq::START,
            input: digest,
        },
        intent(EffectKind::Call { model: "offline".parse().map_err(altered)?, template: None }),
        intent(EffectKind::Exec { command: Vec::new() }),
        Record::Outcome {
            effect: effect.clone(),
            result: EffectResult::Failed { message: String::new() },
            spent: Spend::default(),
        },
    ])
}

fn changes(id: Uuid, digest: Digest, path: &WorkspacePath) -> Vec<Change> {
    let text = String::new;
    let step = Step { id: id.into(), path: path.clone(), instruction: text() };
    vec![
        Change::PlanMade {
            epics: vec![Epic { id: id.into(), title: text(), description: text() }],
            tasks: vec![Task {
                id: id.into(),
                epic: id.into(),
                title: text(),
                description: text(),
                depends_on: Vec::new(),
                files: Vec::new(),
            }],
        },
        Change::StepsPlanned { task: id.into(), steps: vec![step.clone()] },
        Change::FileWritten {
            path: path.clone(),
            content: digest,
            size: 0,
            replaces: None,
            finishes: Some(id.into()),
        },
        Change::FileDeleted { path: path.clone(), replaces: digest },
        Change::IterationPlanned {
            iteration: Iteration { id: id.into(), diagnosis: text(), steps: vec![step] },
        },
    ]
}
