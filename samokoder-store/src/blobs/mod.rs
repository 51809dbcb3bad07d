//! Contents apart from the log: in a folder, or in a bucket of an object store.
//!
//! [`Offload`] puts them around any [`StateStore`](samokoder_core::store::StateStore): large contents go to a
//! [`BlobStore`], the log and small contents stay where they are.

mod folder;
#[cfg(feature = "s3")]
mod object;
mod offload;

use std::fmt::Debug;

use async_trait::async_trait;
use bytes::Bytes;
use samokoder_core::{
    digest::Digest,
    store::{Scope, StoreError, StoreErrorKind},
};

pub use folder::FolderBlobs;
#[cfg(feature = "s3")]
pub use object::ObjectBlobs;
pub use offload::Offload;

use crate::compress::{self, Codec};

/// Keeps contents by their hash, apart for each scope.
#[async_trait]
pub trait BlobStore: Debug + Send + Sync {
    /// Stores a content. When it returns, the content is durable; storing it again makes it as new.
    ///
    /// # Errors
    /// [`StoreErrorKind::Unavailable`], [`StoreErrorKind::Full`].
    ///
    /// # Cancel safety
    /// Dropping the future stores all of it or nothing.
    async fn put(&self, scope: &Scope, digest: Digest, content: Bytes) -> Result<(), StoreError>;

    /// A content by its hash.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`]; [`StoreErrorKind::Damaged`] when it is not what was stored.
    async fn get(&self, scope: &Scope, digest: Digest) -> Result<Bytes, StoreError>;

    /// Every content of a scope.
    async fn list(&self, scope: &Scope) -> Result<Vec<BlobInfo>, StoreError>;

    /// Removes a content that was last stored before a time, in milliseconds since 1970. Says whether it did.
    async fn remove(&self, scope: &Scope, digest: Digest, stored_before_ms: u64) -> Result<bool, StoreError>;
}

/// A content that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobInfo {
    /// Its hash.
    pub digest: Digest,
    /// How many bytes are stored of it, compressed.
    pub stored_bytes: u64,
    /// When it was last stored, in milliseconds since 1970.
    pub stored_ms: u64,
}

impl BlobInfo {
    /// A content.
    pub fn new(digest: Digest, stored_bytes: u64, stored_ms: u64) -> Self {
        Self { digest, stored_bytes, stored_ms }
    }
}

/// The bytes of the head: the number of the codec, then the size of the content, the lowest byte first.
const HEAD: usize = 9;

/// The form in which a content is stored: a head, then what the codec made of it.
fn pack(content: &[u8]) -> Vec<u8> {
    let (codec, stored) = compress::compress(content);
    let number = u8::try_from(codec.number()).unwrap_or(u8::MAX);
    [&[number][..], &(content.len() as u64).to_le_bytes(), &stored].concat()
}

/// The content that was stored in this form, if its hash is `digest`.
fn unpack(mut packed: Vec<u8>, digest: Digest) -> Result<Bytes, StoreError> {
    let damaged = |what: &str| {
        let message = format!("the content with hash {digest} is damaged ({what}); restore it from a copy");
        StoreError::new(StoreErrorKind::Damaged, "blob", message)
    };
    let stored = packed.split_off(HEAD.min(packed.len()));
    let head = <[u8; HEAD]>::try_from(packed).map_err(|_| damaged("it is cut off"))?;
    let [number, size @ ..] = head;
    let codec = Codec::from_number(number.into()).ok_or_else(|| damaged("its form is not known"))?;
    let size = usize::try_from(u64::from_le_bytes(size)).map_err(|_| damaged("its size can't be"))?;
    let content = compress::decompress(codec, stored, size).map_err(|error| damaged(&error.to_string()))?;
    if Digest::of(&content) == digest {
        return Ok(content.into());
    }
    Err(damaged("its hash is another one"))
}

/// The name of a scope's folder: any text may be a scope's name.
fn folder_of(scope: &Scope) -> String {
    Digest::of(scope.as_str().as_bytes()).to_string()
}

fn not_found(digest: Digest) -> StoreError {
    StoreError::new(StoreErrorKind::NotFound, "blob", format!("there is no content with hash {digest}"))
}
