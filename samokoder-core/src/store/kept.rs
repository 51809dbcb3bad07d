//! Which contents the logs of a scope need.

use std::collections::{BTreeMap, BTreeSet};

use super::{AttemptId, EffectId, EffectKind, Record, Stored};
use crate::digest::Digest;

/// Finds the contents that the logs of a scope need, one log after the other.
#[derive(Debug, Clone)]
pub struct Kept {
    calls_before_ms: Option<u64>,
    needed: BTreeSet<Digest>,
    /// Of the log that is being read: what old effects asked and answered, by attempt.
    old: BTreeMap<AttemptId, Vec<Digest>>,
    /// Of the log that is being read: attempts that wait for a person.
    waiting: BTreeMap<AttemptId, EffectId>,
}

impl Kept {
    /// What effects asked and answered before `calls_before_ms` is not needed once their attempt has ended.
    pub fn new(calls_before_ms: Option<u64>) -> Self {
        Self { calls_before_ms, needed: BTreeSet::new(), old: BTreeMap::new(), waiting: BTreeMap::new() }
    }

    /// Begins the next log.
    pub fn branch(&mut self) {
        self.waiting.clear();
        let open = std::mem::take(&mut self.old);
        self.needed.extend(open.into_values().flatten());
    }

    /// Adds the next record of a log.
    pub fn add(&mut self, stored: &Stored) {
        let is_old = self.calls_before_ms.is_some_and(|before| stored.at_ms < before);
        match &stored.record {
            Record::Intent { effect, kind: EffectKind::Question { .. }, .. } => {
                self.waiting.insert(effect.attempt, effect.clone());
            }
            Record::Outcome { effect, .. } if self.waiting.get(&effect.attempt) == Some(effect) => {
                self.waiting.remove(&effect.attempt);
            }
            Record::Ended { id, .. } => drop(self.waiting.remove(id)),
            _ => {}
        }
        match &stored.record {
            Record::Intent { effect, .. } | Record::Outcome { effect, .. } if is_old => {
                self.old.entry(effect.attempt).or_default().extend(stored.record.contents());
            }
            Record::Ended { id, .. } => drop(self.old.remove(id)),
            // As in the log: attempts that were at work are not the branch's own.
            Record::Forked { .. } => self.old.retain(|attempt, _| self.waiting.contains_key(attempt)),
            record => self.needed.extend(record.contents()),
        }
    }

    /// What is needed by all logs that were read.
    pub fn contents(mut self) -> BTreeSet<Digest> {
        self.branch();
        self.needed
    }
}
