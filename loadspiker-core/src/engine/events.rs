//! What the engine tells a person who debugs, through `tracing`: decisions about the run, and what goes wrong with users.
//!
//! Nothing is told for a request that ends well. An event that nobody listens to costs one look at a number that is never
//! written, so events stand where something has failed or is decided, never on the way of each request. Texts are masked
//! and made harmless for terminals before they are handed over, as any subscriber may print them.

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use tracing::span::EnteredSpan;
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, debug, dispatcher, error_span, info, warn};

use crate::compile::Plan;
use crate::engine::{Shard, User};
use crate::metrics::SampleName;
use crate::moment::Moment;
use crate::report::{EndReason, RunInfo};
use crate::shown::{plain, printable};

/// The subscriber of the thread that starts a run, to be that of the run's own threads. One that is set for the whole
/// process needs nothing; one that is set for a scope, as tests do, would be lost.
#[derive(Clone, Debug)]
pub(super) struct Listener(Option<Dispatch>);

impl Listener {
    /// The one of this thread.
    pub(super) fn here() -> Self {
        let listener = dispatcher::get_default(Clone::clone);
        Listener((!listener.is::<NoSubscriber>()).then_some(listener))
    }

    /// Makes it that of this thread, as long as what is returned is kept.
    #[must_use]
    pub(super) fn listen(&self) -> Option<dispatcher::DefaultGuard> {
        self.0.as_ref().map(dispatcher::set_default)
    }
}

/// The span in which all that happens on a shard's thread is.
pub(super) fn on_shard(index: usize) -> EnteredSpan {
    error_span!("shard", index).entered()
}

pub(super) fn run_begins(plan: &Plan) {
    info!(simulation = %printable(&plan.name), seed = plan.seed, shards = plan.shards, "the run begins");
}

pub(super) fn run_is_over(info: &RunInfo) {
    info!(duration = ?info.duration, end = %printable(&info.end.to_string()), "the run is over");
}

pub(super) fn stopping(reason: &EndReason, grace: Duration) {
    info!(reason = %printable(&reason.to_string()), ?grace, "the run is being stopped");
}

pub(super) fn population_starts(plan: &Plan, index: usize, at: Moment) {
    let scenario = plan.scenario_names.get(index).map_or("?", |name| name);
    info!(scenario = %printable(scenario), at = ?at.since_start(), "a population starts");
}

pub(super) fn population_is_done(plan: &Plan, index: usize, shard: usize) {
    let scenario = plan.scenario_names.get(index).map_or("?", |name| name);
    debug!(scenario = %printable(scenario), shard, "a population is done on a shard");
}

pub(super) fn steered(what: &dyn Display, at: Moment) {
    info!(at = ?at.since_start(), "the run is steered: {what}");
}

pub(super) fn warning(text: &str) {
    warn!("{}", printable(text));
}

impl Shard {
    /// A request of this user has failed, with this message, masked.
    #[cold]
    pub(crate) fn tell_failed_request(&self, user: &User, name: SampleName<'_>, error: &str) {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return;
        }
        let name = match name {
            SampleName::Known(id) => self.name_of(id),
            SampleName::Dynamic(name) => name,
        };
        let (id, scenario) = who(user);
        debug!(user = id, %scenario, request = %printable(name), error = %harmless(error), "a request failed");
    }

    /// A step of this user that is no request has failed, with this message, masked.
    #[cold]
    pub(super) fn tell_failed_step(user: &User, error: &str, panicked: bool) {
        let (id, scenario) = who(user);
        if panicked {
            warn!(user = id, %scenario, error = %harmless(error), "a step panicked");
        } else {
            debug!(user = id, %scenario, error = %harmless(error), "a step failed");
        }
    }

    /// A user was lost in a panic.
    #[cold]
    pub(super) fn tell_lost_user(&self, population: u32, message: &str) {
        let scenario = self.plan.scenario_names.get(population as usize).map_or("?", |name| name);
        warn!(scenario = %printable(scenario), error = %harmless(message), "a user was lost in a panic");
    }

    /// A user was cut off by the end of the run.
    #[cold]
    pub(super) fn tell_interrupted(user: &User) {
        let (id, scenario) = who(user);
        debug!(user = id, %scenario, "a user was cut off by the end of the run");
    }

    /// Arrivals did not become users.
    #[cold]
    pub(super) fn tell_dropped_arrivals(&self, population: usize, count: u64, why: &'static str) {
        let scenario = self.plan.scenario_names.get(population).map_or("?", |name| name);
        debug!(scenario = %printable(scenario), count, why, "arrivals were dropped");
    }
}

fn who(user: &User) -> (u64, Cow<'_, str>) {
    (user.session.user_id(), printable(user.session.scenario()))
}

/// Without the marks of values, and harmless for terminals.
fn harmless(error: &str) -> String {
    printable(&plain(error)).into_owned()
}
