//! What was granted within the last window of time.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

use super::Rate;

/// A log of the grants within the last window.
///
/// A grant made at `t` counts until `t + window`: with what it reserved, and with what it used once that is known. At
/// every grant the sum of all that count is within the limit, and settling a call that kept to its reservation only
/// lowers it. So the grants of no interval of the window's length used more than the limit.
#[derive(Debug)]
pub(super) struct Window {
    rate: Rate,
    log: VecDeque<Entry>,
    tokens: u64,
    next: u64,
}

#[derive(Debug)]
struct Entry {
    id: u64,
    until: Instant,
    tokens: u64,
}

impl Window {
    pub(super) fn new(rate: Rate) -> Self {
        Self { rate, log: VecDeque::new(), tokens: 0, next: 0 }
    }

    pub(super) fn length(&self) -> Duration {
        self.rate.window
    }

    /// What a call of this size reserves: no more than the whole window.
    pub(super) fn size(&self, tokens: u64) -> u64 {
        tokens.min(self.rate.tokens.unwrap_or(u64::MAX))
    }

    /// When a call of this size fits, if nothing is settled before.
    pub(super) fn fits_at(&mut self, now: Instant, tokens: u64) -> Instant {
        while let Some(oldest) = self.log.front()
            && oldest.until <= now
        {
            self.tokens = self.tokens.saturating_sub(oldest.tokens);
            self.log.pop_front();
        }
        let requests =
            self.rate.requests.map_or(0, |limit| (self.log.len() as u64 + 1).saturating_sub(limit));
        let limit = self.rate.tokens.unwrap_or(u64::MAX);
        let mut excess = self.tokens.saturating_add(tokens).saturating_sub(limit);
        let (mut at, mut gone) = (now, 0);
        for entry in &self.log {
            if gone >= requests && excess == 0 {
                break;
            }
            (at, gone, excess) = (entry.until, gone + 1, excess.saturating_sub(entry.tokens));
        }
        at
    }

    /// Logs a grant.
    pub(super) fn add(&mut self, now: Instant, tokens: u64) -> u64 {
        let id = self.next;
        self.next += 1;
        self.tokens = self.tokens.saturating_add(tokens);
        self.log.push_back(Entry { id, until: now + self.rate.window, tokens });
        id
    }

    /// Replaces what a grant reserved by what it used.
    pub(super) fn settle(&mut self, id: u64, used: u64) {
        if let Ok(index) = self.log.binary_search_by_key(&id, |entry| entry.id)
            && let Some(entry) = self.log.get_mut(index)
        {
            self.tokens = self.tokens.saturating_sub(entry.tokens).saturating_add(used);
            entry.tokens = used;
        }
    }
}
