//! Many statements as one command.

use sqlx::{Arguments as _, AssertSqlSafe, Encode, Sqlite, SqliteConnection, Type, sqlite::SqliteArguments};

use super::error::Failure;

/// A longer text is not kept prepared: it would hardly come again.
const WORTH_KEEPING: usize = 4096;

/// Statements that are sent to the connection's thread in one go. Each turn of that thread costs two switches, which on
/// a busy machine is more than what a statement costs.
#[derive(Default)]
pub(super) struct Script {
    sql: String,
    arguments: SqliteArguments,
}

impl Script {
    /// Adds a statement, whose arguments follow.
    pub(super) fn statement(&mut self, sql: &'static str) -> &mut Self {
        self.sql.push_str(sql);
        self.sql.push_str(";\n");
        self
    }

    /// Adds the next argument of the last statement.
    pub(super) fn bind<'v>(
        &mut self,
        value: impl Encode<'v, Sqlite> + Type<Sqlite>,
    ) -> Result<&mut Self, Failure> {
        self.arguments.add(value).map_err(sqlx::Error::Encode)?;
        Ok(self)
    }

    /// Runs the statements in their order, up to the first that fails.
    pub(super) async fn run(self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        if self.sql.is_empty() {
            return Ok(());
        }
        let keep = self.sql.len() <= WORTH_KEEPING;
        // Made of nothing but literals of this crate.
        let sql = AssertSqlSafe(self.sql);
        sqlx::query_with(sql, self.arguments).persistent(keep).execute(connection).await?;
        Ok(())
    }
}
