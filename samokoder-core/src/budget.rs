//! Budgets: what a run may spend, reserved before it is spent.
//!
//! The worst case of a call is reserved before it is sent and settled when it is over. A call that does not fit
//! now, but would if what is reserved came back, waits; one that can't fit is refused.

use std::{
    fmt,
    ops::AddAssign,
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::llm::Money;

/// What something costs: money, tokens and calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    /// Money.
    pub money: Money,
    /// Tokens of requests and answers.
    pub tokens: u64,
    /// Calls to models.
    pub calls: u64,
}

impl Spend {
    fn plus(self, other: Self) -> Self {
        Self {
            money: self.money.plus(other.money),
            tokens: self.tokens.saturating_add(other.tokens),
            calls: self.calls.saturating_add(other.calls),
        }
    }

    /// What is left after taking `other` away, of each at least zero.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self {
            money: self.money.minus(other.money),
            tokens: self.tokens.saturating_sub(other.tokens),
            calls: self.calls.saturating_sub(other.calls),
        }
    }
}

impl AddAssign for Spend {
    fn add_assign(&mut self, other: Self) {
        *self = self.plus(other);
    }
}

/// The most a run may spend over its whole life, all its sittings together. What is absent is unlimited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SpendLimits {
    /// Money.
    pub money: Option<Money>,
    /// Tokens of requests and answers.
    pub tokens: Option<u64>,
    /// Calls to models.
    pub calls: Option<u64>,
}

impl SpendLimits {
    /// These limits, and of the others those that are absent here.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            money: self.money.or(others.money),
            tokens: self.tokens.or(others.tokens),
            calls: self.calls.or(others.calls),
        }
    }
}

/// Something that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Limit {
    /// Money spent on calls.
    Money,
    /// Tokens of requests and answers.
    Tokens,
    /// Calls to models.
    Calls,
    /// Wall time of one sitting.
    WallTime,
    /// Rounds of repair after a failed check.
    Fixes,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Money => "money",
            Self::Tokens => "tokens",
            Self::Calls => "calls",
            Self::WallTime => "wall time",
            Self::Fixes => "rounds of repair",
        })
    }
}

/// A limit does not allow what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{reason}")]
pub struct BudgetExceeded {
    /// Which limit.
    pub limit: Limit,
    /// What was asked for, what is left, and of how much.
    pub reason: String,
    /// What all limits would have to allow for it to fit. Absent when no amount would do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needed: Option<Spend>,
}

/// What a run may still spend. Clones share it. The default one is unlimited.
#[derive(Debug, Clone, Default)]
pub struct Budget(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    ledger: Mutex<Ledger>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Ledger {
    limits: SpendLimits,
    spent: Spend,
    /// The part of `spent` that is a worst case.
    uncertain: Spend,
    reserved: Spend,
}

impl Budget {
    /// A budget with these limits of which `spent` is gone.
    pub fn new(limits: SpendLimits, spent: Spend) -> Self {
        let ledger = Ledger { limits, spent, ..Ledger::default() };
        Self(Arc::new(Shared { ledger: Mutex::new(ledger), changed: Notify::new() }))
    }

    /// Sets `worst` aside, waiting while others' reservations may still come back.
    ///
    /// # Errors
    /// [`BudgetExceeded`] when it would not fit even if every reservation came back unspent.
    ///
    /// # Cancel safety
    /// Dropping the future reserves nothing.
    pub async fn reserve(&self, worst: Spend) -> Result<Reservation, BudgetExceeded> {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            {
                let mut ledger = self.lock();
                ledger.fits(ledger.spent, worst)?;
                if ledger.fits(ledger.spent.plus(ledger.reserved), worst).is_ok() {
                    ledger.reserved += worst;
                    return Ok(Reservation { budget: self.clone(), worst, open: true });
                }
            }
            changed.await;
        }
    }

    /// Sets `worst` aside without waiting: for who holds a reservation already. Two that held one and waited for more
    /// would wait for each other.
    ///
    /// # Errors
    /// [`BudgetExceeded`] when it does not fit beside what others have reserved.
    pub fn try_reserve(&self, worst: Spend) -> Result<Reservation, BudgetExceeded> {
        let mut ledger = self.lock();
        ledger.fits(ledger.spent.plus(ledger.reserved), worst)?;
        ledger.reserved += worst;
        Ok(Reservation { budget: self.clone(), worst, open: true })
    }

    /// What was spent, reservations not included.
    pub fn spent(&self) -> Spend {
        self.lock().spent
    }

    /// The part of what was [spent](Self::spent) through this budget that nobody knows: the worst case of calls whose
    /// reservation was dropped.
    pub fn uncertain(&self) -> Spend {
        self.lock().uncertain
    }

    /// The limits in force.
    pub fn limits(&self) -> SpendLimits {
        self.lock().limits
    }

    /// Replaces the limits.
    pub fn set_limits(&self, limits: SpendLimits) {
        self.lock().limits = limits;
        self.0.changed.notify_waiters();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Ledger> {
        self.0.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, worst: Spend, actual: Spend) {
        let mut ledger = self.lock();
        ledger.reserved = ledger.reserved.minus(worst);
        ledger.spent += actual;
        drop(ledger);
        self.0.changed.notify_waiters();
    }

    fn lose(&self, worst: Spend) {
        self.lock().uncertain += worst;
        self.settle(worst, worst);
    }
}

impl Ledger {
    fn fits(&self, gone: Spend, more: Spend) -> Result<(), BudgetExceeded> {
        let needed = Some(gone.plus(more));
        let exceeded = |limit, reason| Err(BudgetExceeded { limit, reason, needed });
        if let Some(limit) = self.limits.money
            && gone.money.plus(more.money) > limit
        {
            let left = limit.minus(gone.money);
            return exceeded(
                Limit::Money,
                format!("the next call may cost up to {}, but {left} is left of {limit}", more.money),
            );
        }
        for (limit, name, gone, more, at_most) in [
            (Limit::Tokens, "tokens", gone.tokens, more.tokens, self.limits.tokens),
            (Limit::Calls, "calls", gone.calls, more.calls, self.limits.calls),
        ] {
            if let Some(at_most) = at_most
                && gone.saturating_add(more) > at_most
            {
                let left = at_most.saturating_sub(gone);
                let wanted = match limit {
                    Limit::Calls => "one more is needed".into(),
                    _ => format!("the next call may take up to {more} {name}"),
                };
                let reason = format!("{wanted}, but {left} are left of {at_most}");
                return exceeded(limit, reason);
            }
        }
        Ok(())
    }
}

/// Something set aside. Dropped without being settled, it counts as spent: nobody knows what became of the call.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    worst: Spend,
    open: bool,
}

impl Reservation {
    /// What is set aside.
    pub fn worst(&self) -> Spend {
        self.worst
    }

    /// Books what was really spent and gives the rest back.
    pub fn settle(mut self, actual: Spend) {
        self.open = false;
        self.budget.settle(self.worst, actual);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.open {
            self.budget.lose(self.worst);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    fn calls(calls: u64) -> Spend {
        Spend { calls, ..Spend::default() }
    }

    fn budget(limit: u64) -> Budget {
        Budget::new(SpendLimits { calls: Some(limit), ..SpendLimits::default() }, Spend::default())
    }

    #[tokio::test]
    async fn waits_while_others_may_refund_and_refuses_what_can_never_fit() {
        let budget = budget(2);
        let first = budget.reserve(calls(2)).await.unwrap();
        let mut second = Box::pin(budget.reserve(calls(1)));
        assert!(second.as_mut().now_or_never().is_none());
        first.settle(calls(1));
        second.await.unwrap().settle(calls(1));
        let refused = budget.reserve(calls(1)).await.unwrap_err();
        assert_eq!(refused.limit, Limit::Calls);
        assert_eq!(budget.spent(), calls(2));
    }

    #[tokio::test]
    async fn who_must_not_wait_is_refused_while_others_hold_the_rest() {
        let budget = budget(2);
        let held = budget.reserve(calls(2)).await.unwrap();
        assert_eq!(budget.try_reserve(calls(1)).unwrap_err().limit, Limit::Calls);
        held.settle(calls(1));
        budget.try_reserve(calls(1)).unwrap().settle(calls(1));
        assert_eq!(budget.spent(), calls(2));
    }

    #[tokio::test]
    async fn a_reservation_without_an_outcome_is_spent() {
        let budget = budget(1);
        drop(budget.reserve(calls(1)).await.unwrap());
        assert_eq!((budget.spent(), budget.uncertain()), (calls(1), calls(1)));
        assert!(budget.reserve(calls(1)).await.is_err());
    }

    #[tokio::test]
    async fn what_is_needed_is_what_was_spent_and_the_worst_case() {
        let budget = budget(3);
        budget.reserve(calls(2)).await.unwrap().settle(calls(2));
        let refused = budget.reserve(calls(2)).await.unwrap_err();
        assert_eq!((refused.limit, refused.needed), (Limit::Calls, Some(calls(4))));
    }

    #[tokio::test]
    async fn a_raised_limit_lets_the_waiting_go_on() {
        let budget = budget(1);
        let held = budget.reserve(calls(1)).await.unwrap();
        let mut waiting = Box::pin(budget.reserve(calls(1)));
        assert!(waiting.as_mut().now_or_never().is_none());
        budget.set_limits(SpendLimits::default());
        drop((waiting.await.unwrap(), held));
        assert_eq!(budget.spent(), calls(2));
    }
}
