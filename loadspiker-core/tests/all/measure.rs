//! Custom metrics and counts of checks in whole runs, from every place that records; on the simulated clock.

use std::any::Any;
use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::assertion::{check_details, global, metric};
use loadspiker_core::check::{any_of, json_path, status};
use loadspiker_core::custom_metric::{Counter, Gauge, Trend, counter, gauge, rate, trend};
use loadspiker_core::dsl::*;
use loadspiker_core::imperative::User;
use loadspiker_core::inject::*;
use loadspiker_core::metrics::MetricFigures;
use loadspiker_core::protocol_prelude::*;
use loadspiker_core::report::{EndReason, RunReport};

const ORDERS: Counter = counter("orders");
const STOCK: Gauge = gauge("stock");
const TOTAL: Trend = trend("total").unit("EUR");

fn simulation(chain: Chain, users: u64) -> Simulation {
    let users = scenario("S").exec(chain).inject([constant_users_per_sec(1).during(users.secs())]);
    Simulation::new("measured").seed(1).simulated_clock().with(users)
}

fn run(chain: Chain, users: u64) -> RunReport {
    let report = simulation(chain, users).run().unwrap();
    assert_eq!(report.step_errors(), []);
    report
}

#[track_caller]
fn of<'a>(report: &'a RunReport, name: &str) -> &'a MetricFigures {
    report.metric(name).unwrap_or_else(|| panic!("{:?}", report.metrics()))
}

/// A protocol that answers with the number of the user, and records in a metric of its own.
struct Answer(Vec<Check>);

struct Answering(RequestName, CheckSet);

struct Body(String);

impl Response for Body {
    fn status(&self) -> Option<Status<'_>> {
        Some(Status::Code(200))
    }
    fn body(&self) -> &[u8] {
        self.0.as_bytes()
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl ActionBuilder for Answer {
    fn describe(&self) -> String {
        "answer".to_owned()
    }
    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        Box::new(Answering(cx.request_name("answer"), CheckSet::compile(&self.0, cx)))
    }
}

impl Action for Answering {
    fn name(&self) -> &RequestName {
        &self.0
    }
    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            rate("protocol").record(cx, true);
            let body = Body(format!("{{\"id\": {}}}", cx.session().user_id()));
            let outcome = self.1.run(&body, cx.session_mut());
            let at = cx.intended();
            let sample = cx.sample(&self.0).sent(at).ended(at + 1.millis());
            sample.status(200).outcome(outcome).no_time_passed().record();
        })
    }
}

fn answer(checks: impl IntoIterator<Item = Check>) -> Chain {
    Chain::action(Answer(checks.into_iter().collect()))
}

#[test]
fn steps_imperative_code_protocols_and_checks_record() {
    let step = exec_fn(|session| {
        let id = session.user_id();
        ORDERS.add(session, 2);
        TOTAL.record_tagged(session, id, &[("parity", if id % 2 == 0 { "even" } else { "odd" })]);
        Ok(())
    });
    let code = exec_async("code", async |user: &mut User| {
        ORDERS.tag("from", "code").add(user, 1);
        STOCK.set(user, 100 - user.user_id());
        Ok(())
    });
    let request = answer([json_path("$.id").record_to(&trend("id")).lt(8).name("low id"), status().is(200)]);
    let report = run(step.exec(code).exec(request), 10);
    assert_eq!((of(&report, "orders").count(), of(&report, "protocol").count()), (30, 10));
    assert_eq!((of(&report, "total").sum(), of(&report, "total").max()), (Some(55.0), Some(10.0)));
    assert_eq!((of(&report, "stock").last(), of(&report, "stock").max()), (Some(90.0), Some(99.0)));
    assert_eq!((of(&report, "id").count(), of(&report, "id").max()), (10, Some(10.0)));
    let total = report.metrics().iter().find(|metric| metric.name() == "total").unwrap();
    assert_eq!((total.unit(), total.series().len()), ("EUR", 10));
    assert_eq!(total.tagged(&[("parity", "odd")]).unwrap().sum(), Some(25.0));
    let check = report.check("low id").unwrap();
    assert_eq!((check.count(), check.passed_count(), check.failed_count()), (10, 7, 3));
    assert_eq!(report.check("status").unwrap().passed_count(), 10);
    assert_eq!(report.global().failed_count(), 3);
}

#[test]
fn code_that_makes_requests_counts_its_checks() {
    let code = exec_async("code", async |user: &mut User| {
        for _ in 0..3 {
            let _ = user.request(Answer(vec![any_of([status().is(404).name("gone"), json_path("$.id")])])).await;
        }
        Ok(())
    });
    let report = run(code, 2);
    assert_eq!(report.check("gone").unwrap().failed_count(), 6);
    assert_eq!(report.check("any_of(…)").unwrap().passed_count(), 6);
}

#[test]
fn branches_and_all_shards_record_together() {
    let add = || {
        exec_fn(|session| {
            ORDERS.add(session, 1);
            Ok(())
        })
    };
    let chain = parallel([add(), add()]).pause(1).exec(add());
    let of_shards = |shards: usize| simulation(chain.clone(), 50).shards(shards).run().unwrap();
    for shards in [1, 3] {
        let report = of_shards(shards);
        assert_eq!(of(&report, "orders").count(), 150, "{shards} shards");
    }
}

#[test]
fn what_is_recorded_within_the_warm_up_is_left_out_but_of_the_series() {
    let step = exec_fn(|session| {
        ORDERS.add(session, 1);
        Ok(())
    });
    let report = simulation(step.exec(answer([status().is(404)])), 10).warm_up(4.secs()).run().unwrap();
    assert_eq!((of(&report, "orders").count(), report.check("status").unwrap().failed_count()), (6, 6));
    let [orders, ..] = report.metrics() else { panic!() };
    let points: Vec<_> = orders.series().iter().map(|point| (point.count, point.warm_up)).collect();
    assert_eq!((points.len(), points[0], points[9]), (10, (1, true), (1, false)));
    assert!(report.passed());
}

#[test]
fn a_metric_ends_a_run_and_fails_it() {
    let step = || {
        exec_fn(|session| {
            ORDERS.add(session, if session.user_id() > 20 { 5 } else { 1 });
            Ok(())
        })
    };
    let many = || metric("orders").count().over(3.secs()).gt(10);
    let report = simulation(step(), 3600).stop_when(many()).run().unwrap();
    let why = "metric orders: count over 3 s > 10, was 11 at 22 s";
    assert_eq!(report.info().end, EndReason::Stopped(why.to_owned()));
    assert_eq!(report.info().duration, 22.secs());
    let report = simulation(step(), 3600).fail_when(many()).run().unwrap();
    let [result] = report.assertions() else { panic!() };
    assert_eq!(result.message, "was 11 at 22 s");
    assert_eq!(result.look_at, ["worst seconds: 20 (5), 21 (5), 0 (1)"]);
}

#[test]
fn assertions_of_a_simulation_see_checks_and_metrics() {
    let chain = answer([json_path("$.id").gt(3).name("high id").record_to(&TOTAL)]);
    let report = simulation(chain, 10)
        .assert(metric(&TOTAL).max().is(10))
        .assert(metric(&ORDERS).count().is(0))
        .assert(check_details("high id").failed().count().lte(2))
        .assert(check_details("high id").failed().percent().over(2.secs()).lt(60))
        .assert(global().status(200).count().is(10))
        .run()
        .unwrap();
    let failed: Vec<_> = report.assertions().iter().filter(|result| !result.passed).map(ToString::to_string).collect();
    assert_eq!(
        failed,
        [
            "✗ check high id: count of failed checks ≤ 2: was 3",
            "✗ check high id: percentage of failed checks over 2 s < 60 %: failed in 2 of 8 windows, at worst 100 % at 2 s",
        ]
    );
    let failure = report.failure().unwrap();
    assert!(
        failure.contains("\n      requests: answer 3\n      errors: 3 × high id: … is not greater than 3"),
        "{failure}"
    );
    assert!(failure.contains("\nfailed checks:\n          3 of 10  high id"), "{failure}");
}

#[test]
fn a_metric_that_cannot_have_the_figure_is_a_mistake_before_the_run() {
    let error = simulation(answer([]), 1).assert(metric(&ORDERS).percentile(95).lt(5)).run().unwrap_err().to_string();
    assert!(error.contains("metric orders: 95th percentile < 5\": a counter has no 95th percentile"), "{error}");
}

#[test]
fn closures_that_record_can_be_tested_without_a_run() {
    let session = Session::detached("s", []);
    ORDERS.add(&session, 1);
    TOTAL.record(&session, Duration::from_millis(5));
}

#[test]
fn reports_of_before_are_read() {
    let json = run(answer([]), 1).to_json();
    let mut older: serde_json::Value = serde_json::from_str(&json).unwrap();
    for key in ["metrics", "checks", "folded_metrics"] {
        assert!(older.as_object_mut().unwrap().remove(key).is_some(), "{key}");
    }
    let read = RunReport::from_json(&older.to_string()).unwrap();
    assert_eq!((read.metrics().len(), read.checks().len(), read.folded_metrics()), (0, 0, 0));
}
