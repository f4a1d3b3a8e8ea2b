//! Where parts of the engine meet: throttles, pauses of the run, parallel branches, imperative steps, what users do at
//! their end. Whatever meets, every user is counted once, and the run ends.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::compile::{CompileContext, Plan};
use loadspiker_core::dsl::*;
use loadspiker_core::engine::{Observer, RunHandle, RunOptions};
use loadspiker_core::imperative::{Outcome, User};
use loadspiker_core::inject::*;
use loadspiker_core::metrics::LiveView;
use loadspiker_core::protocol_prelude::*;
use loadspiker_core::report::RunReport;
use loadspiker_testkit::{Trace, run};
use proptest::prelude::*;

const PATIENCE: Duration = Duration::from_secs(100);

/// Does it on another thread: what hangs fails.
#[track_caller]
fn in_time<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let (tell, told) = channel();
    std::thread::spawn(move || tell.send(what()));
    told.recv_timeout(PATIENCE).unwrap()
}

#[track_caller]
fn simulated(simulation: Simulation) -> RunReport {
    in_time(move || simulation.simulated_clock().run().unwrap())
}

fn journey(code: impl AsyncFn(&mut User) -> Outcome + Send + Sync + 'static) -> Chain {
    Chain::journey("journey", code)
}

fn count(report: &RunReport, name: &str) -> u64 {
    report.request(name).map_or(0, |request| request.count())
}

#[track_caller]
fn assert_adds_up(report: &RunReport) {
    let users = report.users();
    assert_eq!(users.started, users.ended + users.interrupted, "{users:?}");
    assert!(users.failed <= users.ended, "{users:?}");
    let points = report.series();
    assert_eq!(points.iter().map(|point| point.users_started).sum::<u64>(), users.started);
    assert_eq!(points.last().map_or(0, |point| point.users_active), 0, "{points:?}");
}

/// Polls a future once and drops it.
async fn poll_once(future: impl Future) {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| {
        assert!(future.as_mut().poll(cx).is_pending());
        std::task::Poll::Ready(())
    })
    .await;
}

#[test]
fn a_user_that_gives_way_at_the_very_end_is_counted_once() {
    for micros in 0..8 {
        let chain = repeat(2000, exec_fn(|_| Ok(())));
        let simulation =
            Simulation::new("busy").max_duration(Duration::from_micros(micros)).grace_period(Duration::ZERO);
        assert_adds_up(&simulated(simulation.with(scenario("s").exec(chain).inject(at_once_users(1)))));
    }
}

#[test]
fn a_paused_run_that_is_stopped_lets_requests_finish_on_the_simulated_clock() {
    let (give, got) = channel::<RunHandle>();
    let got = Mutex::new(got);
    let stop = exec_fn(move |_| {
        let handle = got.lock().unwrap().recv()?;
        handle.pause()?;
        handle.stop("enough")?;
        Ok(())
    });
    let busy = scenario("busy").dummy("long", 1).dummy("never", 1).inject(at_once_users(1));
    let stops = scenario("stops").pause(100.millis()).exec(stop).inject(at_once_users(1));
    let simulation = Simulation::new("stopped").simulated_clock().grace_period(5.secs()).with(busy).with(stops);
    let report = in_time(move || simulation.run_with(&RunOptions::default(), &mut Gives(give)).unwrap());
    assert_adds_up(&report);
    assert_eq!((count(&report, "long"), count(&report, "never"), report.users_interrupted()), (1, 0, 1));
    assert_eq!(report.info().duration, 1.secs());
}

struct Gives(Sender<RunHandle>);

impl Observer for Gives {
    fn started(&mut self, _: &Plan, handle: &RunHandle) {
        self.0.send(handle.clone()).unwrap();
    }
}

/// A request and another one behind it, which the action may lose patience with; or, without any, no request at all.
struct Hop {
    name: &'static str,
    is_request: bool,
    drops: bool,
}

impl ActionBuilder for Hop {
    fn describe(&self) -> String {
        self.name.to_owned()
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        Box::new(HopAction { name: cx.request_name(self.name), is_request: self.is_request, drops: self.drops })
    }
}

struct HopAction {
    name: RequestName,
    is_request: bool,
    drops: bool,
}

impl Action for HopAction {
    fn name(&self) -> &RequestName {
        &self.name
    }

    fn is_request(&self) -> bool {
        self.is_request
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            cx.sample(&self.name).record();
            if self.is_request && self.drops {
                poll_once(cx.next_request()).await;
            } else if self.is_request {
                let _ = cx.next_request().await;
            }
        })
    }
}

fn hop(name: &'static str, is_request: bool, drops: bool) -> Chain {
    Chain::action(Hop { name, is_request, drops })
}

#[test]
fn what_is_no_request_is_done_at_the_end_of_a_user_that_was_refused_a_slot() {
    let end = hop("clean", false, false).exec(hop("up", false, false));
    for chain in [
        hop("hop", true, false),
        journey(async |user| user.request(Hop { name: "hop", is_request: true, drops: false }).await),
    ] {
        let population = scenario("s").exec(chain).on_user_end(end.clone()).inject(at_once_users(1));
        let report = run([population.throttle([jump_to_rps(1), hold_for(1.secs())])]);
        assert_eq!([count(&report, "hop"), count(&report, "clean"), count(&report, "up")], [1, 1, 1]);
    }
}

#[test]
fn an_action_that_loses_patience_with_a_slot_leaves_its_user_where_it_is() {
    let trace = Trace::default();
    let chain = hop("hop", true, true).pause(10.millis()).exec(trace.probe("next"));
    let report = in_time(move || {
        let population = scenario("s").exec(chain).inject(at_once_users(1));
        run([population.throttle([jump_to_rps(10), hold_for(10.secs())])])
    });
    assert_adds_up(&report);
    // The slot at 100 ms is taken and lost.
    assert_eq!(trace.millis("next"), [200]);
}

#[test]
fn imperative_requests_that_are_dropped_in_their_wait_do_not_let_others_pass() {
    let trace = Trace::default();
    let code = journey(async move |user| {
        user.dummy("first", 0).await?;
        poll_once(user.dummy("lost", 0)).await;
        user.pause(1.millis()).await;
        user.dummy("next", 0).await
    });
    let chain = code.exec(trace.probe("behind"));
    let population = scenario("s").exec(chain).inject(at_once_users(1));
    let report = run([population.throttle([jump_to_rps(10), hold_for(10.secs())])]);
    assert_adds_up(&report);
    // Slots at 0, 100 (lost), 200 and 300 ms.
    assert_eq!(trace.millis("behind"), [300]);
    assert_eq!(report.request("next").unwrap().throttle_wait().max(), 199.millis());
}

#[test]
fn a_forever_in_a_branch_is_no_iteration() {
    let trace = Trace::default();
    let polls = forever(dummy("poll", 10.millis()));
    let main = pause(3).exec(trace.probe("main")).exit_here();
    let population = scenario("s").parallel([polls, main]);
    let steps = [constant_concurrent_users(4).during(1.secs()), constant_concurrent_users(1).during(9.secs())];
    let report = run([population.inject(steps)]);
    assert_adds_up(&report);
    assert_eq!(trace.millis("main")[..4], [3000; 4]);
}

#[test]
fn as_many_users_leave_as_are_too_many_while_some_do_what_is_done_at_the_end() {
    let trace = Trace::default();
    let population = scenario("s")
        .forever(dummy("a", 100.millis()))
        .on_user_end(dummy("end", 1).exec(trace.probe("gone")))
        .inject([constant_concurrent_users(10).during(5.secs()), constant_concurrent_users(8).during(3.secs())]);
    let report = run([population]);
    assert_adds_up(&report);
    assert_eq!(report.users_started(), 10);
    let gone = trace.millis("gone");
    assert_eq!(gone.iter().filter(|at| **at < 7000).count(), 2, "{gone:?}");
}

#[test]
fn users_that_come_to_their_end_by_themselves_count_as_leaving_too() {
    // Users that go on for ever, and others that end where their steps do.
    let number = AtomicU64::new(0);
    let draws = exec_fn(move |session| Ok(session.set("n", i64::try_from(number.fetch_add(1, Ordering::Relaxed))?)?));
    let chain = draws.exec(do_if("#{n < 5}", forever(dummy("a", 100.millis())))).dummy("b", 900.millis());
    let population = scenario("s")
        .exec(chain)
        .on_user_end(dummy("end", 400.millis()))
        .inject([constant_concurrent_users(10).during(4.secs()), constant_concurrent_users(7).during(6.secs())]);
    let report = run([population]);
    assert_adds_up(&report);
    let active = |second: usize| report.series()[second].users_active;
    assert_eq!((active(2), active(6), active(8)), (10, 7, 7));
}

#[test]
fn branches_that_take_no_time_do_not_bring_simulated_time_to_a_halt() {
    let nothing = || exec_fn(|_| Ok(()));
    let chain = forever(parallel([nothing(), nothing()]));
    let simulation = Simulation::new("still").max_duration(100.micros()).grace_period(Duration::ZERO);
    let report = simulated(simulation.with(scenario("s").exec(chain).inject(at_once_users(2))));
    assert_adds_up(&report);
    assert_eq!(report.users_interrupted(), 2);
}

#[test]
fn branches_that_wait_for_the_end_of_a_throttle_end_with_their_user() {
    let trace = Trace::default();
    let polls = forever(dummy("poll", 10.millis()));
    let code = journey(async |user| {
        loop {
            user.dummy("code", 10.millis()).await?;
        }
    });
    let population = scenario("s")
        .group("g", parallel([polls, code, pause(1).exec(trace.probe("late"))]))
        .on_user_end(hop("end", false, false))
        .inject([constant_concurrent_users(3).during(10.secs())]);
    let report = in_time(move || run([population.throttle([jump_to_rps(20), hold_for(5.secs())])]));
    assert_adds_up(&report);
    assert_eq!((report.users_started(), report.users_ended(), count(&report, "end")), (3, 3, 3));
    assert_eq!((report.global().count(), report.group("g").unwrap().count()), (103, 3));
    assert_eq!(report.group("g").unwrap().duration().max(), 5.secs());
}

#[test]
fn imperative_code_in_branches_that_exits_panics_or_rests_too_long_is_counted_once() {
    let long = || {
        journey(async |user| {
            user.pause(3600).await;
            Ok(())
        })
    };
    let panics = || {
        journey(async |user| {
            user.dummy("p", 10.millis()).await?;
            panic!("on purpose")
        })
    };
    let lost = || {
        journey(async |user| {
            poll_once(user.dummy("l", 10)).await;
            user.dummy("m", 50.millis()).await
        })
    };
    let busy = || forever(dummy("d", 300.millis()));
    let visit = group("g", parallel([lost(), panics(), long(), busy(), group("h", lost()).exit_here()]));
    let caught = try_max(2, parallel([panics(), pause(1), lost()]));
    for chain in [
        visit.clone(),
        caught.exec(visit),
        parallel([long(), long()]),
        parallel([parallel([long(), busy()]), panics()]),
    ] {
        let simulation =
            Simulation::new("branches").max_duration(2.secs()).grace_period(500.millis()).warm_up(300.millis());
        let population = scenario("s").exec(chain).on_user_end(dummy("end", 1.millis())).inject(at_once_users(3));
        assert_adds_up(&simulated(simulation.with(population)));
    }
}

/// Tells each view of the run.
struct Views(Sender<LiveView>);

impl Observer for Views {
    fn progress(&mut self, view: &LiveView) {
        // Nobody has to listen.
        let _ = self.0.send(view.clone());
    }
}

/// Runs `simulation` in real time, paused for a while as soon as it knocks.
fn paused_for_a_while(simulation: Simulation, knocked: &Receiver<()>) -> RunReport {
    let (show, views) = channel();
    let run = simulation.start_with(&RunOptions::default(), Views(show)).unwrap();
    knocked.recv_timeout(PATIENCE).unwrap();
    run.handle().pause().unwrap();
    let mut seen = 0;
    while seen < 8 {
        seen += u32::from(views.recv_timeout(PATIENCE).unwrap().is_paused);
    }
    run.handle().resume().unwrap();
    let handle = run.handle();
    let report = in_time(move || run.wait().unwrap());
    assert!(handle.is_over());
    assert_adds_up(&report);
    report
}

fn knock() -> (Chain, Receiver<()>) {
    let (knock, knocked) = channel();
    let knock = Mutex::new(knock);
    let tell = exec_fn(move |_| {
        // Nobody has to listen.
        let _ = knock.lock().unwrap().send(());
        Ok(())
    });
    (tell, knocked)
}

#[test]
fn a_pause_is_no_part_of_groups_and_timed_steps_around_what_is_held() {
    let (knock, knocked) = knock();
    let step = exec_async("step", async |user| {
        user.pause(100.millis()).await;
        user.group("inside", async |user| user.dummy("code", 1.millis()).await).await
    });
    let branches = parallel([
        pause(100.millis()).dummy("branch", 1.millis()),
        parallel([pause(100.millis()).dummy("inner", 1.millis()), pause(1.millis())]),
        group("own", step),
    ]);
    let chain = knock.exec(group("around", branches));
    let report = paused_for_a_while(
        Simulation::new("paused").shards(1).with(scenario("s").exec(chain).inject(at_once_users(2))),
        &knocked,
    );
    let paused = report.info().paused;
    for group in ["around", "around / own", "around / own / inside"] {
        let longest = report.group(group).unwrap().duration().max();
        assert!(longest < paused, "{group}: {longest:?} of {paused:?}");
    }
    assert!(report.global().response_time().max() < paused);
    assert_eq!(report.users_ended(), 2);
}

#[test]
fn behind_a_pause_a_throttle_is_no_faster_than_before() {
    let trace = Trace::default();
    let (knock, knocked) = knock();
    let probe = trace.clone();
    let code = journey(async move |user| user.request(probe.builder("a")).await);
    let built = scenario("built").exec(knock).exec(trace.probe("a")).inject(at_once_users(40));
    let code = scenario("code").exec(code).inject(at_once_users(40));
    let simulation = Simulation::new("slots").shards(1).with(built).with(code);
    let report = paused_for_a_while(simulation.throttle([jump_to_rps(50), hold_for(1.hours())]), &knocked);
    let mut at: Vec<_> = trace.passages().into_iter().map(|(_, _, at)| at).collect();
    at.sort();
    assert_eq!(at.len(), 80);
    // Slots are 20 ms apart; the first may be taken late, and so come close to the second.
    let near: Vec<_> = at[1..].windows(2).filter(|two| two[1] - two[0] < 19.millis()).collect();
    assert!(near.is_empty(), "{near:?}");
    // All of them in the time that the throttle gives, the pause left out.
    assert!(report.request("a").unwrap().throttle_wait().max() < 1700.millis());
}

#[test]
fn a_crowd_that_finds_no_room_is_dropped() {
    let simulation = Simulation::new("crowd").maximum_users(10);
    let population =
        scenario("s").dummy("a", 1).inject([at_once_users(1_000_000), nothing_for(2.secs()), at_once_users(5)]);
    let report = simulated(simulation.with(population));
    assert_adds_up(&report);
    assert_eq!((report.users_started(), report.users_dropped()), (15, 999_990));
}

// ---- programs drawn at random ----

#[derive(Clone, Debug)]
enum Part {
    Request(u64),
    Fails,
    Panics,
    Pause(u64),
    Pace(u64),
    Meet(u64),
    Group(Vec<Part>),
    Repeat(u64, Vec<Part>),
    During(u64, Vec<Part>),
    Forever(Vec<Part>),
    Try(u64, Vec<Part>),
    Parallel(Vec<Vec<Part>>),
    Choose(Vec<Part>, Vec<Part>),
    Exit,
    ExitIfFailed,
    Hop(bool, bool),
    Code(bool, Vec<Line>),
}

#[derive(Clone, Debug)]
enum Line {
    Request(u64),
    Pause(u64),
    Group(Vec<Line>),
    Dropped,
    DroppedGroup,
    Fails,
    Panics,
}

fn line() -> impl Strategy<Value = Line> {
    let leaf = prop_oneof![
        4 => (0..400_u64).prop_map(Line::Request),
        2 => (0..1500_u64).prop_map(Line::Pause),
        1 => Just(Line::Dropped),
        1 => Just(Line::DroppedGroup),
        1 => Just(Line::Fails),
        1 => Just(Line::Panics),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| prop::collection::vec(inner, 1..3).prop_map(Line::Group))
}

fn part() -> impl Strategy<Value = Part> {
    let leaf = prop_oneof![
        6 => (0..400_u64).prop_map(Part::Request),
        1 => Just(Part::Fails),
        1 => Just(Part::Panics),
        3 => (0..1500_u64).prop_map(Part::Pause),
        1 => (0..700_u64).prop_map(Part::Pace),
        1 => (1..4_u64).prop_map(Part::Meet),
        1 => Just(Part::Exit),
        1 => Just(Part::ExitIfFailed),
        1 => any::<(bool, bool)>().prop_map(|(request, drops)| Part::Hop(request, drops)),
        3 => (any::<bool>(), prop::collection::vec(line(), 0..4)).prop_map(|(timed, lines)| Part::Code(timed, lines)),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        let parts = || prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            2 => parts().prop_map(Part::Group),
            1 => (0..4_u64, parts()).prop_map(|(times, parts)| Part::Repeat(times, parts)),
            1 => (0..1500_u64, parts()).prop_map(|(time, parts)| Part::During(time, parts)),
            1 => parts().prop_map(Part::Forever),
            2 => (1..3_u64, parts()).prop_map(|(times, parts)| Part::Try(times, parts)),
            4 => prop::collection::vec(parts(), 1..4).prop_map(Part::Parallel),
            1 => (parts(), parts()).prop_map(|(one, other)| Part::Choose(one, other)),
        ]
    })
}

/// Whatever runs again and again takes some time in each pass.
fn pass(parts: &[Part]) -> Chain {
    pause(1.millis()).exec(chain(parts))
}

fn chain(parts: &[Part]) -> Chain {
    parts.iter().fold(Chain::new(), |all, part| {
        all.exec(match part {
            Part::Request(time) => dummy("request", time.millis()),
            Part::Fails => exec_fn(|_| Err("fails".into())),
            Part::Panics => exec_fn(|_| panic!("on purpose")),
            Part::Pause(time) => pause(time.millis()),
            Part::Pace(time) => pace(time.millis()),
            Part::Meet(users) => rendez_vous(*users),
            Part::Group(parts) => group("group", chain(parts)),
            Part::Repeat(times, parts) => repeat(*times, pass(parts)),
            Part::During(time, parts) => during(time.millis(), pass(parts)),
            Part::Forever(parts) => forever(pass(parts)),
            Part::Try(times, parts) => try_max(*times, chain(parts)),
            Part::Parallel(branches) => parallel(branches.iter().map(|parts| chain(parts))),
            Part::Choose(one, other) => uniform_random_switch([chain(one), chain(other)]),
            Part::Exit => exit_here(),
            Part::ExitIfFailed => exit_here_if_failed(),
            Part::Hop(request, drops) => hop("hop", *request, *request && *drops),
            Part::Code(timed, lines) => {
                let lines = lines.clone();
                let code = async move |user: &mut User| follow(user, &lines).await;
                if *timed { exec_async("step", code) } else { journey(code) }
            }
        })
    })
}

fn follow<'a>(user: &'a mut User, lines: &'a [Line]) -> std::pin::Pin<Box<dyn Future<Output = Outcome> + 'a>> {
    Box::pin(async move {
        for line in lines {
            match line {
                Line::Request(time) => user.dummy("code", time.millis()).await?,
                Line::Pause(time) => user.pause(time.millis()).await,
                Line::Group(lines) => user.group("part", async |user| follow(user, lines).await).await?,
                Line::Dropped => once(user.dummy("dropped", 1)).await,
                Line::DroppedGroup => once(user.group("left", async |user| user.dummy("dropped", 1).await)).await,
                Line::Fails => return Err("fails".into()),
                Line::Panics => panic!("on purpose"),
            }
        }
        Ok(())
    })
}

/// Polls a future once, drops it, and does not care whether it was done.
async fn once(future: impl Future) {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|cx| {
        let _ = future.as_mut().poll(cx);
        std::task::Poll::Ready(())
    })
    .await;
}

#[derive(Clone, Debug)]
struct Program {
    parts: Vec<Part>,
    end: Vec<Part>,
    load: (u64, u64, u64),
    throttle: Option<(u32, u64)>,
    own_throttle: Option<(u32, u64)>,
    maximum_users: Option<u64>,
    max_duration: u64,
    grace_period: u64,
    warm_up: Option<u64>,
    factor: Option<u64>,
    seed: u64,
}

fn program() -> impl Strategy<Value = Program> {
    use prop::option::of;
    let throttle = || of((1..60_u32, 100..6000_u64));
    let parts = |n| prop::collection::vec(part(), n);
    let limits = (of(1..8_u64), 0..5000_u64, 0..2000_u64, of(1..2500_u64), of(0..4_u64));
    let load = (0..4_u64, 1..12_u64, 0..12_u64);
    (parts(1..5), parts(0..3), load, throttle(), throttle(), limits, any::<u64>()).prop_map(
        |(parts, end, load, throttle, own_throttle, limits, seed)| {
            let (maximum_users, max_duration, grace_period, warm_up, factor) = limits;
            Program {
                parts,
                end,
                load,
                throttle,
                own_throttle,
                maximum_users,
                max_duration,
                grace_period,
                warm_up: warm_up.filter(|warm_up| *warm_up < max_duration),
                factor,
                seed,
            }
        },
    )
}

impl Program {
    fn simulation(&self) -> Simulation {
        // Each user takes some time: a closed population would replace it a million times a second.
        let scenario = scenario("s").exec(pass(&self.parts)).on_user_end(chain(&self.end));
        let (kind, users, later) = self.load;
        let mut population = match kind {
            0 => scenario.inject(at_once_users(users)),
            1 => scenario.inject([constant_users_per_sec(f64::from(u32::try_from(users).unwrap())).during(3.secs())]),
            2 => scenario.inject([
                constant_concurrent_users(users).during(2.secs()),
                constant_concurrent_users(later).during(1.secs()),
            ]),
            _ => scenario.inject([ramp_concurrent_users(users).to(later).during(3.secs())]),
        };
        let throttle = |(rate, time): (u32, u64)| [jump_to_rps(rate), hold_for(time.millis())];
        if let Some(own) = self.own_throttle {
            population = population.throttle(throttle(own));
        }
        let next = loadspiker_core::dsl::scenario("next").exec(chain(&self.end)).dummy("last", 10.millis());
        let next = next.inject(at_once_users(2)).start_after("s", 100.millis());
        let mut simulation = Simulation::new("drawn").seed(self.seed).with(population).with(next);
        simulation = simulation.max_duration(self.max_duration.millis()).grace_period(self.grace_period.millis());
        if let Some(all) = self.throttle {
            simulation = simulation.throttle(throttle(all));
        }
        if let (Some(users), true) = (self.maximum_users, kind < 2) {
            simulation = simulation.maximum_users(users);
        }
        if let Some(warm_up) = self.warm_up {
            simulation = simulation.warm_up(warm_up.millis());
        }
        simulation
    }

    /// Whether nobody is to wait for more users than there can be, which is a mistake.
    fn can_meet(&self) -> bool {
        let plan = self.simulation().plan(&RunOptions::default());
        plan.err().is_none_or(|error| !error.to_string().contains("never come together"))
    }

    fn run(&self) -> RunReport {
        let (simulation, factor) = (self.simulation().simulated_clock(), self.factor);
        in_time(move || simulation.run_with(&RunOptions::default(), &mut Scales(factor)).unwrap())
    }
}

struct Scales(Option<u64>);

impl Observer for Scales {
    fn started(&mut self, _: &Plan, handle: &RunHandle) {
        if let Some(factor) = self.0 {
            handle.scale(f64::from(u32::try_from(factor).unwrap())).unwrap();
        }
    }
}

/// Pauses, resumes and scales the run again and again, then stops it, while somebody else runs it.
fn harass(simulation: Simulation, seed: u64) -> RunReport {
    let run = simulation.start().unwrap();
    let handle = run.handle();
    let trouble = std::thread::spawn(move || {
        for n in 0..(seed % 40) {
            let asked = match (seed >> (n % 60)) & 7 {
                0..=2 => handle.pause(),
                3..=5 => handle.resume(),
                6 => handle.scale(2.0),
                _ => handle.scale(0.5),
            };
            if asked.is_err() {
                return;
            }
            std::thread::sleep(Duration::from_micros(seed % 700));
        }
        if !seed.is_multiple_of(3) {
            let _ = handle.resume();
        }
        if seed % 3 < 2 {
            let _ = handle.stop("enough");
        }
    });
    let report = in_time(move || run.wait().unwrap());
    trouble.join().unwrap();
    report
}

/// All that is told of a run, but for the time and the place at which it was.
fn told(report: &RunReport) -> String {
    let what = (report.users(), report.requests(), report.groups(), report.series());
    format!("{what:?} {:?} {:?} {:?}", report.info().end, report.info().duration, report.step_errors())
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_time: 60_000, ..ProptestConfig::with_cases(cases(150)) })]

    #[test]
    fn whatever_meets_all_adds_up_and_is_the_same_again(program in program().prop_filter("all can meet", Program::can_meet)) {
        let report = program.run();
        assert_adds_up(&report);
        let limit = (program.max_duration + program.grace_period).millis();
        prop_assert!(report.info().duration <= limit, "{:?}", report.info());
        prop_assert_eq!(told(&report), told(&program.run()));
    }

    #[test]
    fn whatever_meets_all_adds_up_in_a_run_that_is_steered(
        program in program().prop_filter("all can meet", Program::can_meet),
        seed in any::<u64>(),
    ) {
        assert_adds_up(&harass(program.simulation().simulated_clock(), seed));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_time: 20_000, ..ProptestConfig::with_cases(cases(8)) })]

    #[test]
    fn whatever_meets_all_adds_up_in_real_time(
        mut program in program().prop_filter("all can meet", Program::can_meet),
        seed in any::<u64>(),
    ) {
        program.max_duration %= 300;
        program.grace_period %= 100;
        program.warm_up = program.warm_up.map(|_| 50.min(program.max_duration / 2)).filter(|warm_up| *warm_up > 0);
        assert_adds_up(&harass(program.simulation().shards(2), seed));
    }
}

/// More with `SEAMS_CASES`, by which they are multiplied.
fn cases(cases: u32) -> u32 {
    let factor = std::env::var("SEAMS_CASES").ok().and_then(|factor| factor.parse::<u32>().ok());
    cases * factor.unwrap_or(1)
}
