//! What is done around the load: once before a run and once after it, and at the start and the end of each user.

use std::panic::Location;
use std::time::Duration;

use crate::dsl::{Chain, IntoChain, Scenario, Simulation, Steps};
use crate::units::FixedDuration;

/// The hooks of a simulation.
#[derive(Clone, Debug)]
pub(crate) struct Hooks {
    pub(crate) before: Option<Hook>,
    pub(crate) after: Option<Hook>,
    pub(crate) time_limit: Duration,
    pub(crate) users: UserHooks,
}

/// A chain that runs once, and where it was given.
#[derive(Clone, Debug)]
pub(crate) struct Hook {
    pub(crate) name: &'static str,
    pub(crate) chain: Chain,
    pub(crate) place: &'static Location<'static>,
}

/// What each user does first and last.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserHooks {
    pub(crate) start: Chain,
    pub(crate) end: Chain,
}

impl Default for Hooks {
    fn default() -> Self {
        Hooks { before: None, after: None, time_limit: Duration::from_secs(300), users: UserHooks::default() }
    }
}

#[track_caller]
fn add(hook: &mut Option<Hook>, name: &'static str, chain: Chain) {
    let place = Location::caller();
    let hook = hook.get_or_insert_with(|| Hook { name, chain: Chain::new(), place });
    hook.chain = std::mem::take(&mut hook.chain).append(chain);
}

impl Simulation {
    /// What is done once before the run, by one user: create a tenant, fill a table, fetch a token. It may use the
    /// whole language.
    ///
    /// The attributes that this user has at its end are there in the sessions of all users of the run, and in that of
    /// [`after`](Self::after), each with the type it has. The clock of the run begins when it is done, and its requests
    /// are in no figure of the report. It goes by the simulation's protocols, pauses and seed. Connections and cookies
    /// are its own; a feeder that the scenarios use, too, goes on where this user left it.
    ///
    /// If it fails, the run does not start: [`Error::Before`](crate::Error::Before) says at which request or step, and
    /// `after` runs all the same. It has failed if its user is marked as failed at its end, is stopped by
    /// `stop_load_generator`, a feeder that has run out or Ctrl-C, or takes longer than the
    /// [time limit](Self::hook_time_limit).
    ///
    /// What a second call gives is done behind what the first one gave.
    ///
    /// ```
    /// use loadspiker_core::{DurationExt, dsl::*, inject::at_once_users};
    ///
    /// let report = Simulation::new("tenants")
    ///     .before(dummy("create tenant", 5.millis()).exec_fn(|session| Ok(session.set("tenant", "t-17")?)))
    ///     .with(scenario("Visit").exec(dummy("visit #{tenant}", 1.millis())).inject([at_once_users(10)]))
    ///     .after(dummy("delete tenant #{tenant}", 5.millis()))
    ///     .run()
    ///     .unwrap();
    /// assert_eq!(report.request("visit t-17").unwrap().count(), 10);
    /// assert_eq!(report.global().count(), 10);
    /// ```
    #[track_caller]
    pub fn before(mut self, chain: impl IntoChain) -> Self {
        add(&mut self.hooks.before, "before", chain.into_chain());
        self
    }

    /// What is done once after the run, by one user: delete what [`before`](Self::before) made, and what the users
    /// left. It may use the whole language; the attributes that `before` ended with are there.
    ///
    /// It runs in every case: after a run that was completed, stopped, interrupted or aborted, and whenever `before`
    /// was begun, even if it failed or the run could not start then. (A `before` that was cut off gives its attributes
    /// as they were before the step in which that happened.) Its requests are in no figure of the report. If it fails,
    /// the run has not [passed](crate::report::RunReport::passed), and
    /// [`RunInfo::after_error`](crate::report::RunInfo::after_error) says why.
    ///
    /// The first Ctrl-C of a run leaves it the [grace period](Self::grace_period) to finish, a second one ends it at
    /// once.
    ///
    /// What a second call gives is done behind what the first one gave.
    #[track_caller]
    pub fn after(mut self, chain: impl IntoChain) -> Self {
        add(&mut self.hooks.after, "after", chain.into_chain());
        self
    }

    /// How long [`before`](Self::before) may take, and [`after`](Self::after); whichever takes longer is cut off and
    /// has failed. Default 5 minutes. [`max_duration`](Self::max_duration) does not count for them.
    pub fn hook_time_limit(mut self, limit: impl FixedDuration) -> Self {
        self.hooks.time_limit = limit.fixed();
        self
    }

    /// What each user of every scenario does first, before the scenario's own
    /// [`on_user_start`](Scenario::on_user_start). What a second call gives is done behind what the first one gave.
    pub fn on_user_start(mut self, chain: impl IntoChain) -> Self {
        self.hooks.users.start = self.hooks.users.start.append(chain.into_chain());
        self
    }

    /// What each user of every scenario does last, behind the scenario's own [`on_user_end`](Scenario::on_user_end).
    /// What a second call gives is done behind what the first one gave.
    pub fn on_user_end(mut self, chain: impl IntoChain) -> Self {
        self.hooks.users.end = self.hooks.users.end.append(chain.into_chain());
        self
    }
}

impl Scenario {
    /// What each user of this scenario does before the first step. Its requests count as any others. An `exit_here` in
    /// it leads to [`on_user_end`](Self::on_user_end). What a second call gives is done behind what the first one gave.
    ///
    /// ```
    /// use loadspiker_core::{DurationExt, dsl::*, inject::at_once_users};
    ///
    /// let shop = scenario("Shop")
    ///     .on_user_start(dummy("log in", 2.millis()))
    ///     .exec(dummy("search", 1.millis()))
    ///     .on_user_end(dummy("log out", 1.millis()));
    /// let report = Simulation::new("shop").with(shop.inject([at_once_users(1)])).run().unwrap();
    /// let names: Vec<_> = report.requests().iter().map(|request| request.name()).collect();
    /// assert_eq!(names, ["log in", "search", "log out"]);
    /// ```
    pub fn on_user_start(mut self, chain: impl IntoChain) -> Self {
        self.users.start = self.users.start.append(chain.into_chain());
        self
    }

    /// What each user of this scenario does last, however it comes to its end: behind the last step, or by
    /// `exit_here`, `exit_here_if`, `exit_here_if_failed`. Groups and loops are closed before. Its requests count as
    /// any others. A user that is marked as failed still is, and is counted as failed at its end; so an
    /// `exit_here_if_failed` here ends such a user. An `exit_here` in it ends the user.
    ///
    /// It does not run for a user that is interrupted at the end of the grace period, nor for one whose feeder ran out:
    /// this aborts the run. What a second call gives is done behind what the first one gave.
    pub fn on_user_end(mut self, chain: impl IntoChain) -> Self {
        self.users.end = self.users.end.append(chain.into_chain());
        self
    }
}
