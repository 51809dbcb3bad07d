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
    rows::Rows,
};
use crate::{
    compress::{Codec, Compressor, decompress},
    projection::Sink,
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
    pub(super) fn new(content: &[u8], compressor: &mut Compressor) -> Self {
        let (codec, stored) = compressor.compress(content);
        Self { digest: Digest::of(content), codec, size: content.len(), content: stored.into_owned() }
    }
}

/// Contents that one statement stores, in bytes: SQLite takes no value of a gigabyte.
const TOGETHER: usize = 64 << 20;

/// Stores contents. Of those that are there it is noted that somebody needs them.
///
/// However many there are, the statement is the same, and there is one as long as they aren't large.
pub(super) fn insert(blobs: &[Stored], scope: &Scope, sink: &mut impl Sink) -> Result<(), StoreError> {
    let mut rest = blobs;
    loop {
        let (mut rows, mut contents) = (Rows::default(), Vec::new());
        while let Some((blob, others)) = rest.split_first()
            && (contents.is_empty() || contents.len() + blob.content.len() <= TOGETHER)
        {
            rest = others;
            let Stored { digest, codec, size, content } = blob;
            let (begin, length) = (contents.len() as u64 + 1, content.len() as u64);
            rows.push([
                (*digest).into(),
                codec.number().into(),
                (*size as u64).into(),
                begin.into(),
                length.into(),
            ]);
            contents.extend_from_slice(content);
        }
        // No bytes at all may be bound as NULL.
        sink.run(
            "INSERT INTO blob (scope, digest, stored_ms, codec, size, content)
             SELECT $1, unhex(value ->> 0), $2, value ->> 1, value ->> 2,
                    coalesce(substr($3, value ->> 3, value ->> 4), x'')
             FROM json_each($4) WHERE true
             ON CONFLICT (scope, digest) DO UPDATE SET stored_ms = excluded.stored_ms",
            vec![scope.as_str().into(), now_ms().into(), contents.into(), rows.into()],
        )?;
        if rest.is_empty() {
            return Ok(());
        }
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
