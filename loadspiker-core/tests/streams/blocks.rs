//! What a protocol opens and closes around a chain.

use std::sync::{Arc, Mutex};

use loadspiker_core::DurationExt;
use loadspiker_core::dsl::*;
use loadspiker_core::inject::at_once_users;
use loadspiker_core::protocol_prelude::*;
use loadspiker_core::report::RunReport;

/// What was opened and closed, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct Written {
    name: String,
    log: Log,
}

/// A block around the chain. One whose name begins with `!` cannot be opened; to end one takes 20 ms.
fn block(log: &Log, name: &str, chain: impl IntoChain) -> Chain {
    Chain::block(Written { name: name.to_owned(), log: log.clone() }, chain.into_chain())
}

impl BlockBuilder for Written {
    fn describe(&self) -> String {
        format!("block \"{}\"", self.name)
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Block> {
        Box::new(Compiled { name: cx.request_name(&self.name), shown: self.name.clone(), log: self.log.clone() })
    }
}

struct Compiled {
    name: RequestName,
    shown: String,
    log: Log,
}

impl Block for Compiled {
    fn name(&self) -> &RequestName {
        &self.name
    }

    fn begin<'a>(&'a self, cx: &'a mut ActionContext) -> LocalFuture<'a, bool> {
        Box::pin(async move {
            if self.shown.starts_with('!') {
                cx.sample(&self.name).failed("it cannot be opened").record();
                return false;
            }
            self.log.add(format!("begin {}", self.shown));
            true
        })
    }

    fn end<'a>(&'a self, cx: &'a mut ActionContext, outcome: BlockOutcome) -> LocalFuture<'a, ()> {
        Box::pin(async move {
            cx.sleep(20.millis()).await;
            self.log.add(format!("{outcome:?} {}", self.shown));
            cx.sample(&self.name).record();
        })
    }
}

fn simulation(chain: impl IntoChain) -> Simulation {
    let population = scenario("s").exec(chain).inject([at_once_users(1)]);
    Simulation::new("blocks").with(population).seed(1).simulated_clock()
}

#[track_caller]
fn run(chain: impl IntoChain) -> RunReport {
    simulation(chain).run().unwrap()
}

fn fails() -> Chain {
    exec_fn(|_| Err(StepError::new("no")))
}

fn step(name: &str) -> Chain {
    dummy(name, 10.millis())
}

#[test]
fn a_block_is_opened_before_its_chain_and_closed_behind_it() {
    let log = Log::default();
    let report = run(block(&log, "outer", step("a").exec(block(&log, "inner", step("b")))).exec(step("c")));
    assert_eq!(log.lines(), ["begin outer", "begin inner", "Ok inner", "Ok outer"]);
    assert_eq!(report.request("outer").unwrap().count(), 1);
    assert_eq!(report.request("c").unwrap().start_lag().max(), 0.millis());
    assert_eq!(report.info().duration, 70.millis());
}

#[test]
fn the_outcome_is_that_of_the_chain_itself() {
    let log = Log::default();
    let report = run(fails()
        .exec(block(&log, "good in spite of earlier", step("a")))
        .exec(block(&log, "bad", fails().exec(step("goes on"))))
        .exec(block(&log, "good again", step("b"))));
    let closed = ["Ok good in spite of earlier", "Failed bad", "Ok good again"];
    let lines = log.lines();
    assert_eq!(lines.iter().filter(|line| !line.starts_with("begin")).collect::<Vec<_>>(), closed.each_ref());
    assert_eq!(report.request("goes on").unwrap().count(), 1);
    assert_eq!(report.users_failed(), 1);
}

#[test]
fn whatever_leads_out_of_a_block_leads_past_its_end() {
    let log = Log::default();
    run(exit_block_on_fail(block(&log, "tried", fails().exec(step("not reached")))));
    run(try_max(2, block(&log, "twice", fails())));
    run(during(55.millis(), block(&log, "timed", repeat(100, step("a")))));
    run(block(&log, "left", exit_here().exec(step("not reached"))).exec(step("not reached")));
    run(block(&log, "outer", block(&log, "inner", exit_here())));
    run(block(&log, "failed", fails().exit_here_if_failed()));
    let lines = log.lines();
    let closed: Vec<_> = lines.iter().filter(|line| !line.starts_with("begin")).map(String::as_str).collect();
    assert_eq!(
        closed,
        [
            "Failed tried",
            "Failed twice",
            "Failed twice",
            "Exited timed",
            "Exited left",
            "Exited inner",
            "Exited outer",
            "Failed failed"
        ]
    );
}

#[test]
fn an_exit_past_a_block_goes_no_further() {
    let log = Log::default();
    let chain = block(&log, "left", group("g", exit_here().exec(step("a")))).exec(step("b"));
    let report = run(chain);
    assert!(report.request("a").is_none() && report.request("b").is_none());
    assert_eq!((report.users_ended(), report.users_interrupted()), (1, 0));
}

#[test]
fn a_block_that_cannot_be_opened_is_left_out() {
    let log = Log::default();
    let report = run(block(&log, "!shut", step("a")).exec(step("b")));
    assert_eq!(log.lines(), Vec::<String>::new());
    assert!(report.request("a").is_none() && report.request("b").is_some());
    assert_eq!(report.request("!shut").unwrap().failed_count(), 1);
}

#[test]
fn branches_leave_their_blocks_when_their_user_exits() {
    let log = Log::default();
    run(block(&log, "around", parallel([block(&log, "left", repeat(100, step("a"))), pause(35.millis()).exit_here()]))
        .exec(step("not reached")));
    let lines = log.lines();
    let closed: Vec<_> = lines.iter().filter(|line| !line.starts_with("begin")).map(String::as_str).collect();
    assert_eq!(closed, ["Exited left", "Exited around"]);
}

#[test]
fn a_run_that_stops_closes_the_blocks_of_users_that_rest_or_are_in_an_action() {
    for chain in [pause(1.hours()), dummy("long", 1.hours()), repeat(1_000_000, step("a"))] {
        let log = Log::default();
        let chain = block(&log, "outer", block(&log, "inner", chain));
        let report = simulation(chain).max_duration(1.secs()).grace_period(1.secs()).run().unwrap();
        assert_eq!(log.lines(), ["begin outer", "begin inner", "Stopped inner", "Stopped outer"]);
        assert_eq!(report.users_interrupted(), 1);
    }
}
