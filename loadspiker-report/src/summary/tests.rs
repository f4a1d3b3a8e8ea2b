//! The whole page, figure by figure: what goes in is chosen so that each figure can be told in one's head.

use std::slice::from_ref;
use std::sync::Arc;
use std::time::Duration;

use loadspiker_core::assertion::{Assertion, details, global};
use loadspiker_core::collector::Collector;
use loadspiker_core::metrics::{GroupId, Limits, NameId, Recorder, Sample, SampleKind, SampleName, ScenarioId};
use loadspiker_core::report::RunInfo;
use loadspiker_core::{DurationExt, Failure, FailureKind, Moment, Phase};

use super::*;

const SCENARIO: ScenarioId = ScenarioId::new(0);

fn names(names: &[&str]) -> Arc<[Arc<str>]> {
    names.iter().map(|name| Arc::from(*name)).collect()
}

/// A request that was sent 1 ms after it was meant to, half of which is start lag.
fn record(recorder: &mut Recorder, group: GroupId, name: u32, took: Duration, status: u16) {
    let failed = status >= 400;
    let mut sample = Sample::new(SampleName::Known(NameId::new(name)), Moment::START)
        .started(Moment::START + 500.micros())
        .sent(Moment::START + 1.millis())
        .ended(Moment::START + took)
        .status(status)
        .bytes(100, 1000);
    if failed {
        sample = sample.failed(Failure::new(FailureKind::Status, "status is 500, expected 2xx or 304"));
    }
    if name == 0 {
        sample = sample.phase(Phase::CONNECT, 500.micros());
    }
    recorder.record(SCENARIO, group, &sample);
}

/// Ten seconds: 100 logins of 1, 2, … 100 ms; in a group, lists of 10, 20, 30 and 40 ms, the last of which fails.
fn report() -> RunReport {
    let (requests, scenarios) = (names(&["login", "list"]), names(&["Browse"]));
    let mut recorder = Recorder::new(requests.clone(), scenarios.clone(), Limits::default());
    for n in 1..=100 {
        recorder.user_started(SCENARIO);
        recorder.arrival_lag(SCENARIO, 200.micros());
        record(&mut recorder, GroupId::ROOT, 0, n.millis(), 200);
        if n <= 98 {
            recorder.user_ended(SCENARIO, n != 4);
        } else {
            recorder.user_interrupted(SCENARIO, n == 99);
        }
    }
    let shop = recorder.group(GroupId::ROOT, "shop");
    for n in 1..=4 {
        let (took, ok) = ((n * 10).millis(), n < 4);
        record(&mut recorder, shop, 1, took, if ok { 200 } else { 500 });
        recorder.record_group(SCENARIO, shop, ok, took + 1.secs(), took);
    }
    recorder.step_error(SCENARIO, "no stock");
    recorder.step_error(SCENARIO, "no stock");
    recorder.panic_caught(SCENARIO);
    recorder.arrival_dropped(SCENARIO);
    let mut collector = Collector::new(1, &requests, scenarios, Limits::default());
    collector.absorb(0, recorder.take_snapshot(0));
    let mut info = RunInfo::new("shop");
    (info.duration, info.seed, info.shards, info.cpu) = (10.secs(), 42, 2, Some(5.secs()));
    let mut report = collector.finish(info);
    report.evaluate(&[
        global().response_time().percentile(95.0).lt(800.millis()),
        details("login").all_requests().count().is(99),
    ]);
    report
}

#[test]
fn every_figure_is_the_one_expected() {
    let expected = "\
shop: completed after 10.0 s
  users           100 started, 98 done (1 of them failed), 2 interrupted
  requests        103 ok, 1 failed, 1 cut off, 10.4/s, 10.4 kB sent, 104.0 kB received

response times, from the moment a user meant to send to the last byte
  request        ok  failed    /s      min     mean      p50      p75      p95      p99    p99.9      max
  login         100       0  10.0  1.00 ms  50.5 ms  50.0 ms  75.0 ms  95.0 ms  99.0 ms   100 ms   100 ms
  shop / list     3       1   0.4  10.0 ms  25.0 ms  20.0 ms  30.0 ms  40.0 ms  40.0 ms  40.0 ms  40.0 ms
  all requests  103       1  10.4  1.00 ms  49.5 ms  48.0 ms  74.0 ms  95.0 ms  99.0 ms   100 ms   100 ms

groups: duration with pauses, and the time of it in requests
  group               ok  failed      min     mean      p50      p75      p95      p99    p99.9      max
  shop   duration      3       1   1.01 s   1.02 s   1.02 s   1.03 s   1.04 s   1.04 s   1.04 s   1.04 s
         in requests              10.0 ms  25.0 ms  20.0 ms  30.0 ms  40.0 ms  40.0 ms  40.0 ms  40.0 ms

where the time went
  all requests   count      min     mean      p50      p75      p95      p99    p99.9      max
  response time    104  1.00 ms  49.5 ms  48.0 ms  74.0 ms  95.0 ms  99.0 ms   100 ms   100 ms
  start lag        104   500 µs   500 µs   500 µs   500 µs   500 µs   500 µs   500 µs   500 µs
  connect          100   500 µs   500 µs   500 µs   500 µs   500 µs   500 µs   500 µs   500 µs
  service time     104     0 ms  48.5 ms  47.0 ms  73.0 ms  94.0 ms  98.0 ms  99.0 ms  99.0 ms

  status codes    200: 103  500: 1

errors
           2  no stock  (scenario Browse)
           1  status is 500, expected 2xx or 304  (shop / list)

  load generator  users started late by p50 200 µs, p99 200 µs, max 200 µs
                  CPU 25 % of 2 cores; 1 arrival dropped; 1 panic in your closures
                  seed 42
  ! 1 arrival was dropped, because as many users as allowed were active: the load was less than planned. The target was the bottleneck, not the load generator: users came faster than it served them, and waited. Allow more with maximum_users(…), or let fewer arrive.

assertions
  ✓ global: 95th percentile of response time < 800 ms: was 95.04 ms
  ✗ login: count of all requests is 99: was 100

not passed: 1 of 2 assertions failed; 1 of 98 users failed
";
    let text = Summary::new(&report()).to_string();
    assert_eq!(text, expected, "\n{text}");
}

#[test]
fn tags_messages_and_connections_are_shown_where_there_are_any() {
    let (requests, scenarios) = (names(&["login", "socket"]), names(&["Browse"]));
    let mut recorder = Recorder::new(requests.clone(), scenarios.clone(), Limits::default());
    let sample = |name| {
        Sample::new(SampleName::Known(NameId::new(name)), Moment::START).ended(Moment::START + 2.millis()).status("OK")
    };
    let tagged = sample(0).tagged([("team".into(), "checkout".into())]);
    recorder.record(SCENARIO, GroupId::ROOT, &tagged);
    recorder.record(SCENARIO, GroupId::ROOT, &sample(1).kind(SampleKind::Message));
    recorder.record(SCENARIO, GroupId::ROOT, &sample(1).kind(SampleKind::Connection).failed(FailureKind::Reset));
    let mut collector = Collector::new(1, &requests, scenarios, Limits::default());
    collector.absorb(0, recorder.take_snapshot(0));
    let report = collector.finish(RunInfo::new("shop"));
    let text = Summary::new(&report).to_string();
    for line in [
        "requests by tag",
        "  team=checkout   1       0",
        "messages, which are not among the requests",
        "  socket    1       0",
        "connections, which are not among the requests",
        "  socket       0       1",
        "  status codes    OK: 1",
        "           1  reset  (socket)",
    ] {
        assert!(text.contains(line), "{line:?} is not in\n{text}");
    }
    assert_eq!(report.global().count(), 1);
    assert!(!Summary::new(&self::report()).to_string().contains("by tag"));
}

#[test]
fn on_a_narrow_screen_columns_are_left_out_and_no_table_wraps() {
    let text = Summary::new(&report()).on(Screen { width: Some(80), coloured: false }).to_string();
    let tables: Vec<_> = text.lines().filter(|line| line.contains(" ms  ") || line.contains("p95")).collect();
    assert!(tables.len() > 8 && tables.iter().all(|line| line.chars().count() <= 80), "{text}");
    assert!(
        text.contains("  request        ok  failed    /s     mean      p50      p95      p99      max\n"),
        "{text}"
    );
}

#[test]
fn colours_change_no_character() {
    let report = report();
    let coloured = Summary::new(&report).on(Screen { width: None, coloured: true }).to_string();
    assert!(coloured.contains("\u{1b}[31m"), "{coloured}");
    assert_eq!(console::strip_ansi_codes(&coloured), Summary::new(&report).to_string());
}

#[test]
fn the_last_line_says_whether_it_passed_and_why_not() {
    let last_of = |end: EndReason, assertions: &[Assertion], allowed: bool| {
        let mut report = report();
        report.evaluate(assertions);
        let panics = global().panics().count().lte(1);
        let asserted = assertions.iter().cloned().chain(std::iter::once(panics)).collect::<Vec<_>>();
        if allowed {
            report.evaluate(&asserted);
        }
        let mut json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
        json["run"]["end"] = serde_json::to_value(end).unwrap();
        let report = RunReport::from_json(&json.to_string()).unwrap();
        Summary::new(&report).to_string().lines().last().map(str::to_owned).unwrap()
    };
    let (good, bad) = (global().all_requests().count().gt(0), global().all_requests().count().is(0));
    let last = |end: EndReason, assertions: &[Assertion]| last_of(end, assertions, true);
    let users = "; 1 of 98 users failed";
    // A panic is no success, unless an assertion says how many there may be.
    for assertions in [&[], from_ref(&good)] {
        let text = last_of(EndReason::Completed, assertions, false);
        assert_eq!(text, format!("not passed: a step panicked{users}"));
    }
    assert_eq!(last(EndReason::Completed, &[]), format!("passed: the assertion holds{users}"));
    assert_eq!(last(EndReason::MaxDuration, from_ref(&good)), format!("passed: all 2 assertions hold{users}"));
    let failed = format!("not passed: 1 of 3 assertions failed{users}");
    assert_eq!(last(EndReason::Completed, &[good.clone(), bad]), failed);
    assert_eq!(last(EndReason::Interrupted, from_ref(&good)), format!("not passed: interrupted by the user{users}"));
    let died = last(EndReason::Unfinished, from_ref(&good));
    assert_eq!(died, format!("not passed: unfinished, as its process died{users}"));
    let aborted = last(EndReason::Aborted("no records".into()), &[good]);
    assert_eq!(aborted, format!("not passed: aborted: no records{users}"));
    let mut report = report();
    report.evaluate(&[]);
    let mut json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    json["run"]["after_error"] = "no answer".into();
    let text = Summary::new(&RunReport::from_json(&json.to_string()).unwrap()).to_string();
    assert!(
        text.ends_with("not passed: what is done after the run failed; 1 of 98 users failed\n")
            && text.contains("(no answer)"),
        "{text}"
    );
}

#[test]
fn waits_for_a_throttle_and_stalls_are_shown_where_there_were_any() {
    let (requests, scenarios) = (names(&["login"]), names(&["Browse"]));
    let mut recorder = Recorder::new(requests.clone(), scenarios.clone(), Limits::default());
    let name = SampleName::Known(NameId::new(0));
    let sample = Sample::new(name, Moment::START).sent(Moment::START).ended(Moment::START + 1.millis());
    recorder.record_throttled(SCENARIO, GroupId::ROOT, &sample, Some(30.millis()));
    recorder.stalled(Moment::START, Moment::START + 3.secs());
    recorder.stalled(Moment::START, Moment::START + 2.secs());
    let mut collector = Collector::new(1, &requests, scenarios, Limits::default());
    collector.absorb(0, recorder.take_snapshot(0));
    let text = Summary::new(&collector.finish(RunInfo::new("shop"))).to_string();
    assert!(text.contains("\n  throttle wait      1  30.0 ms  30.0 ms"), "{text}");
    assert!(text.contains("no arrivals dropped; stood still 2 times for up to 3.00 s\n"), "{text}");
    assert!(text.contains("  ! The load generator stood still 2 times, for up to 3.00 s: "), "{text}");
    assert!(!Summary::new(&report()).to_string().contains("throttle"));
}

#[test]
fn a_run_without_requests_says_so() {
    let collector = Collector::new(1, &names(&[]), names(&["Browse"]), Limits::default());
    let text = Summary::new(&collector.finish(RunInfo::new("idle"))).to_string();
    assert!(text.contains("no requests were made") && !text.contains("where the time went"), "{text}");
}

/// Ten requests a second for a minute, half of them within the warm-up.
fn warmed_up(warm_up: Duration) -> String {
    use loadspiker_core::dsl::{Simulation, Steps, scenario};
    use loadspiker_core::inject::constant_users_per_sec;
    let users = scenario("s").dummy("d", 5.millis()).inject([constant_users_per_sec(10).during(1.minutes())]);
    let simulation = Simulation::new("shop").simulated_clock().seed(1).with(users).max_duration(1.minutes());
    let report = simulation
        .warm_up(warm_up)
        .assert(global().response_time().percentile(95).over(10.secs()).lt(500.millis()))
        .fail_when(global().failed_requests().percent().over(10.secs()).gt(50))
        .run();
    Summary::new(&report.unwrap()).to_string()
}

#[test]
fn what_the_warm_up_left_out_has_a_line() {
    let text = warmed_up(30.secs());
    let expected = "  users           600 started, 600 done
  requests        300 ok, 0 failed, 10.0/s, 0 B sent, 0 B received
                  warm-up of 30 s left out: 300 requests, 0 failed
";
    assert!(text.contains(expected), "{text}");
    let expected = "assertions
  ✓ global: 95th percentile of response time over 10 s < 500 ms: held in 20 windows, at worst 5 ms at 40 s
  ✓ fail when global: percentage of failed requests over 10 s > 50 %: in none of 20 windows

passed: all 2 assertions hold
";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn a_run_over_before_its_warm_up_says_that_nothing_was_measured() {
    // The last request ends at 59.905 s.
    let text = warmed_up(59_900.millis());
    assert!(text.contains("1 ok") && !text.contains("nothing was measured"), "{text}");
    let text = warmed_up(59_905_001.micros());
    let warning = "  ! The run was over after 59.9 s, within its warm-up of 59.9 s: nothing was measured.";
    assert!(text.contains(warning) && text.contains("  no request has ended after the warm-up\n"), "{text}");
    assert!(text.ends_with("not passed: 1 of 2 assertions failed\n"), "{text}");
}

#[test]
fn custom_metrics_have_a_table() {
    use loadspiker_core::custom_metric::{counter, gauge, rate, trend};
    use loadspiker_core::dsl::{Simulation, Steps, exec_fn, scenario};
    use loadspiker_core::inject::constant_users_per_sec;
    let step = exec_fn(|session| {
        let id = session.user_id();
        counter("orders").add_tagged(session, id, &[("kind", if id > 8 { "express" } else { "parcel" })]);
        gauge("stock").set(session, 100 - id);
        rate("cached").record(session, id == 1);
        trend("basket").unit("EUR").record(session, id);
        Ok(())
    });
    let users = scenario("s").exec(step).inject([constant_users_per_sec(1).during(10.secs())]);
    let report = Simulation::new("shop").simulated_clock().seed(1).with(users).run();
    let text = Summary::new(&report.unwrap()).to_string();
    let expected = "\
custom metrics; value: of a gauge the last, of a rate the share, of a trend the sum
  metric          kind     count   /s  value  min  mean  p50  p95  p99  max
  basket [EUR]    trend       10  1.0     55    1   5.5    5   10   10   10
  cached          rate        10  1.0   10 %
  orders          counter     55  5.5
    kind=parcel               36  3.6
    kind=express              19  1.9
  stock           gauge       10  1.0     90   90                        99
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn checks_have_a_table_and_a_failed_assertion_tells_where_to_look() {
    let mut json: serde_json::Value = serde_json::from_str(&report().to_json()).unwrap();
    json["checks"] = serde_json::json!([
        { "name": "json_path $.id", "passed": 3, "failed": 0 },
        { "name": "the total is right", "passed": 2997, "failed": 3 },
    ]);
    json["assertions"][1]["look_at"] = serde_json::json!(["requests: login 100"]);
    let text = Summary::new(&RunReport::from_json(&json.to_string()).unwrap()).to_string();
    let expected = "\
checks
  check               passed  failed  failed %
  the total is right   2,997       3       0.1
  json_path $.id           3       0       0.0
";
    assert!(text.contains(expected), "{text}");
    let look = "  ✗ login: count of all requests is 99: was 100\n      requests: login 100\n\nnot passed";
    assert!(text.contains(look), "{text}");
}

#[test]
fn a_pause_of_the_run_is_told_with_its_duration() {
    let collector = Collector::new(1, &names(&[]), names(&["Browse"]), Limits::default());
    let mut info = RunInfo::new("paused");
    (info.duration, info.paused) = (10.secs(), 4.secs());
    let text = Summary::new(&collector.finish(info)).to_string();
    assert!(text.starts_with("paused: completed after 10.0 s, paused for 4.00 s of it\n"), "{text}");
}

#[test]
fn of_very_many_names_the_most_frequent_are_shown_and_the_others_counted() {
    use loadspiker_core::dsl::{Simulation, Steps, dummy, repeat_counted, scenario};
    use loadspiker_core::inject::at_once_users;
    let pages = repeat_counted(120, "n", dummy("page #{n}", 1.millis()));
    let users = scenario("s").exec(pages).repeat(2, dummy("often", 1.millis())).inject([at_once_users(1)]);
    let report = Simulation::new("shop").simulated_clock().seed(1).with(users).run().unwrap();
    let text = Summary::new(&report).to_string();
    let rows = text.lines().filter(|line| line.starts_with("  page ")).count();
    assert_eq!(rows, 49, "{text}");
    assert!(
        text.contains("\n  often ") && text.contains("\n  and 71 more requests, which report.json lists\n"),
        "{text}"
    );
    assert_eq!(report.requests().len(), 121);
}
