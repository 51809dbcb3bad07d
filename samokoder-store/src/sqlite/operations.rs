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
    /// Statements that the connection has no triggers for yet: their numbers follow.
    new: Vec<&'static str>,
    /// What makes these triggers.
    triggers: String,
    /// Numbers of statements, each with its values.
    list: Rows,
}

impl<'a> Operations<'a> {
    /// An empty list for the connection that knows these.
    ///
    /// # Errors
    /// None, as far as the samples of this crate are records.
    pub(super) fn new(known: &'a mut Known) -> Result<Self, StoreError> {
        let is_first = known.0.is_empty();
        let mut this = Self::empty(known);
        if is_first {
            // With each trigger that comes later, [`RUN`] is prepared again.
            projection::statements(&mut this)?;
            this.list = Rows::default();
        }
        Ok(this)
    }

    fn empty(known: &'a mut Known) -> Self {
        Self { known, new: Vec::new(), triggers: String::new(), list: Rows::default() }
    }

    /// The list, as [`RUN`] takes it, when the connection has all triggers for it. No transaction may be open: if it
    /// ended without effect, so would they.
    pub(super) async fn prepare(self, connection: &mut SqliteConnection) -> Result<Rows, Failure> {
        if !self.triggers.is_empty() {
            // Made of nothing but literals of this crate and numbers.
            let triggers = format!("BEGIN;\n{}COMMIT", self.triggers);
            sqlx::raw_sql(AssertSqlSafe(triggers)).execute(connection).await?;
            self.known.0.extend(self.new);
        }
        Ok(self.list)
    }

    fn number(&mut self, sql: &'static str, values: &[Value]) -> usize {
        let mut all = self.known.0.iter().chain(&self.new);
        if let Some(number) = all.position(|known| *known == sql) {
            return number;
        }
        let number = self.known.0.len() + self.new.len();
        self.new.push(sql);
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
        self.list.push([Value::from(number as u64)].into_iter().chain(values));
        Ok(())
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

#[cfg(test)]
mod tests {
    use sqlx::{ConnectOptions as _, Row as _, sqlite::SqliteConnectOptions};

    use super::*;

    /// Inserts into the table `t` what stands in the list.
    async fn run(connection: &mut SqliteConnection, known: &mut Known, rows: &[(&'static str, Vec<Value>)]) {
        let mut operations = Operations::empty(known);
        for (sql, values) in rows {
            operations.run(sql, values.clone()).unwrap();
        }
        let Value::Text(list) = operations.prepare(connection).await.ok().unwrap().into() else { panic!() };
        sqlx::query(RUN).bind(list).execute(connection).await.unwrap();
    }

    #[tokio::test]
    async fn operations_run_in_their_order_with_any_value() {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        sqlx::query("CREATE TABLE t (number INTEGER, text TEXT, bytes BLOB) STRICT")
            .execute(&mut connection)
            .await
            .unwrap();
        let insert = "INSERT INTO t (number, text, bytes) VALUES ($1, $2, $3)";
        let replace = "UPDATE t SET number = number + $1 WHERE text = $2";
        let text = "a \"quoted\" text\0 with \u{1f600}, a NUL and\na line";
        let values = |number: i64| vec![number.into(), text.into(), vec![0, 1, 255].into()];
        let add = |number: i64| vec![number.into(), text.into()];
        let mut known = Known::default();
        for _ in 0..2 {
            let rows = [
                (insert, values(i64::MAX - 2)),
                (replace, add(1)),
                (replace, add(1)),
                (insert, values(i64::MIN)),
            ];
            sqlx::query("DELETE FROM t").execute(&mut connection).await.unwrap();
            run(&mut connection, &mut known, &rows).await;
            let found = sqlx::query("SELECT number, text, bytes FROM t ORDER BY number")
                .fetch_all(&mut connection)
                .await
                .unwrap();
            let numbers: Vec<i64> = found.iter().map(|row| row.get(0)).collect();
            assert_eq!(numbers, [i64::MIN, i64::MAX]);
            assert_eq!(found[0].get::<&str, _>(1), text);
            assert_eq!(found[0].get::<&[u8], _>(2), [0, 1, 255]);
        }
        assert_eq!(known.0.len(), 2, "each statement is made known once");
    }

    #[tokio::test]
    async fn a_list_that_is_given_up_makes_nothing_known() {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        sqlx::query("CREATE TABLE t (number INTEGER) STRICT").execute(&mut connection).await.unwrap();
        let mut known = Known::default();
        let one = || ("INSERT INTO t VALUES ($1)", vec![1_i64.into()]);
        let (sql, values) = one();
        Operations::empty(&mut known).run(sql, values).unwrap();
        run(&mut connection, &mut known, &[one()]).await;
        let found = sqlx::query("SELECT number FROM t").fetch_all(&mut connection).await.unwrap();
        assert_eq!(found.len(), 1);
    }

    #[tokio::test]
    async fn nulls_stay_nulls_and_an_empty_list_does_nothing() {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        sqlx::query("CREATE TABLE t (text TEXT, bytes BLOB) STRICT").execute(&mut connection).await.unwrap();
        let mut known = Known::default();
        let none = vec![Value::Text(None), Value::Bytes(None)];
        run(&mut connection, &mut known, &[("INSERT INTO t VALUES ($1, $2)", none)]).await;
        run(&mut connection, &mut known, &[]).await;
        let found = sqlx::query("SELECT text, bytes FROM t").fetch_all(&mut connection).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].get::<Option<&str>, _>(0), found[0].get::<Option<&[u8]>, _>(1)), (None, None));
    }
}
