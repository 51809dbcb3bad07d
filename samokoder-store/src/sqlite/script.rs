//! Many statements as one command.

use std::fmt::Write as _;

use samokoder_core::store::{StoreError, StoreErrorKind};
use sqlx::{Arguments as _, AssertSqlSafe, Executor as _, SqliteConnection, sqlite::SqliteArguments};

use super::error::Failure;
use crate::projection::{Sink, Value};

/// A longer text is not kept prepared: it would hardly come again.
const WORTH_KEEPING: usize = 16 << 10;

/// Statements that are sent to the connection's thread in one go. Each turn of that thread costs two switches, which on
/// a busy machine is more than what a statement costs.
#[derive(Default)]
pub(super) struct Script {
    sql: String,
    arguments: SqliteArguments,
}

impl Script {
    /// Adds a statement without values.
    pub(super) fn statement(&mut self, sql: &'static str) {
        self.sql.push_str(sql);
        self.sql.push_str(";\n");
    }

    /// Runs the statements in their order, up to the first that fails.
    pub(super) async fn run(self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        if self.sql.is_empty() {
            return Ok(());
        }
        let keep = self.sql.len() <= WORTH_KEEPING;
        // Made of nothing but literals of this crate and numbers of parameters.
        let sql = AssertSqlSafe(self.sql);
        connection.execute(sqlx::query_with(sql, self.arguments).persistent(keep)).await?;
        Ok(())
    }
}

impl Sink for Script {
    fn run(&mut self, sql: &'static str, values: Vec<Value>) -> Result<(), StoreError> {
        // SQLite counts parameters in each statement, sqlx in all of them.
        let before = self.arguments.len();
        let mut parts = sql.split('$');
        self.sql.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = part.split_at(digits);
            let number = number.parse::<usize>().map_or(before, |number| before + number);
            // A string can be written to.
            let _ = write!(self.sql, "${number}{rest}");
        }
        self.sql.push_str(";\n");
        values.into_iter().try_for_each(|value| add(&mut self.arguments, value))
    }
}

/// Adds a value to the arguments of a statement.
fn add(arguments: &mut SqliteArguments, value: Value) -> Result<(), StoreError> {
    let added = match value {
        Value::Int(number) => arguments.add(number),
        Value::Text(text) => arguments.add(text),
        Value::Bytes(bytes) => arguments.add(bytes),
    };
    added.map_err(|error| {
        StoreError::new(StoreErrorKind::Unavailable, "encode", format!("a value can't be stored: {error}"))
    })
}

/// The values of one statement.
pub(super) fn arguments(values: Vec<Value>) -> Result<SqliteArguments, StoreError> {
    let mut arguments = SqliteArguments::default();
    values.into_iter().try_for_each(|value| add(&mut arguments, value))?;
    Ok(arguments)
}
