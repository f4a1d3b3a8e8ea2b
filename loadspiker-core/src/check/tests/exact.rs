//! Numbers are compared as they are written, however long they are.

use super::*;

const LONG: &str = r#"{"id": 9223372036854775788, "max": 18446744073709551615, "min": -9223372036854775808,
    "text": "123456789012345678901234567890", "small": 5, "float": 1e30, "ids": [9007199254740993, 9007199254740994]}"#;

fn judged(check: Check) -> Result<(), String> {
    run(&[check], &response(LONG)).0
}

#[test]
fn integers_that_differ_in_their_last_digit_are_told_apart_by_every_condition() {
    let id = || json_path("$.id");
    for check in [
        id().is("9223372036854775788"),
        id().is(9_223_372_036_854_775_788_u64),
        id().not("9223372036854775789"),
        id().lt("9223372036854775789"),
        id().lte("9223372036854775788"),
        id().gt("9223372036854775787"),
        id().one_of(["9223372036854775787", "9223372036854775788"]),
        id().between("9223372036854775788", "9223372036854775788"),
        json_path("$.max").is(u64::MAX),
        json_path("$.max").is("18446744073709551615"),
        json_path("$.max").lt("18446744073709551616"),
        json_path("$.max").gt(i64::MAX),
        json_path("$.min").is(i64::MIN),
        json_path("$.min").gt("-9223372036854775809"),
        json_path("$.text").lt("123456789012345678901234567891").gt("123456789012345678901234567889"),
        json_path("$.text").gt(u64::MAX),
        json_path("$.ids[0]").is("9007199254740993"),
        json_path("$.ids[?@ > 9007199254740993]").find_all().is([9_007_199_254_740_994_i64]),
        json_path("$[?@ == 18446744073709551615]").count().is(1),
        jmes_path("ids[?@ == `9007199254740993`] | length(@)").is(1),
        jmes_path("max").is(u64::MAX),
        jmes_path("to_string(max)").is("18446744073709551615"),
        json_path("$.float").is(1e30),
        json_path("$.small").is("5.0"),
    ] {
        assert_eq!(judged(check.clone()), Ok(()), "{check:?}");
    }
    for check in [
        id().is("9223372036854775789"),
        id().not("9223372036854775788"),
        id().lt("9223372036854775788"),
        id().gt("9223372036854775788"),
        id().one_of(["9223372036854775787", "9223372036854775789"]),
        id().between("9223372036854775789", "9223372036854775790"),
        json_path("$.max").is("18446744073709551616"),
        json_path("$.max").is(1.844_674_407_370_955_2e19),
        json_path("$.text").lt("123456789012345678901234567890"),
        json_path("$.ids[0]").is("9007199254740992"),
    ] {
        assert!(judged(check.clone()).is_err(), "{check:?}");
    }
    assert_eq!(judged(json_path("$.id").is("#{five}")), Err("json_path $.id: is not #{five}".to_owned()));
}

#[test]
fn integers_are_saved_as_they_are() {
    assert_eq!(saved_from(json_path("$.max"), &response(LONG)), Some(Value::from(u64::MAX)));
    assert_eq!(saved_from(json_path("$"), &response("[18446744073709551615]")), Some(vec![u64::MAX].into()));
}

#[test]
fn an_integer_that_cannot_be_kept_exactly_is_an_error_that_says_so() {
    let body =
        r#"{"id": 18446744073709551616, "small": 1, "float": 18446744073709551616.0, "text": "99999999999999999999"}"#;
    let outcome = |check: Check| run(&[check], &response(body)).0;
    let why = "body: the integer 18446744073709551616 has more than 64 bits, so it cannot be kept exactly; write it as a \
               text, in quotation marks";
    assert_eq!(outcome(json_path("$.id")), Err(why.to_owned()));
    assert_eq!(outcome(json_path("$.*").count().is(4)), Err(why.to_owned()));
    // Nobody looks at it here.
    assert_eq!(outcome(json_path("$.small").is(1)), Ok(()));
    assert_eq!(outcome(json_path("$.text").is("99999999999999999999")), Ok(()));
    let body = "[-9223372036854775809]";
    let message = run(&[json_path("$[0]")], &response(body)).0.unwrap_err();
    assert!(message.starts_with("body: the integer -9223372036854775809 has more than 64 bits"), "{message}");
}

#[test]
fn bounds_that_are_the_wrong_way_round_are_told_to_the_last_digit() {
    assert_eq!(
        mistakes(json_path("$.id").between("18446744073709551615", "18446744073709551616")),
        Vec::<String>::new()
    );
    assert_eq!(mistakes(json_path("$.id").between("18446744073709551616", "18446744073709551615")).len(), 1);
}
