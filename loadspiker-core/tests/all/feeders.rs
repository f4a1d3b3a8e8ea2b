//! Feeders from the file to the user: packed, streamed, typed, combined, split; and the functions of expressions that
//! need a whole run.

use std::io::Write;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loadspiker_core::dsl::{Simulation, Steps, dummy, scenario};
use loadspiker_core::feeder::*;
use loadspiker_core::inject::at_once_users;
use loadspiker_core::report::EndReason;
use loadspiker_core::{DurationExt, Schema, Session, SessionError, Value};
use loadspiker_testkit::{Trace, run};
use proptest::prelude::*;

/// A file that is gone after the test.
struct TestFile(PathBuf);

impl TestFile {
    fn new(extension: &str, contents: &[u8]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("loadspiker-feeders-{}-{number}.{extension}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, contents).unwrap();
        TestFile(path)
    }

    /// A message about it, with its name cut.
    fn message(&self, error: &impl ToString) -> String {
        error.to_string().replace(&self.0.display().to_string(), "FILE")
    }

    fn mistake(&self, feeder: &Feeder) -> String {
        self.message(&feeder.open().unwrap_err())
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zip(files: &[(&str, &[u8])], deflated: bool) -> Vec<u8> {
    let mut data = Vec::new();
    let mut archive = rawzip::ZipArchiveWriter::new(&mut data);
    for (name, contents) in files {
        let method = if deflated { rawzip::CompressionMethod::DEFLATE } else { rawzip::CompressionMethod::STORE };
        let (mut entry, config) = archive.new_file(name).compression_method(method).start().unwrap();
        let descriptor = if deflated {
            let mut writer = config.wrap(flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast()));
            writer.write_all(contents).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(contents).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    data
}

/// A feeder bound for these shards, and a session that knows its fields.
fn bound(opened: &OpenFeeder, shards: usize, user: u64) -> (BoundFeeder, Session) {
    let mut schema = Schema::default();
    let bound = opened.bind(shards, 42, &mut |name| schema.intern(name));
    (bound, Session::new(Rc::new(schema), user, user))
}

/// What the first field is, record by record, until there are no more.
fn drained(opened: &OpenFeeder, shards: usize) -> Vec<String> {
    let (feeder, mut session) = bound(opened, shards, 1);
    let mut taken = Vec::new();
    for shard in (0..shards).cycle() {
        if feeder.feed(shard, &mut session).is_err() {
            return taken;
        }
        taken.push(session.value(&opened.fields()[0]).unwrap().to_string());
    }
    taken
}

fn lines(count: usize) -> String {
    (0..count).fold("id,text\n".to_owned(), |text, n| text + &format!("{n},some text of record {n}\n"))
}

#[test]
fn packed_files_are_read_like_plain_ones_whatever_their_name() {
    let sitemap_text = b"<urlset><url><loc>1</loc></url><url><loc>2</loc></url></urlset>";
    type Source = fn(&PathBuf) -> Feeder;
    let sources: [(&[u8], Source); 4] = [
        (b"\xef\xbb\xbfid,x\n1,a\n2,b\n", |path| csv(path)),
        (b"[{\"id\":1},{\"id\":2}]", |path| json(path)),
        (b"{\"id\":1}\n{\"id\":2}", |path| json_lines(path)),
        (sitemap_text, |path| sitemap(path)),
    ];
    for (plain, source) in sources {
        // Two parts of a gzip file are one file.
        let (front, back) = plain.split_at(plain.len() / 2);
        let packed = [
            ("gz", gzip(plain)),
            ("data", [gzip(front), gzip(back)].concat()),
            ("zip", zip(&[("a.txt", plain)], true)),
            ("data", zip(&[("__MACOSX/a", b"x"), ("dir/a.txt", plain)], false)),
            ("data", plain.to_vec()),
        ];
        for (extension, data) in packed {
            let file = TestFile::new(extension, &data);
            assert_eq!(drained(&source(&file.0).open().unwrap(), 1), ["1", "2"]);
            assert_eq!(drained(&source(&file.0).streamed().open().unwrap(), 1), ["1", "2"]);
        }
    }
}

#[test]
fn what_is_wrong_with_a_packed_file_is_told() {
    let plain = lines(1000);
    for (extension, data, expected) in [
        ("gz", plain.clone().into_bytes(), "feeder FILE: its name ends in .gz, but it holds no gz data; "),
        ("ZIP", plain.clone().into_bytes(), "feeder FILE: its name ends in .zip, but it holds no zip data; "),
        ("gz", Vec::new(), "feeder FILE: its name ends in .gz, "),
        (
            "gz",
            gzip(plain.as_bytes())[..2000].to_vec(),
            "feeder FILE: cannot be read: the gzip data are damaged or cut off (",
        ),
        (
            "zip",
            zip(&[("a", plain.as_bytes())], true)[..2000].to_vec(),
            "feeder FILE: cannot be read: the zip archive is damaged or cut off (",
        ),
        ("zip", zip(&[], true), "feeder FILE: the zip archive is empty; add a file"),
        (
            "zip",
            zip(&[("a.csv", b"a\n1"), ("b.csv", b"a\n1")], true),
            "feeder FILE: the zip archive holds 2 files (a.csv, b.csv); put only one file into each archive",
        ),
    ] {
        let file = TestFile::new(extension, &data);
        let message = file.mistake(&csv(&file.0).loaded());
        assert!(message.starts_with(expected), "{message}");
    }
    // Its last bytes are then no size, and must not make it a large file, whose end is met within the run only.
    let mut cut_off = gzip(plain.as_bytes())[..2000].to_vec();
    cut_off.extend([0xff; 4]);
    let file = TestFile::new("gz", &cut_off);
    let message = file.mistake(&csv(&file.0));
    assert!(message.starts_with("feeder FILE: cannot be read: the gzip data are damaged or cut off ("), "{message}");
    let mut damaged = zip(&[("a", plain.as_bytes())], false);
    let at = damaged.windows(4).position(|window| window == b"some").unwrap();
    damaged[at] = b'S';
    let file = TestFile::new("zip", &damaged);
    let expected = "feeder FILE: cannot be read: the zip data are damaged or cut off (the checksum is wrong)";
    assert_eq!(file.mistake(&csv(&file.0)), expected);
}

/// What `#[derive(Record)]` makes of a struct with a name, an age and a coupon.
#[derive(Debug, PartialEq)]
struct User {
    name: String,
    age: u8,
    coupon: Option<i64>,
    level: i64,
}

impl Record for User {
    fn fields(self) -> Vec<(Arc<str>, Value)> {
        vec![
            ("name".into(), self.name.into()),
            ("age".into(), self.age.into()),
            ("coupon".into(), self.coupon.into()),
            ("level".into(), self.level.into()),
        ]
    }
}

impl TypedRecord for User {
    fn columns() -> Vec<Column> {
        vec![
            Column::new::<String>("name"),
            Column::new::<u8>("age"),
            Column::new::<Option<i64>>("coupon"),
            Column::new::<i64>("level").or_default(|| 7.into()),
        ]
    }

    fn from_session(session: &Session) -> Result<Self, SessionError> {
        Ok(User {
            name: field(session, "name", None)?,
            age: field(session, "age", None)?,
            coupon: field(session, "coupon", None)?,
            level: field(session, "level", Some(|| 7))?,
        })
    }
}

#[test]
fn typed_records_have_native_values_and_come_back_as_structs() {
    let file = TestFile::new("csv", b"age,name,coupon\n31,anna,\n 27 ,,5\n");
    for feeder in [csv(&file.0).typed::<User>(), csv(&file.0).typed::<User>().streamed()] {
        let opened = feeder.open().unwrap();
        assert_eq!(opened.fields().iter().map(|name| &**name).collect::<Vec<_>>(), ["name", "age", "coupon", "level"]);
        let (feeder, mut session) = bound(&opened, 1, 1);
        feeder.feed(0, &mut session).unwrap();
        assert_eq!(session.value("age"), Some(&Value::Int(31)));
        assert_eq!(session.value("coupon"), Some(&Value::Null));
        let anna = User { name: "anna".to_owned(), age: 31, coupon: None, level: 7 };
        assert_eq!(session.record::<User>(), Ok(anna));
        feeder.feed(0, &mut session).unwrap();
        let nobody = User { name: String::new(), age: 27, coupon: Some(5), level: 7 };
        assert_eq!(session.record::<User>(), Ok(nobody));
    }
    let error = Session::detached("s", []).record::<User>().unwrap_err();
    assert!(error.to_string().starts_with("no attribute named \"name\" is set"), "{error}");
}

#[test]
fn values_and_columns_that_do_not_fit_the_type_are_named_with_their_place() {
    let mistake = |extension, contents: &str, source: fn(&PathBuf) -> Feeder| {
        let file = TestFile::new(extension, contents.as_bytes());
        file.mistake(&source(&file.0).typed::<User>())
    };
    let csv_mistake = |contents| mistake("csv", contents, |path| csv(path));
    assert_eq!(
        csv_mistake("name,age\nanna,31\n\nben,many\n"),
        "feeder FILE, line 4: column \"age\" is the text \"many\", expected integer from 0 to 255"
    );
    assert_eq!(
        csv_mistake("name,age\nanna,300\n"),
        "feeder FILE, line 2: column \"age\" is the text \"300\", expected integer from 0 to 255"
    );
    assert_eq!(
        csv_mistake("name,age\nanna,\n"),
        "feeder FILE, line 2: column \"age\" is the text \"\", expected integer from 0 to 255; if it may be empty, make it an \
         Option or give it a default"
    );
    assert_eq!(
        csv_mistake("nam,age,city\nanna,1,Oslo\n"),
        "feeder FILE: column \"name\" is missing, columns \"nam\", \"city\" are unknown; User has the fields name, age, \
         coupon, level"
    );
    assert_eq!(
        mistake("json", "[{\"name\": \"anna\", \"age\": 1}, {\"name\": \"ben\"}]", |path| json(path)),
        "feeder FILE: record 2: field \"age\" is missing, expected integer from 0 to 255"
    );
    assert_eq!(
        mistake("jsonl", "{\"name\": \"anna\", \"age\": 1, \"city\": \"Oslo\"}", |path| json_lines(path)),
        "feeder FILE, line 1: field \"city\" is unknown; User has the fields name, age, coupon, level"
    );
    let in_memory = records([[("name", Value::from("a")), ("age", Value::from("x"))]]).typed::<User>();
    assert_eq!(
        in_memory.open().unwrap_err().to_string(),
        "feeder records: record 1: column \"age\" is the text \"x\", expected integer from 0 to 255"
    );
}

#[test]
fn transformations_come_before_types() {
    let feeder = records([[("name", "anna"), ("age", "31 years")]])
        .typed::<User>()
        .transform(|name, value| if name == "age" { Value::from("31") } else { value });
    let (feeder, mut session) = bound(&feeder.open().unwrap(), 1, 1);
    feeder.feed(0, &mut session).unwrap();
    assert_eq!(session.value("age"), Some(&Value::Int(31)));
}

#[test]
fn a_streamed_queue_gives_each_record_once_over_all_shards() {
    let file = TestFile::new("csv", lines(5000).as_bytes());
    let opened = csv(&file.0).streamed().open().unwrap();
    assert_eq!(opened.records(), None);
    assert!(drained(&opened, 1).into_iter().eq((0..5000).map(|n| n.to_string())));

    let mut schema = Schema::default();
    let feeder = opened.bind(3, 0, &mut |name| schema.intern(name));
    let names = schema.names().to_vec();
    let mut all: Vec<usize> = std::thread::scope(|scope| {
        let take = |shard: usize| {
            let (feeder, names) = (&feeder, &names);
            scope.spawn(move || {
                let mut session = Session::new(Rc::new(Schema::new("s", names.iter().cloned())), 1, 1);
                let mut taken = Vec::new();
                // The first stops with a block in its hand, which the others have to use.
                while (shard > 0 || taken.len() < 10) && feeder.feed(shard, &mut session).is_ok() {
                    taken.push(session.get::<usize>("id").unwrap());
                }
                taken
            })
        };
        (0..3).map(take).collect::<Vec<_>>().into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    all.sort_unstable();
    assert!(all.into_iter().eq(0..5000));
    let mut session = Session::new(Rc::new(schema), 1, 1);
    let error = feeder.feed_n(2, &mut session, 2).unwrap_err();
    assert!(file.message(&error).starts_with("feeder FILE is used up: each of its 5000 records was given once;"));
}

#[test]
fn a_streamed_circular_feeder_begins_again() {
    let file = TestFile::new("jsonl.gz", &gzip(b"{\"id\":1}\n{\"id\":2,\"x\":5}\n{\"id\":3}\n"));
    let (feeder, mut session) = bound(&json_lines(&file.0).circular().streamed().open().unwrap(), 1, 1);
    let mut taken = Vec::new();
    for _ in 0..2000 {
        feeder.feed(0, &mut session).unwrap();
        taken.push(session.get::<usize>("id").unwrap());
        assert_eq!(session.contains("x"), taken.last() == Some(&2));
    }
    assert!(taken.iter().copied().eq([1, 2, 3].into_iter().cycle().take(2000)));
    feeder.feed_n(0, &mut session, 3).unwrap();
    assert_eq!(session.value("x"), Some(&vec![Value::Null, Value::Null, Value::from(5)].into()));
}

#[test]
fn a_mistake_in_the_midst_of_a_streamed_file_ends_the_run_with_its_line() {
    let trace = Trace::default();
    let file = TestFile::new("csv", (lines(1500) + "1500\n1501,x\n").as_bytes());
    let feeder = csv(&file.0).streamed();
    let report = run([scenario("s").feed(feeder).exec(trace.probe("#{id}")).inject([at_once_users(2000)])]);
    let EndReason::Aborted(why) = &report.info().end else { panic!("{:?}", report.info().end) };
    let wrong = file.message(why);
    assert!(wrong.starts_with("feeder FILE, line 1502: 1 field, the header has 2; "), "{wrong}");
    assert!(trace.names().into_iter().eq((0..1500).map(|n| n.to_string())));

    // What is wrong with one of the first records is found before the run.
    let file = TestFile::new("csv", b"a,b\n1,2\n1\n");
    let wrong = file.mistake(&csv(&file.0).streamed());
    assert!(wrong.starts_with("feeder FILE, line 3: 1 field, the header has 2; "), "{wrong}");
}

#[test]
fn what_cannot_be_streamed_is_refused_with_the_way_out() {
    let file = TestFile::new("csv", lines(3).as_bytes());
    let mistake = |feeder: Feeder| file.mistake(&feeder);
    for (feeder, method) in [
        (csv(&file.0).streamed().shuffle(), "shuffle"),
        (csv(&file.0).random().streamed(), "random"),
        (csv(&file.0).streamed().unique_per_user(), "unique_per_user"),
    ] {
        assert_eq!(
            mistake(feeder),
            format!(
                "feeder FILE: it is streamed, but .{method}() needs all records at once; add .loaded() to read it into \
                 memory, or use .queue() or .circular()"
            )
        );
    }
    assert_eq!(
        mistake(records([[("id", 1)]]).streamed()),
        "feeder records: these records are in memory already; remove .streamed()"
    );
    let zipped = records([[("n", 1)]]).zip(csv(&file.0)).streamed();
    assert!(mistake(zipped).ends_with("but records side by side need all of them; add .loaded() after .zip(…)"));
    assert_eq!(csv(&file.0).streamed().shuffle().loaded().open().unwrap().records(), Some(3));

    // A file that is all hole, and as long as a large one.
    let large = TestFile::new("csv", b"");
    std::fs::File::options().write(true).open(&large.0).unwrap().set_len(STREAMED_FROM).unwrap();
    let message = large.mistake(&csv(&large.0).shuffle());
    assert!(message.starts_with("feeder FILE: it has more than 100 MiB and is streamed, but .shuffle() "), "{message}");

    let late = (0..1200).fold(String::new(), |text, n| text + &format!("{{\"id\":{n}}}\n")) + "{\"late\":1}\n";
    let late = TestFile::new("jsonl", late.as_bytes());
    let (feeder, mut session) = bound(&json_lines(&late.0).streamed().open().unwrap(), 1, 1);
    let error = (0..).find_map(|_| feeder.feed(0, &mut session).err()).unwrap();
    let message = late.message(&error);
    assert!(message.starts_with("feeder FILE, line 1201: field \"late\" is in none of the first 1000"), "{message}");
}

#[test]
fn a_part_of_a_streamed_file_is_every_so_many_th_record() {
    let file = TestFile::new("csv", lines(10).as_bytes());
    let opened = csv(&file.0).streamed().shard().open().unwrap();
    assert_eq!(drained(&opened.part(1, 3).unwrap(), 1), ["1", "4", "7"]);
    // Nothing to go round: the feeder is used up, and does not hang.
    let opened = csv(&file.0).streamed().shard().circular().open().unwrap();
    let (feeder, mut session) = bound(&opened.part(11, 12).unwrap(), 1, 1);
    assert!(feeder.feed(0, &mut session).unwrap_err().to_string().contains("is used up"));
}

#[test]
fn more_machines_than_records_are_refused() {
    let opened = records([[("id", 1)], [("id", 2)]]).random().shard().open().unwrap();
    assert_eq!(
        opened.part(2, 3).unwrap_err().to_string(),
        "feeder records: it is sharded and has 2 records, too few for 3 machines; add records or use fewer machines"
    );
}

proptest! {
    #[test]
    fn the_machines_of_a_distributed_run_share_the_records_out_exactly(
        records_each in 1_usize..6, machines in 1_usize..6, rest in 0_usize..6, shards in 1_usize..4,
    ) {
        let count = records_each * machines + rest.min(machines - 1);
        let all = || (0..count).map(|n| n.to_string());
        let numbered = || records((0..count).map(|id| [("id", id)])).shard();
        for feeder in [numbered(), numbered().shuffle()] {
            let opened = feeder.open().unwrap();
            let parts = (0..machines).map(|index| opened.part(index, machines).unwrap());
            let mut taken: Vec<String> = parts.flat_map(|part| drained(&part, shards)).collect();
            taken.sort_by_key(|id| id.parse::<usize>().unwrap());
            prop_assert!(taken.into_iter().eq(all()));
        }
        for feeder in [numbered().random(), numbered().circular()] {
            for index in 0..machines {
                let (feeder, mut session) = bound(&feeder.open().unwrap().part(index, machines).unwrap(), shards, 1);
                for shard in (0..shards).cycle().take(3 * count) {
                    feeder.feed(shard, &mut session).unwrap();
                    prop_assert_eq!(session.get::<usize>("id").unwrap() % machines, index);
                }
            }
        }
        // Users are numbered through over all machines.
        for user in 1..=count {
            let opened = numbered().unique_per_user().open().unwrap().part(user % machines, machines).unwrap();
            let (feeder, mut session) = bound(&opened, shards, user as u64);
            feeder.feed(0, &mut session).unwrap();
            prop_assert_eq!(session.get::<usize>("id").unwrap(), user - 1);
        }
    }
}

#[test]
fn feeders_side_by_side_end_with_the_shorter_and_share_no_field() {
    let numbers = |name: &'static str, count: i64| records((0..count).map(move |n| [(name, n)]));
    let opened = numbers("a", 3).zip(numbers("b", 2).transform(|_, value| format!("<{value}>"))).open().unwrap();
    assert_eq!(opened.records(), Some(2));
    let (feeder, mut session) = bound(&opened, 1, 1);
    (0..2).for_each(|_| feeder.feed(0, &mut session).unwrap());
    assert_eq!((session.get::<i64>("a"), session.get_str("b")), (Ok(1), Ok("<1>")));
    let mistake = |feeder: Feeder| feeder.open().unwrap_err().to_string();
    assert_eq!(
        mistake(numbers("a", 1).zip(numbers("a", 1))),
        "feeder records and records: both have the field \"a\"; rename it in one of them"
    );
    assert_eq!(
        mistake(numbers("a", 1).zip(numbers("b", 1).circular())),
        "feeder records: it has a strategy of its own within .zip(…); choose one for the whole, after .zip(…)"
    );
    assert!(mistake(numbers("a", 1).shard().chain(numbers("b", 1))).contains("it is sharded within .chain(…)"));
    assert_eq!(csv("u.csv").zip(csv("v.csv")).circular().to_string(), "csv(\"u.csv\").zip(csv(\"v.csv\")).circular()");
}

#[test]
fn feeders_one_after_the_other_leave_out_what_only_the_other_has() {
    let first = TestFile::new("csv", b"id,a\n1,x\n2,y\n");
    let second = TestFile::new("csv", b"b,id\nz,3\n");
    let chained = csv(&first.0).chain(csv(&second.0));
    for feeder in [chained.clone(), chained.streamed()] {
        let opened = feeder.open().unwrap();
        assert_eq!(opened.fields().iter().map(|name| &**name).collect::<Vec<_>>(), ["id", "a", "b"]);
        assert_eq!(drained(&opened, 1), ["1", "2", "3"]);
        let (feeder, mut session) = bound(&opened, 1, 1);
        (0..3).for_each(|_| feeder.feed(0, &mut session).unwrap());
        assert_eq!((session.contains("a"), session.get_str("b")), (false, Ok("z")));
    }
}

#[test]
fn counters_count_through_all_scenarios_of_a_shard() {
    let visit = |name: &str| {
        scenario(name).exec(dummy("#{counter(order)} #{counter(other)}", 1.millis())).inject([at_once_users(2)])
    };
    let report = run([visit("one"), visit("two")]);
    for n in 1..=4 {
        assert!(report.request(&format!("{n} {n}")).is_some(), "{n}");
    }
}

#[test]
fn functions_of_ones_own_take_constants_and_attributes_and_may_fail() {
    let simulation = |text: &str| {
        let user = scenario("s").feed(records([[("path", "pay"), ("empty", "")]]).circular());
        Simulation::new("functions")
            .el_function("sign", |[path, key], session| format!("{path}:{key}:{}", session.user_id()))
            .el_function("positive", |[number]: [Value; 1], _| {
                number.as_f64().filter(|n| *n > 0.0).ok_or("not positive")
            })
            .el_function("seven", |[], _| 7)
            .with(user.exec(dummy(text, 1.millis())).inject([at_once_users(1)]))
            .simulated_clock()
    };
    for (text, name) in [
        ("#{sign(path, \"a, b\")}", "pay:a, b:1"),
        ("#{sign('x',-5)} #{seven()} #{positive(2.5)}", "x:-5:1 7 2.5"),
        ("#{sign(true,path).upper()}", "TRUE:PAY:1"),
        ("#{sign(\"a(b), {c}#, it's,,\", '')} #{sign('#{x}', path)}", "a(b), {c}#, it's,,::1 #{x}:pay:1"),
    ] {
        let report = simulation(text).run().unwrap();
        assert_eq!(report.request(name).map(|request| request.count()), Some(1), "{text}");
    }
    let failing = scenario("fails").repeat("#{positive(-1)}", dummy("never", 1.millis())).inject([at_once_users(1)]);
    let report = simulation("x").with(failing).run().unwrap();
    assert_eq!(report.step_errors()[0].0, "#{positive(-1)}: not positive");
    let mistake = |text: &str| simulation(text).run().unwrap_err().to_string();
    for (text, expected) in [
        ("#{sign(path)}", "character 3: sign() takes 2 arguments, 1 given"),
        ("#{positive()}", "character 3: positive() takes 1 argument, 0 given"),
        ("#{sign(path,'x)}", "sign(path,'x): a quotation mark is never closed"),
        ("#{sgn()}", "unknown function sgn(); did you mean sign()?"),
        ("#{sign(path, missing)}", "no step sets the attribute \"missing\""),
    ] {
        assert!(mistake(text).contains(expected), "{}", mistake(text));
    }
}

#[test]
fn the_name_of_a_function_must_be_callable_and_its_own() {
    let simulation = Simulation::new("names")
        .el_function("a.b", |[], _| 1)
        .el_function("upper", |[], _| 1)
        .el_function("counter", |[], _| 1)
        .el_function("twice", |[], _| 1)
        .el_function("twice", |[], _| 2)
        .with(scenario("s").pause(1).inject([at_once_users(1)]));
    let message = simulation.run().unwrap_err().to_string();
    for expected in [
        "expression function \"a.b\": its name must not be empty",
        "expression function \"upper\": a function with this name already exists; choose another name",
        "expression function \"counter\": a function with this name",
        "expression function \"twice\": it is given twice; ",
    ] {
        assert!(message.contains(expected), "{message}");
    }
}
