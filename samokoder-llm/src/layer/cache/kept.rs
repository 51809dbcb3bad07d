//! What is kept, for how long, and what goes first.

use std::{collections::BTreeMap, time::Duration};

use samokoder_core::{digest::Digest, llm::StreamEvent};
use tokio::time::Instant;

use super::Events;

/// Answers by key, of a limited size together. The one that was not asked for the longest goes first.
#[derive(Debug)]
pub(super) struct Kept {
    room: usize,
    time: Duration,
    bytes: usize,
    uses: u64,
    entries: BTreeMap<Digest, Entry>,
    /// Keys by their last use.
    order: BTreeMap<u64, Digest>,
}

#[derive(Debug)]
struct Entry {
    answer: Events,
    bytes: usize,
    until: Instant,
    used: u64,
}

impl Kept {
    pub(super) fn new(room: usize, time: Duration) -> Self {
        Self { room, time, bytes: 0, uses: 0, entries: BTreeMap::new(), order: BTreeMap::new() }
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn get(&mut self, key: &Digest, now: Instant) -> Option<Events> {
        if self.entries.get(key)?.until <= now {
            self.remove(key);
            return None;
        }
        let entry = self.entries.get_mut(key)?;
        self.uses += 1;
        self.order.remove(&entry.used);
        entry.used = self.uses;
        self.order.insert(self.uses, *key);
        Some(entry.answer.clone())
    }

    /// Keeps an answer, if there is room for it at all.
    pub(super) fn put(&mut self, key: Digest, answer: Events, now: Instant) {
        self.remove(&key);
        let bytes = weight(&answer);
        if bytes > self.room {
            return;
        }
        while self.bytes + bytes > self.room
            && let Some(oldest) = self.order.values().next().copied()
        {
            self.remove(&oldest);
        }
        self.uses += 1;
        self.bytes += bytes;
        self.order.insert(self.uses, key);
        self.entries.insert(key, Entry { answer, bytes, until: now + self.time, used: self.uses });
    }

    fn remove(&mut self, key: &Digest) {
        if let Some(entry) = self.entries.remove(key) {
            self.bytes -= entry.bytes;
            self.order.remove(&entry.used);
        }
    }
}

/// Bytes that an answer takes, roughly: its texts and the events themselves.
fn weight(answer: &[StreamEvent]) -> usize {
    let texts = answer.iter().map(|event| match event {
        StreamEvent::Text(text) | StreamEvent::Reasoning(text) | StreamEvent::Refusal(text) => text.len(),
        StreamEvent::ToolCall(call) => call.id.len() + call.name.len() + call.arguments.len(),
        StreamEvent::ToolArguments { id, json } => id.len() + json.len(),
        StreamEvent::Echo(echo) | StreamEvent::Opaque(echo) => echo.data.to_string().len(),
        StreamEvent::Extra(extra) => {
            extra.iter().map(|(key, value)| key.len() + value.to_string().len()).sum()
        }
        _ => 0,
    });
    texts.sum::<usize>() + size_of_val(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(letters: usize) -> Events {
        vec![StreamEvent::Text("a".repeat(letters))].into()
    }

    fn key(name: &str) -> Digest {
        Digest::of(name.as_bytes())
    }

    #[test]
    fn what_was_not_asked_for_the_longest_goes_first() {
        let each = weight(&answer(100));
        let (now, mut kept) = (Instant::now(), Kept::new(2 * each, Duration::from_mins(1)));
        kept.put(key("a"), answer(100), now);
        kept.put(key("b"), answer(100), now);
        assert!(kept.get(&key("a"), now).is_some());
        kept.put(key("c"), answer(100), now);
        let there = ["a", "b", "c"].map(|name| kept.get(&key(name), now).is_some());
        assert_eq!(there, [true, false, true]);
        assert_eq!(kept.bytes(), 2 * each);
    }

    #[test]
    fn an_answer_is_kept_for_its_time_and_one_that_is_too_large_not_at_all() {
        let (now, mut kept) = (Instant::now(), Kept::new(1_000, Duration::from_mins(1)));
        kept.put(key("large"), answer(2_000), now);
        assert_eq!(kept.bytes(), 0);
        kept.put(key("a"), answer(10), now);
        assert!(kept.get(&key("a"), now + Duration::from_secs(59)).is_some());
        assert!(kept.get(&key("a"), now + Duration::from_mins(1)).is_none());
        assert_eq!(kept.bytes(), 0);
    }
}
