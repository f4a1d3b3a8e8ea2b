//! [`Population`]: a scenario and the users that run it.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::dsl::{IntoPopulations, PauseType, Scenario};
use crate::inject::{Profile, Throttle, ThrottleStep};
use crate::protocol::Protocol;
use crate::units::FixedDuration;

/// A scenario with its injection profile: who runs it, and when. Made by [`Scenario::inject`].
#[derive(Clone, Debug)]
#[must_use = "a population does nothing until a simulation runs it"]
pub struct Population {
    pub(crate) scenario: Scenario,
    pub(crate) profile: Profile,
    pub(crate) protocols: Vec<Arc<dyn Protocol>>,
    pub(crate) pauses: Option<PauseType>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) maximum_users: Option<u64>,
    /// Each level starts when all users of the one before, and of what follows them, are done.
    pub(crate) next: Vec<Vec<Population>>,
    /// What it waits for, beside those before it.
    pub(crate) start_after: Vec<Awaited>,
    pub(crate) place: &'static Location<'static>,
}

/// A scenario whose users must be done, and how long ago, before a population starts.
#[derive(Clone, Debug)]
pub(crate) struct Awaited {
    pub(crate) scenario: String,
    pub(crate) delay: Duration,
    pub(crate) place: &'static Location<'static>,
}

impl Population {
    pub(crate) fn new(scenario: Scenario, profile: Profile, place: &'static Location<'static>) -> Self {
        Population {
            scenario,
            profile,
            protocols: Vec::new(),
            pauses: None,
            throttle: None,
            maximum_users: None,
            next: Vec::new(),
            start_after: Vec::new(),
            place,
        }
    }

    /// Starts a population when all users of this one are done; several, given in brackets, start together:
    /// `.and_then([a, b])`. What is added by a further `and_then` starts when those before, with all that follows them,
    /// are done. With a delay, or by name: [`start_after`](Self::start_after).
    ///
    /// ```
    /// use loadspiker_core::{dsl::*, inject::at_once_users};
    ///
    /// let one = |name: &str, secs: u64| scenario(name).pause(secs).inject(at_once_users(1));
    /// // Both readers start when the table is filled, the cleaner when both are done.
    /// let tree = one("fill", 5).and_then([one("read", 20), one("search", 10)]).and_then(one("clean", 1));
    /// let report = Simulation::new("tree").with(tree).simulated_clock().run()?;
    /// assert_eq!(report.info().duration.as_secs(), 5 + 20 + 1);
    /// # Ok::<(), loadspiker_core::Error>(())
    /// ```
    pub fn and_then(mut self, populations: impl IntoPopulations) -> Self {
        self.next.push(populations.into_populations());
        self
    }

    /// Starts this population `delay` after all users of the scenario of that name are done, whose population may stand
    /// anywhere in the simulation. Zero is at once. Given several times, all of them must be done, and their delays
    /// over; so it is with what this population follows by [`and_then`](Self::and_then), too.
    ///
    /// A name that no scenario has, this scenario's own, and scenarios that wait for one another in a circle are
    /// mistakes that are found before the run.
    ///
    /// ```
    /// use loadspiker_core::{DurationExt, dsl::*, inject::{at_once_users, constant_users_per_sec}};
    ///
    /// let fill = scenario("Fill the cart").pause(2).inject(at_once_users(5));
    /// let prices = scenario("Change prices").pause(1).inject(at_once_users(1));
    /// let check_out = scenario("Check out")
    ///     .pause(1)
    ///     .inject([constant_users_per_sec(1).during(5.secs())])
    ///     .start_after("Fill the cart", 30.secs())
    ///     .start_after("Change prices", 0.secs());
    /// let report = Simulation::new("shop").with(check_out).with(fill).with(prices).simulated_clock().run().unwrap();
    /// // 2 s to fill, 30 s of delay, the last of five users after 4 s, and its second.
    /// assert_eq!(report.info().duration, 37.secs());
    /// ```
    #[track_caller]
    pub fn start_after(mut self, scenario_name: impl Into<String>, delay: impl FixedDuration) -> Self {
        let (scenario, delay) = (scenario_name.into(), delay.fixed());
        self.start_after.push(Awaited { scenario, delay, place: Location::caller() });
        self
    }

    /// The protocol for this population; it replaces the simulation's of the same kind.
    pub fn protocol(mut self, protocol: impl Protocol) -> Self {
        self.protocols.push(Arc::new(protocol));
        self
    }

    /// How pauses are drawn for this population; replaces the simulation's setting.
    pub fn pauses(mut self, pauses: PauseType) -> Self {
        self.pauses = Some(pauses);
        self
    }

    /// How many requests a second the users of this population make at most, over time, counted from the start of the
    /// population; a single step needs no brackets. Replaces an earlier one. Where the simulation has a throttle too, a
    /// request must pass both.
    ///
    /// It works as [that of the simulation](crate::dsl::Simulation::throttle), but for its end, which is the end of
    /// this population alone: no more users start, and one that comes to a request ends there, as if its scenario did.
    pub fn throttle(mut self, steps: impl IntoIterator<Item = ThrottleStep>) -> Self {
        self.throttle = Some(Throttle::from_steps(steps));
        self
    }

    /// How many users of this population may be active when another one arrives. If they are that many, the arrival is
    /// dropped and counted; it is never put off. For open profiles; default: no limit. See
    /// [that of the simulation](crate::dsl::Simulation::maximum_users) for how it is shared among shards.
    pub fn maximum_users(mut self, users: u64) -> Self {
        self.maximum_users = Some(users);
        self
    }
}

/// A population alone can stand where several may.
impl IntoIterator for Population {
    type Item = Self;
    type IntoIter = std::iter::Once<Self>;

    fn into_iter(self) -> Self::IntoIter {
        std::iter::once(self)
    }
}
