//! What is asked, and what the answers are.

mod call;
mod project;

pub(crate) use call::{Spending, call, calls};
pub(crate) use project::{
    BRANCHES, BranchSummary, FILES, PLAN, PROJECTS, Plan, branch_info, file, newest_first, on_branch,
    projects,
};

use super::value::{Columns, Value};
use samokoder_core::store::StoreError;

/// The columns of a row from one on, of these kinds: `i`nteger, `t`ext, `b`ytes.
fn values(row: &impl Columns, from: usize, kinds: &str) -> Result<Vec<Value>, StoreError> {
    (from..)
        .zip(kinds.chars())
        .map(|(column, kind)| {
            Ok(match kind {
                'i' => Value::Int(row.int(column)?),
                't' => Value::Text(row.text(column)?.map(Into::into)),
                _ => Value::Bytes(row.bytes(column)?.map(Into::into)),
            })
        })
        .collect()
}
