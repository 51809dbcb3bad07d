//! Calls to models, and what they have cost.

use std::collections::BTreeMap;

use samokoder_core::{
    agent::Role,
    budget::Spend,
    llm::{Money, Usage},
    store::{AttemptId, Branch, CallQuery, CallRow, CallStatus, EffectId, Scope, Seq, SpendRow, StoreError},
};

use super::{
    super::{
        checksum,
        value::{Columns, Value, altered, number},
    },
    values,
};

macro_rules! columns {
    () => {
        "SELECT scope, at_ms, branch_uuid, seq, project, assignment, attempt, name, nth, model, template, request,
                checksum, status, payload, message, duration_ms, input, cached_input, cache_write,
                cache_write_long, output, reasoning, money, tokens, calls, outcome_checksum, role, role_checksum
         FROM llm_call "
    };
}

/// Calls of a scope, the newest first. The order is that of the key: nothing is sorted.
pub(crate) const CALLS: &str = concat!(
    columns!(),
    "WHERE scope = $1 AND at_ms >= $2 AND at_ms <= $3 AND (at_ms, branch_uuid, seq) < ($4, $5, $6)
     ORDER BY at_ms DESC, branch_uuid DESC, seq DESC LIMIT $7"
);

/// The same for one project, which is `$8`.
pub(crate) const CALLS_OF_PROJECT: &str = concat!(
    columns!(),
    "WHERE scope = $1 AND project = $8 AND at_ms >= $2 AND at_ms <= $3 AND (at_ms, branch_uuid, seq) < ($4, $5, $6)
     ORDER BY at_ms DESC, branch_uuid DESC, seq DESC LIMIT $7"
);

/// The statement for a query, with its values.
pub(crate) fn calls(scope: &Scope, query: CallQuery) -> (&'static str, Vec<Value>) {
    let (at_ms, branch, seq) = match query.before {
        Some((at_ms, branch, seq)) => (number(at_ms), branch.to_string(), number(seq.0)),
        None => (i64::MAX, "~".into(), 0),
    };
    let last = query.until_ms.checked_sub(1).map_or(-1, number);
    let mut values = vec![
        scope.as_str().into(),
        query.since_ms.into(),
        last.into(),
        at_ms.into(),
        branch.into(),
        seq.into(),
        (query.limit as u64).into(),
    ];
    match query.project {
        None => (CALLS, values),
        Some(project) => {
            values.push(project.into());
            (CALLS_OF_PROJECT, values)
        }
    }
}

/// A row that [`CALLS`] found.
pub(crate) fn call(row: &impl Columns) -> Result<CallRow, StoreError> {
    checksum::verify("llm_call", &values(row, 0, "titittitittbi")?)?;
    checksum::verify("outcome", &values(row, 13, "tbtiiiiiiiiiii")?)?;
    let role = row.text(27)?;
    if row.int(28)? != role.map(|role| checksum::text(Some(role))) {
        return Err(altered("the role of a call is not what was written"));
    }
    let branch = Branch { scope: Scope::new(row.word(0)?), project: row.parsed(4)?, id: row.parsed(2)? };
    let attempt = u32::try_from(row.number(6)?).map_err(|_| altered("an attempt's number is too large"))?;
    let nth = u32::try_from(row.number(8)?).map_err(|_| altered("an effect's number is too large"))?;
    let effect = EffectId {
        attempt: AttemptId { assignment: row.parsed(5)?, attempt },
        name: row.word(7)?.into(),
        nth,
    };
    let request = row.digest(11)?.ok_or_else(|| altered("a call has no request"))?;
    let spent = Spend {
        money: Money::from_picodollars(row.number(23)?),
        tokens: row.number(24)?,
        calls: row.number(25)?,
    };
    let place = (Seq(row.number(3)?), row.number(1)?);
    let mut call = CallRow::new(branch, place, effect, row.parsed(9)?, request, spent);
    call.role = role.map(Role::new);
    call.template = row.text(10)?.map(Into::into);
    call.status = status(row)?;
    call.duration_ms = row.int(16)?.map(|_| row.number(16)).transpose()?;
    call.usage = row.int(17)?.map(|_| usage(row)).transpose()?;
    Ok(call)
}

fn status(row: &impl Columns) -> Result<CallStatus, StoreError> {
    Ok(match (row.word(13)?, row.digest(14)?, row.text(15)?) {
        ("open", ..) => CallStatus::Open,
        ("done", Some(payload), _) => CallStatus::Done { payload },
        ("failed", _, Some(message)) => CallStatus::Failed { message: message.into() },
        _ => return Err(altered("a call has no status")),
    })
}

fn usage(row: &impl Columns) -> Result<Usage, StoreError> {
    Ok(Usage {
        input: row.number(17)?,
        cached_input: row.number(18)?,
        cache_write: row.number(19)?,
        cache_write_long: row.number(20)?,
        output: row.number(21)?,
        reasoning: row.number(22)?,
    })
}

/// Sums up calls.
#[derive(Debug, Default)]
pub(crate) struct Spending(BTreeMap<(String, Option<Role>), SpendRow>);

impl Spending {
    /// Adds a call.
    pub(crate) fn add(&mut self, call: CallRow) {
        let row = self.0.entry((call.model.to_string(), call.role.clone())).or_insert_with(|| SpendRow {
            model: call.model,
            role: call.role,
            usage: Usage::default(),
            spent: Spend::default(),
        });
        row.usage += call.usage.unwrap_or_default();
        row.spent += call.spent;
    }

    /// The sums, by model and agent.
    pub(crate) fn rows(self) -> Vec<SpendRow> {
        self.0.into_values().collect()
    }
}
