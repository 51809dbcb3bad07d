//! Contents that a run has at hand.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;

use super::run::RunShared;
use crate::{digest::Digest, store::StoreError};

/// Contents that a run has written or read lately. The same files are shown to agent after agent and checked out for
/// test after test, and what belongs to a hash never changes.
#[derive(Debug, Default)]
pub(crate) struct Contents(Mutex<Generations>);

/// What was used since the young generation was begun, and what was used in the one before.
#[derive(Debug, Default)]
struct Generations {
    young: BTreeMap<Digest, Bytes>,
    old: BTreeMap<Digest, Bytes>,
    /// Bytes in the young one.
    size: usize,
}

/// Bytes in a generation: many times the source of an app, and little beside what its run takes otherwise.
const ROOM: usize = 8 << 20;
/// A larger one would push many others out.
const LARGEST: usize = ROOM / 8;

impl Contents {
    /// A content, if it is at hand.
    pub(crate) fn get(&self, digest: Digest) -> Option<Bytes> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(content) = kept.young.get(&digest) {
            return Some(content.clone());
        }
        let content = kept.old.remove(&digest)?;
        kept.keep(digest, content.clone());
        Some(content)
    }

    /// Keeps a content for a while.
    pub(crate) fn keep(&self, digest: Digest, content: Bytes) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(digest, content);
    }
}

impl Generations {
    fn keep(&mut self, digest: Digest, content: Bytes) {
        let size = content.len();
        if size > LARGEST || self.young.contains_key(&digest) {
            return;
        }
        if self.size + size > ROOM {
            self.old = std::mem::take(&mut self.young);
            self.size = 0;
        }
        self.size += size;
        self.young.insert(digest, content);
    }
}

impl RunShared {
    /// A content by its hash, from the store if it is not at hand.
    ///
    /// # Errors
    /// [`StoreErrorKind::NotFound`](crate::store::StoreErrorKind::NotFound) also while the commit that it belongs to is
    /// on its way to the store.
    pub(crate) async fn content(&self, digest: Digest) -> Result<Bytes, StoreError> {
        if let Some(content) = self.contents.get(digest) {
            return Ok(content);
        }
        let content = self.store.blob(&self.branch.scope, digest).await?;
        self.contents.keep(digest, content.clone());
        Ok(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays_and_what_is_kept_is_bounded() {
        let contents = Contents::default();
        let digests: Vec<_> = (0..40).map(|number| Digest::of(&[number])).collect();
        for digest in &digests {
            contents.keep(*digest, Bytes::from(vec![0; LARGEST]));
            assert!(contents.get(digests[0]).is_some(), "it is asked for again and again");
        }
        let kept = digests.iter().filter(|digest| contents.get(**digest).is_some()).count();
        assert!((8..=16).contains(&kept), "{kept} eighths of a generation");
        assert!(contents.get(digests[1]).is_none(), "nobody asked for it");
    }

    #[test]
    fn what_is_large_pushes_nothing_out() {
        let contents = Contents::default();
        contents.keep(Digest::of(b"small"), Bytes::from_static(b"small"));
        contents.keep(Digest::of(b"large"), Bytes::from(vec![0; LARGEST + 1]));
        assert!(contents.get(Digest::of(b"small")).is_some());
        assert!(contents.get(Digest::of(b"large")).is_none());
    }
}
