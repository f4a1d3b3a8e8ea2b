//! A run with what is done before and after it: three runs one behind the other, of which the one in the middle is
//! measured.

use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use crate::compile::{Attributes, Plan, Seen, Witness};
use crate::engine::handle::RunHandle;
use crate::engine::message::Event;
use crate::engine::options::Observer;
use crate::engine::run::Run;
use crate::engine::signals::StopSignals;
use crate::error::Error;
use crate::feeder::copied;
use crate::format::precise;
use crate::report::{EndReason, RunReport};
use crate::session::{Schema, Slot};
use crate::value::Value;

/// Runs `plan` with what is done before and after it.
pub(super) fn conduct(
    plan: &Arc<Plan>,
    handle: &RunHandle,
    events: Receiver<Event>,
    debug: bool,
    observer: &mut dyn Observer,
) -> Result<RunReport, Error> {
    let signals = StopSignals::listen();
    let stage = Stage { debug, signals: &signals };
    // The user of `after` may go on for a while after the first Ctrl-C of all, not after the second.
    let after = |attributes: Attributes, was_interrupted: bool, observer: &mut dyn Observer| {
        let patience = if was_interrupted { Duration::ZERO } else { plan.grace_period };
        let outcome = stage.run_hook("after", plan.after.as_ref()?, attributes, patience, observer);
        outcome.map_or_else(|error| Some(error.to_string()), |outcome| outcome.error)
    };
    let mut attributes = Attributes::new();
    if let Some(before) = &plan.before {
        let outcome = stage.run_hook("before", before, Attributes::new(), Duration::ZERO, observer)?;
        attributes = outcome.attributes;
        // Whoever interrupts wants no run, even if all was done by then.
        let interruption = || outcome.interrupted.then(|| EndReason::Interrupted.to_string());
        if let Some(cause) = outcome.error.or_else(interruption) {
            let after = after(attributes, outcome.interrupted, observer);
            return Err(Error::Before { cause, after });
        }
    }
    // Nobody has set it before: a plan is run once.
    let _ = plan.given.set(attributes.clone());
    let begun = plan.before.is_some();
    match Run::begin(plan.clone(), handle, events, debug, &signals, observer) {
        Ok(run) => {
            let mut report = run.conduct()?;
            let interrupted = report.info().end == EndReason::Interrupted;
            if let Some(cause) = after(attributes, interrupted, observer) {
                report.after_failed(cause);
            }
            Ok(report)
        }
        Err(Error::Start { what, cause }) if begun => {
            let failed = after(attributes, false, observer).map(|cause| format!("; after failed, too: {cause}"));
            Err(Error::Start { what, cause: cause + &failed.unwrap_or_default() })
        }
        Err(Error::Io { path, cause }) if begun => {
            let failed = after(attributes, false, observer).map(|cause| format!("; after failed, too: {cause}"));
            Err(Error::Io { path, cause: cause + &failed.unwrap_or_default() })
        }
        Err(error) => Err(error),
    }
}

/// What all parts of a run have in common.
#[derive(Clone, Copy)]
struct Stage<'a> {
    debug: bool,
    signals: &'a StopSignals,
}

/// How a hook came to its end.
struct Outcome {
    attributes: Attributes,
    /// Why it failed, if it did.
    error: Option<String>,
    interrupted: bool,
}

impl Stage<'_> {
    fn run_hook(
        self,
        name: &str,
        plan: &Arc<Plan>,
        given: Attributes,
        patience: Duration,
        observer: &mut dyn Observer,
    ) -> Result<Outcome, Error> {
        observer.hook(name);
        let _ = plan.given.set(given);
        let mut aside = Aside(observer);
        let (handle, events) = RunHandle::new(plan);
        let mut run = Run::begin(plan.clone(), &handle, events, self.debug, self.signals, &mut aside)?;
        run.patience = patience;
        let report = run.conduct()?;
        let seen = plan.witness().map(Witness::take).unwrap_or_default();
        let interrupted = report.info().end == EndReason::Interrupted;
        let error = failure(&report, &seen, plan.max_duration);
        Ok(Outcome { attributes: seen.attributes, error, interrupted })
    }
}

/// Why the user of a hook has not done what it was to do.
fn failure(report: &RunReport, seen: &Seen, limit: Option<Duration>) -> Option<String> {
    let came_to_its_end = report.users_ended() == 1 && report.users_failed() == 0;
    let mut causes = Vec::new();
    match (&report.info().end, limit) {
        (end @ (EndReason::Stopped(_) | EndReason::Aborted(_)), _) => causes.push(end.to_string()),
        _ if came_to_its_end => return None,
        (EndReason::MaxDuration, Some(limit)) => {
            causes.push(format!(
                "it took longer than {}; give it more with hook_time_limit, or less to do",
                precise(limit)
            ));
        }
        (end @ EndReason::Interrupted, _) => causes.push(end.to_string()),
        _ => {}
    }
    for request in report.requests() {
        let errors = request.statistics().errors().into_iter();
        causes.extend(errors.map(|(error, _)| format!("request \"{}\": {error}", request.path())));
    }
    if seen.failures.is_empty() {
        causes.extend(report.step_errors().into_iter().map(|(error, _)| error.to_owned()));
    } else {
        causes.extend(seen.failures.iter().cloned());
    }
    if causes.is_empty() {
        causes.push("its user was marked as failed".to_owned());
    }
    Some(causes.join("; "))
}

/// Shows of a hook what is not about statistics.
struct Aside<'a>(&'a mut dyn Observer);

impl Observer for Aside<'_> {
    fn debug(&mut self, text: &str) {
        self.0.debug(text);
    }

    fn warning(&mut self, text: &str) {
        self.0.warning(text);
    }

    fn stopping(&mut self, reason: &EndReason, grace: Duration) {
        self.0.stopping(reason, grace);
    }
}

/// The values that `before` has set, in memory of this shard's own: the counts of references to them are then not
/// written by other cores.
pub(super) fn given(attributes: &[(Arc<str>, Value)], schema: &Schema) -> Vec<(Slot, Value)> {
    let slots = attributes.iter().filter_map(|(name, value)| Some((schema.slot(name)?, copied(value))));
    let mut slots: Vec<_> = slots.collect();
    slots.sort_by_key(|(slot, _)| std::cmp::Reverse(slot.0));
    slots
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DurationExt;
    use crate::dsl::{Chain, Simulation, Steps, dummy, exec_fn, pause, scenario};
    use crate::engine::RunOptions;
    use crate::engine::signals::pretend;
    use crate::inject::at_once_users;

    /// Presses Ctrl-C when these parts of a run begin.
    struct Interrupts(&'static [&'static str]);

    impl Observer for Interrupts {
        fn started(&mut self, _: &Plan, _: &RunHandle) {
            self.hook("run");
        }

        fn hook(&mut self, name: &str) {
            if self.0.contains(&name) {
                pretend();
            }
        }
    }

    fn hour() -> Chain {
        pause(1.hours())
    }

    fn run(simulation: Simulation, visit: Chain, interrupted: &'static [&'static str]) -> Result<RunReport, Error> {
        let simulation = simulation.shards(1).with(scenario("S").exec(visit).inject([at_once_users(1)]));
        simulation.run_with(&RunOptions::default(), &mut Interrupts(interrupted))
    }

    #[test]
    fn an_interrupted_before_ends_at_once_and_gives_after_what_it_knew() {
        let before = exec_fn(|session| Ok(session.set("tenant", 7)?)).exec(hour());
        let after = exec_fn(|session| match session.get::<i64>("tenant")? {
            7 => Err("seven".into()),
            _ => Ok(()),
        });
        let error = run(Simulation::new("x").before(before).after(after), hour(), &["before"]).unwrap_err();
        let Error::Before { cause, after } = error else { panic!("{error}") };
        assert_eq!(cause, "interrupted by the user");
        assert!(after.as_ref().is_some_and(|after| after.ends_with(": seven")), "{after:?}");
    }

    #[test]
    fn the_first_interruption_leaves_after_its_time_and_the_second_does_not() {
        let visit = || dummy("visit", 0);
        let report = run(Simulation::new("x").after(dummy("short", 20.millis())), visit(), &["after"]).unwrap();
        assert_eq!((&report.info().end, &report.info().after_error), (&EndReason::Completed, &None));
        assert!(report.passed());

        // It would rest beyond the grace period.
        let report = run(Simulation::new("x").after(hour()), visit(), &["after"]).unwrap();
        assert_eq!(report.info().after_error.as_deref(), Some("interrupted by the user"));

        let report = run(Simulation::new("x").after(pause(10)), hour(), &["run", "after"]).unwrap();
        assert_eq!(report.info().end, EndReason::Interrupted);
        assert_eq!(report.info().after_error.as_deref(), Some("interrupted by the user"));
    }

    #[test]
    fn after_runs_to_its_end_behind_an_interrupted_run() {
        let report = run(Simulation::new("x").after(dummy("short", 20.millis())), hour(), &["run"]).unwrap();
        assert_eq!((&report.info().end, &report.info().after_error), (&EndReason::Interrupted, &None));
    }
}
