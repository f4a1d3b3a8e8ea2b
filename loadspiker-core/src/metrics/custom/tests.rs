//! Books, snapshots and reports of custom metrics together.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::collector::Collector;
use crate::custom_metric::{Trend, counter, gauge, rate, trend};
use crate::metrics::tests::collector;
use crate::metrics::{Limits, LiveMetric, OTHER, Snapshot, Totals};
use crate::report::{RunInfo, RunReport};
use crate::session::{Schema, Session, Shared};

/// A user of a shard with this book.
fn user(book: &Rc<Book>) -> Session {
    Session::sharing(Rc::new(Shared::recorded_in(Schema::new("s", []), book)), 1, 0, 1)
}

fn taken(book: &Book) -> Totals {
    let mut totals = Totals::default();
    book.take_into(&mut totals);
    totals
}

/// What is recorded, as the tests give it.
#[derive(Clone, Copy, Debug)]
struct Record {
    second: u64,
    kind: MetricKind,
    value: f64,
    tag: Option<&'static str>,
}

const UNIT: &str = "EUR";

impl Record {
    fn record(&self, session: &Session) {
        let tags: &[(&str, &str)] = match &self.tag {
            Some(tag) => &[("kind", tag)],
            None => &[],
        };
        #[expect(clippy::cast_possible_truncation, reason = "whole numbers are wanted here")]
        let whole = self.value as i64;
        match self.kind {
            MetricKind::Counter => counter("c").add_tagged(session, whole, tags),
            MetricKind::Gauge => gauge("g").set_tagged(session, self.value, tags),
            MetricKind::Rate => rate("r").record_tagged(session, whole % 2, tags),
            MetricKind::Trend => trend("t").unit(UNIT).record_tagged(session, self.value, tags),
        }
    }
}

fn record() -> impl Strategy<Value = Record> {
    let kind = prop_oneof![
        Just(MetricKind::Counter),
        Just(MetricKind::Gauge),
        Just(MetricKind::Rate),
        Just(MetricKind::Trend)
    ];
    let tag = prop_oneof![Just(None), Just(Some("a")), Just(Some("b"))];
    (0_u64..4, kind, -50.0..1e6_f64, tag).prop_map(|(second, kind, value, tag)| Record { second, kind, value, tag })
}

/// The snapshots of a second, of records dealt out to so many shards in turn. Each comes a nanosecond after the other.
fn snapshots(records: &[Record], second: u64, shards: usize) -> Vec<Snapshot> {
    let now = Rc::new(std::cell::Cell::new(second * 1_000_000_000));
    let books: Vec<_> = (0..shards).map(|_| Rc::new(Book::default())).collect();
    for book in &books {
        let now = now.clone();
        book.timed_by(move || crate::moment::Moment::from_nanos(now.get()));
    }
    for (index, record) in records.iter().enumerate().filter(|(_, record)| record.second == second) {
        now.set(now.get() + 1);
        record.record(&user(&books[index % shards]));
    }
    books.iter().map(|book| Snapshot { second, totals: taken(book), ..Snapshot::default() }).collect()
}

fn run(records: &[Record], shards: usize) -> RunReport {
    let (mut collector, _) = collector(shards);
    for second in 0..4 {
        for (shard, snapshot) in snapshots(records, second, shards).into_iter().enumerate() {
            // It goes through another process.
            let json = serde_json::to_string(&snapshot).unwrap();
            let read: Snapshot = serde_json::from_str(&json).unwrap();
            assert_eq!(read, snapshot);
            collector.absorb(shard, read);
        }
    }
    let mut info = RunInfo::new("shop");
    info.duration = Duration::from_secs(4);
    collector.finish(info)
}

#[test]
fn while_the_run_goes_on_each_metric_is_told_with_its_tags_together() {
    let record = |second, kind, value, tag| Record { second, kind, value, tag };
    let records = [
        record(0, MetricKind::Counter, 2.0, Some("a")),
        record(0, MetricKind::Gauge, 7.0, None),
        record(0, MetricKind::Rate, 1.0, None),
        record(1, MetricKind::Counter, 3.0, Some("b")),
        record(1, MetricKind::Counter, 4.0, None),
        record(1, MetricKind::Rate, 2.0, Some("a")),
        record(1, MetricKind::Trend, 5.5, None),
    ];
    let (mut collector, _) = collector(2);
    assert_eq!(collector.live().metrics, []);
    for second in 0..3 {
        for (shard, snapshot) in snapshots(&records, second, 2).into_iter().enumerate() {
            collector.absorb(shard, snapshot);
        }
        if second == 1 {
            let told = |live: &LiveMetric| (live.name.clone(), live.kind, live.count, live.per_sec);
            let metrics = collector.live().metrics;
            let expected = [
                ("c".to_owned(), MetricKind::Counter, 9, 7),
                ("g".to_owned(), MetricKind::Gauge, 1, 0),
                ("r".to_owned(), MetricKind::Rate, 2, 1),
                ("t".to_owned(), MetricKind::Trend, 1, 1),
            ];
            assert_eq!(metrics.iter().map(told).collect::<Vec<_>>(), expected);
            assert_eq!(
                (metrics[0].last, metrics[0].percent, metrics[0].p95, &*metrics[0].unit),
                (None, None, None, "")
            );
            assert_eq!((metrics[1].last, metrics[2].percent), (Some(7.0), Some(50.0)));
            assert_eq!((metrics[3].p50, metrics[3].p95, &*metrics[3].unit), (Some(5.5), Some(5.5), UNIT));
        }
    }
    // In a second without any recording what was told last stays, but for what was recorded in it.
    let metrics = collector.live().metrics;
    assert_eq!(metrics.iter().map(|live| live.per_sec).collect::<Vec<_>>(), [0; 4]);
    assert_eq!((metrics[0].count, metrics[1].last, metrics[3].p95), (9, Some(7.0), Some(5.5)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_report_does_not_depend_on_the_number_of_shards(records in proptest::collection::vec(record(), 0..300)) {
        let one = run(&records, 1);
        let sum: f64 = records.iter().filter(|record| record.kind == MetricKind::Trend).map(|record| record.value).sum();
        if let Some(figures) = one.metric("t") {
            prop_assert!((figures.sum().unwrap() - sum).abs() < 1e-3);
            prop_assert_eq!(one.metrics().iter().find(|metric| metric.name() == "t").unwrap().unit(), UNIT);
        }
        let last = records.iter().filter(|record| record.kind == MetricKind::Gauge);
        // Of the last second, the last one.
        let last = last.enumerate().max_by_key(|(index, record)| (record.second, *index)).map(|(_, record)| record.value);
        prop_assert_eq!(one.metric("g").and_then(MetricFigures::last), last);
        let json = one.to_json();
        prop_assert_eq!(&RunReport::from_json(&json).unwrap(), &one);
        for shards in [2, 7] {
            prop_assert_eq!(&run(&records, shards).to_json(), &json);
        }
    }

    #[test]
    fn merging_is_associative_and_loses_nothing(records in proptest::collection::vec(record(), 1..200)) {
        let records: Vec<_> = records.into_iter().map(|record| Record { second: 0, ..record }).collect();
        let merged = |parts: &[Snapshot]| {
            let mut sum = Snapshot::default();
            parts.iter().for_each(|part| sum.merge(part.clone()));
            sum
        };
        let parts = snapshots(&records, 0, 3);
        let whole = merged(&snapshots(&records, 0, 1));
        let (left, right) = (merged(&parts[..2]), merged(&parts[1..]));
        prop_assert_eq!(&merged(&[left, parts[2].clone()]), &whole);
        prop_assert_eq!(&merged(&[right, parts[0].clone()]), &whole);
    }
}

#[test]
fn each_kind_tells_its_figures_and_no_others() {
    let book = Rc::new(Book::default());
    let session = user(&book);
    let (orders, stock, cached, basket) = (counter("orders"), gauge("stock"), rate("cached"), trend("basket"));
    for n in [1_u64, 2, 0] {
        orders.add(&session, n);
    }
    for level in [5.0, -2.0, 3.5] {
        stock.set(&session, level);
    }
    for hit in [true, false, false, false] {
        cached.record(&session, hit);
    }
    for euros in 1..=100 {
        basket.record(&session, euros);
    }
    let report = report(&book);
    let metric = |name: &str| report.metric(name).unwrap();
    assert_eq!((metric("orders").count(), metric("orders").per_sec()), (3, 1.5));
    assert_eq!((metric("orders").last(), metric("orders").percent(), metric("orders").min()), (None, None, None));
    let stock = metric("stock");
    assert_eq!((stock.last(), stock.min(), stock.max(), stock.count()), (Some(3.5), Some(-2.0), Some(5.0), 3));
    assert_eq!(stock.percentile(50.0), None);
    assert_eq!(
        (metric("cached").percent(), metric("cached").non_zero(), metric("cached").count()),
        (Some(25.0), Some(1), 4)
    );
    let basket = metric("basket");
    assert_eq!(
        (basket.min(), basket.max(), basket.mean(), basket.sum()),
        (Some(1.0), Some(100.0), Some(50.5), Some(5050.0))
    );
    assert!((basket.percentile(95.0).unwrap() - 95.0).abs() < 0.1);
    let kinds: Vec<_> = report.metrics().iter().map(|metric| metric.kind().to_string()).collect();
    assert_eq!(kinds, ["trend", "rate", "counter", "gauge"]);
}

/// Of a run of two seconds that recorded what is in the book in its first one.
fn report(book: &Book) -> RunReport {
    let (mut collector, _) = collector(1);
    collector.absorb(0, Snapshot { totals: taken(book), ..Snapshot::default() });
    let mut info = RunInfo::new("x");
    info.duration = Duration::from_secs(2);
    collector.finish(info)
}

#[test]
fn tags_are_told_apart_in_any_order_and_add_up() {
    let book = Rc::new(Book::default());
    let session = user(&book);
    let orders = counter("orders").tag("region", "eu");
    orders.add(&session, 1);
    orders.add_tagged(&session, 2, &[("kind", "express")]);
    counter("orders").add_tagged(&session, 4, &[("kind", "express"), ("region", "eu")]);
    counter("orders").add_tagged(&session, 8, &[("kind", "parcel"), ("region", "eu")]);
    // The later value of a tag counts.
    orders.add_tagged(&session, 16, &[("region", "us")]);
    let report = report(&book);
    let [orders] = report.metrics() else { panic!("{:?}", report.metrics()) };
    let parts: Vec<_> = orders.parts().map(|(tags, figures)| (tags, figures.count())).collect();
    let expected = [("kind=express, region=eu", 6), ("kind=parcel, region=eu", 8), ("region=eu", 1), ("region=us", 16)];
    assert_eq!(parts, expected.map(|(tags, count)| (tags.to_owned(), count)));
    assert_eq!(orders.figures().count(), 31);
    assert_eq!(orders.tagged(&[("region", "eu")]).unwrap().count(), 15);
    assert_eq!(orders.tagged(&[("region", "eu"), ("kind", "express")]).unwrap().count(), 6);
    assert_eq!(orders.tagged(&[("region", "asia")]), None);
}

#[test]
fn tags_and_names_beyond_the_limit_are_counted_as_other() {
    let book = Rc::new(Book::new(Limits { metrics: 10, checks: 3, ..Limits::default() }));
    let session = user(&book);
    for id in 0..100 {
        counter("orders").add_tagged(&session, 1, &[("id", &id.to_string())]);
    }
    for id in 0..100 {
        Trend::named(format!("trend {id}")).record(&session, 5);
        book.count_check(&format!("check {id}"), id % 2 == 0);
    }
    counter("orders").add_tagged(&session, 1, &[("id", "3")]);
    let totals = taken(&book);
    assert_eq!(totals.metrics.len(), 12);
    assert_eq!(totals.folded_metrics, 90 + 100 + 97);
    let count = |name: &str, tags: &Tags| {
        let found = totals.metrics.iter().find(|(key, _)| &*key.name == name && key.tags == *tags);
        found.map(|(_, stats)| MetricFigures::new((**stats).clone(), Duration::ZERO).count())
    };
    assert_eq!(count("orders", &Tags::new([("id", "3")])), Some(2));
    assert_eq!(count("orders", &Tags::other()), Some(90));
    assert_eq!(count(OTHER, &Tags::default()), Some(100));
    assert_eq!(totals.checks.len(), 4);
    assert_eq!(totals.checks[OTHER].passed + totals.checks[OTHER].failed, 97);
}

#[test]
fn shards_that_chose_different_tags_do_not_exceed_the_bound_together() {
    let limits = Limits { metrics: 10, checks: 10, ..Limits::default() };
    let mut collector = Collector::new(8, &[], Arc::new(["s".into()]), limits);
    for shard in 0..8 {
        let book = Rc::new(Book::new(limits));
        for index in 0..10 {
            trend("t").record_tagged(&user(&book), 1, &[("id", &format!("{shard} {index}"))]);
            book.count_check(&format!("{shard} {index}"), false);
        }
        collector.absorb(shard, Snapshot { totals: taken(&book), ..Snapshot::default() });
    }
    let report = collector.finish(RunInfo::new("x"));
    let [metric] = report.metrics() else { panic!("{:?}", report.metrics()) };
    assert_eq!(metric.figures().count(), 80);
    assert!(metric.parts().count() <= 2 * 10 + 5, "{}", metric.parts().count());
    assert!(report.checks().len() <= 12, "{}", report.checks().len());
    assert_eq!(report.checks().iter().map(|check| check.failed_count()).sum::<u64>(), 80);
    assert!(report.warnings().iter().any(|warning| warning.contains("too many custom metrics")));
}

#[test]
fn what_cannot_be_recorded_is_told() {
    let book = Rc::new(Book::default());
    let session = user(&book);
    counter("orders").add(&session, -5);
    trend("basket").record(&session, f64::NAN);
    trend("basket").record(&session, 1e30);
    gauge("basket").set(&session, f64::INFINITY);
    counter(" ").add(&session, 1);
    let report = report(&book);
    assert_eq!((report.metric("orders").unwrap().count(), report.metric("orders").unwrap().refused()), (0, 1));
    assert_eq!(report.metric("(unnamed)").unwrap().count(), 1);
    let expected = [
        "1 value was not recorded in the gauge \"basket\", being not finite.",
        "1 value was not recorded in the trend \"basket\", being not finite.",
        "1 value was beyond ±10¹² in the trend \"basket\"",
        "1 value was not recorded in the counter \"orders\", being not a whole number of at least 0.",
        "\"basket\" is both a gauge and a trend",
    ];
    let warnings = report.warnings();
    for text in expected {
        assert!(warnings.iter().any(|warning| warning.contains(text)), "{text}\n{warnings:#?}");
    }
}

#[test]
fn numbers_of_every_type_are_taken() {
    let book = Rc::new(Book::default());
    let session = user(&book);
    let values = trend("t");
    values.record(&session, 1_u8);
    values.record(&session, -1_i64);
    values.record(&session, vec![0; 3].len());
    values.record(&session, 0.5_f32);
    values.record(&session, true);
    values.record(&session, Duration::from_millis(250));
    counter("c").add(&session, vec![0; 3].len());
    counter("c").add(&session, 7_i32);
    let report = report(&book);
    assert_eq!(report.metric("t").unwrap().sum(), Some(1.0 - 1.0 + 3.0 + 0.5 + 1.0 + 250.0));
    assert_eq!(report.metric("c").unwrap().count(), 10);
}

#[test]
fn a_series_has_the_figures_of_its_kind_and_is_bounded() {
    let limits = Limits { metric_points: 10, ..Limits::default() };
    let mut collector = Collector::new(1, &[], Arc::new(["s".into()]), limits);
    let book = Rc::new(Book::default());
    let session = user(&book);
    for second in 0..40_u64 {
        counter("c").add(&session, 2);
        trend("t").record(&session, second);
        rate("r").record(&session, second % 2 == 0);
        collector.absorb(0, Snapshot { second, totals: taken(&book), ..Snapshot::default() });
    }
    let report = collector.finish(RunInfo::new("x"));
    let points: usize = report.metrics().iter().map(|metric| metric.series().len()).sum();
    assert!(points <= 10, "{points}");
    let series = |name: &str| report.metrics().iter().find(|metric| metric.name() == name).unwrap().series();
    assert_eq!(series("c").iter().map(|point| point.count).sum::<u64>(), 80);
    assert_eq!(series("r").iter().filter_map(|point| point.non_zero).sum::<u64>(), 20);
    assert_eq!(series("t").last().unwrap().max, Some(39.0));
    assert_eq!((series("c")[0].max, series("t")[0].min), (None, Some(0.0)));
}

#[test]
fn a_book_goes_on_empty() {
    let book = Rc::new(Book::default());
    counter("c").add(&user(&book), 1);
    book.count_check("a", true);
    let first = taken(&book);
    assert_eq!((first.metrics.len(), first.checks.len()), (1, 1));
    assert_eq!(taken(&book), Totals::default());
}
