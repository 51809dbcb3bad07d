//! Contents by their hash.

use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    store::{Scope, StoreError, StoreErrorKind},
};
use sqlx::{Row as _, SqliteConnection};

use super::{
    error::{Failure, damaged},
    script::Script,
};

/// Stores a content unless it is there.
pub(super) fn insert(script: &mut Script, scope: &Scope, content: &[u8]) -> Result<(), Failure> {
    script
        .statement(
            "INSERT INTO blob (scope, digest, content) VALUES (?, ?, ?) ON CONFLICT (scope, digest) DO NOTHING",
        )
        .bind(scope.as_str())?
        .bind(&Digest::of(content).as_bytes()[..])?
        .bind(content)?;
    Ok(())
}

/// Reads a content.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    scope: &Scope,
    digest: Digest,
) -> Result<Bytes, Failure> {
    let row = sqlx::query("SELECT content FROM blob WHERE scope = ? AND digest = ?")
        .bind(scope.as_str())
        .bind(&digest.as_bytes()[..])
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else {
        let message = format!("there is no content with hash {digest}");
        return Err(StoreError::new(StoreErrorKind::NotFound, "blob", message).into());
    };
    let content = Bytes::from(row.try_get::<Vec<u8>, _>(0)?);
    if Digest::of(&content) != digest {
        return Err(damaged("blob", format_args!("the content with hash {digest} has another one")));
    }
    Ok(content)
}
