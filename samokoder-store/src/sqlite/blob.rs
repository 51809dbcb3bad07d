//! Contents by their hash.

use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    store::{Scope, StoreError, StoreErrorKind},
};
use sqlx::{Row as _, SqliteConnection};

use super::{
    error::{Failure, damaged},
    log::now_ms,
    script::Script,
};
use crate::{
    compress::{Codec, compress, decompress},
    projection::Sink as _,
};

/// A content in the form in which it is stored.
#[derive(Debug)]
pub(super) struct Stored {
    digest: Digest,
    codec: Codec,
    size: usize,
    content: Vec<u8>,
}

impl Stored {
    pub(super) fn new(content: &[u8]) -> Self {
        let (codec, stored) = compress(content);
        Self { digest: Digest::of(content), codec, size: content.len(), content: stored.into_owned() }
    }

    /// Stores it. Of one that is there it is noted that somebody needs it.
    pub(super) fn insert(&self, script: &mut Script, scope: &Scope) -> Result<(), StoreError> {
        script.run(
            "INSERT INTO blob (scope, digest, stored_ms, codec, size, content) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (scope, digest) DO UPDATE SET stored_ms = excluded.stored_ms",
            vec![
                scope.as_str().into(),
                self.digest.into(),
                now_ms().into(),
                self.codec.number().into(),
                (self.size as u64).into(),
                self.content.clone().into(),
            ],
        )
    }
}

/// Reads a content.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    scope: &Scope,
    digest: Digest,
) -> Result<Bytes, Failure> {
    let row = sqlx::query("SELECT codec, size, content FROM blob WHERE scope = $1 AND digest = $2")
        .bind(scope.as_str())
        .bind(&digest.as_bytes()[..])
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else {
        let message = format!("there is no content with hash {digest}");
        return Err(StoreError::new(StoreErrorKind::NotFound, "blob", message).into());
    };
    unpack((row.try_get(0)?, row.try_get(1)?), row.try_get(2)?)
        .filter(|content| Digest::of(content) == digest)
        .map(Bytes::from)
        .ok_or_else(|| damaged("blob", format_args!("the content with hash {digest} has another one")))
}

/// What was stored with this codec and size; nothing when that can't be.
pub(super) fn unpack((codec, size): (i64, i64), stored: Vec<u8>) -> Option<Vec<u8>> {
    decompress(Codec::from_number(codec)?, stored, usize::try_from(size).ok()?).ok()
}
