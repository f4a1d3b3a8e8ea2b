//! Every kind of check with every way to pick, to change, to judge and to keep: the same laws hold for all of them.

use super::*;

/// A kind of check, the body it looks into, and all that it finds there.
struct Kind {
    check: Check,
    body: &'static str,
    finds: Vec<Value>,
}

fn kind(check: Check, body: &'static str, finds: impl Into<Value>) -> Kind {
    let Value::List(finds) = finds.into() else { panic!("a list is due") };
    Kind { check, body, finds: finds.to_vec() }
}

#[cfg(feature = "html")]
const HTML: &str = "<form id=f><input name=a value=1><input name=b value=2></form><form id=g></form><p>x</p><p>y</p>";

fn kinds() -> Vec<Kind> {
    let kinds = vec![
        kind(status(), SHOP, [200]),
        kind(header("set-cookie"), SHOP, ["a=1; Path=/", "b=2"]),
        kind(header_regex("set-cookie", r"^\w=(\d)"), SHOP, ["1", "2"]),
        kind(current_location(), SHOP, ["http://shop/home"]),
        kind(body_string(), "text", ["text"]),
        kind(body_bytes(), "text", Value::from([Value::from(&b"text"[..])])),
        kind(body_length(), "text", [4]),
        kind(substring("b"), "abcb", [1, 3]),
        kind(regex("[a-c]"), "xaybzc", ["a", "b", "c"]),
        kind(regex("([a-c])([0-9])"), "a1b2", [["a", "1"], ["b", "2"]]),
        kind(json_path("$.tags[*]"), SHOP, ["a", "b", "c"]),
        kind(json_path("$.owner"), SHOP, [Value::Null]),
        kind(jmes_path("items[*].id"), SHOP, [1, 2]),
        kind(jmes_path("price"), SHOP, [3]),
        kind(md5(), "hello", ["5d41402abc4b2a76b9719d911017c592"]),
        kind(sha1(), "hello", ["aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d"]),
        kind(sha256(), "hello", ["2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"]),
        kind(response_time(), SHOP, [12.5]),
        #[cfg(feature = "html")]
        kind(css("p"), HTML, ["x", "y"]),
        #[cfg(feature = "html")]
        kind(css_attr("input", "name"), HTML, ["a", "b"]),
        #[cfg(feature = "html")]
        kind(form("form"), HTML, Value::from(serde_json::json!([{"a": "1", "b": "2"}, {}]))),
        #[cfg(feature = "xpath")]
        kind(xpath("//i"), "<l><i>1</i><i>2</i></l>", ["1", "2"]),
    ];
    kinds
}

/// What a user writes behind a check.
type Change<'c> = &'c dyn Fn(Check) -> Check;

impl Kind {
    fn outcome(&self, change: impl FnOnce(Check) -> Check) -> Result<(), String> {
        run(&[change(self.check.clone())], &response(self.body)).0
    }

    fn saved(&self, change: impl FnOnce(Check) -> Check) -> Option<Value> {
        saved_from(change(self.check.clone()), &response(self.body))
    }

    /// What `find` takes: of a JMESPath that gives a list, the list.
    fn first(&self) -> Value {
        let takes_whole = format!("{:?}", self.check).contains("items[*].id");
        if takes_whole { self.finds.clone().into() } else { self.finds[0].clone() }
    }
}

#[test]
fn each_kind_picks_the_first_any_one_all_or_their_number() {
    for kind in kinds() {
        let all = Value::from(kind.finds.clone());
        assert_eq!(kind.saved(|check| check), Some(kind.first()), "{:?}", kind.check);
        assert_eq!(kind.saved(Check::find), Some(kind.first()), "{:?}", kind.check);
        assert_eq!(kind.saved(Check::find_all), Some(all), "{:?}", kind.check);
        assert_eq!(kind.saved(Check::count), Some(kind.finds.len().into()), "{:?}", kind.check);
        for (place, value) in kind.finds.iter().enumerate() {
            assert_eq!(kind.saved(|check| check.find_nth(place)), Some(value.clone()), "{:?}", kind.check);
        }
        assert!(kind.finds.contains(&kind.saved(Check::find_random).unwrap()), "{:?}", kind.check);
        let beyond = kind.finds.len();
        assert!(
            kind.outcome(|check| check.find_nth(beyond)).unwrap_err().ends_with("nothing found"),
            "{:?}",
            kind.check
        );
    }
}

#[test]
fn each_kind_changes_what_is_found_and_stands_in_for_what_is_not() {
    for kind in kinds() {
        let beyond = kind.finds.len();
        assert_eq!(kind.saved(|check| check.with_default("x")), Some(kind.first()));
        assert_eq!(kind.saved(|check| check.find_nth(beyond).with_default("x")), Some("x".into()));
        let wrapped = |check: Check| check.transform(|value| vec![value]);
        assert_eq!(kind.saved(wrapped), Some(vec![kind.first()].into()), "{:?}", kind.check);
        assert_eq!(kind.saved(|check| wrapped(check.find_nth(beyond).with_default(1))), Some(vec![1].into()));
        assert_eq!(kind.saved(|check| wrapped(check.find_nth(beyond)).optional()), None);
        let all = Value::from(vec![Value::from(kind.finds.clone())]);
        assert_eq!(kind.saved(|check| wrapped(check.find_all())), Some(all));
    }
}

#[test]
fn each_kind_is_judged_in_every_way() {
    for kind in kinds() {
        let (value, beyond) = (kind.first(), kind.finds.len());
        let holds = |change: &dyn Fn(Check) -> Check| kind.outcome(change).is_ok();
        let is_null = value == Value::Null;
        let number = value.as_f64();
        let cases: [(&str, bool, Change<'_>); 30] = [
            ("exists", true, &Check::exists),
            ("not_exists", false, &Check::not_exists),
            ("nothing exists", false, &|check| check.find_nth(beyond).exists()),
            ("nothing not_exists", true, &|check| check.find_nth(beyond).not_exists()),
            ("is", true, &|check| check.is(value.clone())),
            ("is closure", true, &{
                let value = value.clone();
                move |check: Check| {
                    let value = value.clone();
                    check.is(move |_: &Session| value.clone())
                }
            }),
            ("is else", false, &|check| check.is("something else")),
            ("is of nothing", false, &|check| check.find_nth(beyond).is(value.clone())),
            ("not", false, &|check| check.not(value.clone())),
            ("not else", true, &|check| check.not("something else")),
            ("not of nothing", true, &|check| check.find_nth(beyond).not(1)),
            ("is_null", is_null, &Check::is_null),
            ("not_null", !is_null, &Check::not_null),
            ("one_of", true, &|check| check.one_of([Value::from("else"), value.clone()])),
            ("one_of others", false, &|check| check.one_of(["else", "other"])),
            ("lt", number.is_some(), &|check| check.lt(1e99)),
            ("lte", number.is_some(), &|check| check.lte(number.unwrap_or_default())),
            ("gt", number.is_some(), &|check| check.gt(-1)),
            ("gte", number.is_some(), &|check| check.gte(number.unwrap_or_default())),
            ("lt itself", false, &|check| check.lt(number.unwrap_or_default())),
            ("between", number.is_some(), &|check| check.between(-1, 1e99)),
            ("between others", false, &|check| check.between(1e98, 1e99)),
            ("matches", true, &|check| check.matches("(?s).")),
            ("matches nothing", false, &|check| check.matches("^never$")),
            ("optional", true, &|check| check.find_nth(beyond).optional()),
            ("optional is", true, &|check| check.find_nth(beyond).optional().is("x")),
            ("optional else", false, &|check| check.optional().is("something else")),
            ("validate", true, &|check| {
                let value = value.clone();
                check.validate("same", move |found, _| found == Some(&value))
            }),
            ("validate nothing", true, &|check| check.find_nth(beyond).validate("none", |found, _| found.is_none())),
            ("several", false, &|check| check.exists().not("x").is("something else")),
        ];
        for (name, expected, change) in cases {
            assert_eq!(holds(change), expected, "{name} of {:?}: {:?}", kind.check, kind.outcome(change));
        }
    }
}

#[test]
fn each_kind_is_named_saved_and_part_of_groups() {
    for kind in kinds() {
        let message = kind.outcome(|check| check.name("mine").is("something else")).unwrap_err();
        assert!(message.starts_with("mine: "), "{message}");
        let save = |name: &'static str| kind.check.clone().save_as(name);
        let no = || kind.check.clone().is("something else");
        let checks = [
            any_of([no(), all_of([save("a"), any_of([no(), save("b")])])]),
            check_if(true, all_of([save("c")])),
            check_if(false, save("d")),
        ];
        let (outcome, session) = run(&checks, &response(kind.body));
        assert_eq!(outcome, Ok(()), "{:?}", kind.check);
        for name in ["a", "b", "c"] {
            assert_eq!(session.value(name), Some(&kind.first()), "{name} {:?}", kind.check);
        }
        assert!(!session.contains("d"));
        assert!(run(&[any_of([no(), all_of([save("a"), no()])])], &response(kind.body)).0.is_err());
    }
}
