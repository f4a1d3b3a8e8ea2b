//! Open injection: how many users arrive. The steps that users write.

use std::fmt;
use std::time::Duration;

use super::curve::Piece;
use super::shown_duration::ShownDuration;
use super::stairs::{Flight, flights};
use crate::units::FixedDuration;

/// One step of an open injection profile: users arrive, whether or not earlier users have finished.
///
/// Steps are made by [`nothing_for`], [`at_once_users`], [`ramp_users`], [`constant_users_per_sec`],
/// [`ramp_users_per_sec`], [`stress_peak_users`] and [`increment_users_per_sec`]; they run one after the other.
/// Durations may be shorter than a second and are exact to the nanosecond. An integer is a number of seconds:
/// `.during(10)`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a step does nothing until it is passed to `inject`"]
pub struct OpenStep {
    pub(super) shape: Shape,
    pub(super) randomized: bool,
    pub(super) ramps: Option<Duration>,
    pub(super) start: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    NothingFor(Duration),
    AtOnce(u64),
    Ramp { users: u64, during: Duration },
    Constant { rate: f64, during: Duration },
    RampRate { from: f64, to: f64, during: Duration },
    Peak { users: u64, during: Duration },
    Stairs { increment: f64, levels: u32, lasting: Duration },
}

impl From<Shape> for OpenStep {
    fn from(shape: Shape) -> Self {
        OpenStep { shape, randomized: false, ramps: None, start: None }
    }
}

/// No user arrives during this time.
pub fn nothing_for(duration: impl FixedDuration) -> OpenStep {
    Shape::NothingFor(duration.fixed()).into()
}

/// This many users arrive at the same instant. The step itself takes no time.
pub fn at_once_users(users: u64) -> OpenStep {
    Shape::AtOnce(users).into()
}

/// This many users arrive, evenly spread: user `i` of `n` (from 0) is due at `i·d/n`. Continue with
/// [`during`](RampUsers::during).
pub fn ramp_users(users: u64) -> RampUsers {
    RampUsers { users }
}

/// This many users arrive per second, evenly spread: user `i` (from 0) is due at `i/rate`, `round(rate·d)` users in total.
/// The rate may be fractional. A fraction of a user that is left at the end of a step is carried into the next one, so
/// only the sum of all steps is rounded. Continue with [`during`](ConstantUsersPerSec::during).
pub fn constant_users_per_sec(rate: impl Into<f64>) -> ConstantUsersPerSec {
    ConstantUsersPerSec { rate: rate.into() }
}

/// The number of users that arrive per second changes linearly, up or down, from this rate. Continue with
/// [`to`](RampUsersPerSec::to).
pub fn ramp_users_per_sec(from: impl Into<f64>) -> RampUsersPerSec {
    RampUsersPerSec { from: from.into() }
}

/// This many users arrive in a peak: few at first, most in the middle, few at the end. The curve is a smooth approximation
/// of the Heaviside step function, `½(1 + erf(t))`. The first user arrives at the beginning and the last one at the end; a
/// single user arrives in the middle. Continue with [`during`](StressPeakUsers::during).
pub fn stress_peak_users(users: u64) -> StressPeakUsers {
    StressPeakUsers { users }
}

/// A staircase of rates. Each level adds this many users per second. Continue with
/// [`times`](IncrementUsersPerSec::times).
///
/// ```
/// use loadspiker_core::DurationExt;
/// use loadspiker_core::inject::increment_users_per_sec;
///
/// // 10, 15, 20 users a second for a minute each, with ramps of ten seconds in between.
/// let step = increment_users_per_sec(5)
///     .times(3)
///     .each_level_lasting(1.minutes())
///     .separated_by_ramps_lasting(10.secs())
///     .starting_from(10);
/// ```
pub fn increment_users_per_sec(increment: impl Into<f64>) -> IncrementUsersPerSec {
    IncrementUsersPerSec { increment: increment.into() }
}

/// An unfinished step of [`ramp_users`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.during(duration)`"]
pub struct RampUsers {
    users: u64,
}

impl RampUsers {
    /// How long the ramp lasts. If the duration is zero, all users arrive at once.
    pub fn during(self, duration: impl FixedDuration) -> OpenStep {
        Shape::Ramp { users: self.users, during: duration.fixed() }.into()
    }
}

/// An unfinished step of [`constant_users_per_sec`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.during(duration)`"]
pub struct ConstantUsersPerSec {
    rate: f64,
}

impl ConstantUsersPerSec {
    /// How long the rate is kept.
    pub fn during(self, duration: impl FixedDuration) -> OpenStep {
        Shape::Constant { rate: self.rate, during: duration.fixed() }.into()
    }
}

/// An unfinished step of [`ramp_users_per_sec`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.to(rate).during(duration)`"]
pub struct RampUsersPerSec {
    from: f64,
}

impl RampUsersPerSec {
    /// The rate at the end.
    pub fn to(self, to: impl Into<f64>) -> RampUsersPerSecTo {
        RampUsersPerSecTo { from: self.from, to: to.into() }
    }
}

/// An unfinished step of [`ramp_users_per_sec`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.during(duration)`"]
pub struct RampUsersPerSecTo {
    from: f64,
    to: f64,
}

impl RampUsersPerSecTo {
    /// How long the ramp lasts. `floor((from + to)/2 · d)` users arrive, each when the integral of the rate reaches its number.
    /// A fraction of a user that is left is carried into the next step.
    pub fn during(self, duration: impl FixedDuration) -> OpenStep {
        Shape::RampRate { from: self.from, to: self.to, during: duration.fixed() }.into()
    }
}

/// An unfinished step of [`stress_peak_users`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.during(duration)`"]
pub struct StressPeakUsers {
    users: u64,
}

impl StressPeakUsers {
    /// How long the peak lasts. If the duration is zero, all users arrive at once.
    pub fn during(self, duration: impl FixedDuration) -> OpenStep {
        Shape::Peak { users: self.users, during: duration.fixed() }.into()
    }
}

/// An unfinished step of [`increment_users_per_sec`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.times(levels).each_level_lasting(duration)`"]
pub struct IncrementUsersPerSec {
    increment: f64,
}

impl IncrementUsersPerSec {
    /// The number of levels.
    pub fn times(self, levels: u32) -> IncrementUsersPerSecTimes {
        IncrementUsersPerSecTimes { increment: self.increment, levels }
    }
}

/// An unfinished step of [`increment_users_per_sec`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.each_level_lasting(duration)`"]
pub struct IncrementUsersPerSecTimes {
    increment: f64,
    levels: u32,
}

impl IncrementUsersPerSecTimes {
    /// How long each level lasts.
    ///
    /// By default, the staircase starts from 0 and has no ramps, and the first level, which is empty, is skipped. Change this
    /// with [`OpenStep::starting_from`] and [`OpenStep::separated_by_ramps_lasting`].
    pub fn each_level_lasting(self, duration: impl FixedDuration) -> OpenStep {
        Shape::Stairs { increment: self.increment, levels: self.levels, lasting: duration.fixed() }.into()
    }
}

impl OpenStep {
    /// Randomizes the instants at which users arrive, like a Poisson process with a given number of arrivals. The number of
    /// users does not change. The instants depend on the seed of the run.
    ///
    /// Valid for [`constant_users_per_sec`] and [`ramp_users_per_sec`]. On other steps, this is a mistake, reported before the
    /// run.
    pub fn randomized(mut self) -> OpenStep {
        self.randomized = true;
        self
    }

    /// Adds a linear ramp of this length between the levels of [`increment_users_per_sec`], and before the first level if the
    /// staircase starts from 0. Default: no ramps. On other steps, this is a mistake, reported before the run.
    pub fn separated_by_ramps_lasting(mut self, duration: impl FixedDuration) -> OpenStep {
        self.ramps = Some(duration.fixed());
        self
    }

    /// The rate at which [`increment_users_per_sec`] starts. If it is above 0, it is the first level. Default: 0. On other
    /// steps, this is a mistake, reported before the run.
    pub fn starting_from(mut self, rate: impl Into<f64>) -> OpenStep {
        self.start = Some(rate.into());
        self
    }

    /// The pieces this step consists of, in order.
    pub(super) fn pieces(&self) -> Box<dyn Iterator<Item = Piece> + '_> {
        let piece = match self.shape {
            Shape::NothingFor(during) => Piece::nothing(during),
            Shape::AtOnce(users) => Piece::at_once(users),
            Shape::Ramp { users, during } => Piece::even(users, during),
            Shape::Constant { rate, during } => Piece::rate(rate, during, self.randomized),
            Shape::RampRate { from, to, during } => Piece::ramp_rate(from, to, during, self.randomized),
            Shape::Peak { users, during } => Piece::peak(users, during),
            Shape::Stairs { increment, levels, lasting } => {
                let start = self.start.unwrap_or(0.0);
                let ramps = self.ramps.unwrap_or_default();
                let rate = move |level: u32| start + f64::from(level) * increment;
                return Box::new(flights(levels, !ramps.is_zero(), start == 0.0).map(move |flight| match flight {
                    Flight::Level(level) => Piece::rate(rate(level), lasting, false),
                    Flight::Ramp(level) => Piece::ramp_rate(rate(level), rate(level + 1), ramps, false),
                }));
            }
        };
        Box::new(std::iter::once(piece))
    }
}

/// As the user wrote it.
impl fmt::Display for OpenStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::NothingFor(during) => write!(f, "nothing_for({})", ShownDuration(during)),
            Shape::AtOnce(users) => write!(f, "at_once_users({users})"),
            Shape::Ramp { users, during } => write!(f, "ramp_users({users}).during({})", ShownDuration(during)),
            Shape::Constant { rate, during } => {
                write!(f, "constant_users_per_sec({rate}).during({})", ShownDuration(during))
            }
            Shape::RampRate { from, to, during } => {
                write!(f, "ramp_users_per_sec({from}).to({to}).during({})", ShownDuration(during))
            }
            Shape::Peak { users, during } => write!(f, "stress_peak_users({users}).during({})", ShownDuration(during)),
            Shape::Stairs { increment, levels, lasting } => {
                let lasting = ShownDuration(lasting);
                write!(f, "increment_users_per_sec({increment}).times({levels}).each_level_lasting({lasting})")
            }
        }?;
        if self.randomized {
            f.write_str(".randomized()")?;
        }
        if let Some(ramps) = self.ramps {
            write!(f, ".separated_by_ramps_lasting({})", ShownDuration(ramps))?;
        }
        self.start.map_or(Ok(()), |start| write!(f, ".starting_from({start})"))
    }
}
