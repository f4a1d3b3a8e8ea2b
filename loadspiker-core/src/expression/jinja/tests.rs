//! What templates in Jinja write, and what is told of those that cannot.

use std::io::Write;

use serde_json::json;

use super::*;
use crate::protocol::compile_in_test;

/// Compiles a template, with the mistakes that are told.
fn compiled(template: &Jinja, presumed: Escape) -> (Option<CompiledJinja>, Session, Vec<String>) {
    compile_in_test(|cx| template.compile(presumed, cx))
}

fn shop() -> serde_json::Value {
    json!({
        "name": "Zoë \"Z\" & <Co>\n", "id": 7, "price": 2.5, "open": true, "nothing": null,
        "cart": [{"id": 1, "tags": ["a", "b"]}, {"id": "x/2", "tags": []}], "owner": {"first": "Ann", "age": 31},
    })
}

fn render(template: &Jinja) -> Result<String, String> {
    let (compiled, mut session, mistakes) = compiled(template, Escape::Nothing);
    assert_eq!(mistakes, Vec::<String>::new());
    for (name, value) in shop().as_object().unwrap() {
        session.set(name, value).unwrap();
    }
    let mut out = ">".to_owned();
    let rendered = compiled.unwrap().render(&session, &mut out);
    match rendered {
        Ok(()) => Ok(out[1..].to_owned()),
        Err(error) => {
            assert_eq!(out, ">", "an error leaves the text as it was");
            Err(error.to_string())
        }
    }
}

fn mistakes(text: &str) -> Vec<String> {
    compiled(&jinja(text), Escape::Nothing).2
}

#[test]
fn attributes_are_variables_in_loops_and_conditions() {
    for (text, expected) in [
        ("{{ id }} {{ price }} {{ open }} {{ nothing }}", "7 2.5 true null"),
        ("{{ owner.first }}, {{ owner['age'] + 1 }}", "Ann, 32"),
        ("{{ cart[1].id }} {{ cart | length }} {{ cart[-1].id }}", "x/2 2 x/2"),
        (
            "{% for line in cart %}{{ loop.index }}:{{ line.id }}{% if not loop.last %},{% endif %}{% endfor %}",
            "1:1,2:x/2",
        ),
        ("{% for line in cart if line.tags %}{{ line.tags | join('+') }}{% else %}none{% endfor %}", "a+b"),
        ("{% for key in owner %}{{ key }}={{ owner[key] }};{% endfor %}", "age=31;first=Ann;"),
        ("{% if coupon is defined %}{{ coupon }}{% else %}no coupon{% endif %}", "no coupon"),
        ("{{ coupon | default('none') }}", "none"),
        ("{{ cart }} {{ owner }}", r#"[{"id":1,"tags":["a","b"]},{"id":"x/2","tags":[]}] {"age":31,"first":"Ann"}"#),
        ("{% set total = id * 2 %}{{ total }}{# not sent #}", "14"),
        ("{% for n in range(3) %}{{ n }}{% endfor %}", "012"),
        ("{{ open and 'yes' or 'no' }}{{ ' shut' if not open else '' }}", "yes"),
        ("{% raw %}{{ id }}{% endraw %}", "{{ id }}"),
        ("plain", "plain"),
    ] {
        assert_eq!(render(&jinja(text)), Ok(expected.to_owned()), "{text}");
    }
}

#[test]
fn values_in_json_are_json_within_quotation_marks_or_without() {
    let text = r#"{"a": {{ name }}, "b": "{{ name }}", "c": "<{{ name }}\"{{ id }}>", "{{ name }}": {{ owner }},
        "d": {{ cart[0].tags }}, "e": {{ nothing }}, "f": "{{ nothing }}", "g": {{ '{"x": 1}' | safe }}, "h": {{ price }},
        "i": [{% for line in cart %}"{{ line.id }}"{% if not loop.last %}, {% endif %}{% endfor %}], "j": "\\"}"#;
    let written = render(&jinja(text).escape_json()).unwrap();
    let name = "Zoë \"Z\" & <Co>\n";
    let expected = json!({
        "a": name, "b": name, "c": format!("<{name}\"7>"), name: {"first": "Ann", "age": 31},
        "d": ["a", "b"], "e": null, "f": "null", "g": {"x": 1}, "h": 2.5, "i": ["1", "x/2"], "j": "\\",
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&written).unwrap(), expected, "{written}");
}

#[test]
fn values_in_html_and_xml_are_escaped_and_elsewhere_are_not() {
    let text = "<a b=\"{{ name }}\">{{ '<i>' | safe }}{{ id }}</a>";
    let escaped = "<a b=\"Zoë &quot;Z&quot; &amp; &lt;Co&gt;\n\"><i>7</a>";
    assert_eq!(render(&jinja(text).escape_html()).unwrap(), escaped);
    assert_eq!(render(&jinja("{{ name }}")).unwrap(), "Zoë \"Z\" & <Co>\n");
    assert_eq!(render(&jinja("{{ name }}").escape_json().escape_nothing()).unwrap(), "Zoë \"Z\" & <Co>\n");
}

#[test]
fn the_name_of_a_file_says_how_to_escape_unless_the_user_does() {
    let of = |path: &str| jinja_file(path).escape_of_name();
    for (path, escape) in [
        ("a/order.json", Some(Escape::Json)),
        ("order.JSON.j2", Some(Escape::Json)),
        ("order.xml.jinja", Some(Escape::Html)),
        ("page.html.jinja2", Some(Escape::Html)),
        ("mail.txt", None),
        ("order", None),
        ("json", None),
    ] {
        assert_eq!(of(path), escape, "{path}");
    }
    let folder = std::env::temp_dir().join(format!("loadspiker-jinja-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("order.json.j2");
    std::fs::File::create(&path).unwrap().write_all("[{{ name }}]".as_bytes()).unwrap();
    assert_eq!(render(&jinja_file(&path)).unwrap(), "[\"Zoë \\\"Z\\\" & <Co>\\n\"]");
    assert_eq!(render(&jinja_file(&path).escape_nothing()).unwrap(), "[Zoë \"Z\" & <Co>\n]");
    std::fs::write(&path, "{% if %}").unwrap();
    let (_, _, told) = compiled(&jinja_file(&path), Escape::Nothing);
    assert!(told[0].starts_with(&format!("template {}, line 1: syntax error: ", path.display())), "{told:?}");
    std::fs::write(&path, [0xff]).unwrap();
    assert_eq!(
        compiled(&jinja_file(&path), Escape::Nothing).2,
        [format!("template {}: it is not in UTF-8", path.display())]
    );
    std::fs::remove_dir_all(&folder).unwrap();
    let (none, _, told) = compiled(&jinja_file(&path), Escape::Nothing);
    assert!(none.is_none() && told[0].starts_with(&format!("template {}: ", path.display())), "{told:?}");
}

#[test]
fn what_nobody_says_is_as_the_place_wants_it() {
    let template = jinja("[{{ x }}]");
    for (presumed, expected) in
        [(Escape::Json, "[\"a\\\"b\"]"), (Escape::Nothing, "[a\"b]"), (Escape::Json, "[\"a\\\"b\"]")]
    {
        let (compiled, mut session, _) = compiled(&template, presumed);
        session.set("x", "a\"b").unwrap();
        let mut out = String::new();
        compiled.unwrap().render(&session, &mut out).unwrap();
        assert_eq!(out, expected);
    }
}

#[test]
fn mistakes_are_told_before_the_run_with_template_and_line() {
    for (text, expected) in [
        ("a\n{% for x in %}", "template jinja(…), line 2: syntax error: "),
        ("{{ id", "template jinja(…), line 1: syntax error: "),
        ("{% if id %}", "template jinja(…), line 1: syntax error: "),
        ("\n\n{{ id | uper }}", "template jinja(…), line 3: unknown filter \"uper\""),
        ("{{ id | trimm }}", "template jinja(…), line 1: unknown filter \"trimm\"; did you mean \"trim\"?"),
        ("{% if id is defned %}{% endif %}", "unknown test \"defned\"; did you mean \"defined\"?"),
        ("{% if id is not od %}{% endif %}", "unknown test \"od\""),
        ("{{ rang(3) }}", "unknown function \"rang\"; did you mean \"range\"?"),
        ("{{ uuid() }}", "unknown function \"uuid\"; functions are "),
        ("{% filter uppr %}x{% endfilter %}", "unknown filter \"uppr\"; did you mean"),
        ("{% include 'x' %}", "syntax error: "),
        ("{% macro m() %}{% endmacro %}", "syntax error: "),
    ] {
        let told = mistakes(text);
        assert!(told.len() == 1 && told[0].contains(expected), "{text}: {told:?}");
    }
    assert_eq!(mistakes("{{ a | x }}\n{{ b | y }}").len(), 2);
    let (_, _, told) = compiled(&jinja_file("no-such-file.j2"), Escape::Nothing);
    assert!(told[0].starts_with("template no-such-file.j2: no such file in /"), "{told:?}");
    assert!(told[0].ends_with("; a path is relative to the folder in which the program is started"), "{told:?}");
}

#[test]
fn what_looks_like_a_mistake_and_is_none_is_left_alone() {
    for text in [
        "{{ 'a | nope' }} {{ \"b is nope\" }} {{ 'it\\'s | nope' }}",
        "{# x | nope #} | nope is nope {{ '}}' | upper }}",
        "{% raw %}{{ x | nope }}{% endraw %}",
        "{{ (id) }} {% if (id) and not (id) %}{% endif %} {% for x in (cart) recursive %}{{ loop(x.tags) }}{% endfor %}",
        "{{ id is divisibleby(3) }} {{ id is divisibleby 3 }} {{ cart | map(attribute='id') | join(', ') }}",
        "{%- if id is not none -%}{{- id | default(1) | string -}}{%- endif -%}",
        "{{ owner.items() }} {{ owner | items }} {{ dict(a=1) }} {{ id in [7] }} {{ id is in [7] }}",
    ] {
        assert_eq!(mistakes(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_is_not_there_is_told_by_its_name_with_what_is_there() {
    let there = "(there are: cart, id, name, nothing, open, owner, price)";
    for (text, expected) in [
        (
            "\n{{ nam }}",
            format!("line 2: `nam` is undefined: no attribute named \"nam\" is set; did you mean \"name\"? {there}"),
        ),
        (
            "{% for x in orders %}{% endfor %}",
            format!("line 1: `orders` is undefined: no attribute named \"orders\" is set {there}"),
        ),
        ("{% if vip %}{% endif %}", format!("line 1: `vip` is undefined: no attribute named \"vip\" is set {there}")),
    ] {
        assert_eq!(render(&jinja(text)), Err(format!("template jinja(…), {expected}")), "{text}");
    }
    for (text, part) in [
        ("{{ owner.nmae }}", "line 1: `owner.nmae` is undefined"),
        ("{{ cart[7].id }}", "line 1: "),
        ("{{ coupon.code }}", "no attribute named \"coupon\" is set"),
        ("{{ coupon | upper }}", "`coupon` is undefined: no attribute named \"coupon\""),
        ("{{ id + name }}", "line 1: invalid operation: "),
    ] {
        let message = render(&jinja(text)).unwrap_err();
        assert!(message.starts_with("template jinja(…), ") && message.contains(part), "{text}: {message}");
    }
}

#[test]
fn a_template_that_does_too_much_is_stopped() {
    let message =
        render(&jinja("{% for a in range(99999) %}{% for b in range(99999) %}{{ b }}{% endfor %}{% endfor %}"));
    assert_eq!(
        message.unwrap_err(),
        "template jinja(…), line 1: it does too much, such as a loop over very many items"
    );
    let deep = format!("{}x{}", "{% if id %}".repeat(500), "{% endif %}".repeat(500));
    let refused = mistakes(&deep);
    assert!(refused.is_empty() || refused[0].contains("line"), "{refused:?}");
    let endless = render(&jinja("{% for x in cart recursive %}{{ loop(cart) }}{% endfor %}")).unwrap_err();
    assert!(endless.starts_with("template jinja(…), line 1: "), "{endless}");
}

#[test]
fn variables_are_those_that_are_not_its_own() {
    let text = "{% for line in cart %}{{ line.id }}{{ loop.index }}{% endfor %}{% set a = id %}{{ a }}{{ range(2) }}";
    let (compiled, ..) = compiled(&jinja(text), Escape::Nothing);
    let names: Vec<_> = compiled.unwrap().attributes.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(names, ["cart", "id"]);
}

#[test]
fn clones_are_parsed_once() {
    let template = jinja("{{ id }}");
    let clone = template.clone();
    let (first, ..) = compiled(&template, Escape::Nothing);
    let (second, ..) = compiled(&clone, Escape::Nothing);
    assert!(Arc::ptr_eq(&first.unwrap().parsed, &second.unwrap().parsed));
}

mod any_text {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn never_makes_it_panic(text in "[{}%#|.()'\"\\\\ a-z0-9\\n=,-]{0,60}") {
            drop(compiled(&jinja(text), Escape::Json));
        }
    }
}
