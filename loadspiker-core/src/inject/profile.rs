//! [`Profile`]: the complete argument of `inject`.

use std::fmt;
use std::time::Duration;

use super::arrivals::Arrivals;
use super::carry;
use super::closed::{self, ClosedStep};
use super::curve::{float, whole};
use super::open::{self, OpenStep};
use super::shard::Shard;
use super::targets::Targets;
use crate::numbers::nanos;

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::OpenStep {}
    impl Sealed for super::ClosedStep {}
}

/// A complete injection step: an [`OpenStep`] or a [`ClosedStep`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a complete injection step",
    label = "not a complete step",
    note = "most steps end with `.during(duration)` or `.each_level_lasting(duration)`",
    note = "open steps (users arrive) and closed steps (users are active) cannot be mixed in one profile"
)]
pub trait InjectionStep: sealed::Sealed + Sized {
    /// Builds a profile from steps of this kind.
    #[doc(hidden)]
    fn profile(steps: Vec<Self>) -> Profile;
}

impl InjectionStep for OpenStep {
    fn profile(steps: Vec<Self>) -> Profile {
        Profile::Open(steps)
    }
}

impl InjectionStep for ClosedStep {
    fn profile(steps: Vec<Self>) -> Profile {
        Profile::Closed(steps)
    }
}

/// A single step is a profile, too: `scenario.inject(at_once_users(10))`.
macro_rules! alone {
    ($($step:ty),*) => {$(
        impl IntoIterator for $step {
            type Item = Self;
            type IntoIter = std::iter::Once<Self>;

            fn into_iter(self) -> Self::IntoIter {
                std::iter::once(self)
            }
        }
    )*};
}
alone!(OpenStep, ClosedStep);

/// An injection profile: steps of one kind that run one after the other.
///
/// Methods on a profile with [`mistakes`](Profile::mistakes) do not panic, but their results are meaningless.
#[derive(Clone, Debug, PartialEq)]
pub enum Profile {
    /// How many users arrive.
    Open(Vec<OpenStep>),
    /// How many users are active.
    Closed(Vec<ClosedStep>),
}

impl Profile {
    /// Creates a profile from these steps. [`mistakes`](Self::mistakes) validates it.
    pub fn from_steps<S: InjectionStep>(steps: impl IntoIterator<Item = S>) -> Profile {
        S::profile(steps.into_iter().collect())
    }

    /// How long the profile lasts.
    pub fn duration(&self) -> Duration {
        let nanos = match self {
            Profile::Open(steps) => {
                steps.iter().flat_map(OpenStep::pieces).fold(0_u64, |sum, piece| sum.saturating_add(piece.nanos))
            }
            Profile::Closed(steps) => {
                let slopes = steps.iter().flat_map(ClosedStep::slopes);
                slopes.fold(0_u64, |sum, slope| sum.saturating_add(nanos(slope.during)))
            }
        };
        Duration::from_nanos(nanos)
    }

    /// The number of users that an open profile starts. `None` for a closed one, where it depends on how long users stay.
    ///
    /// The users of rates are summed over all steps and rounded once, at the end: to the nearest whole number, or down if all
    /// of these steps are ramps. So ten steps of 0.4 users start four users.
    pub fn users(&self) -> Option<u64> {
        match self {
            Profile::Open(steps) => {
                let pieces = carry::pieces(steps).into_iter();
                Some(pieces.fold(0_u64, |sum, piece| sum.saturating_add(piece.count)))
            }
            Profile::Closed(_) => None,
        }
    }

    /// The largest number of active users of a closed profile. `None` for an open one, where it depends on how long users stay.
    pub fn most_users(&self) -> Option<u64> {
        match self {
            Profile::Open(_) => None,
            Profile::Closed(steps) => {
                let slopes = steps.iter().flat_map(ClosedStep::slopes);
                Some(slopes.map(|slope| slope.from.max(slope.to)).max().unwrap_or_default())
            }
        }
    }

    /// Each step as a profile of its own.
    pub(crate) fn alone(&self) -> Vec<Profile> {
        match self {
            Profile::Open(steps) => steps.iter().map(|step| Profile::Open(vec![*step])).collect(),
            Profile::Closed(steps) => steps.iter().map(|step| Profile::Closed(vec![*step])).collect(),
        }
    }

    /// Each step as the user wrote it.
    pub(crate) fn written(&self) -> Vec<String> {
        match self {
            Profile::Open(steps) => steps.iter().map(ToString::to_string).collect(),
            Profile::Closed(steps) => steps.iter().map(ToString::to_string).collect(),
        }
    }

    /// The profile with all numbers and rates of users multiplied by `factor`. Durations do not change.
    ///
    /// Numbers of users are rounded; in a staircase, for each level. The rounding error of a step of an open profile is carried
    /// into the next step. A step with users keeps at least one, unless the factor is 0 or the step is a staircase. If the
    /// factor is negative or NaN, [`mistakes`](Self::mistakes) of the result says so.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Profile {
        match self {
            Profile::Open(steps) => {
                let mut left = 0.0;
                Profile::Open(steps.iter().map(|step| scaled_open(*step, factor, &mut left)).collect())
            }
            Profile::Closed(steps) => Profile::Closed(steps.iter().map(|step| scaled_closed(*step, factor)).collect()),
        }
    }

    /// The instants at which the users of this shard are due, relative to the start of the population. Empty for a closed
    /// profile. The same seed gives the same instants for any number of shards.
    pub fn arrivals(&self, shard: Shard, seed: u64) -> Arrivals {
        let pieces = match self {
            Profile::Open(steps) => carry::pieces(steps),
            Profile::Closed(_) => Vec::new(),
        };
        Arrivals::new(pieces, shard, seed)
    }

    /// The number of active users that this shard should have at each instant. Always 0 for an open profile.
    pub fn targets(&self, shard: Shard) -> Targets {
        let steps = match self {
            Profile::Open(_) => &[],
            Profile::Closed(steps) => &steps[..],
        };
        Targets::new(steps.iter().flat_map(ClosedStep::slopes), shard)
    }
}

/// `left` is how many users the steps before have too few, if they were scaled exactly; at most half a user.
fn scaled_open(mut step: OpenStep, factor: f64, left: &mut f64) -> OpenStep {
    use open::Shape;
    match &mut step.shape {
        Shape::NothingFor(_) => {}
        Shape::AtOnce(users) | Shape::Ramp { users, .. } | Shape::Peak { users, .. } => {
            let exact = *left + float(*users) * factor;
            let is_carried = *users > 0 && factor > 0.0 && exact.is_finite();
            *users = if is_carried { whole(exact.round()).max(1) } else { scaled_users(*users, factor) };
            if is_carried {
                *left = (exact - float(*users)).clamp(-0.5, 0.5);
            }
        }
        Shape::Constant { rate, .. } | Shape::Stairs { increment: rate, .. } => *rate *= factor,
        Shape::RampRate { from, to, .. } => {
            *from *= factor;
            *to *= factor;
        }
    }
    step.start = step.start.map(|rate| rate * factor);
    step
}

fn scaled_closed(mut step: ClosedStep, factor: f64) -> ClosedStep {
    use closed::Shape;
    match &mut step.shape {
        Shape::Constant { users, .. } => *users = scaled_users(*users, factor),
        Shape::Stairs { increment, .. } if factor.is_finite() && factor >= 0.0 => *increment *= factor,
        Shape::Stairs { increment, .. } => *increment = f64::MAX,
        Shape::Ramp { from, to, .. } => {
            *from = scaled_users(*from, factor);
            *to = scaled_users(*to, factor);
        }
    }
    step.start = step.start.map(|users| scaled_users(users, factor));
    step
}

fn scaled_users(users: u64, factor: f64) -> u64 {
    if !(factor.is_finite() && factor >= 0.0) {
        u64::MAX
    } else if users == 0 || factor == 0.0 {
        0
    } else {
        whole((float(users) * factor).round()).max(1)
    }
}

/// The steps as the user wrote them, separated by commas.
impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written().join(", "))
    }
}
