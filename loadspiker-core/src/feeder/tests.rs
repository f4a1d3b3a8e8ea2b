//! Feeders as users see them: from a file or an iterator to the attributes of a session.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;
use crate::{Schema, Session, Slot, Value};

/// A file that is gone after the test.
struct TestFile(PathBuf);

impl TestFile {
    fn new(contents: &[u8]) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("loadspiker-feeder-{}-{number}", std::process::id()));
        std::fs::write(&path, contents).unwrap();
        TestFile(path)
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn numbered(count: i64) -> Feeder {
    records((0..count).map(|id| [("id", id)]))
}

fn bind(feeder: &Feeder, shards: usize) -> BoundFeeder {
    feeder.open().unwrap().bind(shards, 42, &mut |_| Slot(0))
}

fn user(id: u64) -> Session {
    Session::new(Rc::new(Schema::new("s", ["id".into()])), id, id)
}

fn fed(feeder: &BoundFeeder, shard: usize, session: &mut Session) -> i64 {
    feeder.feed(shard, session).unwrap();
    session.get("id").unwrap()
}

/// What one user in a loop gets, on each of these shards in turn.
fn taken(feeder: &BoundFeeder, shards: impl IntoIterator<Item = usize>) -> Vec<i64> {
    let mut session = user(1);
    shards.into_iter().map(|shard| fed(feeder, shard, &mut session)).collect()
}

#[test]
fn a_csv_file_sets_an_attribute_for_each_column() {
    let file = TestFile::new(b"\xef\xbb\xbfname, age\nanna,31\nben,27\n");
    let opened = csv(&file.0).open().unwrap();
    assert_eq!(opened.fields().iter().map(|name| &**name).collect::<Vec<_>>(), ["name", "age"]);
    assert_eq!(opened.records(), Some(2));
    let mut schema = Schema::default();
    let bound = opened.bind(1, 0, &mut |name| schema.intern(name));
    let mut session = Session::new(Rc::new(schema), 1, 1);
    bound.feed(0, &mut session).unwrap();
    assert_eq!((session.get_str("name").unwrap(), session.get_str("age").unwrap()), ("anna", "31"));
    bound.feed(0, &mut session).unwrap();
    assert_eq!((session.get_str("name").unwrap(), session.get_str("age").unwrap()), ("ben", "27"));
}

#[test]
fn every_kind_of_file_is_read() {
    let cells = |feeder: &Feeder| {
        let mut session = user(1);
        bind(feeder, 1).feed(0, &mut session).unwrap();
        session.value("id").unwrap().clone()
    };
    assert_eq!(cells(&tsv(&TestFile::new(b"id\n1,2;3\n").0)), Value::from("1,2;3"));
    assert_eq!(cells(&ssv(&TestFile::new(b"id\n1,2\n").0)), Value::from("1,2"));
    assert_eq!(cells(&separated_values(&TestFile::new(b"id\n1,2;3\n").0, '|')), Value::from("1,2;3"));
    assert_eq!(cells(&json(&TestFile::new(b"\xef\xbb\xbf[{\"id\": [1]}]").0)), Value::from(vec![1]));
    assert_eq!(cells(&json_lines(&TestFile::new(b"{\"id\": 1}\n").0)), Value::from(1));
}

#[test]
fn records_are_made_of_pairs_of_any_kind_and_of_types_of_ones_own() {
    struct Typed(i64);
    impl Record for Typed {
        fn fields(self) -> Vec<(std::sync::Arc<str>, Value)> {
            vec![("id".into(), self.0.into())]
        }
    }
    let serde_json::Value::Object(object) = serde_json::json!({"id": 7}) else { unreachable!() };
    for feeder in [
        records([[("id", 7)]]),
        records(vec![vec![("id".to_owned(), 7_u64)]]),
        records([BTreeMap::from([("id", Value::from(7))])]),
        records([std::collections::HashMap::from([("id".to_owned(), 7)])]),
        records([object]),
        records((7..8).map(Typed)),
    ] {
        assert_eq!(taken(&bind(&feeder, 1), [0]), [7]);
    }
}

#[test]
fn a_missing_file_is_named_with_the_folder_it_was_looked_up_in() {
    let here = std::env::current_dir().unwrap().display().to_string();
    let message = csv("no/such.csv").open().unwrap_err().to_string();
    assert_eq!(
        message,
        format!(
            "feeder no/such.csv: no such file in {here}; a path is relative to the folder in which the program is started"
        )
    );
    let absolute = std::env::temp_dir().join("loadspiker-no-such.json");
    let message = json(&absolute).open().unwrap_err().to_string();
    let folder = std::env::temp_dir();
    let folder = folder.components().as_path().display();
    assert!(message.starts_with(&format!("feeder {}: no such file in {folder};", absolute.display())), "{message}");
    let message = csv(std::env::temp_dir()).open().unwrap_err().to_string();
    assert!(message.contains("cannot be read: "), "{message}");
}

#[test]
fn nothing_to_feed_is_an_error_that_says_so() {
    let error = |feeder: Feeder| feeder.open().unwrap_err().to_string();
    assert_eq!(error(numbered(0)), "feeder records: it has no records; give at least one");
    let file = TestFile::new(b"[]");
    assert_eq!(error(json(&file.0)), format!("feeder {}: it has no records; give at least one", file.0.display()));
    let file = TestFile::new(b"[{}]");
    assert!(error(json(&file.0)).ends_with("its records have no fields; give at least one"));
    let file = TestFile::new(b"");
    assert!(error(json(&file.0)).ends_with("the file is empty; it has to hold an array of objects"));
    assert!(error(csv(&file.0)).contains("the file is empty"));
}

#[test]
fn a_column_that_no_expression_could_reach_is_refused() {
    let file = TestFile::new(b"id,price (EUR)\n1,2\n");
    let message = csv(&file.0).open().unwrap_err().to_string();
    assert!(message.ends_with(
        "column 2: \"price (EUR)\" cannot name an attribute: it must not be empty nor hold any of # { } ( ) .; rename \
         the column"
    ));
    assert!(records([[("", 1)]]).open().is_err());
}

#[test]
fn panics_of_user_code_are_errors() {
    let broken = records((0..3).map(|id| if id == 2 { panic!("no id {id}") } else { [("id", id)] }));
    let message = "feeder records: the iterator of records panicked: no id 2";
    assert_eq!(broken.open().unwrap_err().to_string(), message);
    assert_eq!(broken.open().unwrap_err().to_string(), message);
    let broken = numbered(1).transform(|_, _| -> Value { panic!("never") });
    assert_eq!(broken.open().unwrap_err().to_string(), "feeder records: the transformation panicked: never");
}

#[test]
fn transformations_apply_in_order_and_know_the_field() {
    let feeder = records([[("id", 1), ("other", 2)]])
        .transform(|name, value| format!("{name}={value}"))
        .transform(|name, value| if name == "id" { format!("<{value}>").into() } else { value });
    let mut session = Session::detached("s", ["id", "other"]);
    let slots = &mut [Slot(0), Slot(1)].into_iter();
    feeder.open().unwrap().bind(1, 0, &mut |_| slots.next().unwrap()).feed(0, &mut session).unwrap();
    assert_eq!(session.get_str("id").unwrap(), "<id=1>");
    assert_eq!(session.get_str("other").unwrap(), "other=2");
}

#[test]
fn a_field_missing_in_a_record_is_not_left_over_from_the_one_before() {
    let feeder = records([vec![("id", 1), ("coupon", 5)], vec![("id", 2)]]);
    let mut session = Session::detached("s", ["id", "coupon"]);
    let slots = &mut [Slot(0), Slot(1)].into_iter();
    let bound = feeder.open().unwrap().bind(1, 0, &mut |_| slots.next().unwrap());
    bound.feed(0, &mut session).unwrap();
    assert!(session.contains("coupon"));
    bound.feed(0, &mut session).unwrap();
    assert!(!session.contains("coupon"));
    assert_eq!(session.get::<i64>("id").unwrap(), 2);
}

#[test]
fn several_records_at_once_become_lists() {
    let feeder = records([vec![("id", 1)], vec![("id", 2), ("x", 9)], vec![("id", 3)]]);
    let mut session = Session::detached("s", ["id", "x"]);
    let slots = &mut [Slot(0), Slot(1)].into_iter();
    let bound = feeder.open().unwrap().bind(1, 0, &mut |_| slots.next().unwrap());
    bound.feed_n(0, &mut session, 2).unwrap();
    assert_eq!(session.get::<Vec<i64>>("id").unwrap(), [1, 2]);
    assert_eq!(session.value("x"), Some(&vec![Value::Null, Value::from(9)].into()));
    assert!(bound.feed_n(0, &mut session, 2).is_err());
    let unique = bind(&numbered(4).unique_per_user(), 1);
    let mut second = user(2);
    unique.feed_n(0, &mut second, 2).unwrap();
    assert_eq!(second.get::<Vec<i64>>("id").unwrap(), [2, 3]);
}

#[test]
fn a_queue_gives_each_record_once_in_order_and_then_says_that_it_is_used_up() {
    let feeder = bind(&numbered(3), 1);
    assert_eq!(taken(&feeder, [0; 3]), [0, 1, 2]);
    for _ in 0..2 {
        assert_eq!(
            feeder.feed(0, &mut user(1)).unwrap_err().to_string(),
            "feeder records is used up: each of its 3 records was given once; add records, or use .circular() to \
             start again or .random() to draw again and again"
        );
    }
}

#[test]
fn users_dealt_out_to_shards_in_turn_get_records_in_order() {
    assert_eq!(taken(&bind(&numbered(7), 3), (0..7).map(|k| k % 3)), [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(taken(&bind(&numbered(7).circular(), 3), (0..7).map(|k| k % 3)), [0, 1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_shard_whose_stripe_is_used_up_takes_from_the_others() {
    let feeder = bind(&numbered(7), 3);
    assert_eq!(taken(&feeder, [1; 7]), [1, 4, 2, 5, 0, 3, 6]);
    for shard in 0..3 {
        assert!(feeder.feed(shard, &mut user(1)).is_err());
    }
}

#[test]
fn threads_get_each_record_of_a_queue_exactly_once() {
    for feeder in [numbered(10_000), numbered(10_000).shuffle()] {
        let feeder = bind(&feeder, 4);
        let mut all: Vec<i64> = thread::scope(|scope| {
            // The first stops early, so that the others have to take its records.
            let run = |shard: usize| {
                let feeder = &feeder;
                scope.spawn(move || {
                    let mut session = user(1);
                    let mut got = Vec::new();
                    while (shard > 0 || got.len() < 10) && feeder.feed(shard, &mut session).is_ok() {
                        got.push(session.get::<i64>("id").unwrap());
                    }
                    got
                })
            };
            (0..4).map(run).collect::<Vec<_>>().into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        all.sort_unstable();
        assert!(all.into_iter().eq(0..10_000));
    }
}

#[test]
fn a_shuffled_order_is_a_permutation_that_follows_from_the_seed_alone() {
    let order = |shards: usize, seed| {
        let feeder = numbered(100).shuffle().open().unwrap().bind(shards, seed, &mut |_| Slot(0));
        taken(&feeder, (0..100).map(|k| k % shards))
    };
    let first = order(1, 1);
    assert_eq!(order(3, 1), first);
    assert_ne!(order(1, 2), first);
    assert!(!first.is_sorted());
    let mut sorted = first;
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..100));
}

#[test]
fn a_circular_feeder_uses_all_records_equally_often() {
    for (count, shards) in [(1_u32, 1), (5, 1), (5, 2), (6, 3), (2, 8), (8, 8), (100, 7)] {
        let feeder = bind(&numbered(count.into()).circular(), shards);
        let mut uses = BTreeMap::new();
        let calls = (0..3 * count).flat_map(|_| 0..shards);
        for id in taken(&feeder, calls) {
            *uses.entry(id).or_insert(0) += 1;
        }
        assert!(
            uses.into_iter().eq((0..count).map(|id| (i64::from(id), 3 * shards))),
            "{count} records, {shards} shards"
        );
    }
}

#[test]
fn a_single_user_in_a_loop_sees_all_records_of_a_circular_feeder() {
    let mut seen = taken(&bind(&numbered(4).circular(), 2), [1; 4]);
    assert_eq!(seen, [1, 3, 0, 2]);
    seen.sort_unstable();
    assert_eq!(seen, [0, 1, 2, 3]);
}

#[test]
fn random_records_are_all_drawn_and_follow_the_users_seed() {
    let feeder = bind(&numbered(10).random(), 2);
    let draws = taken(&feeder, [0; 1000]);
    let counts = (0..10).map(|id| draws.iter().filter(|draw| **draw == id).count());
    assert!(counts.into_iter().all(|count| (60..140).contains(&count)));
    assert_eq!(draws.len(), 1000);
    assert_eq!(taken(&feeder, [1; 1000]), draws);
}

#[test]
fn each_of_100_users_on_2_shards_gets_its_own_record() {
    let feeder = bind(&numbered(100).unique_per_user(), 2);
    for id in 1..=100_u64 {
        let mut session = user(id);
        for shard in [0, 1] {
            assert_eq!(fed(&feeder, shard, &mut session), i64::try_from(id).unwrap() - 1);
        }
    }
    assert_eq!(
        feeder.feed(0, &mut user(101)).unwrap_err().to_string(),
        "feeder records has 100 records, too few to give user 101 one of its own; add records, start fewer users, or \
         use .circular() instead of .unique_per_user()"
    );
}

#[test]
fn clones_share_one_cursor_and_changed_feeders_do_not() {
    let feeder = numbered(4);
    assert!(feeder.shares_cursor_with(&feeder.clone()));
    assert!(!feeder.shares_cursor_with(&feeder.clone().queue()));
    assert!(!feeder.shares_cursor_with(&numbered(4)));
}

#[test]
fn values_survive_being_laid_out_whatever_their_type_and_number() {
    let value = Value::from(serde_json::json!({"a": [1, null, "x", {"b": 2.5}], "c": true}));
    for count in [1, 100_000] {
        let id = value.clone();
        let feeder = records((0..count).map(move |_| [("id", id.clone()), ("b", Value::from(&b"\xff"[..]))])).random();
        let mut session = user(1);
        bind(&feeder, 4).feed(3, &mut session).unwrap();
        // Both fields are bound to the same slot; the later one is written last.
        assert_eq!(session.value("id"), Some(&Value::from(&b"\xff"[..])));
        let mut slots = [Slot(0), Slot(1)].into_iter();
        let bound = feeder.open().unwrap().bind(4, 0, &mut |_| slots.next().unwrap());
        bound.feed(3, &mut session).unwrap();
        assert_eq!(session.value("id"), Some(&value));
    }
}

#[test]
fn feeders_are_shown_as_they_were_written() {
    assert_eq!(csv("data/users.csv").circular().to_string(), "csv(\"data/users.csv\").circular()");
    assert_eq!(separated_values("x", '|').queue().to_string(), "separated_values(\"x\", '|')");
    assert_eq!(json("x").transform(|_, v| v).shuffle().to_string(), "json(\"x\").transform(…).shuffle()");
    assert_eq!(format!("{:?}", numbered(1).unique_per_user()), "records(…).unique_per_user()");
}

#[test]
fn feeders_can_be_shared_by_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Feeder>();
    shared::<OpenFeeder>();
    shared::<BoundFeeder>();
}
