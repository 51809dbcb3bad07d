//! Attempts and what they do outside of the engine: calls to models, commands in the sandbox.

use samokoder_core::{
    agent::{Role, Subject},
    budget::Spend,
    digest::Digest,
    llm::Usage,
    store::{AttemptId, EffectId, EffectKind, EffectResult, StoreError},
};

use super::{
    Row, Sink, Target, Value,
    change::json,
    checksum::{self, sealed},
};

pub(super) fn started(
    target: Target<'_>,
    row: Row<'_>,
    id: AttemptId,
    role: &Role,
    subject: &Subject,
    sink: &mut impl Sink,
) -> Result<(), StoreError> {
    let role = role.as_str();
    sink.run(
        "INSERT INTO attempt (branch, assignment, attempt, seq, at_ms, role, role_checksum, subject)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (branch, assignment, attempt) DO UPDATE SET
             seq = excluded.seq, at_ms = excluded.at_ms, role = excluded.role,
             role_checksum = excluded.role_checksum, subject = excluded.subject",
        vec![
            target.row.into(),
            id.assignment.into(),
            id.attempt.into(),
            row.seq.into(),
            row.at_ms.into(),
            role.into(),
            checksum::text(Some(role)).into(),
            subject.as_str().into(),
        ],
    )
}

/// An effect's place in `open_effect`, with `$1` to `$5`.
fn place(target: Target<'_>, effect: &EffectId) -> Vec<Value> {
    let EffectId { attempt, name, nth } = effect;
    vec![
        target.row.into(),
        attempt.assignment.into(),
        attempt.attempt.into(),
        name.as_str().into(),
        (*nth).into(),
    ]
}

fn amounts(spend: Spend) -> [Value; 3] {
    [spend.money.picodollars().into(), spend.tokens.into(), spend.calls.into()]
}

pub(super) fn intent(
    target: Target<'_>,
    row: Row<'_>,
    effect: &EffectId,
    kind: &EffectKind,
    request: Digest,
    reserved: Spend,
    sink: &mut impl Sink,
) -> Result<(), StoreError> {
    let mut values = place(target, effect);
    values.extend([row.seq.into(), row.at_ms.into()]);
    values.extend(amounts(reserved));
    sink.run(
        "INSERT INTO open_effect (branch, assignment, attempt, name, nth, seq, at_ms, money, tokens, calls, checksum)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (branch, assignment, attempt, name, nth) DO UPDATE SET
             seq = excluded.seq, at_ms = excluded.at_ms, money = excluded.money, tokens = excluded.tokens,
             calls = excluded.calls, checksum = excluded.checksum",
        sealed("open_effect", values),
    )?;
    match kind {
        EffectKind::Call { model, template } => {
            let call = Call { model: model.to_string(), template: template.as_deref(), request };
            began(target, row, effect, &call, reserved, sink)
        }
        EffectKind::Exec { command } => {
            let mut values = place(target, effect);
            values.extend([row.seq.into(), row.at_ms.into(), json(command)?.into()]);
            values = sealed("exec_log", values);
            values.extend(sealed("ended", Came { status: "open", ..Came::default() }.ended()));
            sink.run(
                "INSERT INTO exec_log (branch, assignment, attempt, name, nth, seq, at_ms, command, checksum, status,
                                       payload, message, duration_ms, outcome_checksum)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
                values,
            )
        }
        _ => Ok(()),
    }
}

struct Call<'a> {
    model: String,
    template: Option<&'a str>,
    request: Digest,
}

fn began(
    target: Target<'_>,
    row: Row<'_>,
    effect: &EffectId,
    call: &Call<'_>,
    reserved: Spend,
    sink: &mut impl Sink,
) -> Result<(), StoreError> {
    let intent = vec![
        target.branch.scope.as_str().into(),
        row.at_ms.into(),
        target.branch.id.into(),
        row.seq.into(),
        target.branch.project.into(),
        effect.attempt.assignment.into(),
        effect.attempt.attempt.into(),
        effect.name.as_str().into(),
        effect.nth.into(),
        call.model.as_str().into(),
        call.template.into(),
        call.request.into(),
    ];
    let mut values = sealed("llm_call", intent);
    values.push(target.row.into());
    values.extend(came_of(&Came { status: "open", spent: reserved, ..Came::default() }));
    sink.run(
        "INSERT INTO llm_call (scope, at_ms, branch_uuid, seq, project, assignment, attempt, name, nth, model,
                               template, request, checksum, role, role_checksum, status, payload, message,
                               duration_ms, input, cached_input, cache_write, cache_write_long, output, reasoning,
                               money, tokens, calls, outcome_checksum)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
                 (SELECT role FROM attempt WHERE branch = $14 AND assignment = $6 AND attempt = $7),
                 (SELECT role_checksum FROM attempt WHERE branch = $14 AND assignment = $6 AND attempt = $7),
                 $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28)",
        values,
    )
}

/// What came of an effect.
#[derive(Default)]
struct Came<'a> {
    status: &'a str,
    payload: Option<Digest>,
    message: Option<String>,
    duration_ms: Option<u64>,
    usage: Option<Usage>,
    spent: Spend,
}

impl Came<'_> {
    fn of(result: &EffectResult, spent: Spend) -> Self {
        let failed = |message| Self { status: "failed", message: Some(message), spent, ..Self::default() };
        match result {
            EffectResult::Done { payload, usage, duration_ms } => Self {
                status: "done",
                payload: Some(*payload),
                duration_ms: Some(*duration_ms),
                usage: *usage,
                spent,
                ..Self::default()
            },
            EffectResult::CallFailed { error } => failed(error.to_string()),
            EffectResult::ExecFailed { error } => failed(error.to_string()),
            EffectResult::Failed { message } => failed(message.clone()),
            _ => failed(format!("{result:?}")),
        }
    }
}

impl Came<'_> {
    /// Four columns of `exec_log`, from `status` on.
    fn ended(&self) -> Vec<Value> {
        vec![self.status.into(), self.payload.into(), self.message.clone().into(), self.duration_ms.into()]
    }
}

/// Fourteen columns of `llm_call`, from `status` on.
fn came_of(came: &Came<'_>) -> Vec<Value> {
    let of = |part: fn(Usage) -> u64| Value::from(came.usage.map(part));
    let mut values = came.ended();
    values.extend([
        of(|usage| usage.input),
        of(|usage| usage.cached_input),
        of(|usage| usage.cache_write),
        of(|usage| usage.cache_write_long),
        of(|usage| usage.output),
        of(|usage| usage.reasoning),
    ]);
    values.extend(amounts(came.spent));
    sealed("outcome", values)
}

pub(super) fn outcome(
    target: Target<'_>,
    effect: &EffectId,
    result: &EffectResult,
    spent: Spend,
    sink: &mut impl Sink,
) -> Result<(), StoreError> {
    let came = Came::of(result, spent);
    sink.run(
        "UPDATE summary SET money = summary.money - open_effect.money, tokens = summary.tokens - open_effect.tokens,
                            calls = summary.calls - open_effect.calls
         FROM open_effect
         WHERE open_effect.branch = $1 AND open_effect.assignment = $2 AND open_effect.attempt = $3
           AND open_effect.name = $4 AND open_effect.nth = $5 AND summary.branch = $1",
        place(target, effect),
    )?;
    // What failed says what it was. Only a call has a usage; one of which nothing is known looks for its row in both.
    let (is_call, is_exec) = match result {
        EffectResult::Done { usage: Some(_), .. } | EffectResult::CallFailed { .. } => (true, false),
        EffectResult::ExecFailed { .. } => (false, true),
        _ => (true, true),
    };
    if is_call {
        let mut values = place(target, effect);
        values.extend([target.branch.scope.as_str().into(), target.branch.id.into()]);
        values.extend(came_of(&came));
        sink.run(
            "UPDATE llm_call SET status = $8, payload = $9, message = $10, duration_ms = $11, input = $12,
                    cached_input = $13, cache_write = $14, cache_write_long = $15, output = $16, reasoning = $17,
                    money = $18, tokens = $19, calls = $20, outcome_checksum = $21
             FROM open_effect
             WHERE open_effect.branch = $1 AND open_effect.assignment = $2 AND open_effect.attempt = $3
               AND open_effect.name = $4 AND open_effect.nth = $5
               AND llm_call.scope = $6 AND llm_call.at_ms = open_effect.at_ms AND llm_call.branch_uuid = $7
               AND llm_call.seq = open_effect.seq",
            values,
        )?;
    }
    if is_exec {
        let mut values = place(target, effect);
        values.extend(sealed("ended", came.ended()));
        sink.run(
            "UPDATE exec_log SET status = $6, payload = $7, message = $8, duration_ms = $9, outcome_checksum = $10
             FROM open_effect
             WHERE open_effect.branch = $1 AND open_effect.assignment = $2 AND open_effect.attempt = $3
               AND open_effect.name = $4 AND open_effect.nth = $5
               AND exec_log.branch = $1 AND exec_log.seq = open_effect.seq",
            values,
        )?;
    }
    sink.run(
        "DELETE FROM open_effect WHERE branch = $1 AND assignment = $2 AND attempt = $3 AND name = $4 AND nth = $5",
        place(target, effect),
    )
}
