//! What expressions mean and what is wrong with those that mean nothing.

use std::rc::Rc;

use proptest::prelude::*;

use super::*;
use crate::session::Schema;

fn parse(source: &str) -> Result<Template, ParseError> {
    let mut schema = Schema::default();
    Template::parse(source, &mut |name| schema.intern(name))
}

/// The template and a session in which these attributes are set.
fn prepared(source: &str, attributes: &serde_json::Value) -> (Template, Session) {
    let mut schema = Schema::default();
    let template = Template::parse(source, &mut |name| schema.intern(name)).unwrap();
    let mut session = Session::new(Rc::new(schema), 42, 1);
    for (name, value) in attributes.as_object().unwrap() {
        session.set(name, value).unwrap();
    }
    (template, session)
}

fn shop() -> serde_json::Value {
    serde_json::json!({
        "id": 7, "price": 2.5, "flag": true, "nothing": null, "name": "Zoë & Co", "i": 1, "last": "-1",
        "list": ["a", "b", "c"], "nested": [[1, 2], [3, 4]], "empty": [],
        "cart": {"items": [{"sku": "x1"}, {"sku": "x2"}], "total": 9},
    })
}

fn value(source: &str) -> Result<Value, EvalError> {
    let (template, session) = prepared(source, &shop());
    template.value(&session)
}

fn rendered(source: &str) -> Result<String, EvalError> {
    let (template, session) = prepared(source, &shop());
    let mut out = String::new();
    template.render(&session, &mut out).map(|()| out)
}

#[test]
fn a_single_expression_keeps_its_type_a_mixed_text_does_not() {
    assert_eq!(value("#{id}"), Ok(Value::Int(7)));
    assert_eq!(value("#{price}"), Ok(Value::Float(2.5)));
    assert_eq!(value("#{flag}"), Ok(Value::Bool(true)));
    assert_eq!(value("#{nothing}"), Ok(Value::Null));
    assert_eq!(value("#{empty}"), Ok(Value::List([].into())));
    assert_eq!(value(" #{id}"), Ok(Value::from(" 7")));
    assert_eq!(value("#{id}#{flag}"), Ok(Value::from("7true")));
    assert_eq!(value("5"), Ok(Value::from("5")));
    assert_eq!(value(""), Ok(Value::from("")));
}

#[test]
fn elements_are_reached_by_index_from_both_ends_and_by_attribute() {
    assert_eq!(value("#{list(0)}"), Ok("a".into()));
    assert_eq!(value("#{list(-1)}"), Ok("c".into()));
    assert_eq!(value("#{list(-3)}"), Ok("a".into()));
    assert_eq!(value("#{list(i)}"), Ok("b".into()));
    assert_eq!(value("#{list(last)}"), Ok("c".into()));
    assert_eq!(value("#{nested(1)(0)}"), Ok(3.into()));
}

#[test]
fn keys_and_indices_combine() {
    assert_eq!(value("#{cart.total}"), Ok(9.into()));
    assert_eq!(value("#{cart.items(i).sku}"), Ok("x2".into()));
    assert_eq!(rendered("/#{cart.items(0).sku}/#{ cart.total }"), Ok("/x1/9".into()));
}

#[test]
fn functions_turn_values_into_others() {
    assert_eq!(value("#{list.size()}"), Ok(3.into()));
    assert_eq!(value("#{cart.size()}"), Ok(2.into()));
    assert_eq!(value("#{name.size()}"), Ok(8.into()));
    assert_eq!(value("#{list(0).exists()}"), Ok(true.into()));
    assert_eq!(value("#{list(9).exists()}"), Ok(false.into()));
    assert_eq!(value("#{nobody.exists()}"), Ok(false.into()));
    assert_eq!(value("#{nothing.exists()}"), Ok(true.into()));
    assert_eq!(value("#{nobody.isUndefined()}"), Ok(true.into()));
    assert_eq!(value("#{nobody.x.y(2).isUndefined()}"), Ok(true.into()));
    assert_eq!(value("#{id.isUndefined()}"), Ok(false.into()));
    assert_eq!(value("#{name.jsonStringify()}"), Ok("\"Zoë & Co\"".into()));
    assert_eq!(value("#{cart.items.jsonStringify()}"), Ok(r#"[{"sku":"x1"},{"sku":"x2"}]"#.into()));
    assert_eq!(value("#{nothing.jsonStringify()}"), Ok("null".into()));
    assert_eq!(value("#{name.urlEncode()}"), Ok("Zo%C3%AB%20%26%20Co".into()));
    assert_eq!(value("#{name.base64()}"), Ok("Wm/DqyAmIENv".into()));
    assert_eq!(value("#{name.htmlEscape()}"), Ok("Zoë &amp; Co".into()));
    assert_eq!(value("#{name.htmlEscape().htmlUnescape()}"), Ok("Zoë & Co".into()));
    assert_eq!(value("#{cart.items.raw()}"), value("#{cart.items}"));
    assert_eq!(value("#{name.upper()}"), Ok("ZOË & CO".into()));
    assert_eq!(value("#{name.lower()}"), Ok("zoë & co".into()));
    assert_eq!(value("#{id.lower()}"), Ok("7".into()));
    assert_eq!(value("#{name.upper().lower().size()}"), Ok(8.into()));
    assert!(["a", "b", "c"].contains(&value("#{list.random()}").unwrap().as_str().unwrap()));
}

#[test]
fn rendering_and_evaluating_write_the_same() {
    for source in [
        "#{name.upper()}",
        "#{name.urlEncode()}",
        "#{name.htmlEscape()}",
        "#{name.raw()}",
        "#{cart.raw()}",
        "#{name.base64()}",
        "#{cart.jsonStringify()}",
        "#{list}",
        "#{nothing}",
        "#{price}",
        "#{name}",
        "#{userId()}",
        "#{list.size()}",
        "#{id.isUndefined()}",
        "#{randomUuid()}",
        "#{randomAlphanumeric(12)}",
        "#{randomDouble(0,9,3)}",
    ] {
        assert_eq!(rendered(source).unwrap(), value(source).unwrap().to_string(), "{source}");
    }
}

#[test]
fn bytes_are_encoded_as_they_are_and_html_is_unescaped() {
    let (template, mut session) = prepared("#{b.base64()} #{h.htmlUnescape()}", &serde_json::json!({"h": "&lt;ä&gt;"}));
    session.set("b", &[0xff_u8, 0][..]).unwrap();
    let mut out = String::new();
    template.render(&session, &mut out).unwrap();
    assert_eq!(out, "/wA= <ä>");
}

#[test]
fn backslashes_escape_expressions() {
    assert_eq!(parse(r"\#{x}").unwrap().as_literal(), Some("#{x}"));
    assert_eq!(rendered(r"\\#{id}"), Ok(r"\7".into()));
    assert_eq!(rendered(r"\\\#{id}"), Ok(r"\#{id}".into()));
    assert_eq!(rendered(r"\#{#{id}}"), Ok("#{7}".into()));
    assert_eq!(rendered(r"a\b #{id} \\"), Ok(r"a\b 7 \\".into()));
}

#[test]
fn a_failed_rendering_leaves_the_buffer_as_it_was() {
    let (template, session) = prepared("text #{nobody}", &shop());
    let mut out = "before ".to_owned();
    assert!(template.render(&session, &mut out).is_err());
    assert_eq!(out, "before ");
}

#[test]
fn values_that_are_not_there_are_told() {
    let message = |source: &str| value(source).unwrap_err().to_string();
    let (template, session) = prepared("#{token}", &serde_json::json!({"a": 1}));
    assert_eq!(
        template.value(&session).unwrap_err(),
        EvalError::Session(crate::SessionError::Missing { name: "token".into(), there: vec!["a".into()] })
    );
    assert_eq!(message("#{list(3)}"), "#{list(3)}: index 3 is out of range, list has 3 elements");
    assert_eq!(message("#{list(-4)}"), "#{list(-4)}: index -4 is out of range, list has 3 elements");
    assert_eq!(
        message("#{nested(-9223372036854775808)}"),
        "#{nested(-9223372036854775808)}: index -9223372036854775808 is out of range, nested has 2 elements"
    );
    assert_eq!(
        message("#{cart.items(0).price}"),
        "#{cart.items(0).price}: cart.items(0) has no key \"price\" (there are: sku)"
    );
    assert_eq!(message("#{id(0)}"), "#{id(0)}: id is of type integer, only a list has an index");
    assert_eq!(message("#{list.sku}"), "#{list.sku}: list is of type list, only a map has keys");
    assert_eq!(
        message("#{id.size()}"),
        "#{id.size()}: id is of type integer, only lists, maps, texts and bytes have a size"
    );
    assert_eq!(message("#{id.random()}"), "#{id.random()}: id is of type integer, only a list has random elements");
    assert_eq!(
        message("#{empty.random()}"),
        "#{empty.random()}: empty is of type list, but it is empty: there is no element to choose"
    );
    assert_eq!(message("#{list(name)}"), "attribute \"name\" is the text \"Zoë & Co\", expected integer");
    assert!(message("#{list(who)}").starts_with("no attribute named \"who\" is set"));
    assert!(message("#{nobody.upper()}").starts_with("no attribute named \"nobody\" is set"));
}

#[test]
fn a_name_that_is_nearly_one_that_is_there_is_asked_about() {
    let message = |source: &str| value(source).unwrap_err().to_string();
    assert!(message("#{nane}").starts_with("no attribute named \"nane\" is set; did you mean \"name\"? (there are: "));
    assert_eq!(
        message("#{cart.items(0).skuu}"),
        "#{cart.items(0).skuu}: cart.items(0) has no key \"skuu\"; did you mean \"sku\"? (there are: sku)"
    );
}

#[test]
fn a_template_tells_its_pieces_and_lets_values_be_encoded() {
    let (template, session) = prepared("a#{id}#{name.upper()}b", &shop());
    let pieces: Vec<_> = template.pieces().collect();
    let (value, upper) = (Piece::Value { function: None }, Piece::Value { function: Some("upper") });
    assert_eq!(pieces, [Piece::Text("a"), value, upper, Piece::Text("b")]);
    let mut out = ">".to_owned();
    let encoded = template.render_each(&session, &mut out, |number, begin, out| {
        let value = out.split_off(begin);
        out.push_str(&format!("[{number}:{value}]"));
    });
    assert_eq!((encoded, out.as_str()), (Ok(()), ">a[0:7][1:ZOË & CO]b"));
    assert_eq!(parse("#{a(0)}").unwrap().pieces().collect::<Vec<_>>(), [value]);
    assert_eq!(parse(r"\\#{a}").unwrap().pieces().count(), 2);
    assert_eq!(parse(r"\#").unwrap().pieces().collect::<Vec<_>>(), [Piece::Text(r"\#")]);
    assert_eq!(parse("").unwrap().pieces().collect::<Vec<_>>(), [Piece::Text("")]);
}

#[test]
fn random_numbers_stay_in_their_range_and_reach_all_of_it() {
    let all = |source: &str| {
        let (template, session) = prepared(source, &serde_json::json!({}));
        (0..500).map(|_| template.value(&session).unwrap()).collect::<Vec<_>>()
    };
    let integers = all("#{randomInt(-1, 2)}");
    assert!([-1, 0, 1].iter().all(|n| integers.contains(&Value::Int(*n))));
    assert!(integers.iter().all(|n| [-1.0, 0.0, 1.0].contains(&n.as_f64().unwrap())));
    let decimals = all("#{randomDouble(0.57,0.6,2)}");
    assert!([0.57, 0.58, 0.59].iter().all(|n| decimals.contains(&Value::Float(*n))));
    assert!(decimals.iter().all(|n| [0.57, 0.58, 0.59].contains(&n.as_f64().unwrap())));
    assert!(all("#{randomDouble()}").iter().all(|n| (0.0..1.0).contains(&n.as_f64().unwrap())));
    assert!(all("#{randomDouble(-1.5,1.5)}").iter().all(|n| (-1.5..1.5).contains(&n.as_f64().unwrap())));
    assert!(all("#{randomInt()}").iter().all(|n| matches!(n, Value::Int(n) if i32::try_from(*n).is_ok())));
    assert!(all("#{randomLong()}").iter().any(|n| matches!(n, Value::Int(n) if i32::try_from(*n).is_err())));
    let full = all("#{randomLong(-9223372036854775808,9223372036854775807)}");
    assert!(full.iter().any(|n| n.as_f64() < Some(0.0)) && full.iter().any(|n| n.as_f64() > Some(0.0)));
}

#[test]
fn the_same_seed_gives_the_same_random_texts() {
    let (template, session) = prepared("#{randomUuid()} #{randomAlphanumeric(5)}", &serde_json::json!({}));
    let (_, again) = prepared("", &serde_json::json!({}));
    let first = template.value(&session).unwrap();
    assert_eq!(first, template.value(&again).unwrap());
    assert_ne!(first, template.value(&session).unwrap());
}

#[test]
fn generators_give_what_they_are_named_after() {
    let uuid = rendered("#{randomUuid()}").unwrap();
    let shape: Vec<usize> = uuid.split('-').map(str::len).collect();
    assert_eq!(shape, [8, 4, 4, 4, 12]);
    assert_eq!(uuid.as_bytes()[14], b'4');
    assert!(b"89ab".contains(&uuid.as_bytes()[19]), "{uuid}");
    let text = rendered("#{randomAlphanumeric(20)}").unwrap();
    assert!(text.len() == 20 && text.chars().all(|c| c.is_ascii_alphanumeric()));
    assert_eq!(value("#{userId()}"), Ok(42.into()));
    assert!(value("#{currentTimeMillis()}").unwrap().as_f64() > Some(1.7e12));
}

#[test]
fn environment_variables_are_read_while_parsing() {
    let directory = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let template = parse("<#{env(CARGO_MANIFEST_DIR)}>").unwrap();
    assert_eq!(template.as_literal(), Some(format!("<{directory}>").as_str()));
    assert_eq!(template.source(), "<#{env(CARGO_MANIFEST_DIR)}>");
    assert_eq!(value("#{env(CARGO_MANIFEST_DIR).upper()}"), Ok(directory.to_uppercase().into()));
}

#[test]
fn what_cannot_be_parsed_is_told_with_place_and_remedy() {
    let message = |source: &str| parse(source).unwrap_err().to_string();
    for (source, expected) in [
        (
            "a #{id",
            "expression in \"a #{id\", character 3: the expression is not closed; write } at its end, or \\#{ for the text itself",
        ),
        (
            "ä#{}",
            "expression in \"ä#{}\", character 2: the expression is empty; name an attribute, or write \\#{ for the text itself",
        ),
        (
            "#{#{a}}",
            "expression in \"#{#{a}}\", character 3: expressions do not nest; set the inner value as an attribute first, and use its name",
        ),
        ("#{list.siz()}", "expression in \"#{list.siz()}\", character 8: unknown function siz(); did you mean size()?"),
        (
            "#{list.JSONStringify()}",
            "expression in \"#{list.JSONStringify()}\", character 8: unknown function JSONStringify(); did you mean jsonStringify()?",
        ),
        (
            "#{randomInteger()}",
            "expression in \"#{randomInteger()}\", character 3: unknown function randomInteger(); did you mean randomInt()?",
        ),
        ("#{uuid()}", "expression in \"#{uuid()}\", character 3: unknown function uuid(); did you mean randomUuid()?"),
        (
            "#{a.length()}",
            "expression in \"#{a.length()}\", character 5: unknown function length(); functions of a value are size, random, exists, isUndefined, jsonStringify, htmlEscape, htmlUnescape, urlEncode, base64, upper, lower, raw",
        ),
        (
            "#{size()}",
            "expression in \"#{size()}\", character 3: size() is a function of a value: write #{attribute.size()}",
        ),
        (
            "#{a.randomUuid()}",
            "expression in \"#{a.randomUuid()}\", character 5: randomUuid() cannot follow a value: write #{randomUuid(…)}",
        ),
        ("#{a.size(1)}", "expression in \"#{a.size(1)}\", character 5: size() takes no arguments, 1 given"),
        (
            "#{randomInt(1)}",
            "expression in \"#{randomInt(1)}\", character 3: wrong number of arguments (1): write randomInt() or randomInt(from,to)",
        ),
        (
            "#{randomInt(6,6)}",
            "expression in \"#{randomInt(6,6)}\", character 3: randomInt(6,6): the first must be less than the second, which is never drawn",
        ),
        ("#{list(1}", "expression in \"#{list(1}\", character 9: the parenthesis is not closed; write ) before the }"),
        (
            "#{list(1.5)}",
            "expression in \"#{list(1.5)}\", character 8: \"1.5\" is not a valid index: it must be a 64-bit integer",
        ),
        (
            "#{env(LOADSPIKER_NO_SUCH)}",
            "expression in \"#{env(LOADSPIKER_NO_SUCH)}\", character 3: environment variable LOADSPIKER_NO_SUCH is not set; set it before the start",
        ),
        ("#{a.}", "expression in \"#{a.}\", character 5: a key or a function must follow the point"),
        ("#{a{b}", "expression in \"#{a{b}\", character 4: { cannot be part of a name; is a } missing before it?"),
    ] {
        assert_eq!(message(source), expected);
    }
}

#[test]
fn all_other_mistakes_are_refused_too() {
    for source in [
        "#{counter()}",
        "#{counter(a,b)}",
        "#{currentDate()}",
        "#{currentDate(T)}",
        "#{a()}",
        "#{a(1,2)}",
        "#{a(0)()}",
        "#{a(,)}",
        "#{a)}",
        "#{.a}",
        "#{(0)}",
        "#{a(0)b}",
        "#{a(99999999999999999999)}",
        "#{randomInt(a,b)}",
        "#{randomInt(1.5,2)}",
        "#{randomDouble(1,0)}",
        "#{randomDouble(0,nan)}",
        "#{randomDouble(0,inf)}",
        "#{randomDouble(0,1,99)}",
        "#{randomDouble(0.11,0.12,1)}",
        "#{randomDouble(0,9000000000,15)}",
        "#{randomAlphanumeric(0)}",
        "#{randomAlphanumeric()}",
        "#{env()}",
        "#{userId(1)}",
        "#{ }",
        "#{",
        "#{a",
        "#{a.",
        "#{a(",
        "#{a(1",
        "#{a.b(",
    ] {
        assert!(parse(source).is_err(), "{source} was accepted");
    }
}

#[test]
fn of_a_long_text_the_part_around_the_fault_is_shown() {
    let source = format!("{}#{{}}{}", "x".repeat(500), "y".repeat(500));
    let error = parse(&source).unwrap_err();
    assert_eq!(error.character(), 501);
    let expected = format!("expression in \"…{}#{{}}{}…\", character 501: ", "x".repeat(19), "y".repeat(38));
    assert!(error.to_string().starts_with(&expected), "{error}");
}

#[test]
fn templates_are_shared_between_threads_and_cheap_to_clone() {
    fn shareable<T: Send + Sync + Clone>() {}
    shareable::<Template>();
    assert_eq!(size_of::<Template>(), size_of::<usize>());
    assert_eq!(Template::literal("#{x}").as_literal(), Some("#{x}"));
}

#[test]
fn texts_of_the_session_are_borrowed_not_copied() {
    let (template, session) = prepared("#{cart.items(0).sku}", &shop());
    assert!(matches!(template.value_ref(&session), Ok(Cow::Borrowed(_))));
    let literal = parse("x").unwrap();
    assert!(matches!(literal.value_ref(&session), Ok(Cow::Borrowed(_))));
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(source in any::<String>()) {
        let _ = parse(&source);
    }

    #[test]
    fn no_text_near_the_grammar_makes_the_parser_or_a_message_panic(
        source in r"([#{}().,\\aé0 -]|#\{|randomInt|randomDouble|size|list|99999999999){0,16}"
    ) {
        match parse(&source) {
            Ok(template) => { let _ = template.value(&Session::detached("s", [])); }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn a_text_without_expressions_renders_to_itself(source in any::<String>()) {
        prop_assume!(!source.contains("#{"));
        prop_assert_eq!(rendered(&source), Ok(source.clone()));
        let template = parse(&source).unwrap();
        prop_assert_eq!(template.as_literal(), Some(source.as_str()));
    }
}

#[test]
fn templates_render_to_bytes_without_loss() {
    let bytes = |source: &str, before: &[u8]| {
        let (template, mut session) = prepared(source, &serde_json::json!({"name": "Zo\u{eb}", "id": 7}));
        session.set("blob", vec![0_u8, 255, b'a']).unwrap();
        let mut out = before.to_vec();
        template.render_bytes(&session, &mut out).map(|()| out)
    };
    for before in [&b""[..], b"\xfe"] {
        let expected = |rest: &[u8]| Ok([before, rest].concat());
        assert_eq!(bytes("#{blob}", before), expected(b"\x00\xffa"));
        assert_eq!(bytes("<#{blob}|#{name}|#{id}|#{blob}>", before), expected(b"<\x00\xffa|Zo\xc3\xab|7|\x00\xffa>"));
        assert_eq!(bytes("#{name.upper()}#{blob.base64()}", before), expected("ZO\u{cb}AP9h".as_bytes()));
        assert_eq!(bytes("plain", before), expected(b"plain"));
        assert_eq!(bytes("#{blob.size()} of #{userId()}", before), expected(b"3 of 42"));
    }
    assert!(bytes("x#{blob}#{gone}", b"kept").is_err());
}

proptest! {
    #[test]
    fn what_has_no_bytes_in_it_renders_to_the_bytes_of_its_text(source in r"([a-z ]|#\{(id|name|list|cart\.total|name\.upper\(\))\}){0,12}") {
        let (template, session) = prepared(&source, &shop());
        let (mut text, mut bytes) = (String::new(), Vec::new());
        template.render(&session, &mut text).unwrap();
        template.render_bytes(&session, &mut bytes).unwrap();
        prop_assert_eq!(text.as_bytes(), bytes);
    }
}
