//! What can be asked in SQL: statements and rows of [`projection`](crate::projection) in PostgreSQL's terms.

use std::fmt::Write as _;

use samokoder_core::store::{Branch, Seq, StoreError, Stored};
use sqlx::{Column as _, PgConnection, Row as _, TypeInfo as _, postgres::PgRow};

use super::{
    branch,
    connection::{begin, finish},
    error::Failure,
    log,
    text::{escape, unescape},
};
use crate::projection::{self, Columns, Row, Sink, Target, Value, hexadecimal, with_values};

/// Records that are read at once.
const PAGE: usize = 1000;

/// Statements in the order in which they are to be run, as `samokoder_run` takes them.
#[derive(Debug, Default)]
pub(super) struct Statements {
    pub(super) sql: Vec<String>,
    /// The values of each, written as an array.
    pub(super) values: Vec<String>,
}

impl Sink for Statements {
    fn run(&mut self, sql: &'static str, values: Vec<Value>) -> Result<(), StoreError> {
        self.sql.push(of_one_array(sql, &values));
        self.values.push(array(&values));
        Ok(())
    }
}

impl Statements {
    /// Runs them, in a transaction.
    pub(super) async fn run(self, connection: &mut PgConnection) -> Result<(), Failure> {
        sqlx::query("SELECT samokoder_run($1, $2)")
            .bind(self.sql)
            .bind(self.values)
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// A statement whose values are elements of `$1`.
fn of_one_array(sql: &'static str, values: &[Value]) -> String {
    with_values(sql, |text, nth| {
        let kind = match nth.checked_sub(1).and_then(|at| values.get(at)) {
            Some(Value::Int(_)) => "bigint",
            Some(Value::Bytes(_)) => "bytea",
            Some(Value::Text(_)) | None => "text",
        };
        // A string can be written to.
        let _ = write!(text, "$1[{nth}]::{kind}");
    })
}

/// Values as PostgreSQL writes an array of text.
fn array(values: &[Value]) -> String {
    let texts = values.iter().map(|value| match value {
        Value::Int(number) => number.map(|number| number.to_string()),
        Value::Text(text) => text.as_deref().map(|text| quoted(&escape(text))),
        Value::Bytes(bytes) => bytes.as_deref().map(|bytes| quoted(&format!("\\x{}", hexadecimal(bytes)))),
    });
    let texts: Vec<_> = texts.map(|text| text.unwrap_or_else(|| "NULL".into())).collect();
    format!("{{{}}}", texts.join(","))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn bind<'q>(
    sql: &'static str,
    values: &'q [Value],
) -> sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments> {
    values.iter().fold(sqlx::query(sql), |query, value| match value {
        Value::Int(number) => query.bind(*number),
        Value::Text(text) => query.bind(text.as_deref().map(escape)),
        Value::Bytes(bytes) => query.bind(bytes.as_deref()),
    })
}

/// Runs a query.
pub(super) async fn fetch(
    connection: &mut PgConnection,
    sql: &'static str,
    values: &[Value],
) -> Result<Vec<Cells>, Failure> {
    let rows = bind(sql, values).fetch_all(connection).await?;
    rows.iter().map(Cells::read).collect()
}

/// The columns of a row.
#[derive(Debug)]
pub(super) struct Cells(Vec<Value>);

impl Cells {
    fn read(row: &PgRow) -> Result<Self, Failure> {
        let cells = row.columns().iter().enumerate().map(|(at, column)| {
            Ok(match column.type_info().name() {
                "INT8" => Value::Int(row.try_get(at)?),
                "BYTEA" => Value::Bytes(row.try_get(at)?),
                _ => Value::Text(row.try_get::<Option<&str>, _>(at)?.map(unescape)),
            })
        });
        Ok(Self(cells.collect::<Result<_, sqlx::Error>>()?))
    }
}

impl Columns for Cells {
    fn int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get(column) {
            Some(Value::Int(number)) => Ok(*number),
            _ => Err(projection::altered(format_args!("column {column} of a row is no number"))),
        }
    }

    fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(text.as_deref()),
            _ => Err(projection::altered(format_args!("column {column} of a row is no text"))),
        }
    }

    fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        match self.0.get(column) {
            Some(Value::Bytes(bytes)) => Ok(bytes.as_deref()),
            _ => Err(projection::altered(format_args!("column {column} of a row is no string of bytes"))),
        }
    }
}

/// Statements that add records to the tables of a branch.
pub(super) fn adding(target: Target<'_>, records: &[Stored]) -> Result<Statements, StoreError> {
    let mut statements = Statements::default();
    let rows =
        records.iter().map(|stored| Row { seq: stored.seq, at_ms: stored.at_ms, record: &stored.record });
    projection::add(target, rows, &mut statements)?;
    Ok(statements)
}

/// Writes the tables of a branch anew, from its log. In a transaction that has its row.
pub(super) async fn refill(connection: &mut PgConnection, target: Target<'_>) -> Result<(), Failure> {
    let mut statements = Statements::default();
    projection::clear(target, &mut statements)?;
    statements.run(connection).await?;
    let mut after = Seq::START;
    loop {
        let page = log::read(connection, target.branch, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = last.seq;
        adding(target, &page)?.run(connection).await?;
    }
}

/// Writes the tables of a branch anew, from its log.
pub(super) async fn rebuild(connection: &mut PgConnection, branch: &Branch) -> Result<(), Failure> {
    let line = branch::line(connection, branch, "rebuild").await?;
    let target = line.target(branch);
    begin(connection).await?;
    // Nobody appends in between.
    sqlx::query("SELECT FROM branch WHERE id = $1 FOR NO KEY UPDATE")
        .bind(target.row)
        .execute(&mut *connection)
        .await?;
    let outcome = refill(connection, target).await;
    finish(connection, outcome).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_one_array_of_values() {
        let values = [1_i64.into(), Value::Text(None), "a \\ \"b\", {c}".into(), vec![0x0f, 0xa0].into()];
        assert_eq!(array(&values), r#"{1,NULL,"a \\ \"b\", {c}","\\x0fa0"}"#);
        let sql = "UPDATE file SET path = COALESCE($2, $3), content = $4 WHERE branch = $1";
        assert_eq!(
            of_one_array(sql, &values),
            "UPDATE file SET path = COALESCE($1[2]::text, $1[3]::text), content = $1[4]::bytea WHERE branch = $1[1]::bigint"
        );
    }
}
