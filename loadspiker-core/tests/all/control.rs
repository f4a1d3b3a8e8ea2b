//! A run that is steered while it is on, closed profiles that go down, and runs that are the same again. In real time
//! nothing is asserted of durations: only who came by, and how often.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadspiker_core::compile::Plan;
use loadspiker_core::dsl::*;
use loadspiker_core::engine::{ControlError, Observer, RunHandle, RunOptions};
use loadspiker_core::feeder::records;
use loadspiker_core::inject::*;
use loadspiker_core::metrics::LiveView;
use loadspiker_core::report::{EndReason, RunReport};
use loadspiker_core::{DurationExt, Error};
use loadspiker_testkit::{Passage, Trace, run};

/// Does something with the handle before anything starts.
struct AtStart<F>(F);

impl<F: FnMut(&RunHandle)> Observer for AtStart<F> {
    fn started(&mut self, _: &Plan, handle: &RunHandle) {
        (self.0)(handle);
    }
}

fn steered(simulation: Simulation, at_start: impl FnMut(&RunHandle)) -> RunReport {
    simulation.run_with(&RunOptions::default(), &mut AtStart(at_start)).unwrap()
}

/// A scenario of a single probe that says how often it was passed.
fn knocks(trace: &Trace) -> (Chain, Receiver<()>) {
    let (knock, knocked) = channel();
    let knock: Mutex<Sender<()>> = Mutex::new(knock);
    let tell = exec_fn(move |_| {
        // Nobody has to listen.
        let _ = knock.lock().unwrap().send(());
        Ok(())
    });
    (trace.probe("in").exec(tell), knocked)
}

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn a_load_scaled_from_the_beginning_is_that_of_a_scaled_profile() {
    let simulation = || {
        let trace = Trace::default();
        let injected = scenario("s").exec(trace.probe("a")).inject([constant_users_per_sec(10).during(10.secs())]);
        let next = scenario("t").exec(trace.probe("b")).inject(at_once_users(3));
        (trace.clone(), Simulation::new("scaled").simulated_clock().seed(1).with(injected.and_then(next)))
    };
    let (trace, scaled) = simulation();
    steered(scaled, |handle| {
        handle.scale(9.0).unwrap();
        handle.scale(2.0).unwrap();
        assert_eq!(handle.factor(), 2.0);
    });
    let (expected, written) = simulation();
    let options = RunOptions { users_factor: Some(2.0), ..RunOptions::default() };
    written.run_with(&options, &mut ()).unwrap();
    assert_eq!(trace.names().len(), 206);
    let at = |trace: &Trace| trace.passages().into_iter().map(|(_, name, at)| (name, at)).collect::<Vec<_>>();
    assert_eq!(at(&trace)[..200], at(&expected)[..200]);
}

#[test]
fn a_load_of_nothing_means_that_nobody_starts_and_the_run_ends_with_its_profile() {
    let trace = Trace::default();
    let injected = |name: &str| scenario(name).exec(trace.probe("a"));
    let open = injected("open").inject([constant_users_per_sec(100).during(50.millis())]);
    let closed = injected("closed").inject([constant_concurrent_users(5).during(50.millis())]);
    let simulation = Simulation::new("nobody").shards(2).with(open).with(closed);
    let report = steered(simulation, |handle| handle.scale(0.0).unwrap());
    assert_eq!((report.users_started(), trace.names().len()), (0, 0));
    assert_eq!(report.info().end, EndReason::Completed);
    assert!(report.info().duration >= 50.millis());
}

#[test]
fn a_load_can_be_raised_while_the_run_is_on() {
    let trace = Trace::default();
    let (chain, knocked) = knocks(&trace);
    let closed =
        scenario("s").exec(chain).forever(pause(1.millis())).inject([constant_concurrent_users(2).during(1.hours())]);
    let run = Simulation::new("more").shards(2).with(closed).start().unwrap();
    let handle = run.handle();
    (0..2).for_each(|_| knocked.recv_timeout(PATIENCE).unwrap());
    handle.scale(3.5).unwrap();
    (0..5).for_each(|_| knocked.recv_timeout(PATIENCE).unwrap());
    handle.scale(0.0).unwrap();
    handle.scale(1.0).unwrap();
    handle.stop("done").unwrap();
    let report = run.wait().unwrap();
    assert!(report.users_started() >= 7, "{}", report.users_started());
    assert_eq!(report.users_interrupted(), 0, "users of a closed population leave at the end of a pass");
    assert_eq!(report.info().end, EndReason::Stopped("done".into()));
}

/// Tells each view of the run.
struct Views(Sender<LiveView>);

impl Observer for Views {
    fn progress(&mut self, view: &LiveView) {
        // Nobody has to listen.
        let _ = self.0.send(view.clone());
    }
}

/// Waits until the run looks like this.
fn wait_for(views: &Receiver<LiveView>, what: impl Fn(&LiveView) -> bool) {
    while !what(&views.recv_timeout(PATIENCE).unwrap()) {}
}

#[test]
fn a_lowered_load_lets_users_go_at_the_end_of_a_pass() {
    let closed = scenario("s").forever(dummy("a", 1.millis())).inject([constant_concurrent_users(4).during(1.hours())]);
    let (show, views) = channel();
    let run = Simulation::new("fewer").shards(3).with(closed);
    let run = run.start_with(&RunOptions::default(), Views(show)).unwrap();
    wait_for(&views, |view| view.users_active == 4);
    // A quarter of the load: one user stays.
    run.handle().scale(0.25).unwrap();
    wait_for(&views, |view| view.users_active == 1);
    run.handle().stop("enough").unwrap();
    let report = run.wait().unwrap();
    assert_eq!((report.users_started(), report.users_ended(), report.users_interrupted()), (4, 4, 0));
}

#[test]
fn in_a_pause_nobody_starts() {
    let trace = Trace::default();
    let injected = scenario("s").exec(trace.probe("a")).inject(at_once_users(7));
    let paused = Simulation::new("paused").shards(2).with(injected);
    let (give, got) = channel();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watch = Watch { give, seen: seen.clone() };
    let run = paused.start_with(&RunOptions::default(), watch).unwrap();
    let handle = got.recv_timeout(PATIENCE).unwrap();
    // It has been shown as paused: whatever was to begin at once has had its time.
    while !seen.lock().unwrap().contains(&true) {
        std::thread::yield_now();
    }
    assert!(handle.is_paused());
    assert_eq!(trace.names().len(), 0);
    handle.pause().unwrap(); // again: nothing changes
    handle.resume().unwrap();
    handle.resume().unwrap();
    assert!(!handle.is_paused());
    let report = run.wait().unwrap();
    assert_eq!((report.users_started(), trace.names().len()), (7, 7));
    assert!(report.info().paused > Duration::ZERO && report.info().paused <= report.info().duration);
    // They mean to start when the run goes on.
    assert!(trace.passages().iter().all(|(_, _, at)| *at == report.info().paused), "{:?}", trace.passages());
    let read = RunReport::from_json(&report.to_json()).unwrap();
    assert_eq!(read.info().paused, report.info().paused);
}

/// Pauses the run from the beginning, gives the handle away and notes whether the run was shown as paused.
struct Watch {
    give: Sender<RunHandle>,
    seen: Arc<Mutex<Vec<bool>>>,
}

impl Observer for Watch {
    fn started(&mut self, _: &Plan, handle: &RunHandle) {
        handle.pause().unwrap();
        self.give.send(handle.clone()).unwrap();
    }

    fn progress(&mut self, view: &LiveView) {
        self.seen.lock().unwrap().push(view.is_paused);
    }
}

#[test]
fn in_a_pause_users_are_held_before_their_next_request_and_it_is_charged_to_nobody() {
    let trace = Trace::default();
    let (chain, knocked) = knocks(&trace);
    let pass = group("pass", exec(trace.probe("again")).pause(1.millis()).exec(trace.probe("again")));
    let endless = scenario("s").forever(pass.exec(chain)).inject([constant_concurrent_users(5).during(1.hours())]);
    let (show, views) = channel();
    let run = Simulation::new("held").shards(2).with(endless);
    let run = run.start_with(&RunOptions::default(), Views(show)).unwrap();
    (0..5).for_each(|_| knocked.recv_timeout(PATIENCE).unwrap());
    run.handle().pause().unwrap();
    // Much longer than a pass takes.
    (0..10).for_each(|_| wait_for(&views, |view| view.is_paused));
    run.handle().resume().unwrap();
    // What was told before is left out.
    while knocked.try_recv().is_ok() {}
    (0..20).for_each(|_| knocked.recv_timeout(PATIENCE).unwrap());
    run.handle().stop("enough").unwrap();
    let report = run.wait().unwrap();
    assert_eq!((report.users_ended(), report.users_interrupted()), (5, 0));
    // All of them mean to go on at the same moment, and nobody came by before.
    let passages = trace.passages();
    let by_all = |moment: &Duration| {
        let users = passages.iter().filter(|(_, _, at)| at == moment).map(|(id, _, _)| *id);
        users.collect::<std::collections::BTreeSet<_>>().len() == 5
    };
    let paused = report.info().paused;
    let resumed = passages.iter().map(|(_, _, at)| *at).filter(|at| *at >= paused).find(by_all).unwrap();
    assert!(!passages.iter().any(|(_, _, at)| (resumed - paused / 2..resumed).contains(at)), "{passages:?}");
    // The pause is in no figure.
    assert!(report.global().response_time().max() < paused);
    assert!(report.group("pass").unwrap().duration().max() < paused);
}

#[test]
fn a_run_that_is_stopped_while_it_is_paused_sends_nothing_more() {
    let trace = Trace::default();
    let (chain, knocked) = knocks(&trace);
    let endless = scenario("s").exec(chain).forever(trace.probe("again").pause(1.millis())).inject(at_once_users(3));
    let never = scenario("never").exec(trace.probe("never")).inject(at_once_users(1));
    let simulation = Simulation::new("stopped").shards(2).with(endless.and_then(never));
    let run = simulation.start().unwrap();
    (0..3).for_each(|_| knocked.recv_timeout(PATIENCE).unwrap());
    run.handle().pause().unwrap();
    run.handle().stop("broken").unwrap();
    let report = run.wait().unwrap();
    assert_eq!((report.users_started(), report.users_interrupted()), (3, 3));
    assert!(!trace.names().contains(&"never".to_owned()));
}

#[test]
fn a_run_that_is_paused_ends_at_its_maximum_duration() {
    let simulation = Simulation::new("limited").shards(2).max_duration(50.millis());
    let simulation = simulation.with(scenario("s").pause(1).inject(at_once_users(3)));
    let report = steered(simulation, |handle| handle.pause().unwrap());
    assert_eq!((report.users_started(), &report.info().end), (0, &EndReason::MaxDuration));
    assert_eq!(report.info().paused, report.info().duration);
}

#[test]
fn what_follows_starts_after_a_pause_too() {
    let trace = Trace::default();
    let (chain, knocked) = knocks(&trace);
    let first = scenario("first").exec(chain).pause(10.millis()).inject(at_once_users(2));
    let second =
        scenario("second").exec(trace.probe("second")).inject(at_once_users(2)).start_after("first", 5.millis());
    let run = Simulation::new("sequence").shards(2).with(first).with(second).start().unwrap();
    (0..2).for_each(|_| knocked.recv_timeout(PATIENCE).unwrap());
    for _ in 0..3 {
        run.handle().pause().unwrap();
        run.handle().resume().unwrap();
    }
    let report = run.wait().unwrap();
    assert_eq!((report.users_started(), trace.millis("second").len()), (4, 2));
}

#[test]
fn simulated_time_stands_still_in_a_pause() {
    let trace = Trace::default();
    let injected = scenario("s").exec(trace.probe("a")).pause(9).inject([constant_users_per_sec(1).during(1.hours())]);
    let (give, got) = channel();
    let watch = Watch { give, seen: Arc::default() };
    let run =
        Simulation::new("frozen").simulated_clock().with(injected).start_with(&RunOptions::default(), watch).unwrap();
    got.recv_timeout(PATIENCE).unwrap().resume().unwrap();
    let report = run.wait().unwrap();
    assert_eq!(
        (trace.names().len(), report.info().duration, report.info().paused),
        (3600, 3608.secs(), Duration::ZERO)
    );
}

#[test]
fn an_endless_run_is_stopped_from_outside() {
    let trace = Trace::default();
    let (chain, knocked) = knocks(&trace);
    let endless = scenario("s").exec(chain).pause(10).inject([constant_users_per_sec(100).during(1.hours())]);
    let simulation = Simulation::new("endless").shards(2).grace_period(Duration::ZERO).with(endless);
    let run = simulation.start().unwrap();
    let (handle, other) = (run.handle(), run.handle());
    knocked.recv_timeout(PATIENCE).unwrap();
    std::thread::spawn(move || other.stop("enough").unwrap()).join().unwrap();
    // A second reason changes nothing, if the run is not over yet.
    let _ = handle.stop("again");
    let report = run.wait().unwrap();
    assert_eq!(report.info().end, EndReason::Stopped("enough".into()));
    assert!(report.passed());
}

#[test]
fn a_run_that_is_over_or_ending_cannot_be_changed() {
    let run = Simulation::new("short").with(scenario("s").pause(0).inject(at_once_users(1))).start().unwrap();
    let handle = run.handle();
    run.wait().unwrap();
    assert!(handle.is_over());
    let over = ControlError::Over { simulation: "short".to_owned() };
    assert_eq!(handle.pause(), Err(over.clone()));
    assert_eq!(handle.resume(), Err(over.clone()));
    assert_eq!(handle.scale(2.0), Err(over.clone()));
    assert_eq!(handle.stop("too late"), Err(over.clone()));
    assert!(over.to_string().contains("\"short\" is over or about to end"), "{over}");
    let simulation = Simulation::new("ending").with(scenario("s").pause(0).inject(at_once_users(1)));
    steered(simulation, |handle| {
        handle.stop("at once").unwrap();
        assert!(handle.pause().is_err() && handle.scale(1.0).is_err() && !handle.is_over());
    });
}

#[test]
fn a_bad_factor_is_refused_and_changes_nothing() {
    let simulation = Simulation::new("bad").with(scenario("s").pause(0).inject(at_once_users(1000)));
    let report = steered(simulation, |handle| {
        for factor in [-1.0, f64::NAN, f64::INFINITY] {
            let error = handle.scale(factor).unwrap_err();
            assert!(matches!(error, ControlError::Factor { .. }), "{error}");
            assert!(error.to_string().contains(&format!("multiplied by {factor};")), "{error}");
        }
        let error = handle.scale(1e12).unwrap_err();
        let ControlError::Profile { scenario, mistake, .. } = &error else { panic!("{error}") };
        assert!(scenario == "s" && mistake.contains("1000000000000000 users"), "{error}");
        assert_eq!(handle.factor(), 1.0);
    });
    assert_eq!(report.users_started(), 1000);
}

#[test]
fn mistakes_are_found_before_a_run_is_started() {
    let error = Simulation::new("empty").start().map(|_| ()).unwrap_err();
    assert!(matches!(&error, Error::Simulation(_)), "{error}");
}

#[test]
fn a_handle_can_be_shared() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<RunHandle>();
}

#[test]
fn a_closed_population_of_endless_users_goes_down_pass_by_pass() {
    let trace = Trace::default();
    // A pass a second; one user less after each ten seconds.
    let chain = exec(trace.probe("in")).group("outer", forever(group("pass", exec(trace.probe("pass")).pause(1))));
    let profile = [constant_concurrent_users(3).during(10.secs()), ramp_concurrent_users(3).to(0).during(30.secs())];
    let report = run([scenario("s").exec(chain).exec(trace.probe("never")).inject(profile)]);
    assert_eq!((report.users_started(), report.users_ended(), report.users_interrupted()), (3, 3, 0));
    assert_eq!(report.info().duration, 40.secs());
    let passes = |from: u128, to: u128| trace.millis("pass").iter().filter(|at| (from..to).contains(*at)).count();
    assert_eq!([passes(0, 20_000), passes(20_000, 30_000), passes(30_000, 40_000)], [60, 20, 10]);
    assert_eq!(passes(40_000, u128::MAX), 0);
    // Groups around and within are closed and recorded.
    assert_eq!(report.group("outer").unwrap().count(), 3);
    assert_eq!(report.group("outer / pass").unwrap().count(), 90);
    assert!(!trace.names().contains(&"never".to_owned()));
}

#[test]
fn an_endless_loop_within_another_loop_is_no_iteration() {
    let chain = repeat(1, forever(dummy("d", 1.secs())));
    let simulation = Simulation::new("inner").simulated_clock().max_duration(10.secs()).grace_period(5.secs());
    let closed = scenario("s").exec(chain).inject([ramp_concurrent_users(2).to(0).during(4.secs())]);
    let report = simulation.with(closed).run().unwrap();
    assert_eq!((report.users_started(), report.users_interrupted()), (2, 2));
}

#[test]
fn endless_users_of_an_open_profile_stay() {
    let simulation = Simulation::new("open").simulated_clock().max_duration(10.secs()).grace_period(5.secs());
    let open = scenario("s").forever(dummy("d", 1.secs())).inject([ramp_users(2).during(2.secs())]);
    let report = simulation.with(open).run().unwrap();
    assert_eq!(report.users_interrupted(), 2);
}

#[test]
fn a_stop_lets_endless_users_of_a_closed_profile_finish_their_pass() {
    let trace = Trace::default();
    let chain = forever(trace.probe("begin").pause(3).exec(trace.probe("end")));
    let simulation = Simulation::new("stopped").simulated_clock().max_duration(10.secs()).grace_period(5.secs());
    let closed = scenario("s").exec(chain).inject([constant_concurrent_users(2).during(1.hours())]);
    let report = simulation.with(closed).run().unwrap();
    assert_eq!((report.users_ended(), report.users_interrupted()), (2, 0));
    assert_eq!(trace.millis("begin").len(), trace.millis("end").len());
    assert_eq!(report.info().duration, 12.secs());
}

/// A population whose users leave a trace of all they draw.
fn drawing(trace: &Trace, name: &str, users: OpenStep) -> Population {
    let drawn = format!("{name} #{{randomInt(0,1000000)}}");
    let chain = repeat(2, random_switch([(50.0, trace.probe(&format!("{drawn} l"))), (50.0, trace.probe(&drawn))]));
    let people = records((0..1000).map(|n| [("n", n)])).random();
    let own = records((0..1000).map(|n| [("own", n)])).unique_per_user();
    let chain = exec(chain).feed(people).feed(own).exec(trace.probe(&format!("{name} #{{n}} #{{own}}")));
    scenario(name).exec(chain).inject(users)
}

/// What was drawn, in an order of its own.
fn drawn(trace: &Trace) -> Vec<String> {
    let mut names = trace.names();
    names.sort_unstable();
    names
}

#[test]
fn the_same_seed_gives_the_same_passages_with_two_populations() {
    let once = |seed| -> Vec<Passage> {
        let trace = Trace::default();
        let users = || constant_users_per_sec(7).during(9.secs()).randomized();
        let both = [drawing(&trace, "one", users()), drawing(&trace, "two", users())];
        let simulation = Simulation::new("seeded").simulated_clock().seed(seed);
        both.into_iter().fold(simulation, Simulation::with).run().unwrap();
        trace.passages()
    };
    assert_eq!(once(7), once(7));
    assert_ne!(once(7), once(8));
}

#[test]
fn what_a_user_draws_depends_neither_on_other_populations_nor_on_the_number_of_shards() {
    let draws = |shards, others: bool| {
        let trace = Trace::default();
        let mut simulation = Simulation::new("drawn").shards(shards).seed(7);
        simulation = simulation.with(drawing(&trace, "one", ramp_users(40).during(20.millis())));
        if others {
            // They start in between.
            simulation = simulation.with(drawing(&Trace::default(), "two", ramp_users(70).during(20.millis())));
        }
        simulation.run().unwrap();
        drawn(&trace)
    };
    let alone = draws(1, false);
    assert_eq!(alone.len(), 120);
    assert_eq!(draws(3, false), alone);
    assert_eq!(draws(1, true), alone);
    assert_eq!(draws(3, true), alone);
}

#[test]
fn populations_that_share_a_feeder_never_share_a_record_of_it() {
    let trace = Trace::default();
    let own = records((0..60).map(|n| [("own", n)])).unique_per_user();
    let taking = |name: &str| scenario(name).feed(own.clone()).exec(trace.probe("#{own}")).inject(at_once_users(20));
    let simulation = Simulation::new("shared").shards(2).with(taking("one")).with(taking("two"));
    let report = simulation.run().unwrap();
    assert_eq!(report.info().end, EndReason::Completed);
    let mut names = drawn(&trace);
    names.dedup();
    assert_eq!(names.len(), 40);
}

#[test]
fn the_seed_is_stored_in_the_report() {
    let report = run([scenario("s").pause(1).inject(at_once_users(1))]);
    assert_eq!(report.info().seed, 1);
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap().info().seed, 1);
    assert!(report.to_json().contains("\"seed\": 1,"));
}
