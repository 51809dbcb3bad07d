//! Hashes of parts of a project, each computed once.

use std::sync::{Arc, OnceLock};

use crate::digest::Digest;

/// The hashes of the larger parts of a project. What has not changed is not hashed again: clones share them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Digests {
    pub(super) specification: Kept,
    pub(super) architecture: Kept,
    pub(super) plan: Kept,
    pub(super) tree: Kept,
}

/// A hash that is computed when it is first asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Kept(Arc<OnceLock<Digest>>);

impl Kept {
    pub(super) fn get(&self, compute: impl FnOnce() -> Digest) -> Digest {
        *self.0.get_or_init(compute)
    }

    /// Says that what it is the hash of has changed. Clones keep theirs.
    pub(super) fn forget(&mut self) {
        if self.0.get().is_some() || Arc::strong_count(&self.0) > 1 {
            *self = Self::default();
        }
    }
}

/// It follows from what it is the hash of, whether it is computed or not.
impl PartialEq for Kept {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        agent::Resource,
        id::EpicId,
        project::{Change, ProjectState},
        store::Seq,
    };

    #[test]
    fn clones_share_what_one_computed_until_it_changes() {
        let kept = Kept::default();
        let mut changed = kept.clone();
        let one = Digest::of(b"1");
        assert_eq!(kept.get(|| one), one);
        assert_eq!(changed.get(|| unreachable!("it is computed already")), one);
        changed.forget();
        let other = Digest::of(b"2");
        assert_eq!(changed.get(|| other), other);
        assert_eq!(kept.get(|| unreachable!("it is computed already")), one);
    }

    fn changes() -> Vec<Change> {
        let specification = |summary: &str| {
            json!({"change": "specification_written", "specification": {
                "name": "A", "slug": "a", "language": "en", "summary": summary,
                "entities": [], "requirements": [], "not_understood": [],
            }})
        };
        let architecture = |summary: &str| {
            json!({"change": "architecture_chosen", "architecture": {
                "runtime": "node", "summary": summary, "start": ["node"], "test": ["node"], "files": [],
            }})
        };
        let epic = |title: &str| {
            let id = EpicId::derive([title]);
            let epics = json!([{"id": id, "title": title, "description": ""}]);
            json!({"change": "plan_made", "epics": epics, "tasks": []})
        };
        let (one, two) = (Digest::of(b"1"), Digest::of(b"2"));
        let changes = [
            specification("one"),
            architecture("one"),
            epic("one"),
            json!({"change": "file_written", "path": "a", "content": one, "size": 1}),
            specification("two"),
            architecture("two"),
            epic("two"),
            json!({"change": "file_written", "path": "a", "content": two, "size": 1, "replaces": one}),
            json!({"change": "file_written", "path": "b", "content": one, "size": 1}),
            json!({"change": "file_deleted", "path": "a", "replaces": two}),
        ];
        changes.into_iter().map(|change| serde_json::from_value(change).unwrap()).collect()
    }

    #[test]
    fn a_state_that_was_asked_all_the_time_answers_as_one_that_never_was() {
        use Resource::{Architecture, Files, Plan, Specification};
        let digests =
            |state: &ProjectState| [Specification, Architecture, Plan, Files].map(|one| state.digest(&[one]));
        let changes = changes();
        let mut asked = ProjectState::default();
        for count in 1..=changes.len() {
            let before = digests(&asked);
            asked = asked.apply(Seq(1), &changes[count - 1..count]).unwrap();
            let fresh = ProjectState::default().apply(Seq(1), &changes[..count]).unwrap();
            assert_eq!(asked, fresh);
            assert_eq!(digests(&asked), digests(&fresh), "after {count}");
            let changed = digests(&asked).iter().zip(&before).filter(|(now, before)| now != before).count();
            assert_eq!(changed, 1, "each change is one of one part");
        }
    }
}
