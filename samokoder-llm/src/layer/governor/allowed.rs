//! What a provider said it still allows.

use samokoder_core::llm::Allowance;
use tokio::time::Instant;

/// What a provider said it still allows of one thing, and what was granted since.
#[derive(Debug, Default)]
pub(super) struct Allowed(Option<Told>);

#[derive(Debug)]
struct Told {
    at: Instant,
    until: Instant,
    remaining: u64,
    /// What is back at `until`; `None` when nobody knows, and nothing comes back before.
    regained: Option<u64>,
    granted: u64,
}

impl Allowed {
    /// Replaces what was known by what a provider says. What it says in part is no use.
    pub(super) fn told(&mut self, now: Instant, allowance: &Allowance) {
        if let (Some(remaining), Some(reset)) = (allowance.remaining, allowance.reset)
            && let Some(until) = now.checked_add(reset)
        {
            let regained = allowance.limit.map(|limit| limit.saturating_sub(remaining));
            self.0 = Some(Told { at: now, until, remaining, regained, granted: 0 });
        }
    }

    /// Allows nothing until then, or until what is known allows it, if that is later.
    pub(super) fn none_until(&mut self, now: Instant, until: Instant) {
        if self.0.as_ref().is_none_or(|told| told.until < until || told.regained.is_some()) {
            self.0 = Some(Told { at: now, until, remaining: 0, regained: None, granted: 0 });
        }
    }

    /// When this much is allowed. All is at the reset: more than a provider's whole limit must be sent some time.
    pub(super) fn fits_at(&mut self, now: Instant, amount: u64) -> Instant {
        let Some(told) = self.0.as_ref().filter(|told| now < told.until) else {
            self.0 = None;
            return now;
        };
        let lacking = told.granted.saturating_add(amount).saturating_sub(told.remaining);
        match told.regained {
            _ if lacking == 0 => now,
            Some(regained) if lacking < regained => {
                let nanos = (told.until - told.at).as_nanos() * u128::from(lacking);
                let wait = u64::try_from(nanos.div_ceil(regained.into())).unwrap_or(u64::MAX);
                now.max(told.at + std::time::Duration::from_nanos(wait)).min(told.until)
            }
            _ => told.until,
        }
    }

    /// Takes in that this much was granted.
    pub(super) fn add(&mut self, amount: u64) {
        if let Some(told) = &mut self.0 {
            told.granted = told.granted.saturating_add(amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn allowance(limit: Option<u64>, remaining: u64, reset: u64) -> Allowance {
        Allowance { limit, remaining: Some(remaining), reset: Some(Duration::from_secs(reset)) }
    }

    #[test]
    fn what_remains_goes_at_once_and_the_rest_comes_back_evenly() {
        let now = Instant::now();
        let mut allowed = Allowed::default();
        allowed.told(now, &allowance(Some(100), 40, 60));
        assert_eq!(allowed.fits_at(now, 40), now);
        assert_eq!(allowed.fits_at(now, 50), now + Duration::from_secs(10));
        allowed.add(50);
        assert_eq!(allowed.fits_at(now, 1), now + Duration::from_secs(11));
        assert_eq!(allowed.fits_at(now, 1_000), now + Duration::from_secs(60));
    }

    #[test]
    fn without_a_limit_nothing_comes_back_before_the_reset() {
        let now = Instant::now();
        let mut allowed = Allowed::default();
        allowed.told(now, &allowance(None, 1, 30));
        assert_eq!(allowed.fits_at(now, 2), now + Duration::from_secs(30));
        let later = now + Duration::from_secs(30);
        assert_eq!(allowed.fits_at(later, 2), later);
    }

    #[test]
    fn a_wait_that_was_asked_for_holds() {
        let now = Instant::now();
        let mut allowed = Allowed::default();
        allowed.none_until(now, now + Duration::from_secs(5));
        assert_eq!(allowed.fits_at(now, 1), now + Duration::from_secs(5));
    }
}
