//! What is asked of a value, and the messages where it does not hold.

use super::*;

#[test]
fn equality_looks_at_what_is_said_not_at_the_type() {
    for check in [
        status().is("200"),
        status().is("#{code}"),
        status().is(|_: &Session| 200),
        status().one_of([200, 201]),
        status().one_of(["404", "#{code}"]),
        json_path("$.text").is(12),
        json_path("$.token").is("#{me}"),
        json_path("$.open").is(true),
        json_path("$.items").is(serde_json::json!([{"id": 1}, {"id": 2}])),
        json_path("$.tags[*]").find_all().is(["a", "b", "c"]),
        body_bytes().is(SHOP),
        status().not(404),
        json_path("$.none").not("x"),
    ] {
        assert_eq!(outcome(check.clone()), Ok(()), "{check:?}");
    }
    assert_eq!(message(status().not(200)), "status is 200, expected anything but 200");
    assert_eq!(message(header("etag").not("abc")), "header etag: must not be \"abc\"");
    assert_eq!(message(status().one_of([201, 204])), "status is 200, expected one of 201, 204");
    assert_eq!(message(header("etag").one_of(["x", "y"])), "header etag: \"abc\" is not one of \"x\", \"y\"");
    assert_eq!(message(json_path("$.none").is(1)), "json_path $.none: nothing found");
    assert_eq!(message(json_path("$.none").one_of([1])), "json_path $.none: nothing found");
}

#[test]
fn what_differs_from_user_to_user_is_left_out_of_messages() {
    assert_eq!(message(json_path("$.token").is("#{word}")), "json_path $.token: is not #{word}");
    assert_eq!(message(json_path("$.price").gt("#{five}")), "json_path $.price: is not greater than #{five}");
    assert_eq!(message(json_path("$.token").matches("^#{word}$")), "json_path $.token: does not match ^#{word}$");
    assert_eq!(message(status().is("#{five}")), "status is 200, expected #{five}");
    assert_eq!(message(header("#{word}")), "header #{word}: nothing found");
    assert_eq!(
        message(json_path("$.price").is(|_: &Session| 4)),
        "json_path $.price: is not what the closure returned"
    );
}

#[test]
fn long_values_are_abbreviated() {
    let long = format!("\"{}\"", "x".repeat(100));
    let (outcome, _) = run(&[json_path("$").is("y")], &response(&long));
    assert_eq!(outcome, Err(format!("json_path $: \"{}…\" is not \"y\"", "x".repeat(60))));
}

#[test]
fn numbers_compare_also_when_written_as_texts() {
    for check in [
        json_path("$.price").lt(4),
        json_path("$.price").lte(3),
        json_path("$.price").gt(0.0),
        json_path("$.price").lte("#{five}"),
        json_path("$.text").gt(11).lt(13),
        json_path("$.ratio").between(0.5, 1),
        response_time().lt(800.millis()),
        response_time().between(12, 13),
    ] {
        assert_eq!(outcome(check.clone()), Ok(()), "{check:?}");
    }
    assert_eq!(message(json_path("$.price").lt(3)), "json_path $.price: 3 is not less than 3");
    assert_eq!(message(json_path("$.price").lte(2)), "json_path $.price: 3 is not at most 2");
    assert_eq!(message(json_path("$.price").gte(4)), "json_path $.price: 3 is not at least 4");
    assert_eq!(message(json_path("$.price").between(4, 5)), "json_path $.price: 3 is not between 4 and 5");
    assert_eq!(message(json_path("$.price").gt(1).lt(2)), "json_path $.price: 3 is not less than 2");
    assert_eq!(message(status().lt(100)), "status is 200, expected less than 100");
    assert_eq!(message(json_path("$.tags[0]").gt(5)), "json_path $.tags[0]: \"a\" is not a number");
    assert_eq!(
        message(json_path("$.price").gt("#{word}")),
        "json_path $.price: the bound #{word} is not a number for this user"
    );
    assert_eq!(message(json_path("$.none").gt(5)), "json_path $.none: nothing found");
}

#[test]
fn integers_compare_exactly() {
    let (outcome, _) = run(&[json_path("$").gt(9_007_199_254_740_992_i64)], &response("9007199254740993"));
    assert_eq!(outcome, Ok(()));
}

#[test]
fn null_is_something_and_nothing_is_not_null() {
    assert_eq!(saved(json_path("$.owner")), Some(Value::Null));
    assert_eq!(outcome(json_path("$.owner").is_null()), Ok(()));
    assert_eq!(outcome(json_path("$.owner").exists()), Ok(()));
    assert_eq!(outcome(json_path("$.price").not_null()), Ok(()));
    assert_eq!(message(json_path("$.price").is_null()), "json_path $.price: 3 is not null");
    assert_eq!(message(json_path("$.owner").not_null()), "json_path $.owner: is null");
    assert_eq!(message(json_path("$.none").is_null()), "json_path $.none: nothing found");
    assert_eq!(message(json_path("$.none").not_null()), "json_path $.none: nothing found");
}

#[test]
fn what_must_not_be_there_is_told_if_it_is() {
    assert_eq!(saved(json_path("$.error").not_exists()), None);
    assert_eq!(message(json_path("$.text").not_exists()), "json_path $.text: \"12\" found, but must be missing");
    assert_eq!(message(substring("token").not_exists()), "substring \"token\": 2 found, but must be missing");
}

#[test]
fn what_is_optional_may_be_missing_but_not_wrong() {
    assert_eq!(saved(header("x-id").optional()), None);
    assert_eq!(saved(header("etag").optional()), Some("abc".into()));
    assert_eq!(outcome(json_path("$.none").optional().is(5)), Ok(()));
    assert_eq!(outcome(json_path("$.price").optional().is(5)), Err("json_path $.price: 3 is not 5".into()));
    assert_eq!(run(&[json_path("$.none").optional()], &response("<html>")).0, Ok(()));
    let (outcome, _) = run(&[json_path("$.#{gone}").optional()], &response(SHOP));
    assert!(outcome.unwrap_err().starts_with("json_path $.#{gone}: no attribute named \"gone\" is set"));
}

#[test]
fn what_goes_by_the_name_of_a_secret_is_not_shown_and_neither_is_what_it_is_compared_with() {
    for (check, told) in [
        (header("set-cookie").is("a=s3cr3t"), "header set-cookie: is not •••"),
        (json_path("$.token").is("s3cr3t"), "json_path $.token: is not •••"),
        (json_path("$.token").not("t-1"), "json_path $.token: must not be •••"),
        (json_path("$.token").is("#{word}"), "json_path $.token: is not #{word}"),
        (json_path("$.token").one_of(["s3cr3t", "other"]), "json_path $.token: is not •••"),
        (json_path("$.text").is("s3cr3t").name("session id"), "session id: is not •••"),
        (json_path("$.text").is("s3cr3t").save_as("pin"), "json_path $.text: is not •••"),
        (json_path("$.token").gt(5), "json_path $.token: is not a number"),
        (all_of([header("set-cookie").is("a=s3cr3t")]), "header set-cookie: is not •••"),
    ] {
        assert_eq!(message(check), told);
    }
    assert_eq!(message(status().is(401).name("token is refused")), "token is refused: status is 200, expected 401");
    assert_eq!(message(json_path("$.token").count().is(5)), "json_path $.token count: 1 is not 5");
}

#[test]
fn patterns_match_anywhere_unless_anchored() {
    assert_eq!(outcome(json_path("$.token").matches("^t-\\d")), Ok(()));
    assert_eq!(outcome(json_path("$.price").matches("3")), Ok(()));
    assert_eq!(outcome(json_path("$.token").matches("#{five}|-")), Ok(()));
    assert_eq!(message(json_path("$.text").matches("^-")), "json_path $.text: \"12\" does not match ^-");
}

#[test]
fn a_closure_judges_what_is_found_and_that_nothing_is() {
    let price = || json_path("$.price");
    assert_eq!(outcome(price().validate("odd", |value, _| value.and_then(Value::as_f64) == Some(3.0))), Ok(()));
    assert_eq!(outcome(json_path("$.none").validate("gone", |value, _| value.is_none())), Ok(()));
    assert_eq!(outcome(price().validate("user", |_, session| session.user_id() == 1)), Ok(()));
    assert_eq!(message(price().validate("even", |_, _| false)), "json_path $.price: \"even\" does not hold");
    let judge = |_: Option<&Value>, _: &Session| Err::<(), _>("three is a crowd".to_owned());
    assert_eq!(message(price().validate("few", judge)), "json_path $.price: few: three is a crowd");
}

#[test]
fn a_name_replaces_what_is_looked_for() {
    assert_eq!(message(json_path("$.price").gt(5).name("price")), "price: 3 is not greater than 5");
    assert_eq!(message(json_path("$.none").name("price")), "price: nothing found");
    assert_eq!(message(status().is(1).name("created")), "created: status is 200, expected 1");
}
