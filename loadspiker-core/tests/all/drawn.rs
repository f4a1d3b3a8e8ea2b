//! Feeders whose records are drawn while the run goes on: made, drawn from an iterator, waited for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadspiker_core::dsl::*;
use loadspiker_core::feeder::*;
use loadspiker_core::imperative::User;
use loadspiker_core::inject::*;
use loadspiker_core::report::EndReason;
use loadspiker_core::{DurationExt, Session, Value};
use loadspiker_testkit::{Trace, mistakes, run};

#[test]
fn records_are_made_by_their_number_each_once_over_all_shards() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let see = {
        let seen = seen.clone();
        move |session: &mut Session| {
            seen.lock().unwrap().push((session.get::<u64>("id")?, session.get_str("name")?.to_owned()));
            Ok(())
        }
    };
    let users = generate(|n| [("id", Value::from(n)), ("name", format!("user{n}").into())]);
    let scenario = scenario("Users").feed(users).exec_fn(see).inject([at_once_users(40)]);
    Simulation::new("made").with(scenario).shards(4).run().unwrap();
    let mut seen = seen.lock().unwrap().clone();
    seen.sort();
    assert!(seen.into_iter().eq((0..40).map(|n| (n, format!("user{n}")))));
}

#[test]
fn a_generator_gives_each_user_its_own_record_and_lists() {
    let trace = Trace::default();
    let ids = generate(|n| [("id", n * 10)]);
    let own = scenario("Own")
        .feed(ids.clone().unique_per_user())
        .pause(1)
        .feed(ids.clone().unique_per_user())
        .append(trace.probe("#{id}"));
    run([own.inject([at_once_users(3)])]);
    assert_eq!(trace.names(), ["0", "10", "20"]);
    let trace = Trace::default();
    let lists = scenario("Lists").feed_n(ids, 3).append(trace.probe("#{id}"));
    run([lists.inject([at_once_users(2)])]);
    assert_eq!(trace.names(), ["[0,10,20]", "[30,40,50]"]);
}

#[test]
fn an_endless_iterator_is_drawn_only_as_far_as_users_come() {
    let drawn = Arc::new(AtomicU64::new(0));
    let counting = drawn.clone();
    let numbers = lazy_records(std::iter::repeat_with(move || [("n", counting.fetch_add(1, Ordering::Relaxed))]));
    let trace = Trace::default();
    let users = scenario("Users").feed(numbers).append(trace.probe("#{n}")).inject([at_once_users(5)]);
    run([users]);
    assert_eq!(trace.names(), ["0", "1", "2", "3", "4"]);
    assert_eq!(drawn.load(Ordering::Relaxed), 5);
}

#[test]
fn the_end_of_an_iterator_ends_the_run_as_that_of_a_queue() {
    let numbers = lazy_records((1..=3).map(|n| [("n", n)]));
    let users = scenario("Users").feed(numbers).dummy("got", 1).inject([at_once_users(5)]);
    let report = run([users]);
    assert_eq!(report.request("got").map_or(0, |got| got.count()), 0, "given up at once");
    let EndReason::Aborted(why) = &report.info().end else { panic!("{:?}", report.info().end) };
    assert_eq!(
        why,
        "feeder lazy_records(…) has come to its end after 3 records; provide more records, or start fewer users"
    );
}

#[test]
fn drawn_records_are_transformed_checked_and_split() {
    let transformed = generate(|n| [("n", n.to_string())]).transform(|_, value| value.as_i64().map(|n| n + 1));
    let trace = Trace::default();
    run([scenario("Users").feed(transformed).append(trace.probe("#{n}")).inject([at_once_users(2)])]);
    assert_eq!(trace.names(), ["1", "2"]);

    let sharded = generate(|n| [("n", n)]).shard().open().unwrap();
    let second_of_three =
        sharded.part(1, 3).unwrap().bind(2, 1, &mut |_| loadspiker_core::Schema::default().intern("n"));
    let mut session = Session::detached("s", ["n"]);
    let taken = [0, 1, 0, 1].map(|shard| {
        second_of_three.feed(shard, &mut session).unwrap();
        session.get::<u64>("n").unwrap()
    });
    assert_eq!(taken, [1, 4, 7, 10]);

    let lazy = lazy_records((0..).map(|n| [("n", n)])).shard().open().unwrap();
    let third = lazy.part(2, 3).unwrap().bind(1, 1, &mut |_| loadspiker_core::Schema::default().intern("n"));
    let taken = [(); 3].map(|()| {
        third.feed(0, &mut session).unwrap();
        session.get::<u64>("n").unwrap()
    });
    assert_eq!(taken, [2, 5, 8]);
}

#[test]
fn a_side_without_end_goes_as_far_as_the_other() {
    let zipped = records(["anna", "ben"].map(|name| [("name", name)])).zip(generate(|n| [("id", n)]));
    let trace = Trace::default();
    run([scenario("Users").feed(zipped.circular()).append(trace.probe("#{name}#{id}")).inject([at_once_users(3)])]);
    assert_eq!(trace.names(), ["anna0", "ben1", "anna0"]);
    let endless = generate(|n| [("a", n)]).zip(generate(|n| [("b", n)])).open().unwrap_err().to_string();
    assert!(endless.contains("cannot be a part of .zip(…)"), "{endless}");
    let chained = records([[("a", 1)]]).chain(generate(|n| [("a", n)])).open().unwrap_err().to_string();
    assert!(chained.contains("cannot be a part of .chain(…)"), "{chained}");
}

#[test]
fn what_has_no_meaning_for_drawn_records_is_told_before_the_run() {
    for (feeder, message) in [
        (
            generate(|n| [("a", n)]).shuffle(),
            "generate(…): its records are drawn while the run goes on, but .shuffle()",
        ),
        (lazy_records([[("a", 1)]; 0]), "lazy_records(…): it has no records; give at least one"),
        (lazy_records([[("a", 1)]]).unique_per_user(), "lazy_records(…): its records are drawn while"),
        (generate(|n| [("a", n)]).loaded(), "anyway; remove .loaded()"),
        (records([[("a", 1)]]).fields(["a"]), "records: its fields are known; remove .fields([…])"),
        (generate(|n| [("a", n)]).wait_at_most(1.secs()), "users never wait for its records; remove .wait_at_most(…)"),
        (generate(|n| [("a.b", n)]), "column 1: \"a.b\" cannot name an attribute"),
        (generate(|_| -> [(&str, u8); 1] { panic!("boom") }), "generate(…): the source panicked: boom"),
    ] {
        let error = feeder.open().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let users = scenario("Users").feed(generate(|n| [("id", n)])).dummy("#{name}", 1).inject([at_once_users(1)]);
    let message = mistakes([users]);
    assert!(message.contains("no step sets the attribute \"name\" (there are: id)"), "{message}");
}

#[test]
fn a_field_that_nobody_knew_of_ends_the_run_unless_it_was_named() {
    let growing = || lazy_records((0..).map(|n| if n < 2 { vec![("a", n)] } else { vec![("a", n), ("b", n)] }));
    let trace = Trace::default();
    let users = |feeder: Feeder| {
        scenario("Users").feed(feeder).append(trace.probe("#{a} #{a.exists()}")).inject([at_once_users(3)])
    };
    let report = run([users(growing())]);
    let EndReason::Aborted(why) = &report.info().end else { panic!("{:?}", report.info().end) };
    assert!(why.contains("field \"b\" is not one of the fields known before the run (a); name all of them"), "{why}");
    assert_eq!(run([users(growing().fields(["a", "b"]))]).info().end, EndReason::Completed);
}

#[test]
fn users_wait_for_a_queue_that_others_fill() {
    let (sender, mut receiver) = tokio::sync::mpsc::unbounded_channel();
    let queue = async_records(async move || receiver.recv().await).fields(["order"]);
    let trace = Trace::default();
    let buyers = scenario("Buyers")
        .pause(2)
        .exec_fn(move |session: &mut Session| Ok(sender.send([("order", session.user_id())])?))
        .inject([constant_users_per_sec(1).during(3.secs())]);
    let clerks = scenario("Clerks").feed(queue).append(trace.probe("#{order}")).dummy("pack", 1.secs());
    let report = run([buyers, clerks.inject([at_once_users(3)])]);
    let millis: Vec<_> = trace.passages().iter().map(|(_, order, at)| (order.clone(), at.as_millis())).collect();
    assert_eq!(millis.len(), 3);
    // One order a second, the first after 2 s and a bit; each is meant to be packed when it comes.
    assert!(millis.windows(2).all(|two| two[1].1 - two[0].1 == 1000), "{millis:?}");
    let pack = report.request("pack").unwrap();
    assert_eq!((pack.response_time().max(), pack.start_lag().max()), (1.secs(), Duration::ZERO));
    let waits = report.record_waits("async_records").unwrap();
    assert_eq!((waits.taken(), waits.waited()), (3, 3));
}

#[test]
fn the_end_of_a_live_source_ends_the_run_and_so_does_its_error() {
    let mut left = 2;
    let ending = async_records(async move || {
        left -= 1;
        (left >= 0).then_some([("n", left)])
    });
    let users = |feeder| scenario("Users").feed(feeder).pause(1).inject([at_once_users(3)]);
    let EndReason::Aborted(why) = run([users(ending)]).info().end.clone() else { panic!("not aborted") };
    assert!(why.starts_with("feeder async_records has come to its end after 2 records"), "{why}");

    let failing = async_records(async || Err::<Option<[(&str, u8); 1]>, _>("no route to the queue"));
    let EndReason::Aborted(why) = run([users(failing)]).info().end.clone() else { panic!("not aborted") };
    assert_eq!(why, "feeder async_records: no route to the queue");

    let panicking = async_records(async || -> Option<[(&str, u8); 1]> { panic!("boom") });
    let EndReason::Aborted(why) = run([users(panicking)]).info().end.clone() else { panic!("not aborted") };
    assert!(why.starts_with("feeder async_records: the source panicked: ") && why.ends_with("boom"), "{why}");
}

#[test]
fn a_wait_for_a_record_is_bounded_and_ends_with_the_run() {
    let never = || async_records(async || std::future::pending::<Option<[(&str, u8); 1]>>().await);
    let trace = Trace::default();
    let users = scenario("Users").feed(never().wait_at_most(3.secs())).append(trace.probe("behind"));
    let report = run([users.inject([at_once_users(2)])]);
    assert_eq!((trace.millis("behind"), report.users_failed()), (vec![3000, 3000], 2));
    assert_eq!(
        report.step_errors(),
        [(
            "feeder async_records gave no record within 3 s; look at what fills it, or wait longer with wait_at_most",
            2
        )]
    );
    let code = never();
    let simulation = Simulation::new("stopped").with(scenario("Built").feed(never()).inject([at_once_users(2)])).with(
        scenario("Code")
            .exec_async("code", async move |user: &mut User| user.feed_async(&code).await)
            .inject([at_once_users(2)]),
    );
    let report = simulation.max_duration(5.secs()).simulated_clock().run().unwrap();
    assert_eq!((report.users_interrupted(), report.info().duration), (4, 5.secs()));
}

#[test]
fn code_takes_records_of_live_sources_too() {
    let mut next = 0;
    let numbers = async_records(async move || {
        next += 1;
        // Once without anything, to be asked again.
        tokio::task::yield_now().await;
        Some([("n", next)])
    });
    let report = run([scenario("Code")
        .exec_async("code", async move |user: &mut User| {
            user.feed_async(&numbers).await?;
            let first = user.session().get::<u64>("n")?;
            user.feed_n_async(&numbers, 2).await?;
            let more = user.session().get::<Vec<u64>>("n")?;
            user.dummy(format!("{first} {more:?}"), 1).await
        })
        .inject([at_once_users(1)])]);
    assert!(report.request("1 [2, 3]").is_some(), "{:?} {:?}", report.step_errors(), report.info().end);
}

#[test]
fn single_records_and_lists_come_from_one_source() {
    let mut next = 0;
    let numbers = async_records(async move || {
        next += 1;
        Some([("n", next)])
    });
    let trace = Trace::default();
    let users = scenario("Users")
        .feed(numbers.clone())
        .append(trace.probe("#{n}"))
        .feed_n(numbers.clone(), 3)
        .append(trace.probe("#{n}"))
        .feed_n(numbers.clone(), 0)
        .append(trace.probe("#{n.size()}"))
        .feed(numbers)
        .append(trace.probe("#{n}"));
    run([users.inject([at_once_users(1)])]);
    assert_eq!(trace.names(), ["1", "[2,3,4]", "0", "5"]);
}

#[test]
fn sync_code_is_told_that_a_record_has_to_be_waited_for() {
    let numbers = async_records(async || Some([("n", 1)]));
    let code = scenario("Code").exec_async("code", async move |user: &mut User| user.feed(&numbers));
    let EndReason::Aborted(why) = run([code.inject([at_once_users(1)])]).info().end.clone() else { panic!() };
    assert!(why.contains("take it with feed_async"), "{why}");
}

#[test]
fn many_shards_stand_in_one_queue() {
    let mut next = 0_u64;
    let numbers = async_records(async move || {
        tokio::task::yield_now().await;
        next += 1;
        Some([("n", next)])
    });
    let seen = Arc::new(Mutex::new(Vec::new()));
    let see = {
        let seen = seen.clone();
        move |session: &mut Session| {
            seen.lock().unwrap().push(session.get::<u64>("n")?);
            Ok(())
        }
    };
    let users = scenario("Users").repeat(10, feed(numbers).exec_fn(see)).inject([at_once_users(20)]);
    let report = Simulation::new("many").with(users).shards(4).run().unwrap();
    assert_eq!(report.users_ended(), 20, "{:?}", report.info().end);
    let mut seen = seen.lock().unwrap().clone();
    seen.sort_unstable();
    assert!(seen.into_iter().eq(1..=200));
}

/// A source of another crate.
struct Numbers(u64, usize);

impl RecordSource for Numbers {
    fn name(&self) -> String {
        "numbers".to_owned()
    }

    fn read(&self, records: &mut RecordSink<'_>) -> Result<(), ReadError> {
        records.columns(["n", "text"])?;
        let text = Value::from("x".repeat(self.1));
        (0..self.0).try_for_each(|n| records.values([n.into(), Value::Bytes(text.as_str().unwrap().as_bytes().into())]))
    }
}

#[test]
fn a_source_of_another_crate_is_loaded_or_streamed_by_what_it_gives() {
    let small = Feeder::from_source(Numbers(10, 5)).open().unwrap();
    assert_eq!(small.records(), Some(10));
    let large = Feeder::from_source(Numbers(300, 1 << 20));
    let opened = large.clone().open().unwrap();
    assert_eq!((opened.records(), opened.fields().len()), (None, 2));
    let error = large.random().open().unwrap_err().to_string();
    assert!(error.contains("feeder numbers: it has more than 100 MiB and is streamed, but .random() needs"), "{error}");
    let trace = Trace::default();
    let users = scenario("Users")
        .feed(Feeder::from_source(Numbers(3, 1)).streamed().circular())
        .append(trace.probe("#{n}"))
        .inject([at_once_users(5)]);
    run([users]);
    assert_eq!(trace.names(), ["0", "1", "2", "0", "1"]);
}

#[test]
fn what_a_source_of_another_crate_says_is_told_with_its_name() {
    struct Broken;
    impl RecordSource for Broken {
        fn name(&self) -> String {
            "db://user:•••@host".to_owned()
        }

        fn read(&self, records: &mut RecordSink<'_>) -> Result<(), ReadError> {
            records.record([("a", 1)])?;
            Err(ReadError::new("the table is locked; unlock it"))
        }
    }
    let error = Feeder::from_source(Broken).open().unwrap_err().to_string();
    assert_eq!(error, "feeder db://user:•••@host: the table is locked; unlock it");
}
