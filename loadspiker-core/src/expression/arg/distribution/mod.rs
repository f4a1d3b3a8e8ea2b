//! [`Distribution`]: random think times.

pub(crate) mod draw;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Arg, CompiledArg, IntoDuration};
use crate::expression::Symbols;

/// A distribution from which think times are drawn: [`uniform`], [`normal`], [`log_normal`], [`exponential`], [`empirical`].
/// It can be used wherever a pause can, as in `pause(normal(2, 0.5))` and `pace(uniform(4, 6))`.
///
/// Each user draws its own values, which depend on the seed of the run. A [`PauseType`](crate::dsl::PauseType) other than
/// `Constant` is applied to the value drawn.
///
/// The parameters are fixed: a [`Duration`], a number of seconds, or a text such as `200ms`. A parameter that depends on
/// the session is a mistake.
#[derive(Clone)]
pub struct Distribution(Shape);

#[derive(Clone)]
enum Shape {
    Uniform(Length, Length),
    Normal(Length, Length),
    LogNormal(Length, Length),
    Exponential(Length),
    Empirical(Arc<[Length]>),
}

type Length = Arg<Duration>;

/// Uniformly distributed between `from` and `to`, like the range `from..to`. If `to` is less than `from`, that is a mistake.
pub fn uniform(from: impl IntoDuration, to: impl IntoDuration) -> Distribution {
    Distribution(Shape::Uniform(from.into_duration(), to.into_duration()))
}

/// Normally distributed; negative values become zero. If the standard deviation is more than a third of the mean, this
/// happens often enough to raise the mean. [`log_normal`] has no such effect.
pub fn normal(mean: impl IntoDuration, std_dev: impl IntoDuration) -> Distribution {
    Distribution(Shape::Normal(mean.into_duration(), std_dev.into_duration()))
}

/// Log-normally distributed: never negative, with most pauses shorter than the mean and a few much longer, like the think
/// times of people. `mean` and `std_dev` are those of the pauses, not of their logarithms. A mean of zero with a deviation
/// is a mistake.
///
/// ```
/// # use loadspiker_core::{DurationExt, dsl::*};
/// let reading = pause(log_normal(8, 5.secs()));
/// ```
pub fn log_normal(mean: impl IntoDuration, std_dev: impl IntoDuration) -> Distribution {
    Distribution(Shape::LogNormal(mean.into_duration(), std_dev.into_duration()))
}

/// Exponentially distributed: the time until an event that happens at random with a constant rate.
pub fn exponential(mean: impl IntoDuration) -> Distribution {
    Distribution(Shape::Exponential(mean.into_duration()))
}

/// Drawn from a list of observed times, each equally likely; a time that occurs twice is twice as likely. An empty list is a
/// mistake.
///
/// ```
/// # use loadspiker_core::{DurationExt, dsl::*};
/// let observed = [1200.millis(), 1900.millis(), 1900.millis(), 7.secs()];
/// let thinking = pause(empirical(observed));
/// ```
pub fn empirical(observed: impl IntoIterator<Item = impl IntoDuration>) -> Distribution {
    Distribution(Shape::Empirical(observed.into_iter().map(IntoDuration::into_duration).collect()))
}

impl Distribution {
    /// Validates the distribution and prepares it for the run.
    pub fn compile(&self, cx: &mut Symbols<'_>) -> CompiledDistribution {
        CompiledDistribution(match &self.0 {
            Shape::Uniform(from, to) => {
                let (from, to) = (fixed(from, cx), fixed(to, cx));
                if from > to {
                    cx.mistake(format!("{self:?} ends before it starts; write uniform({to:?}, {from:?})"));
                }
                Compiled::Uniform(from, to.max(from))
            }
            Shape::Normal(mean, std_dev) => Compiled::Normal(fixed(mean, cx), fixed(std_dev, cx)),
            Shape::LogNormal(mean, std_dev) => {
                let (mean, std_dev) = (fixed(mean, cx), fixed(std_dev, cx));
                if mean.is_zero() && !std_dev.is_zero() {
                    cx.mistake(format!(
                        "{self:?} has a deviation around a mean of zero, which no pause can have; give a mean above zero"
                    ));
                }
                Compiled::LogNormal(draw::LogNormal::new(mean, std_dev))
            }
            Shape::Exponential(mean) => Compiled::Exponential(fixed(mean, cx)),
            Shape::Empirical(observed) => {
                if observed.is_empty() {
                    cx.mistake("the list of an empirical distribution is empty; give it at least one length of time");
                }
                Compiled::Empirical(observed.iter().map(|length| fixed(length, cx)).collect())
            }
        })
    }
}

/// The length, if it is the same for all users; anything else is a mistake.
fn fixed(length: &Length, cx: &mut Symbols<'_>) -> Duration {
    match length.compile(cx) {
        CompiledArg::Value(value) => value,
        // That this is not a duration has already been reported.
        CompiledArg::Template(template) if template.as_literal().is_some() => Duration::ZERO,
        CompiledArg::Template(_) | CompiledArg::Call(_) => {
            cx.mistake(format!(
                "{length:?} depends on the session, but a distribution is the same for all users; give a fixed time such \
                 as 200.millis()"
            ));
            Duration::ZERO
        }
    }
}

impl fmt::Debug for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Shape::Uniform(from, to) => write!(f, "uniform({from:?}, {to:?})"),
            Shape::Normal(mean, std_dev) => write!(f, "normal({mean:?}, {std_dev:?})"),
            Shape::LogNormal(mean, std_dev) => write!(f, "log_normal({mean:?}, {std_dev:?})"),
            Shape::Exponential(mean) => write!(f, "exponential({mean:?})"),
            Shape::Empirical(observed) => write!(f, "empirical({} observed)", observed.len()),
        }
    }
}

/// A [`Distribution`] ready for the run.
#[derive(Clone, Debug)]
pub struct CompiledDistribution(Compiled);

#[derive(Clone, Debug)]
enum Compiled {
    Uniform(Duration, Duration),
    Normal(Duration, Duration),
    LogNormal(draw::LogNormal),
    Exponential(Duration),
    Empirical(Arc<[Duration]>),
}

impl CompiledDistribution {
    /// Draws the length of one pause.
    pub(crate) fn draw(&self, random: &mut fastrand::Rng) -> Duration {
        match &self.0 {
            Compiled::Uniform(from, to) => draw::uniform(*from, *to, random),
            Compiled::Normal(mean, std_dev) => draw::normal(*mean, *std_dev, random),
            Compiled::LogNormal(distribution) => distribution.draw(random),
            Compiled::Exponential(mean) => draw::exponential(*mean, random),
            Compiled::Empirical(observed) => random.choice(&**observed).copied().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
