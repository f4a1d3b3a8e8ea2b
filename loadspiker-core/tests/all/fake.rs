//! Made-up data: as a feeder and in expressions, the same with the same seed.

use loadspiker_core::dsl::*;
use loadspiker_core::fake::{Fake, Locale};
use loadspiker_core::feeder::fake_records;
use loadspiker_core::feeder::{IntoFeeder, records};
use loadspiker_core::inject::*;
use loadspiker_testkit::{Trace, mistakes};

fn all() -> loadspiker_core::feeder::FakeRecords {
    let fields = [
        Fake::Name,
        Fake::FirstName,
        Fake::LastName,
        Fake::Email,
        Fake::UserName,
        Fake::Password,
        Fake::Phone,
        Fake::Street,
        Fake::City,
        Fake::ZipCode,
        Fake::State,
        Fake::Country,
        Fake::Address,
        Fake::Company,
        Fake::Job,
        Fake::Word,
        Fake::Sentence,
        Fake::Paragraph,
        Fake::UserAgent,
        Fake::IpAddress,
        Fake::Uuid,
        Fake::Date((1990, 1, 31), (1990, 2, 2)),
        Fake::Integer(-2..=2),
        Fake::Amount(1.0..=2.0),
        Fake::Bool,
        Fake::one_of(["a", "b"]),
    ];
    fields.into_iter().enumerate().fold(fake_records(), |records, (n, fake)| records.field(format!("f{n}"), fake))
}

/// What three users see with this seed.
fn seen(seed: u64, chain: &Chain) -> Vec<String> {
    let trace = Trace::default();
    let probe = (0..26).map(|n| format!("#{{f{n}}}")).collect::<Vec<_>>().join("|");
    let users = scenario("Users").exec(chain.clone()).append(trace.probe(&probe)).inject([at_once_users(3)]);
    Simulation::new("fake").with(users).seed(seed).simulated_clock().run().unwrap();
    trace.names()
}

#[test]
fn records_follow_from_the_seed_and_differ_between_users() {
    let chain = feed(all());
    let first = seen(1, &chain);
    assert_eq!(first.len(), 3);
    assert_eq!(first, seen(1, &chain));
    assert_ne!(first, seen(2, &chain));
    assert_ne!(first[0], first[1]);
    assert!(first.iter().all(|record| record.split('|').all(|field| !field.is_empty())), "{first:?}");
    let fields: Vec<&str> = first[0].split('|').collect();
    assert!(fields[3].contains("@example."), "{}", fields[3]);
    assert!(fields[21].starts_with("1990-0"), "{}", fields[21]);
    assert_eq!(fields[20].len(), 36);
}

#[test]
fn locales_have_words_of_their_own() {
    let cities = |locale| {
        let trace = Trace::default();
        let users = scenario("Users")
            .feed(fake_records().locale(locale).field("city", Fake::City).field("name", Fake::Name))
            .append(trace.probe("#{name} #{city}"))
            .inject([at_once_users(20)]);
        Simulation::new("fake").with(users).seed(1).simulated_clock().run().unwrap();
        trace.names()
    };
    let all = [Locale::En, Locale::De, Locale::Fr, Locale::Ja].map(cities);
    assert!(all.windows(2).all(|two| two[0] != two[1]), "{all:?}");
    assert!(all[3].iter().all(|name| !name.is_ascii()), "{:?}", all[3]);
}

#[test]
fn a_sequence_counts_and_a_user_may_keep_its_record() {
    let trace = Trace::default();
    let customers = fake_records().field("id", Fake::Sequence(100)).field("name", Fake::Name);
    let own = customers.clone().into_feeder().unique_per_user();
    let users = scenario("Users")
        .feed(customers)
        .append(trace.probe("#{id}"))
        .feed(own.clone())
        .exec_fn(|session| Ok(session.set("first", session.get::<String>("name")?)?))
        .pause(1)
        .feed(own)
        .exec_fn(|session| Ok(session.set("same", session.get::<String>("name")? == session.get::<String>("first")?)?))
        .append(trace.probe("#{id} #{same}"))
        .inject([at_once_users(2)]);
    Simulation::new("fake").with(users).seed(1).simulated_clock().run().unwrap();
    assert_eq!(trace.names(), ["100", "101", "100 true", "101 true"]);
}

#[test]
fn they_go_beside_the_records_of_a_file() {
    let zipped = records((0..3).map(|n| [("n", n)])).zip(fake_records().field("name", Fake::Name).into_feeder());
    assert_eq!(zipped.open().unwrap().records(), Some(3));
}

#[test]
fn expressions_give_made_up_data() {
    let trace = Trace::default();
    let text = "#{fakeName()}|#{fakeCity(de)}|#{fakeDate(2000-02-28,2000-02-29)}|#{fakeEmail().upper()}";
    let users = || scenario("Users").append(trace.probe(text)).inject([at_once_users(2)]);
    for _ in 0..2 {
        Simulation::new("fake").with(users()).seed(3).simulated_clock().run().unwrap();
    }
    let names = trace.names();
    assert_eq!(names[..2], names[2..]);
    assert_ne!(names[0], names[1]);
    let parts: Vec<&str> = names[0].split('|').collect();
    assert!(parts[2].starts_with("2000-02-2") && parts[3].contains("@EXAMPLE."), "{parts:?}");
}

#[test]
fn what_cannot_be_made_up_is_told_before_the_run() {
    let of = |chain: Chain| mistakes([scenario("Users").exec(chain).inject([at_once_users(1)])]);
    for (text, message) in [
        ("#{fakeName(xx)}", "unknown locale \"xx\" (known locales: en, de, fr"),
        ("#{fakeName(de,fr)}", "wrong number of arguments (2): write fakeName() or fakeName(locale)"),
        ("#{fakeNames()}", "did you mean fakeName()?"),
        ("#{fakeDate(2000-01-01)}", "wrong number of arguments (1): write fakeDate(from,to)"),
        ("#{fakeDate(2001-02-29,2002-01-01)}", "are not valid dates"),
        ("#{fakeDate(2001-02-02,2001-01-01)}", "its dates end before they begin"),
    ] {
        let found = of(dummy(text, 1));
        assert!(found.contains(message), "{found}");
    }
    let (from, to) = (3, 2);
    let found = of(feed(fake_records().field("n", Fake::Integer(from..=to))));
    assert!(found.contains("field \"n\": there is no integer in 3..=2"), "{found}");
    let found = of(feed(fake_records().field("n", Fake::Name).field("n", Fake::City)));
    assert!(found.contains("it has the field \"n\" twice; rename one of them"), "{found}");
    let found = of(feed(fake_records()));
    assert!(found.contains("its records have no fields; give at least one"), "{found}");
}
