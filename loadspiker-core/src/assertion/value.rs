//! [`Quantity`]: the types that conditions compare, such as times, counts, percentages and rates.

use std::fmt;
use std::time::Duration;

use crate::format;
use serde::{Deserialize, Serialize};

/// Types that conditions compare: a [`Duration`], a count (`u64`), a [`Percent`] or a [`Number`].
pub trait Quantity: Copy + PartialOrd + fmt::Debug + Sized {
    /// The exact value, as text.
    fn text(self) -> String;

    /// The value as text with about this many digits, at least four.
    fn short(self, digits: usize) -> String;

    /// The value minus `other`, but not below the minimum of the type.
    fn minus(self, distance: Self) -> Self;

    /// The value plus `other`.
    fn plus(self, distance: Self) -> Self;

    /// The given share of the value; 0.1 is a tenth.
    fn share(self, share: f64) -> Self;

    /// The value as a number, to measure distances between values; for a duration, its seconds.
    fn as_f64(self) -> f64;

    /// Whether the value is a number, not NaN.
    fn is_defined(self) -> bool {
        true
    }
}

/// A percentage, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Percent(pub f64);

/// A number such as a rate.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Number(pub f64);

impl Quantity for Duration {
    fn text(self) -> String {
        format::precise(self)
    }

    fn short(self, digits: usize) -> String {
        format::significant(self, digits)
    }

    fn minus(self, distance: Self) -> Self {
        self.saturating_sub(distance)
    }

    fn plus(self, distance: Self) -> Self {
        self.saturating_add(distance)
    }

    fn share(self, share: f64) -> Self {
        Duration::try_from_secs_f64(self.as_secs_f64() * share).unwrap_or_default()
    }

    fn as_f64(self) -> f64 {
        self.as_secs_f64()
    }
}

impl Quantity for u64 {
    fn text(self) -> String {
        self.to_string()
    }

    fn short(self, _digits: usize) -> String {
        self.to_string()
    }

    fn minus(self, distance: Self) -> Self {
        self.saturating_sub(distance)
    }

    fn plus(self, distance: Self) -> Self {
        self.saturating_add(distance)
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count is rounded down to a whole one anyway, and a cast saturates"
    )]
    fn share(self, share: f64) -> Self {
        (self as f64 * share) as u64
    }

    #[expect(clippy::cast_precision_loss, reason = "a distance needs no sixteen digits")]
    fn as_f64(self) -> f64 {
        self as f64
    }
}

impl Quantity for Percent {
    fn text(self) -> String {
        format!("{} %", self.0)
    }

    fn short(self, digits: usize) -> String {
        format!("{} %", format::number(self.0, digits.saturating_sub(2)))
    }

    fn minus(self, distance: Self) -> Self {
        Percent(self.0 - distance.0)
    }

    fn plus(self, distance: Self) -> Self {
        Percent(self.0 + distance.0)
    }

    fn share(self, share: f64) -> Self {
        Percent(self.0 * share)
    }

    fn as_f64(self) -> f64 {
        self.0
    }

    fn is_defined(self) -> bool {
        self.0.is_finite()
    }
}

impl Quantity for Number {
    fn text(self) -> String {
        self.0.to_string()
    }

    fn short(self, digits: usize) -> String {
        format::number(self.0, digits.saturating_sub(2))
    }

    fn minus(self, distance: Self) -> Self {
        Number(self.0 - distance.0)
    }

    fn plus(self, distance: Self) -> Self {
        Number(self.0 + distance.0)
    }

    fn share(self, share: f64) -> Self {
        Number(self.0 * share)
    }

    fn as_f64(self) -> f64 {
        self.0
    }

    fn is_defined(self) -> bool {
        self.0.is_finite()
    }
}
