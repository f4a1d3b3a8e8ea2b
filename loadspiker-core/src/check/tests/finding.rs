//! What each kind of check finds, where it finds nothing, and which of the values it takes.

use super::*;

#[test]
fn each_kind_finds_what_is_there_in_its_own_type() {
    assert_eq!(saved(status()), Some(200.into()));
    assert_eq!(saved(header("etag")), Some("abc".into()));
    assert_eq!(saved(header_regex("set-cookie", r"(\w)=(\d)")), Some(vec!["a", "1"].into()));
    assert_eq!(saved(header_regex("set-cookie", r"^\w=(\d)").find_all()), Some(vec!["1", "2"].into()));
    assert_eq!(saved(current_location()), Some("http://shop/home".into()));
    assert_eq!(saved(body_string()), Some(SHOP.into()));
    assert_eq!(saved(body_bytes()), Some(SHOP.as_bytes().into()));
    assert_eq!(saved(body_length()), Some(SHOP.len().into()));
    assert_eq!(saved(substring("token")), Some(2.into()));
    assert_eq!(saved(regex(r#""id": \d"#)), Some("\"id\": 1".into()));
    assert_eq!(saved(regex(r#""id": (\d)"#).find_nth(1)), Some("2".into()));
    assert_eq!(saved(regex("(z)?(oken)")), Some(vec![Value::Null, "oken".into()].into()));
    assert_eq!(saved(json_path("$.price")), Some(3.into()));
    assert_eq!(saved(json_path("$.ratio")), Some(0.5.into()));
    assert_eq!(saved(json_path("$.open")), Some(true.into()));
    assert_eq!(saved(json_path("$.tags")), Some(vec!["a", "b", "c"].into()));
    assert_eq!(saved(json_path("$.items[?@.id == 2]")), Some(serde_json::json!({"id": 2}).into()));
    assert_eq!(saved(response_time()), Some(12.5.into()));
}

#[test]
fn each_kind_says_when_nothing_is_found() {
    for (check, label) in [
        (status(), "status"),
        (header("x-id"), "header x-id"),
        (header_regex("x-id", "a+"), "header_regex x-id a+"),
        (current_location(), "location"),
        (response_time(), "response time in ms"),
        (substring("needle"), "substring \"needle\""),
        (regex("a+"), "regex a+"),
    ] {
        assert_eq!(run(&[check], &bare()).0, Err(format!("{label}: nothing found")));
    }
    assert_eq!(message(json_path("$.nothing")), "json_path $.nothing: nothing found");
    assert_eq!(message(json_path("$.nothing").find_all()), "json_path $.nothing: nothing found");
    assert_eq!(message(json_path("$.nothing").find_random()), "json_path $.nothing: nothing found");
    assert_eq!(message(json_path("$.tags[*]").find_nth(3)), "json_path $.tags[*] nth(3): nothing found");
    assert_eq!(saved_from(body_string(), &bare()), Some("".into()));
    assert_eq!(saved_from(body_length(), &bare()), Some(0.into()));
}

#[test]
fn each_kind_says_when_it_finds_something_else() {
    assert_eq!(message(status().is(503)), "status is 200, expected 503");
    assert_eq!(message(header("etag").is("x")), "header etag: \"abc\" is not \"x\"");
    assert_eq!(message(header_regex("etag", "b").is("x")), "header_regex etag b: \"b\" is not \"x\"");
    assert_eq!(message(current_location().is("x")), "location: \"http://shop/home\" is not \"x\"");
    assert_eq!(message(body_string().is("x")), "body: is not \"x\"");
    assert_eq!(message(body_bytes().is("x")), "body bytes: is not \"x\"");
    let expected = format!("body length: {} is not less than 5", SHOP.len());
    assert_eq!(message(body_length().lt(5)), expected);
    assert_eq!(message(substring("token").is(9)), "substring \"token\": 2 is not 9");
    assert_eq!(message(regex("tok.n").is("x")), "regex tok.n: \"token\" is not \"x\"");
    assert_eq!(message(json_path("$.price").gt(5)), "json_path $.price: 3 is not greater than 5");
    assert_eq!(message(response_time().lt(10.millis())), "response time in ms: is not less than 10");
}

#[test]
fn one_all_some_or_the_number_of_values_is_picked() {
    let tags = || json_path("$.tags[*]");
    assert_eq!(saved(tags()), Some("a".into()));
    assert_eq!(saved(tags().find_all().find()), Some("a".into()));
    assert_eq!(saved(tags().find_nth(2)), Some("c".into()));
    assert_eq!(saved(tags().find_all()), Some(vec!["a", "b", "c"].into()));
    assert_eq!(saved(tags().count()), Some(3.into()));
    assert_eq!(saved(json_path("$.none").count()), Some(0.into()));
    assert_eq!(saved(header("set-cookie").count()), Some(2.into()));
    assert_eq!(saved(substring("\"id\"").count()), Some(2.into()));
    assert_eq!(message(tags().count().is(5)), "json_path $.tags[*] count: 3 is not 5");
}

#[test]
fn a_random_value_is_any_of_those_found() {
    let (set, mut session, _) =
        compile_in_test(|cx| CheckSet::compile(&[json_path("$.tags[*]").find_random().save_as("tag")], cx));
    let response = response(SHOP);
    let mut counts = [0; 3];
    for _ in 0..300 {
        set.run(&response, &mut session).unwrap();
        let tag: String = session.get("tag").unwrap();
        counts[["a", "b", "c"].iter().position(|known| *known == tag).unwrap()] += 1;
    }
    assert!(counts.iter().all(|count| (60..140).contains(count)), "{counts:?}");
}

#[test]
fn a_default_stands_in_and_a_closure_changes_what_is_there() {
    assert_eq!(saved(json_path("$.none").with_default(7)), Some(7.into()));
    assert_eq!(saved(json_path("$.none").with_default("#{word}!")), Some("x!".into()));
    assert_eq!(saved(json_path("$.price").with_default(7)), Some(3.into()));
    assert_eq!(saved(json_path("$.price").transform(|v| v.as_f64().map(|n| n * 2.0))), Some(6.0.into()));
    assert_eq!(saved(json_path("$.none").with_default(1).transform(|v| v.to_string() + "!")), Some("1!".into()));
    assert_eq!(saved(json_path("$.none").transform(|_| "called").with_default(1)), Some(1.into()));
    assert_eq!(message(json_path("$.price").transform(|_| "x").is("y")), "json_path $.price: \"x\" is not \"y\"");
    assert!(message(json_path("$.none").with_default("#{gone}")).starts_with("json_path $.none: no attribute named"));
}

#[test]
fn expressions_in_patterns_are_evaluated_for_each_user() {
    assert_eq!(saved(header("e#{tag}")), Some("abc".into()));
    assert_eq!(saved(json_path("$.tags[#{five}]").with_default("none")), Some("none".into()));
    assert_eq!(saved(regex("to(#{word}|k)en")), Some("k".into()));
    assert_eq!(saved(substring("#{me}")), Some(11.into()));
    let (outcome, _) = run(&[regex("(#{word}")], &response(SHOP));
    assert_eq!(outcome, Err("regex (#{word}: regular expression of this user: unclosed group".into()));
}

#[test]
fn a_body_that_cannot_be_read_is_told() {
    let html = response("<html>");
    let message = |check: Check, response: &Fake| run(&[check], response).0.unwrap_err();
    assert_eq!(message(json_path("$.a"), &html), "body is not valid JSON: expected value at line 1 column 1");
    assert_eq!(
        message(json_path("$.a").name("price"), &html),
        "price: body is not valid JSON: expected value at line 1 column 1"
    );
    assert_eq!(
        message(json_path("$.a").not_exists(), &html),
        "body is not valid JSON: expected value at line 1 column 1"
    );
    assert_eq!(message(json_path("$.a").count(), &bare()), "body is not valid JSON: it is empty");
    let binary = Fake { body: vec![0xff, 0xfe], ..response("") };
    for check in [body_string(), substring("a"), regex("a")] {
        assert_eq!(message(check, &binary), "body is not valid text: it is not UTF-8");
    }
    assert_eq!(saved_from(body_bytes(), &binary), Some((&[0xff_u8, 0xfe][..]).into()));
}

#[test]
fn an_extractor_of_a_protocol_has_all_the_methods() {
    #[derive(Debug)]
    struct Headers;
    impl Extractor for Headers {
        fn label(&self) -> String {
            "header names".into()
        }
        fn scope(&self) -> Scope {
            Scope::Header
        }
        fn shows_value(&self) -> bool {
            false
        }
        fn compile(&self, _: &mut crate::expression::Symbols<'_>) -> Box<dyn Extract> {
            Box::new(Headers)
        }
    }
    impl Extract for Headers {
        fn extract(&self, from: &Subject<'_>, _: &Session, found: &mut Found<'_>) -> Result<(), ExtractError> {
            let Some(fake) = from.response().as_any().downcast_ref::<Fake>() else {
                return Err(ExtractError::Response("no fake".into()));
            };
            found.offer_all(&fake.headers, |(name, _)| *name);
            Ok(())
        }
    }
    let names = || Check::from_extractor(Headers);
    assert_eq!(saved(names().find_nth(1)), Some("Set-Cookie".into()));
    assert_eq!(saved(names().count()), Some(3.into()));
    assert_eq!(message(names().is("x")), "header names: is not \"x\"");
    assert_eq!(message(names().count().is(1)), "header names count: 3 is not 1");
}

#[test]
fn a_search_ends_when_no_more_is_wanted() {
    let session = Session::detached("s", []);
    let asked = Cell::new(0);
    let made = Cell::new(0);
    let mut found = Found::new(extract::Pick::Nth(2), &session);
    found.offer_all((0..100).inspect(|_| asked.set(asked.get() + 1)), |n| {
        made.set(made.get() + 1);
        n
    });
    assert_eq!((found.take(), asked.get(), made.get()), (Some(2.into()), 3, 1));
}
