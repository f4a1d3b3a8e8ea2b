//! The parts of the engine that every request or every user pays for, one by one: `cargo bench --bench micro`.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use std::any::Any;
use std::hint::black_box;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use loadspiker::prelude::*;
use loadspiker_core::expression::Template;
use loadspiker_core::inject::{Profile, constant_users_per_sec, ramp_users_per_sec};
use loadspiker_core::metrics::{GroupId, Limits, NameId, Recorder, Sample, SampleName, ScenarioId};
use loadspiker_core::protocol_prelude::{
    Action, ActionBuilder, ActionContext, ActionFuture, CheckSet, CompileContext, Phase, RequestName,
};
use loadspiker_core::{Moment, protocol::ShardInfo};

/// One sample into the histograms of its request.
fn record(criterion: &mut Criterion) {
    let names: Arc<[Arc<str>]> = ["a", "b"].map(Arc::from).into();
    let mut recorder = Recorder::new(names.clone(), names, Limits::default());
    let at = |micros: u64| Moment::from_nanos(micros * 1000);
    let sample = Sample::new(SampleName::Known(NameId::new(1)), at(1000))
        .started(at(1010))
        .sent(at(1020))
        .ended(at(1900))
        .status(200)
        .bytes(80, 300)
        .phase(Phase::FIRST_BYTE, Duration::from_micros(880));
    criterion.bench_function("record a sample", |bencher| {
        bencher.iter(|| recorder.record(ScenarioId::new(0), GroupId::ROOT, black_box(&sample)));
    });
}

/// The next arrival of an open profile.
fn arrive(criterion: &mut Criterion) {
    let constant = Profile::from_steps([constant_users_per_sec(1e6).during(100_000.secs())]);
    let ramp = Profile::from_steps([ramp_users_per_sec(1.0).to(1e6).during(100_000.secs())]);
    let randomized = Profile::from_steps([constant_users_per_sec(1e6).during(100_000.secs()).randomized()]);
    for (name, profile) in [("constant rate", constant), ("ramp of rates", ramp), ("random arrivals", randomized)] {
        let mut arrivals = profile.arrivals(ShardInfo { index: 0, count: 1 }.into(), 1);
        criterion.bench_function(&format!("next arrival, {name}"), |bencher| bencher.iter(|| arrivals.next()));
    }
}

/// A text with expressions, into a buffer that has room.
fn render(criterion: &mut Criterion) {
    let mut schema = loadspiker_core::Schema::new("bench", []);
    let template = Template::parse("/shops/#{shop}/products/#{id}?n=#{list(1)}", &mut |name| schema.intern(name));
    let template = template.unwrap();
    let mut session = Session::new(schema.into(), 1, 1);
    session.set("shop", "corner").unwrap();
    session.set("id", 12_345).unwrap();
    session.set("list", [1, 2, 3]).unwrap();
    let mut buffer = String::with_capacity(100);
    criterion.bench_function("render a URL with three expressions", |bencher| {
        bencher.iter(|| {
            buffer.clear();
            template.render(black_box(&session), &mut buffer).unwrap();
            buffer.len()
        });
    });
}

/// How many steps a user takes in each of the runs that are measured.
const STEPS: u32 = 200_000;

/// Steps that are no requests, each kind on its own: what a thousand of them cost a user on its way, by the clock of a
/// real run. So a microsecond here is a nanosecond a step.
fn step(criterion: &mut Criterion) {
    let nothing = || exec_fn(|_| Ok(()));
    // The cheapest step there is, for blocks that need one.
    let cheap = exit_here_if_failed;
    let few = records((0..1000).map(|id| [("id", Value::from(id)), ("name", Value::from("Ann"))]));
    let many = records((0..STEPS).map(|id| [("id", id.to_string()), ("name", "Ann".to_owned())]));
    let count = exec_fn(|session| {
        let n: i64 = session.get("n")?;
        Ok(session.set("n", n + 1)?)
    });
    for (name, step) in [
        ("exit_here_if_failed", cheap()),
        ("exec_fn", nothing()),
        ("exec_fn that counts", count),
        ("do_if", do_if("#{n.exists()}", cheap())),
        ("do_if_equals", do_if_equals("#{kind}", "b", cheap())),
        ("do_switch", do_switch("#{kind}", [("a", cheap()), ("b", cheap())])),
        ("random_switch", random_switch([(40.0, cheap()), (60.0, cheap())])),
        ("round_robin_switch", round_robin_switch([cheap(), cheap()])),
        ("loop of one pass with a counter", repeat_counted(1, "i", cheap())),
        ("foreach over one item", foreach("#{list}", "item", cheap())),
        ("feed, circular", feed(few.circular())),
        ("feed, queue", feed(many)),
        ("group", group("g", cheap())),
        ("group with a rendered name", group("g #{kind}", cheap())),
        ("try_max", try_max(2, cheap())),
    ] {
        bench_steps(criterion, name, &step, 1);
    }
    // Of the loop above most is entering and leaving it.
    bench_steps(criterion, "pass of a loop with a counter", &repeat_counted(1000, "i", cheap()), 1000);
}

/// Measures a thousand of this step; it counts as so many.
fn bench_steps(criterion: &mut Criterion, name: &str, step: &Chain, counts_as: u32) {
    criterion.bench_function(&format!("1000 steps: {name}"), |bencher| {
        bencher.iter_custom(|thousands| {
            let thousands = u32::try_from(thousands).unwrap();
            // Whole runs, however little is asked for: what is done once in a run must not be taken for a step's cost.
            let runs = thousands.div_ceil(STEPS / 1000);
            let time: Duration = (0..runs).map(|_| time_of(step, STEPS / counts_as)).sum();
            time * thousands / (runs * (STEPS / 1000))
        });
    });
}

/// How long one user takes for so many of this step, a multiple of ten: ten at a time, in a loop whose own cost is small by that.
fn time_of(step: &Chain, steps: u32) -> Duration {
    let marks = Arc::new(Mutex::new(Vec::new()));
    let mark = {
        let marks = marks.clone();
        exec_fn(move |session| {
            marks.lock().unwrap().push(Instant::now());
            session.set("n", 0)?;
            session.set("kind", "b")?;
            Ok(session.set("list", [1])?)
        })
    };
    let ten = (0..10).fold(Chain::new(), |chain, _| chain.exec(step.clone()));
    let user = scenario("s").exec(mark.clone()).repeat(steps / 10, ten).exec(mark);
    Simulation::new("steps").shards(1).with(user.inject([at_once_users(1)])).run().unwrap();
    let marks = marks.lock().unwrap();
    marks[1] - marks[0]
}

/// Checks on a body of JSON of 1 KB: parsing it, and what each further check costs.
fn check(criterion: &mut Criterion) {
    let items: Vec<_> = (0..16)
        .map(|id| json!({"id": id, "name": format!("product number {id}"), "price": 9.5, "tags": ["a"]}))
        .collect();
    let body: Arc<str> = json!({"page": 1, "items": items, "token": "0123456789abcdef"}).to_string().into();
    let checks: [(&str, Check); 7] = [
        ("json_path, a field", json_path("$.items[3].name").save_as("name")),
        ("json_path, a random id", json_path("$.items[*].id").find_random().save_as("id")),
        ("json_path, ids wherever they are", json_path("$..id").count().is(16)),
        ("json_path, a filter", json_path("$.items[?@.price > 9].id").save_as("id")),
        ("jmes_path, a field", jmes_path("items[3].name").save_as("name")),
        ("jmes_path, a random id", jmes_path("items[*].id").find_random().save_as("id")),
        ("jmes_path, a filter", jmes_path("items[?price > `9`].id | [0]").save_as("id")),
    ];
    let mut group = criterion.benchmark_group(format!("{PASSES} x checks on {} bytes of JSON", body.len()));
    group.throughput(Throughput::Elements(PASSES));
    for (name, check) in checks {
        // The body is parsed once for all: the difference of the two is what ten checks cost without that.
        for count in [1, 11] {
            let look = Look { body: body.clone(), checks: vec![check.clone(); count] };
            group.bench_function(format!("{count} x {name}"), |bencher| {
                bencher.iter(|| {
                    let user = scenario("s").exec(Chain::action(look.clone())).inject([at_once_users(1)]);
                    Simulation::new("checks").simulated_clock().with(user).run().unwrap().users_ended()
                });
            });
        }
    }
    group.finish();
}

/// How often the checks run for one user.
const PASSES: u64 = 10_000;

/// A step that runs checks over the same response again and again.
#[derive(Clone)]
struct Look {
    body: Arc<str>,
    checks: Vec<Check>,
}

impl ActionBuilder for Look {
    fn describe(&self) -> String {
        "look".to_owned()
    }

    fn compile(&self, cx: &mut CompileContext<'_>) -> Box<dyn Action> {
        let (body, checks) = (Body(self.body.clone()), CheckSet::compile(&self.checks, cx));
        Box::new(Looking { name: cx.request_name("look"), body, checks })
    }
}

struct Looking {
    name: RequestName,
    body: Body,
    checks: CheckSet,
}

impl Action for Looking {
    fn name(&self) -> &RequestName {
        &self.name
    }

    fn run<'a>(&'a self, cx: &'a mut ActionContext) -> ActionFuture<'a> {
        Box::pin(async move {
            for _ in 0..PASSES {
                self.checks.run(black_box(&self.body), cx.session_mut()).unwrap();
            }
        })
    }
}

struct Body(Arc<str>);

impl Response for Body {
    fn body(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

criterion_group! {
    name = micro;
    config = Criterion::default().measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500)).sample_size(20);
    targets = record, arrive, render, step, check
}
criterion_main!(micro);
