//! Recorder, snapshots and collector together.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::collector::Collector;
use crate::moment::Moment;
use crate::phase::Phase;
use crate::report::{RunInfo, RunReport};

pub(crate) fn names(names: &[&str]) -> Arc<[Arc<str>]> {
    names.iter().map(|name| (*name).into()).collect()
}

/// A request as the tests give it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Event {
    pub(crate) second: u64,
    pub(crate) scenario: u32,
    pub(crate) group: Option<&'static str>,
    pub(crate) name: Result<u32, &'static str>,
    pub(crate) micros: u64,
    pub(crate) error: Option<&'static str>,
}

impl Event {
    pub(crate) fn ok(second: u64, name: u32, micros: u64) -> Self {
        Event { second, scenario: 0, group: None, name: Ok(name), micros, error: None }
    }

    pub(crate) fn record(&self, recorder: &mut Recorder) {
        let group = self.group.map_or(GroupId::ROOT, |name| recorder.group(GroupId::ROOT, name));
        let intended = Moment::START + Duration::from_secs(self.second);
        let name = self.name.map_or_else(SampleName::Dynamic, |id| SampleName::Known(NameId(id)));
        let sample = Sample::new(name, intended)
            .started(intended + Duration::from_micros(self.micros / 100))
            .sent((self.error != Some("not built")).then(|| intended + Duration::from_micros(self.micros / 10)))
            .ended(intended + Duration::from_micros(self.micros))
            .outcome(self.error.map_or(Ok(()), Err))
            .status(if self.error.is_some() { 500 } else { 200 })
            .bytes(100, self.micros)
            .phase(Phase::FIRST_BYTE, Duration::from_nanos(self.micros * 500));
        recorder.record(ScenarioId(self.scenario), group, &sample);
        if group != GroupId::ROOT {
            let time = Duration::from_micros(self.micros);
            recorder.record_group(ScenarioId(self.scenario), group, self.error.is_none(), time * 2, time);
        }
        recorder.user_started(ScenarioId(self.scenario));
        recorder.arrival_lag(ScenarioId(self.scenario), Duration::from_micros(self.micros / 50));
        recorder.user_ended(ScenarioId(self.scenario), self.error.is_none());
    }
}

const KNOWN: [&str; 2] = ["login", "list"];
const SCENARIOS: [&str; 2] = ["Browse", "Buy"];

fn recorder(limits: Limits) -> Recorder {
    Recorder::new(names(&KNOWN), names(&SCENARIOS), limits)
}

/// A collector for such events, and a recorder for each shard.
pub(crate) fn collector(shards: usize) -> (Collector, Vec<Recorder>) {
    let collector = Collector::new(shards, &names(&KNOWN), names(&SCENARIOS), Limits::default());
    (collector, (0..shards).map(|_| recorder(Limits::default())).collect())
}

/// The report of a run whose events are dealt out to so many shards in turn.
pub(crate) fn run(events: &[Event], shards: usize, limits: Limits) -> RunReport {
    let mut collector = Collector::new(shards, &names(&KNOWN), names(&SCENARIOS), limits);
    let mut recorders: Vec<_> = (0..shards).map(|_| recorder(limits)).collect();
    let last = events.iter().map(|event| event.second).max().unwrap_or_default();
    for second in 0..=last {
        for (index, event) in events.iter().enumerate().filter(|(_, event)| event.second == second) {
            event.record(&mut recorders[index % shards]);
        }
        for (shard, recorder) in recorders.iter_mut().enumerate() {
            collector.absorb(shard, recorder.take_snapshot(second));
        }
    }
    let mut info = RunInfo::new("shop");
    info.duration = Duration::from_secs(last + 1);
    collector.finish(info)
}

pub(crate) fn event() -> impl Strategy<Value = Event> {
    let name = prop_oneof![Just(Ok(0)), Just(Ok(1)), Just(Err("dynamic")), Just(Err("login")), Just(Err("zz"))];
    let group = prop_oneof![Just(None), Just(Some("shop")), Just(Some("cart"))];
    let error = prop_oneof![3 => Just(None), 1 => Just(Some("status 500")), 1 => Just(Some("not built"))];
    (0_u64..4, 0_u32..2, group, name, 1_u64..500_000, error).prop_map(
        |(second, scenario, group, name, micros, error)| Event { second, scenario, group, name, micros, error },
    )
}

fn snapshot(events: &[Event]) -> Snapshot {
    let mut recorder = recorder(Limits::default());
    events.iter().for_each(|event| event.record(&mut recorder));
    recorder.take_snapshot(events.iter().map(|event| event.second).max().unwrap_or_default())
}

fn merged(a: &Snapshot, b: &Snapshot) -> Snapshot {
    let mut sum = a.clone();
    sum.merge(b.clone());
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn merging_is_associative_and_commutative_and_loses_nothing(
        a in proptest::collection::vec(event(), 0..200),
        b in proptest::collection::vec(event(), 0..200),
        c in proptest::collection::vec(event(), 0..20),
    ) {
        let whole = snapshot(&[a.clone(), b.clone(), c.clone()].concat());
        let (a, b, c) = (snapshot(&a), snapshot(&b), snapshot(&c));
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&merged(&a, &b), &c), whole);
    }

    #[test]
    fn a_snapshot_is_read_as_it_was_written(events in proptest::collection::vec(event(), 0..40)) {
        let snapshot = snapshot(&events);
        let json = serde_json::to_string(&snapshot).unwrap();
        prop_assert_eq!(serde_json::from_str::<Snapshot>(&json).unwrap(), snapshot);
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_report_does_not_depend_on_the_number_of_shards(events in proptest::collection::vec(event(), 1..300)) {
        let one = run(&events, 1, Limits::default());
        prop_assert_eq!(one.global().count(), events.len() as u64);
        let one = one.to_json();
        for shards in [2, 7] {
            prop_assert_eq!(&run(&events, shards, Limits::default()).to_json(), &one);
        }
    }
}

#[test]
fn a_recorder_goes_on_empty_after_a_snapshot() {
    let mut recorder = recorder(Limits::default());
    let event = Event { group: Some("shop"), error: Some("bad"), ..Event::ok(0, 0, 50) };
    event.record(&mut recorder);
    let first = recorder.take_snapshot(0);
    assert_eq!(recorder.take_snapshot(1).totals.requests.len(), 0);
    event.record(&mut recorder);
    assert_eq!(recorder.take_snapshot(0), first);
}

#[test]
fn names_beyond_the_limit_are_counted_as_other() {
    let limits = Limits { names: 10, ..Limits::default() };
    let mut recorder = recorder(limits);
    for index in 0..5000_u64 {
        let name: &'static str = Box::leak(format!("item {index}").into_boxed_str());
        Event { name: Err(name), ..Event::ok(0, 0, 50) }.record(&mut recorder);
    }
    Event { name: Err("item 3"), ..Event::ok(0, 0, 50) }.record(&mut recorder);
    Event::ok(0, 1, 50).record(&mut recorder);
    Event { name: Err("login"), ..Event::ok(0, 0, 50) }.record(&mut recorder);
    let snapshot = recorder.take_snapshot(0);
    let count = |name: &str| {
        let found = snapshot.totals.requests.iter().find(|(key, _)| &*key.path.name == name);
        found.map_or(0, |(_, stats)| stats.ok_count())
    };
    assert_eq!(snapshot.totals.requests.len(), 13);
    assert_eq!((count("item 3"), count(OTHER), count("list"), count("login")), (2, 4990, 1, 1));
    assert_eq!(snapshot.totals.folded, 4990);
}

#[test]
fn fixed_names_in_ever_new_groups_are_bounded_too() {
    let limits = Limits { names: 10, groups: 20, ..Limits::default() };
    let mut recorder = recorder(limits);
    for index in 0..100_u64 {
        let group: &'static str = Box::leak(format!("group {index}").into_boxed_str());
        Event { group: Some(group), ..Event::ok(0, 0, 50) }.record(&mut recorder);
    }
    let deep = (0..100).fold(GroupId::ROOT, |parent, index| recorder.group(parent, &format!("deep {index}")));
    assert_eq!(deep, recorder.group(GroupId::ROOT, OTHER));
    let snapshot = recorder.take_snapshot(0);
    assert_eq!(snapshot.totals.requests.len(), 11);
    assert_eq!(snapshot.totals.groups.len(), 21);
    let passes: u64 = snapshot.totals.groups.values().map(|group| group.ok.duration.count()).sum();
    assert_eq!(passes, 100);
}

#[test]
fn shards_that_chose_different_names_do_not_exceed_the_bound_together() {
    let limits = Limits { names: 10, groups: 10, ..Limits::default() };
    let mut collector = Collector::new(8, &names(&KNOWN), names(&SCENARIOS), limits);
    for shard in 0..8 {
        let mut recorder = recorder(limits);
        for index in 0..10 {
            let name: &'static str = Box::leak(format!("{shard} {index}").into_boxed_str());
            Event { name: Err(name), group: Some(name), ..Event::ok(0, 0, 50) }.record(&mut recorder);
            Event::ok(0, 1, 50).record(&mut recorder);
        }
        collector.absorb(shard, recorder.take_snapshot(0));
    }
    let report = collector.finish(RunInfo::new("x"));
    assert!(report.requests().len() <= 2 * 10 + 3 * 2 + 2, "{}", report.requests().len());
    assert!(report.groups().len() <= 11 * 2 + 2, "{}", report.groups().len());
    assert_eq!(report.request("list").unwrap().count(), 80);
    assert_eq!(report.global().count(), 160);
    assert!(report.folded() > 0);
    assert_eq!(report.requests().last().unwrap().name(), OTHER);
    assert_eq!(report.groups().iter().map(|group| group.count()).sum::<u64>(), 80);
}

#[test]
fn a_dynamic_name_of_the_reserved_text_joins_what_was_folded() {
    let limits = Limits { names: 1, ..Limits::default() };
    let mut recorder = recorder(limits);
    for name in [OTHER, "a", "b"] {
        Event { name: Err(name), ..Event::ok(0, 0, 50) }.record(&mut recorder);
    }
    let snapshot = recorder.take_snapshot(0);
    assert_eq!(snapshot.totals.requests.len(), 1);
    assert_eq!(snapshot.totals.requests.values().next().unwrap().ok_count(), 3);
}

#[test]
fn error_texts_stay_bounded_over_all_seconds() {
    let limits = Limits { errors: 5, ..Limits::default() };
    let mut collector = Collector::new(1, &names(&KNOWN), names(&SCENARIOS), limits);
    let mut recorder = recorder(limits);
    for second in 0..20 {
        for index in 0..10 {
            let text: &'static str = Box::leak(format!("error {second} {index}").into_boxed_str());
            Event { error: Some(text), ..Event::ok(second, 0, 50) }.record(&mut recorder);
            recorder.step_error(ScenarioId(1), text);
        }
        collector.absorb(0, recorder.take_snapshot(second));
    }
    let live = collector.live();
    assert_eq!(live.errors[0].text, OTHER_ERRORS);
    let report = collector.finish(RunInfo::new("x"));
    let errors = report.global().errors();
    assert_eq!(errors.len(), 6);
    assert_eq!(errors[0], (OTHER_ERRORS, 195));
    assert_eq!(report.step_errors()[0], (OTHER_ERRORS, 195));
}

#[test]
fn a_second_waits_for_all_shards() {
    let mut collector = Collector::new(2, &names(&KNOWN), names(&SCENARIOS), Limits::default());
    collector.absorb(0, snapshot(&[Event::ok(0, 0, 10), Event::ok(0, 0, 30)]));
    assert_eq!((collector.live().elapsed, collector.live().ok), (Duration::ZERO, 0));
    // The second shard has nothing to tell of second 0.
    collector.absorb(1, snapshot(&[Event::ok(1, 1, 500)]));
    let live = collector.live();
    assert_eq!((live.elapsed, live.ok, live.requests_per_sec), (Duration::from_secs(1), 2, 2));
    assert_eq!((live.p50, live.max), (Duration::from_micros(10), Duration::from_micros(30)));
    collector.shard_done(0);
    let live = collector.live();
    assert_eq!((live.elapsed, live.requests_per_sec, live.max.as_micros()), (Duration::from_secs(2), 1, 500));
    let rows: Vec<_> = live.requests.iter().map(|row| (&*row.path, row.ok, row.requests_per_sec)).collect();
    assert_eq!(rows, [("login", 2, 0), ("list", 1, 1)]);
}

#[test]
fn what_comes_too_late_is_counted_in_the_first_open_second() {
    let mut collector = Collector::new(1, &names(&KNOWN), names(&SCENARIOS), Limits::default());
    collector.absorb(0, snapshot(&[Event::ok(3, 0, 10)]));
    collector.absorb(0, snapshot(&[Event::ok(3, 0, 20)]));
    let report = collector.finish(RunInfo::new("x"));
    let counts: Vec<_> = report.series().iter().map(|point| (point.second, point.ok)).collect();
    assert_eq!(counts, [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1)]);
    assert_eq!(report.global().count(), 2);
}

#[test]
fn a_point_of_the_series_counts_users_errors_and_bytes() {
    let mut recorder = recorder(Limits::default());
    let browse = ScenarioId(0);
    for _ in 0..5 {
        recorder.user_started(browse);
    }
    recorder.user_ended(browse, true);
    recorder.user_interrupted(browse, true);
    recorder.step_error(browse, "no such attribute");
    recorder.panic_caught(browse);
    recorder.arrival_dropped(ScenarioId(1));
    let bad = Event { error: Some("status 500"), ..Event::ok(0, 0, 2_000) };
    bad.record(&mut recorder);
    let mut collector = Collector::new(1, &names(&KNOWN), names(&SCENARIOS), Limits::default());
    collector.absorb(0, recorder.take_snapshot(0));
    let live = collector.live();
    assert_eq!((live.users_active, live.users_started, live.users_done), (3, 6, 3));
    let texts: Vec<_> = live.errors.iter().map(|error| (&*error.text, error.count, error.last_second)).collect();
    assert_eq!(texts, [("no such attribute", 1, 1), ("status 500", 1, 1)]);
    collector.absorb(0, recorder.take_snapshot(1));
    assert_eq!(collector.live().errors[0].last_second, 0);
    let report = collector.finish(RunInfo::new("x"));
    let point = &report.series()[0];
    assert_eq!((point.ok, point.failed, point.errors), (0, 1, 2));
    assert_eq!((point.users_started, point.users_ended, point.users_active), (6, 3, 3));
    assert_eq!((point.bytes_sent, point.bytes_received), (100, 2_000));
    assert_eq!(point.start_lag_p99, Duration::from_micros(20));
    assert_eq!(report.series()[1].users_active, 3);
    let users = report.users();
    assert_eq!((users.failed, users.interrupted, users.requests_interrupted), (1, 1, 1));
    assert_eq!((report.users_dropped(), report.panics()), (1, 1));
}

#[test]
fn seconds_in_which_a_shard_stood_still_are_marked_however_late_the_others_tell() {
    let at = |millis: u64| Moment::START + Duration::from_millis(millis);
    let (mut collector, mut recorders) = collector(2);
    // The first shard stands still from 1.5 s to 4.2 s; it tells of it with the second in which that began.
    for second in 0..6 {
        recorders[1].user_started(ScenarioId(0));
        collector.absorb(1, recorders[1].take_snapshot(second));
    }
    collector.absorb(0, recorders[0].take_snapshot(0));
    recorders[0].stalled(at(1_500), at(4_200));
    collector.absorb(0, recorders[0].take_snapshot(1));
    collector.absorb(0, recorders[0].take_snapshot(4));
    collector.absorb(0, recorders[0].take_snapshot(5));
    let report = collector.finish(RunInfo::new("x"));
    let marked: Vec<_> = report.series().iter().filter(|point| point.stalled).map(|point| point.second).collect();
    assert_eq!((report.series().len(), marked), (6, vec![1, 2, 3, 4]));
    assert_eq!((report.info().stalls.count(), report.info().stalls.max()), (1, Duration::from_millis(2_700)));
    let warnings = report.warnings().join(" ");
    assert!(warnings.contains("What the series says of seconds 1 to 4 is not to be trusted. "), "{warnings}");
    assert_eq!(RunReport::from_json(&report.to_json()).unwrap(), report);
}

#[test]
fn series_of_long_runs_keep_their_counts_in_bounded_space() {
    let limits = Limits { series_points: 10, request_points: 10, ..Limits::default() };
    let events: Vec<_> =
        (0..100).flat_map(|second| [Event::ok(second, 0, 10 + second), Event::ok(second, 1, 5)]).collect();
    let report = run(&events, 2, limits);
    assert!(report.series().len() <= 10);
    assert_eq!(report.series().iter().map(|point| point.ok).sum::<u64>(), 200);
    assert_eq!(report.series().last().unwrap().max, Duration::from_micros(109));
    let points = report.requests().iter().map(|request| request.series().len()).sum::<usize>();
    assert!(points <= 10, "{points}");
    for request in report.requests() {
        assert_eq!(request.series().iter().map(|point| point.ok).sum::<u64>(), 100);
    }
}

#[test]
fn ids_that_do_not_exist_are_counted_all_the_same() {
    let mut recorder = recorder(Limits::default());
    Event { scenario: 9, ..Event::ok(0, 77, 10) }.record(&mut recorder);
    recorder.record_group(ScenarioId(9), GroupId(44), true, Duration::ZERO, Duration::ZERO);
    let snapshot = recorder.take_snapshot(0);
    assert_eq!(snapshot.totals.requests.keys().next().unwrap().path.to_string(), "(unknown)");
}

#[test]
fn tags_and_messages_stay_bounded_whatever_the_shards_deliver() {
    let limits = Limits { tags: 5, names: 5, ..Limits::default() };
    let mut collector = Collector::new(3, &names(&KNOWN), names(&SCENARIOS), limits);
    for shard in 0..3 {
        let mut recorder = recorder(limits);
        for n in 0..50 {
            let text = format!("{shard}-{n}");
            let message = Sample::new(SampleName::Dynamic(&text), Moment::START).kind(SampleKind::Message);
            recorder.record(ScenarioId(0), GroupId::ROOT, &message);
            let request = Sample::new(SampleName::Known(NameId(0)), Moment::START);
            recorder.record(ScenarioId(0), GroupId::ROOT, &request.tagged([("n".into(), text.as_str().into())]));
        }
        let snapshot = recorder.take_snapshot(0);
        assert_eq!((snapshot.totals.events.len(), snapshot.totals.tagged.len()), (6, 6));
        collector.absorb(shard, snapshot);
    }
    let report = collector.finish(RunInfo::new("s"));
    assert!(report.messages().len() <= 10 && report.tags().len() <= 12, "{report:?}");
    assert_eq!(report.messages().iter().map(|message| message.statistics().count()).sum::<u64>(), 150);
    assert_eq!(report.tags().iter().map(|tag| tag.statistics().count()).sum::<u64>(), 150);
    assert!(report.folded() > 0);
}
