//! Many on both sides: a record of its own joins each pair.

use std::collections::BTreeSet;

use super::draft::{Draft, DraftEntity, Link};
use super::language::Language;
use super::phrase::Phrase;

/// A record that is said to have many of another one.
#[derive(Debug, Clone)]
pub(super) struct Many {
    pub(super) owner: Phrase,
    pub(super) part: Phrase,
    /// Whether the relation of the part to its owner comes from these words alone.
    pub(super) adds_link: bool,
}

/// Joins the pairs: "a recipe has many tags and a tag has many recipes" makes "recipe tags".
pub(super) fn join_pairs(draft: &mut Draft) {
    let mut joined = BTreeSet::new();
    for Many { owner, part, .. } in draft.many.clone() {
        let (Some(one), Some(other)) = (draft.find(&owner), draft.find(&part)) else { continue };
        if one != other && draft.entities.iter().any(|entity| only_joins(draft, entity, one, other)) {
            unlink(draft, one, other);
        }
    }
    for (first, second) in said_pairs(draft) {
        let (Some(one), Some(other)) = (draft.find(&first), draft.find(&second)) else { continue };
        if one == other || !joined.insert((one.min(other), one.max(other))) {
            continue;
        }
        unlink(draft, one, other);
        if !draft.entities.iter().any(|entity| only_joins(draft, entity, one, other)) {
            add_join(draft, one, other);
        }
    }
}

/// Whether a record that only joins the two was made.
pub(super) fn are_joined(draft: &Draft, one: usize, other: usize) -> bool {
    let points =
        |entity: &DraftEntity, at| entity.links.iter().any(|link| draft.find(&link.target) == Some(at));
    draft.entities.iter().any(|entity| entity.joins && points(entity, one) && points(entity, other))
}

/// The pairs that are named as such, and those that are many in both directions.
fn said_pairs(draft: &Draft) -> Vec<(Phrase, Phrase)> {
    let same = |a: &Phrase, b: &Phrase| draft.find(a).is_some() && draft.find(a) == draft.find(b);
    let back = |many: &Many| {
        draft.many.iter().any(|other| same(&many.owner, &other.part) && same(&many.part, &other.owner))
    };
    let both = draft.many.iter().filter(|many| back(many));
    let both = both.map(|many| (many.owner.clone(), many.part.clone()));
    draft.pairs.iter().cloned().chain(both).collect()
}

/// Removes the relations that only "has many" made.
fn unlink(draft: &mut Draft, one: usize, other: usize) {
    for (from, to) in [(one, other), (other, one)] {
        let made = draft.many.iter().any(|many| {
            many.adds_link && draft.find(&many.part) == Some(from) && draft.find(&many.owner) == Some(to)
        });
        let links = std::mem::take(&mut draft.entities[from].links);
        let stays = |link: &Link| !made || link.role.is_some() || draft.find(&link.target) != Some(to);
        let links = links.into_iter().filter(stays).collect();
        draft.entities[from].links = links;
    }
}

/// An enrollment of a student in a course is the record that joins them already.
fn only_joins(draft: &Draft, entity: &DraftEntity, one: usize, other: usize) -> bool {
    let points = |at: usize| entity.links.iter().any(|link| draft.find(&link.target) == Some(at));
    entity.fields.is_empty() && points(one) && points(other)
}

fn add_join(draft: &mut Draft, one: usize, other: usize) {
    let (first, second) = (draft.entities[one].phrase.clone(), draft.entities[other].phrase.clone());
    let (singular, plural) = match draft.language {
        Language::English => (
            format!("{} {}", first.singular, second.singular),
            format!("{} {}", first.singular, second.plural),
        ),
        Language::Russian => (
            format!("{} и {}", first.singular, second.singular),
            format!("{} и {}", first.plural, second.plural),
        ),
    };
    let phrase = Phrase {
        head: singular.clone(),
        label: singular.clone(),
        written: singular.clone(),
        words: vec![singular.clone()],
        singular,
        plural,
        ..Phrase::default()
    };
    if let Some(at) = draft.entity(&phrase) {
        draft.entities[at].joins = true;
        for target in [first, second] {
            draft.link(at, Link { target, required: true, creates: false, role: None });
        }
    }
}
