//! What can be asked in SQL: statements and rows of [`projection`](crate::projection) in PostgreSQL's terms.

use samokoder_core::store::{Branch, Seq, StoreError, Stored};
use sqlx::{Column as _, PgConnection, Row as _, TypeInfo as _, postgres::PgRow};

use super::{
    branch,
    connection::{begin, finish},
    error::Failure,
    log,
    text::{escape, unescape},
};
use crate::projection::{self, Columns, Row, Sink, Target, Value};

/// Records that are read at once.
const PAGE: usize = 1000;

/// Statements in the order in which they are to be run.
#[derive(Debug, Default)]
pub(super) struct Statements(Vec<(&'static str, Vec<Value>)>);

impl Sink for Statements {
    fn run(&mut self, sql: &'static str, values: Vec<Value>) -> Result<(), StoreError> {
        self.0.push((sql, values));
        Ok(())
    }
}

impl Statements {
    /// Runs them, in a transaction.
    pub(super) async fn run(self, connection: &mut PgConnection) -> Result<(), Failure> {
        for (sql, values) in self.0 {
            bind(sql, &values).execute(&mut *connection).await?;
        }
        Ok(())
    }
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
