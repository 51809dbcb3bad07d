//! Which contents the logs of a scope need.

use std::collections::{BTreeMap, BTreeSet};

use super::{AttemptId, Record, Stored};
use crate::digest::Digest;

/// Finds the contents that the logs of a scope need, one log after the other.
#[derive(Debug, Clone)]
pub struct Kept {
    calls_before_ms: Option<u64>,
    needed: BTreeSet<Digest>,
    /// Of the log that is being read: what old effects asked and answered, by attempt.
    old: BTreeMap<AttemptId, Vec<Digest>>,
}

impl Kept {
    /// What effects asked and answered before `calls_before_ms` is not needed once their attempt has ended.
    pub fn new(calls_before_ms: Option<u64>) -> Self {
        Self { calls_before_ms, needed: BTreeSet::new(), old: BTreeMap::new() }
    }

    /// Begins the next log.
    pub fn branch(&mut self) {
        let open = std::mem::take(&mut self.old);
        self.needed.extend(open.into_values().flatten());
    }

    /// Adds the next record of a log.
    pub fn add(&mut self, stored: &Stored) {
        let is_old = self.calls_before_ms.is_some_and(|before| stored.at_ms < before);
        match &stored.record {
            Record::Intent { effect, .. } | Record::Outcome { effect, .. } if is_old => {
                self.old.entry(effect.attempt).or_default().extend(stored.record.contents());
            }
            Record::Ended { id, .. } => drop(self.old.remove(id)),
            Record::Forked { .. } => self.old.clear(),
            record => self.needed.extend(record.contents()),
        }
    }

    /// What is needed by all logs that were read.
    pub fn contents(mut self) -> BTreeSet<Digest> {
        self.branch();
        self.needed
    }
}
