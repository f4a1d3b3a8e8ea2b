//! Closed injection: how many users are active at the same time. The steps that users write.

use std::fmt;
use std::time::Duration;

use super::curve::{float, whole};
use super::shown_duration::ShownDuration;
use super::stairs::{Flight, flights};
use crate::units::FixedDuration;

/// One step of a closed injection profile: it keeps a number of users active. A user that ends is replaced at once.
///
/// Steps are made by [`constant_concurrent_users`], [`ramp_concurrent_users`] and [`increment_concurrent_users`];
/// they run one after the other.
///
/// When the number decreases, and when the profile ends, no user is interrupted. Users above the target leave at the end of
/// their iteration. That is the end of the scenario or, if the outermost loop of the scenario is a
/// [`forever`](crate::dsl::forever), the end of a pass through that loop. Groups around the loop are closed and recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a step does nothing until it is passed to `inject`"]
pub struct ClosedStep {
    pub(super) shape: Shape,
    pub(super) ramps: Option<Duration>,
    pub(super) start: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Constant {
        users: u64,
        during: Duration,
    },
    Ramp {
        from: u64,
        to: u64,
        during: Duration,
    },
    /// The increment is a fraction where the profile was scaled: each level is rounded by itself.
    Stairs {
        increment: f64,
        levels: u32,
        lasting: Duration,
    },
}

/// A part of a closed profile in which the number of users is constant or changes linearly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slope {
    pub(super) from: u64,
    pub(super) to: u64,
    pub(super) during: Duration,
}

impl From<Shape> for ClosedStep {
    fn from(shape: Shape) -> Self {
        ClosedStep { shape, ramps: None, start: None }
    }
}

/// Keeps this many users active. Continue with [`during`](ConstantConcurrentUsers::during).
pub fn constant_concurrent_users(users: u64) -> ConstantConcurrentUsers {
    ConstantConcurrentUsers { users }
}

/// Changes the number of active users linearly, up or down, from this number. Continue with
/// [`to`](RampConcurrentUsers::to).
///
/// On the way down, users leave at the end of their iteration; see [`ClosedStep`]. So this run ends by itself:
///
/// ```
/// use loadspiker_core::{DurationExt, dsl::*, inject::{constant_concurrent_users, ramp_concurrent_users}};
///
/// let report = Simulation::new("up and down")
///     .with(scenario("Visit").forever(dummy("page", 100.millis()).pause(1)).inject([
///         constant_concurrent_users(10).during(1.minutes()),
///         ramp_concurrent_users(10).to(0).during(20.secs()),
///     ]))
///     .simulated_clock()
///     .run()
///     .unwrap();
/// assert_eq!((report.users_started(), report.users_interrupted()), (10, 0));
/// assert!(report.info().duration < 82.secs());
/// ```
pub fn ramp_concurrent_users(from: u64) -> RampConcurrentUsers {
    RampConcurrentUsers { from }
}

/// A staircase. Each level adds this many users. Continue with [`times`](IncrementConcurrentUsers::times).
///
/// ```
/// use loadspiker_core::DurationExt;
/// use loadspiker_core::inject::increment_concurrent_users;
///
/// // Ramps of ten seconds to 100, 200, 300 users, each level held for a minute.
/// let step = increment_concurrent_users(100)
///     .times(3)
///     .each_level_lasting(1.minutes())
///     .separated_by_ramps_lasting(10.secs());
/// ```
pub fn increment_concurrent_users(increment: u64) -> IncrementConcurrentUsers {
    IncrementConcurrentUsers { increment }
}

/// An unfinished step of [`constant_concurrent_users`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.during(duration)`"]
pub struct ConstantConcurrentUsers {
    users: u64,
}

impl ConstantConcurrentUsers {
    /// How long the number of users is kept.
    pub fn during(self, duration: impl FixedDuration) -> ClosedStep {
        Shape::Constant { users: self.users, during: duration.fixed() }.into()
    }
}

/// An unfinished step of [`ramp_concurrent_users`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.to(users).during(duration)`"]
pub struct RampConcurrentUsers {
    from: u64,
}

impl RampConcurrentUsers {
    /// The number of users at the end.
    pub fn to(self, to: u64) -> RampConcurrentUsersTo {
        RampConcurrentUsersTo { from: self.from, to }
    }
}

/// An unfinished step of [`ramp_concurrent_users`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.during(duration)`"]
pub struct RampConcurrentUsersTo {
    from: u64,
    to: u64,
}

impl RampConcurrentUsersTo {
    /// How long the ramp lasts. After time `t`, the number has changed by `|to − from|·t/d` users, rounded down.
    pub fn during(self, duration: impl FixedDuration) -> ClosedStep {
        Shape::Ramp { from: self.from, to: self.to, during: duration.fixed() }.into()
    }
}

/// An unfinished step of [`increment_concurrent_users`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.times(levels).each_level_lasting(duration)`"]
pub struct IncrementConcurrentUsers {
    increment: u64,
}

impl IncrementConcurrentUsers {
    /// The number of levels.
    pub fn times(self, levels: u32) -> IncrementConcurrentUsersTimes {
        IncrementConcurrentUsersTimes { increment: self.increment, levels }
    }
}

/// An unfinished step of [`increment_concurrent_users`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.each_level_lasting(duration)`"]
pub struct IncrementConcurrentUsersTimes {
    increment: u64,
    levels: u32,
}

impl IncrementConcurrentUsersTimes {
    /// How long each level lasts.
    ///
    /// By default, the staircase starts from 0 and has no ramps, and the first level, which is empty, is skipped. Change this
    /// with [`ClosedStep::starting_from`] and [`ClosedStep::separated_by_ramps_lasting`].
    pub fn each_level_lasting(self, duration: impl FixedDuration) -> ClosedStep {
        Shape::Stairs { increment: float(self.increment), levels: self.levels, lasting: duration.fixed() }.into()
    }
}

impl ClosedStep {
    /// Adds a linear ramp of this length between the levels of [`increment_concurrent_users`], and before the first level if
    /// the staircase starts from 0. Default: no ramps. On other steps, this is a mistake, reported before the run.
    pub fn separated_by_ramps_lasting(mut self, duration: impl FixedDuration) -> ClosedStep {
        self.ramps = Some(duration.fixed());
        self
    }

    /// The number of users at which [`increment_concurrent_users`] starts. If it is above 0, it is the first level. Default: 0.
    /// On other steps, this is a mistake, reported before the run.
    pub fn starting_from(mut self, users: u64) -> ClosedStep {
        self.start = Some(users);
        self
    }

    /// The slopes this step consists of, in order.
    pub(super) fn slopes(&self) -> Box<dyn Iterator<Item = Slope> + '_> {
        let slope = match self.shape {
            Shape::Constant { users, during } => Slope { from: users, to: users, during },
            Shape::Ramp { from, to, during } => Slope { from, to, during },
            Shape::Stairs { increment, levels, lasting } => {
                let start = self.start.unwrap_or(0);
                let ramps = self.ramps.unwrap_or_default();
                let users = move |level: u32| start.saturating_add(whole((increment * f64::from(level)).round()));
                return Box::new(flights(levels, !ramps.is_zero(), start == 0).map(move |flight| match flight {
                    Flight::Level(level) => Slope { from: users(level), to: users(level), during: lasting },
                    Flight::Ramp(level) => Slope { from: users(level), to: users(level + 1), during: ramps },
                }));
            }
        };
        Box::new(std::iter::once(slope))
    }
}

/// As the user wrote it.
impl fmt::Display for ClosedStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Constant { users, during } => {
                write!(f, "constant_concurrent_users({users}).during({})", ShownDuration(during))
            }
            Shape::Ramp { from, to, during } => {
                write!(f, "ramp_concurrent_users({from}).to({to}).during({})", ShownDuration(during))
            }
            Shape::Stairs { increment, levels, lasting } => {
                let lasting = ShownDuration(lasting);
                write!(f, "increment_concurrent_users({increment}).times({levels}).each_level_lasting({lasting})")
            }
        }?;
        if let Some(ramps) = self.ramps {
            write!(f, ".separated_by_ramps_lasting({})", ShownDuration(ramps))?;
        }
        self.start.map_or(Ok(()), |start| write!(f, ".starting_from({start})"))
    }
}
