//! Amounts of money.

use std::{fmt, iter::Sum, ops::AddAssign};

use serde::{Deserialize, Serialize};

/// An amount of US dollars, kept in picodollars: a price of $0.003 per million tokens is 3,000 of them a token.
///
/// Sums saturate at about 18 million dollars.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(u64);

const PICODOLLARS: f64 = 1e12;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount from picodollars.
    pub const fn from_picodollars(amount: u64) -> Self {
        Self(amount)
    }

    /// An amount from dollars, rounded to the next picodollar; negative and not-a-number are zero.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast from f64 saturates")]
    pub fn from_dollars(amount: f64) -> Self {
        Self((amount * PICODOLLARS).round() as u64)
    }

    /// The amount in picodollars.
    pub const fn picodollars(self) -> u64 {
        self.0
    }

    /// The amount times `factor`.
    #[must_use]
    pub const fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }

    /// The sum of two amounts.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left after taking `other` away, at least zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        *self = self.plus(other);
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

impl fmt::Display for Money {
    /// Whole cents, or four significant digits of less than a dollar: `$0`, `$0.0021`, `$12.50`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "shown with a few digits")]
        let dollars = self.0 as f64 / PICODOLLARS;
        if self.0 == 0 {
            f.write_str("$0")
        } else if dollars >= 1.0 {
            write!(f, "${dollars:.2}")
        } else if dollars >= 0.0001 {
            write!(f, "${dollars:.4}")
        } else {
            f.write_str("less than $0.0001")
        }
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Money({} p$)", self.0)
    }
}
