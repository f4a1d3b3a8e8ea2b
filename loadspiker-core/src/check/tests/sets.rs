//! Checks of one response together: order, saving, groups, and mistakes told before the run.

use super::*;

#[test]
fn an_optional_check_that_finds_nothing_leaves_the_attribute_as_it_was() {
    let checks = [header("etag").save_as("id"), header("x-id").optional().save_as("id")];
    assert_eq!(run(&checks, &response(SHOP)).1.get_str("id"), Ok("abc"));
}

#[test]
fn all_checks_run_in_order_of_kind_and_the_first_failure_is_told() {
    let checks = [
        response_time().gt(1000),
        json_path("$.none").name("body 1"),
        json_path("$.none").name("body 2"),
        header("none"),
        status().is(500),
        current_location().is("elsewhere"),
    ];
    for (removed, first) in [
        "location: \"http://shop/home\" is not \"elsewhere\"",
        "status is 200, expected 500",
        "header none: nothing found",
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(run(&checks[..checks.len() - removed], &response(SHOP)).0, Err(first.to_owned()));
    }
    assert_eq!(run(&checks[..3], &response(SHOP)).0, Err("body 1: nothing found".to_owned()));
    assert_eq!(run(&checks[..1], &response(SHOP)).0, Err("response time in ms: is not greater than 1000".to_owned()));
}

#[test]
fn what_succeeds_is_saved_whatever_fails() {
    let checks = [
        status().is(500).save_as("status"),
        json_path("$.token").save_as("token"),
        json_path("$.price").is(9).save_as("price"),
        json_path("$.tags[*]").count().save_as("tags"),
    ];
    let (outcome, session) = run(&checks, &response(SHOP));
    assert_eq!(outcome, Err("status is 200, expected 500".into()));
    assert_eq!(session.get_str("token"), Ok("t-1"));
    assert_eq!(session.get("tags"), Ok(3));
    assert!(!session.contains("status") && !session.contains("price"));
    assert!(!session.is_failed());
}

#[test]
fn later_checks_see_what_earlier_ones_saved() {
    let checks = [json_path("$.tag").is("#{etag}"), header("etag").save_as("etag")];
    assert_eq!(run(&checks, &response(r#"{"tag": "abc"}"#)).0, Ok(()));
}

#[test]
fn a_body_is_parsed_once_for_all_checks_and_not_at_all_without_need() {
    let shop = response(SHOP);
    let checks =
        [json_path("$.price"), json_path("$.token"), json_path("$.none").optional(), any_of([json_path("$.tags")])];
    assert_eq!(run(&checks, &shop).0, Ok(()));
    assert_eq!(shop.body_reads.get(), 1);
    let text = response(SHOP);
    assert_eq!(run(&[regex("token"), substring("token"), body_string()], &text).0, Ok(()));
    assert_eq!(text.body_reads.get(), 1);
    let none = response(SHOP);
    assert_eq!(run(&[status(), header("etag"), response_time()], &none).0, Ok(()));
    assert_eq!(none.body_reads.get(), 0);
}

#[test]
fn a_set_tells_what_its_checks_need() {
    let set = |checks: &[Check]| compile_in_test(|cx| CheckSet::compile(checks, cx)).0;
    let traits = |checks: &[Check]| {
        let set = set(checks);
        (set.is_empty(), set.needs_body(), set.has_status_check())
    };
    assert_eq!(traits(&[]), (true, false, false));
    assert_eq!(traits(&[status().is(200)]), (false, false, true));
    assert_eq!(traits(&[header("a"), response_time(), current_location()]), (false, false, false));
    assert_eq!(traits(&[header("a"), body_length()]), (false, true, false));
    assert_eq!(traits(&[any_of([json_path("$"), all_of([status()])])]), (false, true, true));
    assert_eq!(traits(&[check_if(true, status())]), (false, false, true));
    assert_eq!(traits(&[custom_check("x", |_, _| true)]), (false, true, false));
}

#[test]
fn checks_on_a_body_are_skipped_where_the_client_holds_it() {
    let unmodified = Fake { status: Some(304), has_body: false, ..response("") };
    let checks = [json_path("$.token").save_as("token"), all_of([body_length().gt(0), status().is(304)])];
    let (outcome, session) = run(&checks, &unmodified);
    assert_eq!(outcome, Ok(()));
    assert!(!session.contains("token"));
    assert_eq!(run(&[status().is(200)], &unmodified).0, Err("status is 304, expected 200".into()));
}

#[test]
fn all_of_needs_all_and_any_of_needs_one() {
    let good = || json_path("$.price").save_as("price");
    let bad = || header("none").save_as("none");
    assert_eq!(outcome(all_of([good(), good()])), Ok(()));
    assert_eq!(message(all_of([good(), bad(), status().is(1)])), "status is 200, expected 1");
    assert_eq!(outcome(any_of([bad(), good()])), Ok(()));
    assert_eq!(
        message(any_of([bad(), status().is(1)])),
        "none passed: status is 200, expected 1; header none: nothing found"
    );
    assert_eq!(message(any_of([bad()]).name("freshness")), "freshness: none passed: header none: nothing found");
    let (_, session) = run(&[any_of([status().save_as("status"), good()]), all_of([bad(), good()])], &response(SHOP));
    assert!(session.contains("status") && session.contains("price"));
}

#[test]
fn check_if_asks_only_if_its_condition_holds() {
    assert_eq!(outcome(check_if(false, status().is(1))), Ok(()));
    assert_eq!(message(check_if(true, status().is(1))), "status is 200, expected 1");
    assert_eq!(message(check_if("#{five.exists()}", status().is(1))), "status is 200, expected 1");
    assert_eq!(outcome(check_if(|session: &Session| session.contains("nobody"), status().is(1))), Ok(()));
    assert!(message(check_if("#{gone}", status())).starts_with("check_if: no attribute named \"gone\" is set"));
}

#[test]
fn a_custom_check_sees_the_response_and_the_session() {
    assert_eq!(
        outcome(custom_check("ok", |response, session| response.status() == Some(Status::Code(200))
            && session.user_id() == 1)),
        Ok(())
    );
    assert_eq!(outcome(custom_check("fake", |response, _| response.as_any().is::<Fake>())), Ok(()));
    assert_eq!(message(custom_check("small", |response, _| response.body().len() < 5)), "\"small\" does not hold");
    let judge = |_: &dyn Response, _: &Session| Err::<(), String>("too odd".into());
    assert_eq!(message(custom_check("even", judge)), "even: too odd");
    assert_eq!(message(custom_check("even", judge).name("parity")), "parity: even: too odd");
}

#[test]
fn mistakes_are_told_before_the_run() {
    for (check, expected) in [
        (regex("(a"), "regular expression \"(a\": unclosed group"),
        (
            header_regex("a", "[z-a]"),
            "regular expression \"[z-a]\": invalid character class range, the start must be <= the end",
        ),
        (json_path("$.a").matches("*"), "regular expression \"*\": repetition operator missing expression"),
        (substring(""), "substring \"\": it is empty, every text holds that; name what to look for"),
        (header(""), "header name \"\": it is empty; name a header"),
        (header("x-id:"), "header name \"x-id:\": a header name cannot contain ':'; leave it out"),
        (header("x id"), "header name \"x id\": a header name cannot contain ' '; leave it out"),
        (regex(""), "regular expression \"\": it is empty, every text matches that; write what to look for"),
        (status().name(" "), "the name of a check is empty; say what it checks"),
        (custom_check("", |_, _| true), "the name of a check is empty; say what it checks"),
        (
            json_path("$.a").lt("many"),
            "\"many\" is not a number, so nothing can be compared with it; use is(…) for texts",
        ),
        (json_path("$.a").lt(f64::NAN), "NaN is not a number, so nothing can be compared with it; use is(…) for texts"),
        (status().between(5, 3), "between(5, 3) can never hold; write between(3, 5)"),
        (status().one_of(Vec::<i32>::new()), "one_of([]) can never hold; name what is expected"),
        (all_of([]), "all_of(…) contains no checks; add at least one"),
        (any_of([]), "any_of(…) contains no checks; add at least one"),
        (all_of([status()]).is(3), ".is(…) has no effect on all_of(…); write it on the checks inside"),
        (
            check_if(true, status()).save_as("x"),
            ".save_as(…) has no effect on check_if(…); write it on the check inside",
        ),
        (custom_check("x", |_, _| true).count(), ".count(…) has no effect on custom_check(…); let the closure decide"),
    ] {
        assert_eq!(mistakes(check), [expected]);
    }
    assert_eq!(mistakes(json_path("a.b")), ["JSONPath \"a.b\": at character 1: a path begins with $"]);
    assert!(mistakes(json_path("$.a").is("#{b")).concat().contains("is not closed"));
    assert!(mistakes(status().save_as("a.b")).concat().contains("cannot name an attribute"));
    assert_eq!(mistakes(all_of([any_of([regex("(")])])).len(), 1);
}

#[test]
fn checks_are_values() {
    fn plain<T: Send + Sync + Clone + std::fmt::Debug>() {}
    fn shared<T: Send + Sync + std::fmt::Debug + Default>() {}
    plain::<Check>();
    shared::<CheckSet>();
}
