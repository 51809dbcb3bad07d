//! Branches: their rows, creating and listing them.

use samokoder_core::store::{Branch, Scope, Seq, StoreError, StoreErrorKind};
use sqlx::{Row as _, SqliteConnection, sqlite::SqliteRow};

use super::{
    checksum::Checksum,
    error::{Failure, damaged},
    script::Script,
};

/// A branch as it is in the file.
pub(super) struct BranchRow {
    /// What other tables know it by.
    pub(super) id: i64,
    /// Of the newest lease.
    pub(super) epoch: i64,
    head: i64,
}

impl BranchRow {
    /// The last record.
    pub(super) fn head(&self) -> Seq {
        Seq(self.head.unsigned_abs())
    }

    /// Stores another epoch and another last record.
    pub(super) fn update(
        &self,
        script: &mut Script,
        branch: &Branch,
        epoch: i64,
        head: Seq,
    ) -> Result<(), Failure> {
        let head = number(head.0);
        script
            .statement("UPDATE branch SET epoch = ?, head = ?, checksum = ? WHERE id = ?")
            .bind(epoch)?
            .bind(head)?
            .bind(checksum(branch, epoch, head).bytes())?
            .bind(self.id)?;
        Ok(())
    }
}

/// A number as SQLite has it. What is larger than it can store is larger than anything stored.
pub(super) fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn checksum(branch: &Branch, epoch: i64, head: i64) -> Checksum {
    Checksum::of("branch")
        .text(branch.scope.as_str())
        .text(&branch.project.to_string())
        .text(&branch.id.to_string())
        .number(epoch)
        .number(head)
}

/// Finds a branch.
pub(super) async fn find(
    connection: &mut SqliteConnection,
    branch: &Branch,
    operation: &'static str,
) -> Result<BranchRow, Failure> {
    let row = sqlx::query(
        "SELECT id, epoch, head, checksum FROM branch WHERE scope = ? AND project = ? AND branch = ?",
    )
    .bind(branch.scope.as_str())
    .bind(branch.project.to_string())
    .bind(branch.id.to_string())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else {
        let message = format!("there is no branch {} of project {}", branch.id, branch.project);
        return Err(StoreError::new(StoreErrorKind::NotFound, operation, message).into());
    };
    let found = BranchRow { id: row.try_get(0)?, epoch: row.try_get(1)?, head: row.try_get(2)? };
    let stored: &[u8] = row.try_get(3)?;
    checksum(branch, found.epoch, found.head).verify(
        stored,
        operation,
        "the branch is not what was written",
    )?;
    Ok(found)
}

/// Makes a branch if it is not there.
pub(super) async fn create(connection: &mut SqliteConnection, branch: &Branch) -> Result<(), Failure> {
    sqlx::query(
        "INSERT INTO branch (scope, project, branch, epoch, head, checksum) VALUES (?, ?, ?, 0, 0, ?)
         ON CONFLICT (scope, project, branch) DO NOTHING",
    )
    .bind(branch.scope.as_str())
    .bind(branch.project.to_string())
    .bind(branch.id.to_string())
    .bind(checksum(branch, 0, 0).bytes())
    .execute(connection)
    .await?;
    Ok(())
}

/// The branches of a scope, oldest first.
pub(super) async fn list(connection: &mut SqliteConnection, scope: &Scope) -> Result<Vec<Branch>, Failure> {
    sqlx::query(
        "SELECT scope, project, branch, epoch, head, checksum FROM branch WHERE scope = ? ORDER BY id",
    )
    .bind(scope.as_str())
    .fetch_all(connection)
    .await?
    .iter()
    .map(|row| verified(row, "branches"))
    .collect()
}

/// Reads every branch of the file, to see whether all are what was written.
pub(super) async fn verify_all(connection: &mut SqliteConnection) -> Result<(), Failure> {
    let rows = sqlx::query("SELECT scope, project, branch, epoch, head, checksum FROM branch NOT INDEXED")
        .fetch_all(connection)
        .await?;
    rows.iter().try_for_each(|row| verified(row, "open").map(drop))
}

fn verified(row: &SqliteRow, operation: &'static str) -> Result<Branch, Failure> {
    let id = |column: usize| -> Result<uuid::Uuid, Failure> {
        let text: &str = row.try_get(column)?;
        text.parse().map_err(|_| damaged(operation, format_args!("{text:?} is no id")))
    };
    let branch =
        Branch { scope: Scope::new(row.try_get::<String, _>(0)?), project: id(1)?.into(), id: id(2)?.into() };
    let stored: &[u8] = row.try_get(5)?;
    checksum(&branch, row.try_get(3)?, row.try_get(4)?).verify(
        stored,
        operation,
        "a branch is not what was written",
    )?;
    Ok(branch)
}
