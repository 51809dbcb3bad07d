//! Many statements as one that is always the same.
//!
//! SQLite takes several times as long to prepare a statement as to run it, and hardly any two batches are made of the
//! same statements in the same order. So a connection gets each statement as a temporary trigger with a number, the
//! first time it is needed; a list of numbers and values, as JSON, then makes the triggers run in its order. The
//! statement that reads the list is prepared once.
//!
//! A trigger looks at every number to find its own: they are in groups, so that most of them are not asked.

use std::fmt::Write as _;

use samokoder_core::store::StoreError;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{error::Failure, rows::Rows};
use crate::projection::{self, Sink, Value, with_values};

/// Runs the operations of a list.
pub(super) const RUN: &str = "INSERT INTO operation SELECT value ->> 0, value FROM json_each($1)";

/// So many statements have a trigger that is asked first. About the root of how many there are.
const GROUP: usize = 6;

/// The statements that a connection has triggers for, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Known(Vec<&'static str>);

/// A list of operations.
#[derive(Debug)]
pub(super) struct Operations<'a> {
    known: &'a mut Known,
    /// Triggers that the connection does not have yet.
    triggers: String,
    /// Numbers of statements, each with its values.
    list: Rows,
}

impl<'a> Operations<'a> {
    /// An empty list for the connection that knows these.
    ///
    /// # Errors
    /// None that can be thought of: statements of which there are samples are these of this crate.
    pub(super) fn new(known: &'a mut Known) -> Result<Self, StoreError> {
        let is_first = known.0.is_empty();
        let mut this = Self { known, triggers: String::new(), list: Rows::new() };
        if is_first {
            // With each trigger that comes later, [`RUN`] is prepared again.
            projection::statements(&mut this)?;
            this.list = Rows::new();
        }
        Ok(this)
    }

    /// The list, as [`RUN`] takes it, when the connection has all triggers for it. No transaction may be open: if it
    /// ended without effect, so would they.
    pub(super) async fn prepare(self, connection: &mut SqliteConnection) -> Result<Rows, Failure> {
        if !self.triggers.is_empty() {
            // Made of nothing but literals of this crate and numbers.
            let triggers = format!("BEGIN;\n{}COMMIT", self.triggers);
            sqlx::raw_sql(AssertSqlSafe(triggers)).execute(connection).await?;
        }
        Ok(self.list)
    }

    fn number(&mut self, sql: &'static str, values: &[Value]) -> usize {
        if let Some(number) = self.known.0.iter().position(|known| *known == sql) {
            return number;
        }
        let number = self.known.0.len();
        self.known.0.push(sql);
        let group = number / GROUP;
        if number == 0 {
            self.define("CREATE TEMP VIEW operation (number, list) AS SELECT 0, ''");
        }
        if number.is_multiple_of(GROUP) {
            self.define(format_args!(
                "CREATE TEMP VIEW operation_{group} (number, list) AS SELECT 0, '';
                 CREATE TEMP TRIGGER group_{group} INSTEAD OF INSERT ON operation
                 WHEN NEW.number BETWEEN {number} AND {number} + {GROUP} - 1
                 BEGIN INSERT INTO operation_{group} VALUES (NEW.number, NEW.list); END"
            ));
        }
        let body = of_list(sql, values);
        self.define(format_args!(
            "CREATE TEMP TRIGGER operation_{number} INSTEAD OF INSERT ON operation_{group}
             WHEN NEW.number = {number} BEGIN {body}; END"
        ));
        number
    }

    fn define(&mut self, sql: impl std::fmt::Display) {
        // A string can be written to.
        let _ = writeln!(self.triggers, "{sql};");
    }
}

impl Sink for Operations<'_> {
    fn run(&mut self, sql: &'static str, values: Vec<Value>) -> Result<(), StoreError> {
        let number = self.number(sql, &values);
        self.list.push([Value::from(number as u64)].into_iter().chain(values))
    }
}

/// A statement of a trigger: `$1` is the value after the number, and bytes are hexadecimal there.
fn of_list(sql: &str, values: &[Value]) -> String {
    with_values(sql, |text, nth| {
        let _ = match nth.checked_sub(1).and_then(|at| values.get(at)) {
            Some(Value::Bytes(_)) => write!(text, "unhex(NEW.list ->> {nth})"),
            _ => write!(text, "(NEW.list ->> {nth})"),
        };
    })
}
