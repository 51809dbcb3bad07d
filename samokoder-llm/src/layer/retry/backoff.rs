//! How long to wait between attempts.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// How long to wait between attempts. Clones share the source of randomness.
#[derive(Debug, Clone)]
pub(super) struct Backoff {
    pub(super) first: Duration,
    pub(super) longest: Duration,
    state: Arc<AtomicU64>,
}

impl Default for Backoff {
    fn default() -> Self {
        let state = Arc::new(AtomicU64::new(RandomState::new().hash_one(0)));
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(20), state }
    }
}

impl Backoff {
    pub(super) fn seed(&mut self, seed: u64) {
        self.state = Arc::new(AtomicU64::new(seed));
    }

    /// The wait after the `made`th attempt: what was asked for and a little more, so that those who were all told the
    /// same don't come back together; else a random part of a bound that doubles.
    pub(super) fn wait(&self, made: u32, asked: Option<Duration>) -> Duration {
        if let Some(asked) = asked {
            return asked.saturating_add(self.part_of(self.first));
        }
        let doubled = 2_u32.saturating_pow(made.saturating_sub(1));
        self.part_of(self.first.saturating_mul(doubled).min(self.longest))
    }

    /// A random part of `whole`.
    fn part_of(&self, whole: Duration) -> Duration {
        // 32 random bits of 2³² are as many steps as a wait needs.
        let part = u128::from(self.next() >> 32);
        let nanos = (whole.as_nanos() * part) >> 32;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    /// The next number of `SplitMix64` (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_published_generator() {
        let mut backoff = Backoff::default();
        backoff.seed(1_234_567);
        let numbers = [backoff.next(), backoff.next(), backoff.next()];
        assert_eq!(
            numbers,
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]
        );
    }

    #[test]
    fn waits_fill_a_bound_that_doubles_up_to_the_longest() {
        let mut backoff = Backoff::default();
        backoff.seed(1);
        let ms = |n| Duration::from_millis(n);
        for (made, bound) in [(1, 500), (2, 1_000), (4, 4_000), (9, 20_000), (200, 20_000)] {
            let waits: Vec<_> = (0..500).map(|_| backoff.wait(made, None)).collect();
            assert!(waits.iter().all(|wait| *wait < ms(bound)));
            assert!(waits.iter().any(|wait| *wait > ms(bound * 9 / 10)));
            assert!(waits.iter().any(|wait| *wait < ms(bound / 10)));
        }
    }

    #[test]
    fn a_wait_that_was_asked_for_is_kept_and_spread() {
        let backoff = Backoff::default();
        let asked = Duration::from_secs(7);
        let wait = backoff.wait(1, Some(asked));
        assert!(wait >= asked && wait < asked + Duration::from_millis(500), "{wait:?}");
    }
}
