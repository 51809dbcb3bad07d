//! Many statements as one command.

use std::fmt::Write as _;

use samokoder_core::store::{StoreError, StoreErrorKind};
use sqlx::{Arguments as _, AssertSqlSafe, Executor as _, SqliteConnection, sqlite::SqliteArguments};

use super::error::Failure;
use crate::projection::{Sink, Value, with_values};

/// A longer text is not kept prepared: it would hardly come again.
const WORTH_KEEPING: usize = 16 << 10;
/// A longer text is sent as several commands: SQLite copies what is left of it for each statement in it.
const LONG: usize = 64 << 10;

/// Statements that are sent to the connection's thread in one go. Each turn of that thread costs two switches, which on
/// a busy machine is more than what a statement costs.
#[derive(Default)]
pub(super) struct Script {
    /// All but the last one are long.
    commands: Vec<Command>,
}

#[derive(Default)]
struct Command {
    sql: String,
    arguments: SqliteArguments,
}

impl Script {
    /// Adds a statement without values.
    pub(super) fn statement(&mut self, sql: &'static str) {
        let command = self.last();
        command.sql.push_str(sql);
        command.sql.push_str(";\n");
    }

    /// Runs the statements in their order, up to the first that fails.
    pub(super) async fn execute(self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        for Command { sql, arguments } in self.commands {
            let keep = sql.len() <= WORTH_KEEPING;
            // Made of nothing but literals of this crate and numbers of parameters.
            let sql = AssertSqlSafe(sql);
            connection.execute(sqlx::query_with(sql, arguments).persistent(keep)).await?;
        }
        Ok(())
    }

    /// The command that the next statement belongs to.
    fn last(&mut self) -> &mut Command {
        if self.commands.last().is_none_or(|command| command.sql.len() > LONG) {
            self.commands.push(Command::default());
        }
        let last = self.commands.len() - 1;
        &mut self.commands[last]
    }
}

impl Sink for Script {
    fn run(&mut self, sql: &'static str, values: Vec<Value>) -> Result<(), StoreError> {
        // SQLite counts parameters in each statement, sqlx in all of them.
        let Command { sql: text, arguments } = self.last();
        let before = arguments.len();
        text.push_str(&with_values(sql, |text, number| {
            // A string can be written to.
            let _ = write!(text, "${}", before + number);
        }));
        text.push_str(";\n");
        values.into_iter().try_for_each(|value| add(arguments, value))
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
