//! The states of a breaker, without a provider.

use std::time::Duration;

use tokio::time::Instant;

/// What calls meet at a breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BreakerState {
    /// They pass.
    Closed,
    /// They are refused.
    Open,
    /// One may pass to try, or is under way; the others are refused.
    HalfOpen,
}

/// What a call showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Works,
    Fails,
    Unknown,
}

/// The right to pass, given in one era: what a call shows counts only while nothing has opened or closed since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

/// The breaker of one model.
#[derive(Debug)]
pub(super) struct Circuit {
    limit: u32,
    pause: Duration,
    era: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    Trying,
}

impl Circuit {
    pub(super) fn new(limit: u32, pause: Duration) -> Self {
        Self { limit, pause, era: 0, state: State::Closed { failures: 0 } }
    }

    pub(super) fn state(&self, now: Instant) -> BreakerState {
        match self.state {
            State::Closed { .. } => BreakerState::Closed,
            State::Open { until } if now < until => BreakerState::Open,
            State::Open { .. } | State::Trying => BreakerState::HalfOpen,
        }
    }

    /// Lets a call pass, or says how long it has to wait.
    pub(super) fn enter(&mut self, now: Instant) -> Result<Ticket, Duration> {
        match self.state {
            State::Closed { .. } => {}
            State::Open { until } if now < until => return Err(until - now),
            State::Open { .. } => self.go(State::Trying),
            State::Trying => return Err(self.pause),
        }
        Ok(Ticket(self.era))
    }

    /// Takes in what a call showed.
    pub(super) fn leave(&mut self, ticket: Ticket, verdict: Verdict, now: Instant) {
        if ticket.0 != self.era {
            return;
        }
        match (&mut self.state, verdict) {
            (State::Closed { failures }, Verdict::Fails) => {
                *failures += 1;
                if *failures >= self.limit {
                    self.go(State::Open { until: now + self.pause });
                }
            }
            (State::Closed { failures }, Verdict::Works) => *failures = 0,
            (State::Trying, Verdict::Works) => self.go(State::Closed { failures: 0 }),
            (State::Trying, Verdict::Fails) => self.go(State::Open { until: now + self.pause }),
            // The next one may try at once.
            (State::Trying, Verdict::Unknown) => self.go(State::Open { until: now }),
            (State::Closed { .. } | State::Open { .. }, _) => {}
        }
    }

    fn go(&mut self, state: State) {
        self.era += 1;
        self.state = state;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone, Copy)]
    enum Step {
        Enter,
        Leave(usize, u8),
        Wait(u64),
    }

    /// The rules, told over the whole history instead of kept as a state.
    #[derive(Debug)]
    struct Rules {
        failures: u32,
        open_until: Option<u64>,
        trial: bool,
        era: u64,
    }

    impl Rules {
        fn enter(&mut self, now: u64) -> Option<u64> {
            match (self.open_until, self.trial) {
                (_, true) => return None,
                (Some(until), _) if now < until => return None,
                (Some(_), _) => (self.open_until, self.trial, self.era) = (None, true, self.era + 1),
                (None, _) => {}
            }
            Some(self.era)
        }

        fn leave(&mut self, era: u64, verdict: u8, now: u64) {
            if era != self.era || self.open_until.is_some() {
                return;
            }
            let opens = match (self.trial, verdict) {
                (true, 0) => return (self.trial, self.failures, self.era) = (false, 0, self.era + 1),
                (true, 1) => Some(now + 30),
                (true, _) => Some(now),
                (false, 0) => return self.failures = 0,
                (false, 1) => {
                    self.failures += 1;
                    (self.failures >= 3).then_some(now + 30)
                }
                (false, _) => None,
            };
            if opens.is_some() {
                (self.open_until, self.trial, self.era) = (opens, false, self.era + 1);
            }
        }
    }

    proptest! {
        #[test]
        fn any_history_of_calls_is_judged_by_the_rules(steps in prop::collection::vec(prop_oneof![
            Just(Step::Enter),
            (0..8_usize, 0..3_u8).prop_map(|(call, verdict)| Step::Leave(call, verdict)),
            (0..40_u64).prop_map(Step::Wait),
        ], 0..200)) {
            let start = Instant::now();
            let mut circuit = Circuit::new(3, Duration::from_secs(30));
            let mut rules = Rules { failures: 0, open_until: None, trial: false, era: 0 };
            let (mut now, mut calls) = (0, vec![]);
            for step in steps {
                let instant = start + Duration::from_secs(now);
                match step {
                    Step::Enter => {
                        let (ticket, era) = (circuit.enter(instant).ok(), rules.enter(now));
                        prop_assert_eq!(ticket.is_some(), era.is_some());
                        calls.extend(ticket.zip(era));
                    }
                    Step::Leave(call, verdict) if !calls.is_empty() => {
                        let (ticket, era) = calls.swap_remove(call % calls.len());
                        let shown = [Verdict::Works, Verdict::Fails, Verdict::Unknown][usize::from(verdict)];
                        circuit.leave(ticket, shown, instant);
                        rules.leave(era, verdict, now);
                    }
                    Step::Leave(..) => {}
                    Step::Wait(seconds) => now += seconds,
                }
                let expected = match (rules.trial, rules.open_until) {
                    (true, _) => BreakerState::HalfOpen,
                    (_, Some(until)) if now < until => BreakerState::Open,
                    (_, Some(_)) => BreakerState::HalfOpen,
                    (_, None) => BreakerState::Closed,
                };
                prop_assert_eq!(circuit.state(start + Duration::from_secs(now)), expected);
            }
        }
    }
}
