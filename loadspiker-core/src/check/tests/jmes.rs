//! `jmes_path`: what it finds, what picks do with lists, and mistakes.

use super::*;

#[test]
fn what_is_found_keeps_its_type() {
    assert_eq!(saved(jmes_path("price")), Some(3.into()));
    assert_eq!(saved(jmes_path("ratio")), Some(0.5.into()));
    assert_eq!(saved(jmes_path("open")), Some(true.into()));
    assert_eq!(saved(jmes_path("tags[-1]")), Some("c".into()));
    assert_eq!(saved(jmes_path("items[?id == `2`] | [0]")), Some(serde_json::json!({"id": 2}).into()));
    assert_eq!(saved(jmes_path("length(items)")), Some(2.into()));
    assert_eq!(saved(jmes_path("max_by(items, &id).id")), Some(2.into()));
    assert_eq!(saved(jmes_path("{t: token, n: length(tags)}.n")), Some(3.into()));
    assert_eq!(saved(jmes_path("items[#{five} ].id").with_default("none")), Some("none".into()));
}

#[test]
fn a_list_is_taken_whole_or_by_its_elements() {
    assert_eq!(saved(jmes_path("tags")), Some(vec!["a", "b", "c"].into()));
    assert_eq!(saved(jmes_path("items[*].id").find()), Some(vec![1, 2].into()));
    assert_eq!(saved(jmes_path("items[*].id").find_nth(1)), Some(2.into()));
    assert_eq!(saved(jmes_path("items[*].id").find_all()), Some(vec![1, 2].into()));
    assert_eq!(saved(jmes_path("tags").count()), Some(3.into()));
    assert_eq!(saved(jmes_path("price").count()), Some(1.into()));
    assert_eq!(saved(jmes_path("none").count()), Some(0.into()));
    let Some(Value::Text(tag)) = saved(jmes_path("tags").find_random()) else { panic!("no text") };
    assert!(["a", "b", "c"].contains(&&*tag));
    assert_eq!(saved(jmes_path("items[?id > `5`]")), Some(Vec::<i64>::new().into()));
    assert_eq!(message(jmes_path("items[?id > `5`]").find_all()), "jmes_path items[?id > `5`]: nothing found");
}

#[test]
fn what_is_missing_is_not_null() {
    assert_eq!(saved(jmes_path("owner")), Some(Value::Null));
    assert_eq!(outcome(jmes_path("owner").is_null()), Ok(()));
    assert_eq!(message(jmes_path("missing").is_null()), "jmes_path missing: nothing found");
    assert_eq!(message(jmes_path("missing.deeper[0]")), "jmes_path missing.deeper[0]: nothing found");
    assert_eq!(message(jmes_path("tags[9]")), "jmes_path tags[9]: nothing found");
    assert_eq!(saved(jmes_path("missing || token")), Some("t-1".into()));
    assert_eq!(outcome(jmes_path("error").not_exists()), Ok(()));
}

#[test]
fn what_a_function_cannot_work_with_is_told() {
    assert_eq!(message(jmes_path("length(price)")), "jmes_path length(price): length() does not apply to a number");
    let found = message(jmes_path("sum(token)"));
    assert_eq!(found, "jmes_path sum(token): argument 1 of sum() is of type string, not array[number]");
    assert_eq!(outcome(jmes_path("sum(token)").optional()), Ok(()));
    let html = response("<html>");
    assert_eq!(
        run(&[jmes_path("a")], &html).0,
        Err("body is not valid JSON: expected value at line 1 column 1".into())
    );
}

#[test]
fn both_json_languages_share_one_parsed_body() {
    let shop = response(SHOP);
    assert_eq!(run(&[jmes_path("price"), json_path("$.price"), jmes_path("sort(tags)")], &shop).0, Ok(()));
    assert_eq!(shop.body_reads.get(), 1);
}

#[test]
fn mistakes_are_told_before_the_run() {
    for (expression, expected) in [
        ("nope(a)", "unknown function nope(…); known functions: abs, avg, "),
        ("length(a, b)", "length(…) takes 1 argument, not 2"),
        ("merge()", "merge(…) takes 1 or more arguments, not 0"),
        ("sort_by(a, &nope(b))", "unknown function nope(…)"),
        ("a[::0]", "the step of a slice is 0; use another"),
        ("a[", "at character 3: expected number, ':', or '*', found the end"),
        ("", "at character 1: expected an expression, found the end"),
        ("\"ä\".", "at character 5: expected identifier, '*', '{', '[', '&', or '[?', found the end"),
        ("a b", "at character 3: unexpected 'b' after the expression"),
        ("a.]", "at character 3: "),
        ("a || ]", "at character 6: expected an expression, found ']'"),
    ] {
        let found = mistakes(jmes_path(expression));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(&format!("JMESPath \"{expression}\": {expected}")), "{found:?}");
    }
    let deep = format!("{}a{}", "(".repeat(60), ")".repeat(60));
    assert!(mistakes(jmes_path(&deep))[0].ends_with("brackets are nested more than 50 deep"));
    assert!(mistakes(jmes_path("a.".repeat(600) + "a"))[0].ends_with("there are more than 500 operators in it"));
    let (outcome, _) = run(&[jmes_path("nope#{five}(a)")], &response(SHOP));
    let message = outcome.unwrap_err();
    assert!(
        message.starts_with("jmes_path nope#{five}(a): JMESPath of this user: unknown function nope5"),
        "{message}"
    );
}
