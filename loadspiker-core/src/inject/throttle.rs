//! [`Throttle`]: the maximum rate of requests. The steps that users write.

use std::fmt;
use std::time::Duration;

use super::mistakes::{MAX_DURATION, MAX_RATE, MAX_USERS};
use super::shard::Shard;
use super::shown_duration::ShownDuration;
use super::slots::Slots;
use crate::units::FixedDuration;

/// One step of a throttle: the maximum rate of requests over some time.
///
/// Steps are made by [`reach_rps`], [`jump_to_rps`] and [`hold_for`]; they run one after the other. The initial rate is 0.
#[derive(Clone, Copy, Debug, PartialEq)]
#[must_use = "a step does nothing until it is passed to `throttle`"]
pub struct ThrottleStep(pub(super) Shape);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Shape {
    Reach { rate: f64, over: Duration },
    Jump { rate: f64 },
    Hold(Duration),
}

/// Changes the maximum rate linearly, up or down, from its previous value (initially 0) to this many requests per second.
/// The rate may be fractional. Continue with [`over`](ReachRps::over).
pub fn reach_rps(rate: impl Into<f64>) -> ReachRps {
    ReachRps { rate: rate.into() }
}

/// Sets the maximum rate to this many requests per second. The step itself takes no time: add [`hold_for`] to keep the
/// rate.
pub fn jump_to_rps(rate: impl Into<f64>) -> ThrottleStep {
    ThrottleStep(Shape::Jump { rate: rate.into() })
}

/// Keeps the maximum rate for this long.
pub fn hold_for(duration: impl FixedDuration) -> ThrottleStep {
    ThrottleStep(Shape::Hold(duration.fixed()))
}

/// An unfinished step of [`reach_rps`].
#[derive(Clone, Copy, Debug)]
#[must_use = "unfinished: add `.over(duration)`"]
pub struct ReachRps {
    rate: f64,
}

impl ReachRps {
    /// How long it takes to reach the rate.
    pub fn over(self, duration: impl FixedDuration) -> ThrottleStep {
        ThrottleStep(Shape::Reach { rate: self.rate, over: duration.fixed() })
    }
}

/// A single step is a throttle, too.
impl IntoIterator for ThrottleStep {
    type Item = Self;
    type IntoIter = std::iter::Once<Self>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self)
    }
}

/// As the user wrote it.
impl fmt::Display for ThrottleStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Shape::Reach { rate, over } => write!(f, "reach_rps({rate}).over({})", ShownDuration(over)),
            Shape::Jump { rate } => write!(f, "jump_to_rps({rate})"),
            Shape::Hold(duration) => write!(f, "hold_for({})", ShownDuration(duration)),
        }
    }
}

/// The maximum rate of requests over time: the complete argument of `throttle`.
///
/// A throttle is a schedule of [`Slots`], each for one request, just as an open profile is a schedule of arrivals.
///
/// ```
/// use loadspiker_core::DurationExt;
/// use loadspiker_core::inject::{Shard, Throttle, hold_for, jump_to_rps, reach_rps};
///
/// let throttle = Throttle::from_steps([
///     reach_rps(100).over(10.secs()),
///     hold_for(1.minutes()),
///     jump_to_rps(50.0),
///     hold_for(1.minutes()),
/// ]);
/// assert!(throttle.mistakes().is_empty());
/// assert_eq!(throttle.duration(), 130.secs());
/// assert_eq!(throttle.slots(Shard::WHOLE).total(), 500 + 6000 + 3000);
/// ```
///
/// Methods on a throttle with [`mistakes`](Throttle::mistakes) do not panic, but their results are meaningless.
#[derive(Clone, Debug, PartialEq)]
pub struct Throttle(Vec<ThrottleStep>);

impl Throttle {
    /// Creates a throttle from these steps. [`mistakes`](Self::mistakes) validates it.
    pub fn from_steps(steps: impl IntoIterator<Item = ThrottleStep>) -> Throttle {
        Throttle(steps.into_iter().collect())
    }

    /// How long the throttle lasts. After its end, no request passes.
    pub fn duration(&self) -> Duration {
        self.slots(Shard::WHOLE).end().since_start()
    }

    /// The slots of one shard, relative to the start of the throttle.
    pub fn slots(&self, shard: Shard) -> Slots {
        let mut rate = 0.0;
        let stretches = self.0.iter().filter_map(|step| match step.0 {
            Shape::Reach { rate: to, over } => Some((std::mem::replace(&mut rate, to), to, over)),
            Shape::Jump { rate: to } => {
                rate = to;
                None
            }
            Shape::Hold(duration) => Some((rate, rate, duration)),
        });
        Slots::new(stretches, shard)
    }

    /// Each step as the user wrote it.
    pub(crate) fn written(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// The mistakes in the throttle. Each names the step as written, the value and the remedy. Empty if the throttle is valid.
    pub fn mistakes(&self) -> Vec<String> {
        let mut found: Vec<_> = self.0.iter().filter_map(|step| Some(format!("{step}: {}", mistake(*step)?))).collect();
        match self.0.last() {
            None => found.push(
                "the throttle has no steps; give at least one, such as reach_rps(100).over(10.secs())".to_owned(),
            ),
            Some(ThrottleStep(Shape::Jump { .. })) => found.push(format!(
                "the throttle {self} ends with a jump, which takes no time; add a hold_for(…) behind it"
            )),
            Some(_) => {}
        }
        if found.is_empty() {
            self.check_totals(&mut found);
        }
        found
    }

    fn check_totals(&self, found: &mut Vec<String>) {
        let total = self.slots(Shard::WHOLE).total();
        if total == 0 {
            found.push(format!(
                "the throttle {self} never lets a request pass: its rate is always 0; begin with a reach_rps(…) or \
                 jump_to_rps(…) above 0"
            ));
        } else if total > MAX_USERS {
            found.push(format!(
                "the throttle {self} lets {total} requests pass, more than {MAX_USERS}; lower its rates or shorten its \
                 steps"
            ));
        }
        if self.duration() > MAX_DURATION {
            found.push(format!("the throttle {self} lasts longer than ten years; shorten its steps"));
        }
    }
}

/// What is wrong with a step by itself.
fn mistake(step: ThrottleStep) -> Option<String> {
    if let Shape::Reach { rate, .. } | Shape::Jump { rate } = step.0 {
        if !rate.is_finite() || rate < 0.0 {
            return Some(format!("the rate is {rate} requests a second; give a number from 0 on"));
        }
        if rate > MAX_RATE {
            return Some(format!("the rate is {rate} requests a second; no more than {MAX_RATE} can be told apart"));
        }
    }
    match step.0 {
        Shape::Reach { rate, over } if over.is_zero() => {
            Some(format!("a rate cannot be reachedin zero time; write jump_to_rps({rate}), or give a duration above 0"))
        }
        Shape::Hold(duration) if duration.is_zero() => {
            Some("a rate cannot be held for zero time; give a duration above 0".to_owned())
        }
        Shape::Reach { over: duration, .. } | Shape::Hold(duration) if duration > MAX_DURATION => {
            Some("it lasts longer than ten years; give a shorter duration".to_owned())
        }
        _ => None,
    }
}

/// The steps as the user wrote them, separated by commas.
impl fmt::Display for Throttle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written().join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DurationExt;

    fn one(step: ThrottleStep) -> String {
        Throttle::from_steps([jump_to_rps(1), step]).mistakes().join("\n")
    }

    #[test]
    fn steps_are_shown_as_they_were_written() {
        let steps = [reach_rps(100.0).over(10.secs()), jump_to_rps(0.5), hold_for(1500.millis())];
        assert_eq!(
            Throttle::from_steps(steps).to_string(),
            "reach_rps(100).over(10.secs()), jump_to_rps(0.5), hold_for(1500.millis())"
        );
    }

    #[test]
    fn a_step_needs_no_brackets() {
        let alone = Throttle::from_steps(reach_rps(5).over(2.secs()));
        assert_eq!(alone, Throttle::from_steps([reach_rps(5).over(2.secs())]));
        assert_eq!(alone.mistakes(), Vec::<String>::new());
    }

    #[test]
    fn a_mistake_names_the_step_the_value_and_the_remedy() {
        for (step, expected) in [
            (
                reach_rps(-5).over(10.secs()),
                "reach_rps(-5).over(10.secs()): the rate is -5 requests a second; give a number from 0 on",
            ),
            (
                reach_rps(f64::NAN).over(10.secs()),
                "reach_rps(NaN).over(10.secs()): the rate is NaN requests a second; give a number from 0 on",
            ),
            (
                reach_rps(1e10).over(1.secs()),
                "reach_rps(10000000000).over(1.secs()): the rate is 10000000000 requests a second; no more than \
                 1000000000 can be told apart",
            ),
            (
                reach_rps(20).over(0.secs()),
                "reach_rps(20).over(0.secs()): a rate cannot be reachedin zero time; write jump_to_rps(20), or give a \
                 duration above 0",
            ),
            (hold_for(0.secs()), "hold_for(0.secs()): a rate cannot be held for zero time; give a duration above 0"),
        ] {
            assert_eq!(one(step), expected);
        }
        assert!(one(hold_for(Duration::MAX)).ends_with("longer than ten years; give a shorter duration"));
    }

    #[test]
    fn a_throttle_as_a_whole_must_make_sense() {
        let whole = |steps: &[ThrottleStep]| Throttle::from_steps(steps.iter().copied()).mistakes().join("\n");
        assert_eq!(whole(&[]), "the throttle has no steps; give at least one, such as reach_rps(100).over(10.secs())");
        for nothing in [&[hold_for(5.secs())][..], &[jump_to_rps(0), hold_for(5.secs())]] {
            assert!(whole(nothing).contains("never lets a request pass"), "{}", whole(nothing));
        }
        let jump = whole(&[reach_rps(5).over(1.secs()), jump_to_rps(2)]);
        assert!(jump.contains("ends with a jump") && jump.contains("add a hold_for(…)"), "{jump}");
        assert!(whole(&[jump_to_rps(1e9), hold_for(1.hours())]).contains("lets 3600000000000 requests pass"));
        let year = hold_for((365 * 24).hours());
        let years = |n| [&[jump_to_rps(1)][..], &vec![year; n]].concat();
        assert_eq!(whole(&years(10)), "");
        assert!(whole(&years(11)).contains("longer than ten years"));
        assert_eq!(whole(&[reach_rps(5).over(1.secs()), reach_rps(0).over(1.secs())]), "");
    }
}
