//! [`Simulation`]: a whole load test.

use std::sync::Arc;
use std::time::Duration;

use crate::assertion::{Assertion, Guard, IntoCriterion, IntoRequirement, Purpose, Requirement};
use crate::dsl::{Hooks, IntoPopulation, Population};
use crate::expression::{Functions, draw};
use crate::inject::{Throttle, ThrottleStep};
use crate::protocol::Protocol;
use crate::units::FixedDuration;

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
    pub(crate) guards: Vec<Guard>,
    pub(crate) warm_up: Option<Duration>,
    pub(crate) max_duration: Option<Duration>,
    pub(crate) grace_period: Duration,
    pub(crate) pauses: PauseType,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) maximum_users: Option<u64>,
    pub(crate) seed: Option<u64>,
    pub(crate) shards: Option<usize>,
    pub(crate) simulated_clock: bool,
    pub(crate) hooks: Hooks,
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
            guards: Vec::new(),
            warm_up: None,
            max_duration: None,
            grace_period: Duration::from_secs(30),
            pauses: PauseType::Constant,
            throttle: None,
            maximum_users: None,
            seed: None,
            shards: None,
            simulated_clock: false,
            hooks: Hooks::default(),
            functions: Functions::default(),
        }
    }

    /// Adds a population. All of them start together, but for those that [follow](Population::and_then) another one or
    /// are told to [start after](Population::start_after) it.
    pub fn with(mut self, population: impl IntoPopulation) -> Self {
        self.populations.push(population.into_population());
        self
    }

    /// The configuration of a protocol, for all populations that have none of the same kind and name. Two of one kind
    /// need different names, given with `.named("…")`.
    pub fn protocol(mut self, protocol: impl Protocol) -> Self {
        self.protocols.insert(0, Arc::new(protocol));
        self
    }

    /// Adds an assertion. One about the whole run is evaluated at its end. One about windows, made with
    /// [`over`](crate::assertion::Metric::over), must hold in every window: it is evaluated while the run goes on, does
    /// not end it, and its result names the worst window. In the report those about windows come after the others.
    pub fn assert(mut self, assertion: impl IntoRequirement) -> Self {
        match assertion.into_requirement() {
            Requirement::WholeRun(assertion) => self.assertions.push(assertion),
            Requirement::EveryWindow(criterion) => self.guards.push(Guard { purpose: Purpose::Assert, criterion }),
        }
        self
    }

    /// Ends the run, as [`max_duration`](Self::max_duration) does, as soon as the criterion holds in a window. Whether
    /// the run has passed is left to the assertions. May be given several times.
    ///
    /// A criterion is about windows: without `.over(…)` it does not compile.
    ///
    /// ```
    /// use loadspiker_core::{DurationExt, assertion::global, dsl::*, inject::constant_users_per_sec};
    ///
    /// let report = Simulation::new("until it is enough")
    ///     .with(scenario("Visit").dummy("visit", 5.millis()).inject([constant_users_per_sec(20).during(1.hours())]))
    ///     .stop_when(global().requests_per_sec().over(10.secs()).gte(20))
    ///     .simulated_clock()
    ///     .run()
    ///     .unwrap();
    /// assert_eq!(
    ///     report.info().end.to_string(),
    ///     "stopped: global: requests per second over 10 s ≥ 20, was 20 at 10 s"
    /// );
    /// ```
    ///
    /// ```compile_fail
    /// use loadspiker_core::{assertion::global, dsl::*};
    ///
    /// Simulation::new("shop").stop_when(global().requests_per_sec().lt(900));
    /// ```
    pub fn stop_when(mut self, criterion: impl IntoCriterion) -> Self {
        self.guards.push(Guard { purpose: Purpose::Stop, criterion: criterion.into_criterion() });
        self
    }

    /// Ends the run as [`stop_when`](Self::stop_when) does, and the run has failed: the report has an assertion that
    /// says so. If the criterion never holds, that assertion has passed; about a name that never occurs it has failed.
    pub fn fail_when(mut self, criterion: impl IntoCriterion) -> Self {
        self.guards.push(Guard { purpose: Purpose::Fail, criterion: criterion.into_criterion() });
        self
    }

    /// Leaves the first `duration` of the run out of the figures: requests, passes through groups and errors that end
    /// within it are neither in statistics nor in assertions, and rates go by the time after it. It is shown all the
    /// same: [`RunReport::warm_up`](crate::report::RunReport::warm_up) has its figures, and the series its points,
    /// which say so. Users are counted over the whole run. Default: none.
    ///
    /// Must be shorter than [`max_duration`](Self::max_duration).
    pub fn warm_up(mut self, duration: impl FixedDuration) -> Self {
        self.warm_up = Some(duration.fixed());
        self
    }

    /// The longest the run may take: then no user starts any more, and those that run have the
    /// [grace period](Self::grace_period) to finish. Without it, the run ends when all users are done, or at the end of
    /// its [throttle](Self::throttle).
    pub fn max_duration(mut self, duration: impl FixedDuration) -> Self {
        self.max_duration = Some(duration.fixed());
        self
    }

    /// How long users may go on after `max_duration`, a stop or Ctrl-C before they are interrupted, which the report
    /// counts. Default 30 s. A user that rests beyond its end is interrupted at once, and so is one whose request waits
    /// for a slot of a throttle beyond it.
    pub fn grace_period(mut self, duration: impl FixedDuration) -> Self {
        self.grace_period = duration.fixed();
        self
    }

    /// How pauses are drawn. Default [`PauseType::Constant`].
    pub fn pauses(mut self, pauses: PauseType) -> Self {
        self.pauses = pauses;
        self
    }

    /// How many requests a second are made at most, over time, counted from the beginning of the run; a single step
    /// needs no brackets. Replaces an earlier one.
    ///
    /// A throttle is a schedule of slots, each good for one request. A request takes the first free slot at or after
    /// the moment it comes, in order of coming, and its user rests until then. What passed unused is lost, so that the
    /// rate is never exceeded to catch up; but for the latest slot, which may be taken a little late, so that below the
    /// limit requests rarely wait. Pauses stay as they are, and injection profiles too: if the users would make more
    /// requests than may pass, they wait longer and longer, and in an open profile become more and more.
    ///
    /// Response times count from the slot; the wait is a figure of its own:
    /// [`throttle_wait`](crate::report::Statistics::throttle_wait).
    ///
    /// The end of the throttle ends the run as [`max_duration`](Self::max_duration) does (the earlier of both counts):
    /// so no request waits for longer than the throttle lasts. One that finds no slot left waits until then, and its
    /// user ends.
    ///
    /// Slots are shared among the shards one by one: each of `n` has every `n`-th, for its own users.
    ///
    /// ```
    /// use loadspiker_core::{DurationExt, dsl::*, inject::*};
    ///
    /// let report = Simulation::new("throttled")
    ///     .with(
    ///         scenario("Poll")
    ///             .forever(dummy("poll", 5.millis()))
    ///             .inject([constant_concurrent_users(20).during(1.minutes())]),
    ///     )
    ///     .throttle([jump_to_rps(100), hold_for(10.secs()), reach_rps(50).over(10.secs())])
    ///     .simulated_clock()
    ///     .run()
    ///     .unwrap();
    /// assert_eq!(report.request("poll").unwrap().count(), 1000 + 750);
    /// assert_eq!(report.global().response_time().max(), 5.millis());
    /// assert_eq!(report.global().throttle_wait().count(), 1750);
    /// ```
    pub fn throttle(mut self, steps: impl IntoIterator<Item = ThrottleStep>) -> Self {
        self.throttle = Some(Throttle::from_steps(steps));
        self
    }

    /// How many users, of all populations together, may be active when another one arrives. If they are that many, the
    /// arrival is dropped and counted ([`users_dropped`](crate::report::RunReport::users_dropped)); it is never put
    /// off. Users of closed profiles count, but are not dropped. Default: no limit.
    ///
    /// The number is shared among the shards, each of which drops what exceeds its own share; a run has at most as many
    /// shards.
    pub fn maximum_users(mut self, users: u64) -> Self {
        self.maximum_users = Some(users);
        self
    }

    /// The seed of all that is random. The same seed, profile and number of shards give the same arrivals, feeds,
    /// branches and pauses. Without it a new one is drawn; the report holds it.
    ///
    /// What a user draws follows from the seed, its population and its number in it alone: it is the same whatever
    /// other populations do and, for open profiles, however many shards there are. In real time three things do not
    /// follow from the seed, because they follow from who comes first: which record of a queue (or circle) a user gets,
    /// the turn of a `round_robin_switch`, and `user_id`.
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

/// How the length of a pause follows from what the scenario says. Pauses given as a range, or as a distribution such as
/// [`normal`](crate::dsl::normal), are drawn from it first.
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
            PauseType::Exponential => draw::exponential(duration, random),
            PauseType::Normal { std_dev } => draw::normal(duration, std_dev, random),
            PauseType::Uniform { spread } => {
                draw::uniform(duration.saturating_sub(spread), duration.saturating_add(spread), random)
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
