//! Which log a record belongs to, as a hash.

use super::{Seq, StoreError, Stored};
use crate::{
    digest::Digest,
    id::{BranchId, ProjectId},
};

/// A place in the hash chain of a log: the hash of all records until there.
///
/// The first link is the hash of `"samokoder log\0"`, the project's and the branch's id; each other one that of the link
/// before it, the record's number, the time at which it was stored and the length of its JSON (eight bytes each, the
/// lowest first), and its JSON. A branch that was forked goes on with the link at which it leaves the other one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link(Digest);

impl Link {
    /// Before the first record of a branch that was not forked.
    pub fn first(project: ProjectId, branch: BranchId) -> Self {
        Self(Digest::of(format!("samokoder log\0{project}{branch}").as_bytes()))
    }

    /// The link that [`digest`](Self::digest) gave.
    pub fn from_digest(digest: Digest) -> Self {
        Self(digest)
    }

    /// After one more record, given by the JSON that [`Record::encode`](super::Record::encode) made.
    #[must_use]
    pub fn next(self, seq: Seq, at_ms: u64, json: &str) -> Self {
        let numbers = [seq.0, at_ms, json.len() as u64].map(u64::to_le_bytes);
        Self(Digest::of(&[&self.0.as_bytes()[..], &numbers.concat(), json.as_bytes()].concat()))
    }

    /// After more records.
    ///
    /// # Errors
    /// When a record has no JSON form.
    pub fn after(self, records: &[Stored]) -> Result<Self, StoreError> {
        records
            .iter()
            .try_fold(self, |link, stored| Ok(link.next(stored.seq, stored.at_ms, &stored.record.encode()?)))
    }

    /// The hash.
    pub fn digest(self) -> Digest {
        self.0
    }
}
