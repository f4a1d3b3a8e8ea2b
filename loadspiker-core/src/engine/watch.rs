//! [`Watch`]: looks after the shards from outside, so that code of the user's that never returns is named and cannot keep a
//! run from its end. And what the run has cost the machine.
//!
//! A shard in whose step such code runs neither hears that the run is to end nor hands over what it has counted. After a
//! second the step is told. When the time of the run is over, grace included, such a shard is given up: the report is made
//! of what the others have, and of what this one handed over last.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::compile::Plan;
use crate::engine::events;
use crate::engine::health;
use crate::engine::host::Machine;
use crate::engine::pulse::Pulse;
use crate::engine::run::Run;
use crate::format::human;
use crate::moment::Moment;
use crate::report::{EndReason, HostLoad, RunInfo, StuckStep};

/// How long a turn may last before it is told.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most that a look counts for, however long ago the one before was: the process may have been stopped.
const LOOK: Duration = Duration::from_millis(200);

/// How many occasions are kept.
const MOST: usize = 20;

pub(super) struct Watch {
    shards: Vec<Watched>,
    looked: Instant,
    /// When the run must be over, whatever a shard does.
    limit: Moment,
    stuck: Vec<StuckStep>,
    begun: Instant,
    cpu: Option<Duration>,
    machine: Machine,
    /// For how long each shard's thread had run and waited before the beginning.
    times: Vec<(Duration, Duration)>,
}

struct Watched {
    pulse: Arc<Pulse>,
    /// The turn seen last, and for how long it has been on.
    turn: Option<u64>,
    held: Duration,
    /// It was told, as this one of those that are kept.
    told: Option<Option<usize>>,
    given_up: bool,
}

impl Watch {
    pub(super) fn new(pulses: Vec<Arc<Pulse>>, plan: &Plan) -> Self {
        let times = pulses.iter().map(|pulse| pulse.times().unwrap_or_default()).collect();
        let watched = |pulse| Watched { pulse, turn: None, held: Duration::ZERO, told: None, given_up: false };
        // Simulated time does not go on while code does not return.
        let limit = plan.max_duration.filter(|_| !plan.simulated_clock);
        Watch {
            shards: pulses.into_iter().map(watched).collect(),
            looked: Instant::now(),
            limit: limit.map_or(Moment::NEVER, |limit| Moment::START + limit + plan.grace_period),
            stuck: Vec::new(),
            begun: Instant::now(),
            cpu: health::cpu_time(),
            machine: Machine::now(),
            times,
        }
    }

    /// The run must be over by then.
    pub(super) fn until(&mut self, limit: Moment) {
        self.limit = self.limit.min(limit);
    }

    /// Whether this shard was given up: what it still tells does not count.
    pub(super) fn has_given_up(&self, shard: usize) -> bool {
        self.shards.get(shard).is_some_and(|watched| watched.given_up)
    }

    /// How many shards were given up.
    pub(super) fn given_up(&self) -> usize {
        self.shards.iter().filter(|watched| watched.given_up).count()
    }

    /// Looks at all shards. Returns those of which is to be told that they are stuck, and those that are to be given up.
    fn look(&mut self, now: Moment, plan: &Plan) -> (Vec<StuckStep>, Vec<usize>) {
        let looked = Instant::now();
        let since = looked.duration_since(std::mem::replace(&mut self.looked, looked)).min(LOOK);
        let (mut tell, mut give_up) = (Vec::new(), Vec::new());
        for (index, watched) in self.shards.iter_mut().enumerate().filter(|(_, watched)| !watched.given_up) {
            let turn = watched.pulse.current_turn();
            if turn.is_none() || turn != watched.turn {
                (watched.turn, watched.held, watched.told) = (turn, Duration::ZERO, None);
                continue;
            }
            watched.held += since;
            if watched.held < PATIENCE {
                continue;
            }
            let told = *watched.told.get_or_insert_with(|| {
                let (user, place) = watched.pulse.who();
                let step = StuckStep {
                    shard: index,
                    user,
                    step: place.parts().and_then(|(population, pc)| plan.step_at(population, pc)),
                    held: watched.held,
                    given_up: false,
                };
                tell.push(step.clone());
                let kept = self.stuck.len() < MOST;
                kept.then(|| self.stuck.push(step)).map(|()| self.stuck.len() - 1)
            });
            watched.given_up = now >= self.limit;
            if let Some(stuck) = told.and_then(|told| self.stuck.get_mut(told)) {
                (stuck.held, stuck.given_up) = (watched.held, watched.given_up);
            }
            if watched.given_up {
                give_up.push(index);
            }
        }
        (tell, give_up)
    }

    /// What it has seen, and what the run has cost, is filled in.
    pub(super) fn tell(self, info: &mut RunInfo, simulated: bool) {
        info.stuck = self.stuck;
        if simulated {
            // Set against simulated time it would say nothing.
            return;
        }
        let over = self.begun.elapsed();
        info.cpu = health::cpu_time().zip(self.cpu).map(|(after, before)| after.saturating_sub(before));
        info.cpu_over = info.cpu.map(|_| over);
        info.cores = std::thread::available_parallelism().map_or(0, usize::from);
        let mut load = HostLoad::default();
        let mut is_known = false;
        for (watched, (ran, waited)) in self.shards.iter().zip(self.times) {
            if let Some(times) = watched.pulse.times() {
                is_known = true;
                load.ran += times.0.saturating_sub(ran);
                load.waited += times.1.saturating_sub(waited);
            }
        }
        let machine = Machine::now();
        load.stolen = machine.stolen_since(&self.machine);
        load.pressure = machine.pressure_since(&self.machine);
        info.host_load = is_known.then_some(load);
    }
}

impl Run<'_> {
    /// Looks after the shards; called several times a second.
    pub(super) fn look_after_shards(&mut self) {
        let now = self.now();
        let (tell, give_up) = self.watch.look(now, &self.plan);
        for stuck in tell {
            let warning = format!(
                "shard {} has been held up for {} by {stuck}; meanwhile nobody else on it has a turn: code in a step must \
                 not block, nor loop for ever",
                stuck.shard,
                human(stuck.held),
            );
            events::warning(&warning);
            self.observer.warning(&warning);
        }
        for shard in give_up {
            self.collector.shard_lost(shard);
            self.broken = true;
            let Some(stuck) = self.watch.stuck.iter().rev().find(|stuck| stuck.shard == shard) else { continue };
            let why =
                format!("shard {shard} never came back from {stuck}, and was given up after {}", human(stuck.held));
            events::warning(&why);
            if self.end != Some(EndReason::Interrupted) {
                self.end = Some(EndReason::Aborted(why));
            }
        }
    }
}

impl std::fmt::Display for StuckStep {
    /// The step, and the user.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.step, self.user) {
            (Some(step), user) => write!(f, "{step}, user {user}"),
            (None, 0) => f.write_str("the load generator itself"),
            (None, user) => write!(f, "user {user}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsl::{Simulation, Steps, dummy, exec_fn, scenario};
    use crate::engine::options::Observer;
    use crate::engine::signals::pretend;
    use crate::engine::{Place, RunOptions};
    use crate::inject::at_once_users;

    fn plan() -> Plan {
        let population = scenario("S").exec(dummy("d", 1)).inject([at_once_users(1)]);
        let simulation = Simulation::new("x").max_duration(Duration::from_secs(5)).grace_period(Duration::from_secs(1));
        simulation.with(population).plan(&RunOptions::default()).unwrap()
    }

    /// Looks as many times as make a second, each as if `LOOK` had gone by.
    fn look_for_a_second(watch: &mut Watch, now: Moment, plan: &Plan) -> (Vec<StuckStep>, Vec<usize>) {
        let mut all = (Vec::new(), Vec::new());
        for _ in 0..5 {
            watch.looked = Instant::now().checked_sub(Duration::from_secs(9)).unwrap();
            let (tell, give_up) = watch.look(now, plan);
            all.0.extend(tell);
            all.1.extend(give_up);
        }
        all
    }

    #[test]
    fn a_turn_of_a_second_is_told_once_and_its_shard_given_up_when_the_run_must_be_over() {
        let (plan, pulse) = (plan(), Arc::new(Pulse::default()));
        let mut watch = Watch::new(vec![pulse.clone()], &plan);
        let at = |secs| Moment::START + Duration::from_secs(secs);
        pulse.wakes();
        pulse.turn(7, Place::new(0, 0));
        // The first look sees the turn for the first time.
        assert_eq!(watch.look(at(0), &plan), (vec![], vec![]));
        let (told, given_up) = look_for_a_second(&mut watch, at(1), &plan);
        let [stuck] = &told[..] else { panic!("{told:?}") };
        assert!(stuck.to_string().starts_with("exec dummy \"d\""), "{stuck}");
        assert!(stuck.to_string().ends_with("in scenario \"S\", user 7"), "{stuck}");
        assert_eq!((stuck.shard, given_up), (0, vec![]));
        assert_eq!(look_for_a_second(&mut watch, at(5), &plan), (vec![], vec![]));
        assert_eq!(look_for_a_second(&mut watch, at(6), &plan), (vec![], vec![0]));
        assert!(watch.has_given_up(0) && watch.stuck[0].given_up && watch.stuck.len() == 1);
        assert_eq!(look_for_a_second(&mut watch, at(7), &plan), (vec![], vec![]));
    }

    #[test]
    fn a_shard_that_rests_or_takes_turns_is_left_alone() {
        let (plan, pulse) = (plan(), Arc::new(Pulse::default()));
        let mut watch = Watch::new(vec![pulse.clone()], &plan);
        watch.until(Moment::START);
        for _ in 0..10 {
            watch.looked = Instant::now().checked_sub(Duration::from_secs(9)).unwrap();
            pulse.wakes();
            pulse.turn(1, Place::NONE);
            assert_eq!(watch.look(Moment::START, &plan), (vec![], vec![]));
        }
        pulse.rests();
        assert_eq!(look_for_a_second(&mut watch, Moment::START, &plan), (vec![], vec![]));
    }

    /// Presses Ctrl-C when it is warned of a step, and once more when the run says that users have time to finish.
    #[derive(Default)]
    struct Impatient(Vec<String>);

    impl Observer for Impatient {
        fn warning(&mut self, text: &str) {
            self.0.push(text.to_owned());
            pretend();
        }

        fn stopping(&mut self, _: &EndReason, grace: Duration) {
            if !grace.is_zero() {
                pretend();
            }
        }
    }

    #[test]
    fn an_interrupted_run_gives_up_a_shard_that_is_stuck() {
        let begin = Instant::now();
        let stuck = exec_fn(|session| {
            while session.user_id() > 0 {
                std::thread::park();
            }
            Ok(())
        });
        let population = scenario("Stuck").exec(dummy("before", 1)).exec(stuck).inject([at_once_users(1)]);
        // Nothing else ends it: it is the second Ctrl-C that does.
        let simulation = Simulation::new("x").shards(1).grace_period(Duration::from_secs(3600)).with(population);
        let mut impatient = Impatient::default();
        let report = simulation.run_with(&RunOptions::default(), &mut impatient).unwrap();
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
        assert_eq!(report.info().end, EndReason::Interrupted);
        let [warning] = &impatient.0[..] else { panic!("{:?}", impatient.0) };
        assert!(warning.starts_with("shard 0 has been held up for") && warning.contains("exec_fn at "), "{warning}");
        let warnings = report.warnings().join("\n");
        assert!(warnings.contains("Shard 0 never came back from exec_fn"), "{warnings}");
        assert!(report.info().stuck[0].given_up);
    }
}
