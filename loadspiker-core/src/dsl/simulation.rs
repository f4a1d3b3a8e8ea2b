//! [`Simulation`]: a whole load test.

use std::sync::Arc;
use std::time::Duration;

use crate::assertion::Assertion;
use crate::dsl::Population;
use crate::expression::Functions;
use crate::protocol::Protocol;

/// A whole load test: populations, protocols, limits, assertions. A plain value; nothing happens until it is run.
///
/// ```
/// use loadspiker_core::{DurationExt, assertion::global, dsl::*, inject::at_once_users};
///
/// let report = Simulation::new("try-out")
///     .with(scenario("Wait").exec(dummy("wait", 5.millis())).inject([at_once_users(10)]))
///     .assert(global().failed_requests().count().is(0))
///     .run()
///     .unwrap();
/// assert_eq!(report.request("wait").unwrap().count(), 10);
/// assert!(report.passed());
/// ```
#[derive(Clone, Debug)]
#[must_use = "a simulation does nothing until it is run"]
pub struct Simulation {
    pub(crate) name: String,
    pub(crate) populations: Vec<Population>,
    pub(crate) protocols: Vec<Arc<dyn Protocol>>,
    pub(crate) assertions: Vec<Assertion>,
    pub(crate) max_duration: Option<Duration>,
    pub(crate) grace_period: Duration,
    pub(crate) pauses: PauseType,
    pub(crate) seed: Option<u64>,
    pub(crate) shards: Option<usize>,
    pub(crate) simulated_clock: bool,
    pub(crate) functions: Functions,
}

impl Simulation {
    /// A simulation of this name, which reports and run folders carry.
    pub fn new(name: impl Into<String>) -> Self {
        Simulation {
            name: name.into(),
            populations: Vec::new(),
            protocols: Vec::new(),
            assertions: Vec::new(),
            max_duration: None,
            grace_period: Duration::from_secs(30),
            pauses: PauseType::Constant,
            seed: None,
            shards: None,
            simulated_clock: false,
            functions: Functions::default(),
        }
    }

    /// Adds a population; all of them start together.
    pub fn with(mut self, population: Population) -> Self {
        self.populations.push(population);
        self
    }

    /// The configuration of a protocol, for all populations that have none of the same kind. A second one of the same
    /// kind replaces the first.
    pub fn protocol(mut self, protocol: impl Protocol) -> Self {
        self.protocols.insert(0, Arc::new(protocol));
        self
    }

    /// Adds an assertion; all are evaluated at the end of the run.
    pub fn assert(mut self, assertion: Assertion) -> Self {
        self.assertions.push(assertion);
        self
    }

    /// The longest the run may take: then no user starts any more, and those that run have the
    /// [grace period](Self::grace_period) to finish. Without it, the run ends when all users are done.
    pub fn max_duration(mut self, duration: Duration) -> Self {
        self.max_duration = Some(duration);
        self
    }

    /// How long users may go on after `max_duration`, a stop or Ctrl-C before they are interrupted, which the report
    /// counts. Default 30 s. A user that rests beyond its end is interrupted at once.
    pub fn grace_period(mut self, duration: Duration) -> Self {
        self.grace_period = duration;
        self
    }

    /// How pauses are drawn. Default [`PauseType::Constant`].
    pub fn pauses(mut self, pauses: PauseType) -> Self {
        self.pauses = pauses;
        self
    }

    /// The seed of all that is random. The same seed, profile and number of shards give the same arrivals, branches
    /// and pauses. Without it a new one is drawn; the report holds it.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The number of shards, each a thread with users of its own. Default: one for each core that the process may use.
    pub fn shards(mut self, shards: usize) -> Self {
        self.shards = Some(shards);
        self
    }

    /// Runs on a clock that jumps from event to event instead of waiting: an hour of pauses takes milliseconds, and
    /// every instant is exact. For scenarios that do not touch the network; uses one shard.
    pub fn simulated_clock(mut self) -> Self {
        self.simulated_clock = true;
        self
    }

    /// The name given to [`Simulation::new`].
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// How the length of a pause follows from what the scenario says. Pauses given as a range are drawn uniformly from
/// it first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum PauseType {
    /// As written.
    #[default]
    Constant,
    /// No pauses at all.
    Disabled,
    /// Exponentially distributed with what is written as the mean: `-ln(u) · d`.
    Exponential,
    /// Normally distributed around what is written, cut at zero.
    Normal {
        /// The standard deviation.
        std_dev: Duration,
    },
    /// Uniformly distributed between `d - spread` (not below zero) and `d + spread`.
    Uniform {
        /// Half the width.
        spread: Duration,
    },
}

impl PauseType {
    /// Draws the length of a pause written as `duration`.
    pub(crate) fn draw(self, duration: Duration, random: &mut fastrand::Rng) -> Duration {
        match self {
            PauseType::Constant => duration,
            PauseType::Disabled => Duration::ZERO,
            PauseType::Exponential => {
                let u = 1.0 - random.f64();
                Duration::try_from_secs_f64(-u.ln() * duration.as_secs_f64()).unwrap_or(duration)
            }
            PauseType::Normal { std_dev } => {
                // Box and Muller, 1958.
                let radius = (-2.0 * (1.0 - random.f64()).ln()).sqrt();
                let normal = radius * (std::f64::consts::TAU * random.f64()).cos();
                let secs = duration.as_secs_f64() + normal * std_dev.as_secs_f64();
                Duration::try_from_secs_f64(secs).unwrap_or(Duration::ZERO)
            }
            PauseType::Uniform { spread } => {
                let low = duration.saturating_sub(spread).as_secs_f64();
                let high = duration.saturating_add(spread).as_secs_f64();
                Duration::try_from_secs_f64(low + (high - low) * random.f64()).unwrap_or(duration)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(pauses: PauseType) -> f64 {
        let mut random = fastrand::Rng::with_seed(7);
        let secs = |_| pauses.draw(Duration::from_secs(2), &mut random).as_secs_f64();
        (0..20_000).map(secs).sum::<f64>() / 20_000.0
    }

    #[test]
    fn every_distribution_of_pauses_keeps_the_mean_but_disabled() {
        assert_eq!(mean(PauseType::Constant), 2.0);
        assert_eq!(mean(PauseType::Disabled), 0.0);
        for pauses in [
            PauseType::Exponential,
            PauseType::Normal { std_dev: Duration::from_millis(500) },
            PauseType::Uniform { spread: Duration::from_secs(1) },
        ] {
            assert!((mean(pauses) - 2.0).abs() < 0.05, "{pauses:?}: {}", mean(pauses));
        }
    }

    #[test]
    fn uniform_pauses_stay_within_their_spread() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..1000 {
            let pause = PauseType::Uniform { spread: Duration::from_secs(3) }.draw(Duration::from_secs(2), &mut random);
            assert!(pause <= Duration::from_secs(5));
        }
    }
}
