//! Contents by their hash.

use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    store::{Scope, StoreError, StoreErrorKind},
};
use sqlx::{PgConnection, Row as _};

use super::{
    error::{Failure, damaged},
    pack::unpack,
    text::escape,
};

/// Reads a content.
pub(super) async fn read(
    connection: &mut PgConnection,
    scope: &Scope,
    digest: Digest,
) -> Result<Bytes, Failure> {
    let row = sqlx::query("SELECT content FROM blob WHERE scope = $1 AND digest = $2")
        .bind(escape(scope.as_str()))
        .bind(&digest.as_bytes()[..])
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else {
        let message = format!("there is no content with hash {digest}");
        return Err(StoreError::new(StoreErrorKind::NotFound, "blob", message).into());
    };
    let altered = || damaged("blob", format_args!("the content with hash {digest} has another one"));
    let content = unpack(row.try_get(0)?).map_err(|_| altered())?;
    if Digest::of(&content) != digest {
        return Err(altered());
    }
    Ok(content.into())
}
