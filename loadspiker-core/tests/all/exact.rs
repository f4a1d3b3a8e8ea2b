//! Integers keep all their digits on every way: from feeders and closures, through the session, into texts, conditions and
//! switches.

use loadspiker_core::Value;
use loadspiker_core::dsl::*;
use loadspiker_core::feeder::records;
use loadspiker_core::inject::at_once_users;
use loadspiker_testkit::{Trace, run};

const BIG: u64 = u64::MAX - 1;

fn names(chain: impl FnOnce(&Trace) -> Chain) -> Vec<String> {
    let trace = Trace::default();
    let report = run([scenario("s").exec(chain(&trace)).inject(at_once_users(1))]);
    assert_eq!(report.users_failed(), 0, "{:?}", report.step_errors());
    trace.names()
}

fn with_ids() -> Chain {
    feed(records([[("fed", BIG)]])).exec_fn(|session| {
        session.set("set", BIG)?;
        session.set("text", BIG.to_string())?;
        session.set("other", (BIG + 1).to_string())?;
        session.set("list", vec![BIG, BIG + 1])?;
        session.set("long", "123456789012345678901234567890")?;
        Ok(())
    })
}

#[test]
fn integers_beyond_i64_are_rendered_with_all_their_digits() {
    let seen = names(|t| with_ids().exec(t.probe("#{fed} #{set} #{list(1)} #{list.jsonStringify()}")));
    assert_eq!(
        seen,
        ["18446744073709551614 18446744073709551614 18446744073709551615 [18446744073709551614,18446744073709551615]"]
    );
    names(|_| {
        with_ids().exec_fn(|session| {
            for name in ["fed", "set", "text"] {
                assert_eq!(session.get::<u64>(name)?, BIG);
                assert!(session.get::<i64>(name).is_err());
            }
            assert_eq!(session.get::<Vec<u64>>("list")?, [BIG, BIG + 1]);
            Ok(())
        })
    });
}

#[test]
fn conditions_tell_integers_apart_that_differ_in_their_last_digit() {
    let seen = names(|t| {
        with_ids()
            .do_if_equals("#{fed}", "#{text}", t.probe("same"))
            .do_if_equals("#{fed}", "#{other}", t.probe("never"))
            .do_if_equals_or_else("#{set}", BIG + 1, t.probe("never"), t.probe("differs"))
            .do_if_equals("#{long}", "123456789012345678901234567891", t.probe("never"))
    });
    assert_eq!(seen, ["same", "differs"]);
}

#[test]
fn switches_take_the_case_of_exactly_this_integer() {
    let seen = names(|t| {
        with_ids()
            .do_switch(
                "#{fed}",
                [("18446744073709551615", t.probe("never")), ("18446744073709551614", t.probe("text"))],
            )
            .do_switch("#{text}", [(BIG + 1, t.probe("never")), (BIG, t.probe("integer"))])
            .do_switch_or_else("#{other}", [("#{fed}", t.probe("never"))], t.probe("none"))
    });
    assert_eq!(seen, ["text", "integer", "none"]);
}

#[test]
fn functions_of_the_users_own_get_integers_as_they_are_written() {
    let trace = Trace::default();
    let report = Simulation::new("s")
        .el_function("show", |[value], _| format!("{} {value}", value.type_name()))
        .with(
            scenario("s")
                .exec(trace.probe("#{show(18446744073709551615)}, #{show(18446744073709551616)}, #{show(-7)}"))
                .inject(at_once_users(1)),
        )
        .simulated_clock()
        .run()
        .unwrap();
    assert_eq!(report.users_failed(), 0);
    assert_eq!(trace.names(), ["integer 18446744073709551615, text 18446744073709551616, integer -7"]);
}

#[test]
fn bytes_in_the_session_are_bytes() {
    names(|_| {
        exec_fn(|session| {
            session.set("bytes", vec![0_u8, 255])?;
            assert_eq!(session.value("bytes"), Some(&Value::Bytes([0, 255].into())));
            assert_eq!(session.get::<Vec<u8>>("bytes")?, [0, 255]);
            Ok(())
        })
    });
}
