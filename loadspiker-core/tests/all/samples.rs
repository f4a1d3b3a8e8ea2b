//! What a sample can say: kinds, statuses, phases, failures, tags, several of them in an action; and what it does to the
//! schedule of its user.

#![allow(clippy::unwrap_used, missing_docs)]

use std::time::Duration;

use loadspiker_core::DurationExt;
use loadspiker_core::assertion::{FailureKinds, connection_details, global, message_details, tagged};
use loadspiker_core::compile::CompileContext;
use loadspiker_core::dsl::*;
use loadspiker_core::inject::at_once_users;
use loadspiker_core::protocol_prelude::*;
use loadspiker_core::report::RunReport;

use loadspiker_testkit::{Trace, run};

/// Runs a closure as an action.
struct Act<F>(&'static str, F);

struct Acting<F>(RequestName, F);

impl<F: Fn(&mut ActionContext, &RequestName) + Clone + Send + Sync + 'static> ActionBuilder for Act<F> {
    fn describe(&self) -> String {
        format!("act \"{}\"", self.0)
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        Box::new(Acting(cx.request_name(self.0), self.1.clone()))
    }
}

impl<F: Fn(&mut ActionContext, &RequestName) + Send + Sync> Action for Acting<F> {
    fn name(&self) -> &RequestName {
        &self.0
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            cx.sleep(100.millis()).await;
            (self.1)(cx, &self.0);
        })
    }
}

fn act(name: &'static str, run: impl Fn(&mut ActionContext, &RequestName) + Clone + Send + Sync + 'static) -> Chain {
    Chain::action(Act(name, run))
}

fn report_of(chain: Chain) -> RunReport {
    run([scenario("S").exec(chain).inject([at_once_users(2)])])
}

/// A run that must not fail with these assertions, and its report.
#[track_caller]
fn passes(chain: Chain, assertions: impl IntoIterator<Item = loadspiker_core::assertion::Assertion>) -> RunReport {
    let simulation = Simulation::new("s").simulated_clock().with(scenario("S").exec(chain).inject([at_once_users(2)]));
    let report = assertions.into_iter().fold(simulation, Simulation::assert).run().unwrap();
    report.assert_passed();
    report
}

#[test]
fn messages_and_connections_are_counted_apart_from_requests() {
    let chain = act("feed", |cx, name| {
        cx.sample(name).record();
        cx.sample(name).kind(SampleKind::Message).bytes(0, 10).record();
        cx.sample_named(SampleName::Dynamic("late")).kind(SampleKind::Message).record();
        cx.sample(name).kind(SampleKind::Connection).failed(FailureKind::ClosedByPeer).observe();
    });
    let report = passes(
        group("g", chain),
        [
            global().all_requests().count().is(2),
            message_details("g / feed").all_requests().count().is(2),
            connection_details("feed").failures(FailureKind::ClosedByPeer).percent().gte(100),
        ],
    );
    assert_eq!((report.global().count(), report.requests().len()), (2, 1));
    let paths: Vec<_> = report.messages().iter().map(|message| message.path()).collect();
    assert_eq!(paths, ["g / feed", "g / late"]);
    assert_eq!(report.message("g / feed").unwrap().bytes_received(), 20);
    let connections = report.connection("g / feed").unwrap();
    assert_eq!((connections.count(), connections.errors()), (2, vec![("closed-by-peer", 2)]));
    assert_eq!(report.users_failed(), 0, "what is only observed fails nobody");
    assert_eq!(report.series().iter().map(|second| second.ok + second.failed).sum::<u64>(), 2);
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn a_failed_message_of_the_action_s_own_fails_the_user() {
    let report = report_of(act("m", |cx, name| cx.sample(name).kind(SampleKind::Message).failed("lost").record()));
    assert_eq!((report.users_failed(), report.global().count()), (2, 0));
}

#[test]
fn requests_are_counted_by_their_tags() {
    let dummies = Chain::from(dummy_request("a", 10.millis()).tag("tier", "gold").tag("user", "#{userId()}"));
    let chain = dummies
        .exec(dummy_request("b", 30.millis()).tag("tier", "lead").tag("tier", "gold"))
        .exec(dummy_request("c", 50.millis()).tag("tier", "#{missing}").tag("kind", "rare"))
        .exec(dummy_request("d", 70.millis()));
    let chain = exec_fn(|session| Ok(session.set("missing", 1)?)).exec(chain);
    let report = passes(
        chain,
        [
            tagged("tier", "gold").response_time().max().is(30.millis()),
            tagged("user", "2").all_requests().count().is(1),
            tagged("tier", "gold").all_requests().count().is(4),
        ],
    );
    let gold = report.tagged("tier", "gold").unwrap();
    assert_eq!((gold.count(), gold.response_time().min()), (4, 10.millis()));
    let tags: Vec<_> = report.tags().iter().map(|tag| format!("{}={}", tag.name(), tag.value())).collect();
    assert_eq!(tags, ["kind=rare", "tier=1", "tier=gold", "user=1", "user=2"]);
    assert!(report.tagged("tier", "lead").is_none());
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    assert_eq!(json["summary"]["tags"][2]["value"], "gold");
    assert_eq!(json["summary"]["tags"][2]["count"], 4);
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn an_assertion_on_a_tag_that_no_request_has_fails_and_lists_those_there_are() {
    let chain = Chain::from(dummy_request("a", 10.millis()).tag("tier", "gold"));
    let simulation = Simulation::new("s").simulated_clock().with(scenario("S").exec(chain).inject([at_once_users(1)]));
    let report = simulation.assert(tagged("tier", "golden").all_requests().count().gt(0)).run().unwrap();
    assert!(!report.passed());
    let message = &report.assertions()[0].message;
    assert!(
        message.contains("there is no request with the tag \"tier=golden\"") && message.contains("\"tier=gold\""),
        "{message}"
    );
}

#[test]
fn too_many_values_of_a_tag_are_counted_together() {
    let chain = repeat_counted(600, "n", Chain::from(dummy_request("a", 1.millis()).tag("n", "#{n}")));
    let report = run([scenario("S").exec(chain).inject([at_once_users(1)])]);
    assert_eq!(report.tags().len(), 501);
    assert_eq!(report.tagged("n", "(other)").unwrap().count(), 100);
    assert_eq!(report.tags().iter().map(|tag| tag.statistics().count()).sum::<u64>(), 600);
}

#[test]
fn failures_are_counted_by_kind() {
    let chain = act("r", |cx, name| {
        cx.sample(name).failed(Failure::timed_out(Phase::CONNECT, "shop.test:80", "connect timeout 1 s")).record();
        cx.sample(name).failed(FailureKind::Timeout(Phase::new("auth"))).record();
        cx.sample(name).failed(Failure::check("status is 500, expected 200")).record();
    });
    let report = passes(
        chain,
        [
            global().failures(FailureKinds::timeouts()).count().is(4),
            global().failures([FailureKind::Check, FailureKind::Panic]).count().is(2),
            global().failures(FailureKind::Refused).percent().lte(0),
        ],
    );
    let kinds = report.request("r").unwrap().failure_kinds();
    let kinds: Vec<_> = kinds.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    assert_eq!(kinds, ["connect-timeout 2", "auth-timeout 2", "check 2"]);
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn a_panic_and_a_mistake_are_kinds_of_failures() {
    let chain = act("p", |_, _| panic!("broken")).exec(dummy("d", "#{gone}"));
    let gone = exec_fn(|session| Ok(session.set("gone", "no duration")?));
    let report = report_of(gone.exec(chain));
    assert_eq!(report.request("p").unwrap().failure_kinds().get(&FailureKind::Panic), Some(&2));
    assert_eq!(report.request("d").unwrap().failure_kinds().get(&FailureKind::Mistake), Some(&2));
}

#[test]
fn a_status_is_a_number_or_a_text() {
    let chain = act("r", |cx, name| {
        cx.sample(name).status(404).record();
        cx.sample(name).status("NOAUTH").record();
    });
    let report =
        passes(chain, [global().status("NOAUTH").count().is(2), global().status(404).percent().between(50, 50)]);
    let all = report.global();
    assert_eq!(all.status_codes().get(&404), Some(&2));
    assert_eq!(all.status_texts().get("NOAUTH"), Some(&2));
}

#[test]
fn phases_have_names_of_a_protocol_s_own_in_the_order_in_which_they_are_seen() {
    const LOGIN: Phase = Phase::new("z login");
    const SELECT: Phase = Phase::new("a select");
    let chain = act("r", |cx, name| {
        let sample = cx.sample(name).phase(LOGIN, 3.millis()).phase(SELECT, 1.millis()).phase(LOGIN, 4.millis());
        sample.phase(Phase::FIRST_BYTE, 9.millis()).record();
    });
    let report = report_of(chain);
    let phases = report.global().phases();
    let names: Vec<_> = phases.iter().map(|(name, times)| (name, times.count())).collect();
    assert_eq!(names, [("first byte", 2), ("z login", 2), ("a select", 2)]);
    assert_eq!(phases.phase(LOGIN).unwrap().max().as_millis(), 7);
    assert!(phases.phase(Phase::TLS).is_none());
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

/// When the step behind a sample is intended.
fn behind(record: impl Fn(&mut ActionContext, &RequestName) + Clone + Send + Sync + 'static) -> Vec<u64> {
    let trace = Trace::default();
    let chain = act("r", record).exec(trace.probe("next"));
    run([scenario("S").exec(chain).inject([at_once_users(1)])]);
    trace.millis("next").into_iter().map(|millis| u64::try_from(millis).unwrap()).collect()
}

#[test]
fn what_follows_is_intended_when_the_request_ended_but_never_before_the_action_was() {
    let ago = |cx: &ActionContext, ago: Duration| cx.now().since_start().saturating_sub(ago);
    assert_eq!(behind(|cx, name| cx.sample(name).record()), [100]);
    assert_eq!(
        behind(move |cx, name| {
            let ended = loadspiker_core::Moment::START + ago(cx, 40.millis());
            cx.sample(name).ended(ended).record();
        }),
        [60]
    );
    // An expectation that was met before the action that joins it began.
    let early = behind(|cx, name| {
        cx.sample(name).record();
        cx.sample(name).ended(loadspiker_core::Moment::START).record();
    });
    assert_eq!(early, [100]);
}

#[test]
fn messages_and_what_is_observed_leave_the_schedule_as_it_is() {
    assert_eq!(behind(|cx, name| cx.sample(name).kind(SampleKind::Message).record()), [0]);
    assert_eq!(behind(|cx, name| cx.sample(name).observe()), [0]);
}

/// The start lag of a step behind a request that ended 40 ms before its action did.
fn lag_behind(no_time_passed: bool) -> Duration {
    let chain = act("r", move |cx, name| {
        let ended = loadspiker_core::Moment::START + cx.now().since_start().saturating_sub(40.millis());
        let sample = cx.sample(name).ended(ended);
        if no_time_passed { sample.no_time_passed().record() } else { sample.record() }
    });
    let report = run([scenario("S").exec(chain).dummy("next", 10.millis()).inject([at_once_users(1)])]);
    report.request("next").unwrap().start_lag().max()
}

#[test]
fn the_time_of_checks_is_lag_of_what_follows_unless_the_protocol_says_that_none_has_passed() {
    assert_eq!(lag_behind(false), 40.millis());
    assert_eq!(lag_behind(true), Duration::ZERO);
}
