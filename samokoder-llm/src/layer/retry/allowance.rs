//! How many further attempts all calls together may make.

use std::sync::atomic::{AtomicU64, Ordering};

/// A bucket that every call puts a part of an attempt into, and every further attempt takes a whole one out of.
#[derive(Debug)]
pub(super) struct Allowance {
    /// In hundredths of an attempt.
    filled: AtomicU64,
    per_call: u64,
    size: u64,
}

/// Hundredths that an attempt has.
const ATTEMPT: u64 = 100;

impl Allowance {
    /// A full bucket.
    pub(super) fn new(percent: u32, burst: u32) -> Self {
        let size = u64::from(burst) * ATTEMPT;
        Self { filled: AtomicU64::new(size), per_call: percent.into(), size }
    }

    /// Puts in what a call brings.
    pub(super) fn call(&self) {
        let fill = |filled: u64| Some((filled + self.per_call).min(self.size));
        // It can't fail: there always is a next value.
        let _ = self.filled.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fill);
    }

    /// Takes out an attempt, if there is a whole one.
    pub(super) fn take(&self) -> bool {
        let take = |filled: u64| filled.checked_sub(ATTEMPT);
        self.filled.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_burst_five_calls_earn_one_attempt() {
        let allowance = Allowance::new(20, 3);
        assert_eq!((0..10).filter(|_| allowance.take()).count(), 3);
        for _ in 0..4 {
            allowance.call();
            assert!(!allowance.take());
        }
        allowance.call();
        assert!(allowance.take());
        assert!(!allowance.take());
    }
}
