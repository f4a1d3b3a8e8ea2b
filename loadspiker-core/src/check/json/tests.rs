//! Whatever is left out of a body, the checks find what they would find in all of it.

use bumpalo::Bump;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::parts::JsonParts;
use super::path::JsonPath;
use super::read::{read, tree};
use super::tree::JsonTree;
use crate::check::jmes::JmesPath;
use crate::check::pattern::FromPattern;
use crate::value::Value;

fn outline(path: &str) -> JsonParts {
    JsonPath::from_pattern(path).unwrap_or_else(|why| panic!("{path}: {why}")).json_parts().clone()
}

fn read_parts<'b>(text: &'b str, parts: &JsonParts, arena: &'b Bump) -> &'b JsonTree<'b> {
    read(Ok(text), parts, arena).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn parts_of(text: &str, parts: &JsonParts) -> Json {
    as_json(read_parts(text, parts, &Bump::new()))
}

fn as_json(tree: &JsonTree<'_>) -> Json {
    Value::from(tree).to_json()
}

#[test]
fn only_what_a_path_looks_at_is_built() {
    let text = r#"{"a": {"b": [1, {"c": 2, "d": 3}, 4], "e": 5}, "f": "six", "g": [{"c": 7, "h": 8}]}"#;
    let built = |path: &str| parts_of(text, &outline(path));
    assert_eq!(built("$.a.e"), json!({"a": {"e": 5}}));
    assert_eq!(built("$['a'][\"b\"][1].c"), json!({"a": {"b": [null, {"c": 2}]}}));
    assert_eq!(built("$.a.b[-1]"), json!({"a": {"b": [1, {"c": 2, "d": 3}, 4]}}));
    assert_eq!(built("$.g[*].c"), json!({"g": [{"c": 7}]}));
    assert_eq!(built("$.*[0:1].h"), json!({"a": {}, "f": "six", "g": [{"h": 8}]}));
    assert_eq!(built("$.g[?@.c > 1].h"), json!({"g": [{"c": 7, "h": 8}]}));
    assert_eq!(built("$.g[?@.h == ']'].h"), json!({"g": [{"h": 8}]}));
    assert_eq!(built("$.none.at.all"), json!({}));
    assert_eq!(built("$.f.b[2]"), json!({"f": "six"}));
    assert_eq!(built("$ ['a', 'none'] .e"), json!({"a": {"e": 5}}));
    assert_eq!(built("$.g[?@.c == $.a.e].h"), json!({"a": {"e": 5}, "g": [{"c": 7, "h": 8}]}));
    assert_eq!(built("$[?length(@.b) == 3].e"), json!({"a": {"b": [1, {}, 4], "e": 5}, "f": "six", "g": []}));
    assert_eq!(built("$.g[?@.c].h"), json!({"g": [{"c": 7, "h": 8}]}));
    for whole in ["$", "$..c", "$[?@]"] {
        assert_eq!(built(whole), serde_json::from_str::<Json>(text).unwrap(), "{whole}");
    }
    assert_eq!(built("$.g..c"), json!({"g": [{"c": 7, "h": 8}]}));
}

#[test]
fn checks_share_what_they_look_at() {
    let text = r#"{"items": [{"id": 1, "name": "a"}, {"id": 2, "name": "b"}, 3], "token": "t", "more": {}}"#;
    let paths = ["$.items[*].id", "$.items[1].name", "$.token"].map(outline);
    let parts = paths.into_iter().reduce(JsonParts::and).unwrap();
    assert_eq!(parts_of(text, &parts), json!({"items": [{"id": 1}, {"id": 2, "name": "b"}, 3], "token": "t"}));
}

#[test]
fn what_nobody_looks_at_must_be_json_nevertheless() {
    let failure = |text: &[u8]| {
        let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8".to_owned());
        read(text, &outline("$.a"), &Bump::new()).unwrap_err().to_string()
    };
    assert_eq!(failure(br#"{"a": 1, "b": tru}"#), "body is not valid JSON: expected ident at line 1 column 18");
    assert_eq!(failure(br#"{"a": 1} {"#), "body is not valid JSON: trailing characters at line 1 column 10");
    assert_eq!(failure(b"{\"b\": \"\xff\"}"), "body is not valid JSON: it is not UTF-8");
    assert_eq!(failure(br#"{"a": 1, "b": [1, 2}"#), "body is not valid JSON: expected `,` or `]` at line 1 column 20");
}

#[test]
fn of_fields_with_the_same_name_the_last_counts() {
    assert_eq!(parts_of(r#"{"a": {"b": 1}, "a": {"b": 2}, "a": {"c": 3}}"#, &outline("$.a.b")), json!({"a": {}}));
    let many: String = (0..20).map(|n| format!(r#""{}": {n}, "#, n % 10)).collect();
    for (text, expected) in [
        (r#"{"b": 1, "a": 2, "b": 3, "c": 4}"#.to_owned(), vec![("b", 3), ("a", 2), ("c", 4)]),
        (
            format!(r#"{{{many} "x": 20}}"#),
            ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "x"].into_iter().zip(10..).collect(),
        ),
    ] {
        let arena = Bump::new();
        let JsonTree::Object(fields) = read_parts(&text, &JsonParts::whole(), &arena) else { panic!("{text}") };
        let expected: Vec<_> = expected.into_iter().map(|(name, n)| (name, JsonTree::Int(n))).collect();
        assert_eq!(fields.iter().map(|(name, tree)| (name, *tree)).collect::<Vec<_>>(), expected, "{text}");
    }
}

#[test]
fn objects_are_equal_whatever_the_order_of_their_fields() {
    let arena = Bump::new();
    let [one, other, more, third] =
        [r#"{"a": 1, "b": 2}"#, r#"{"b": 2.0, "a": 1}"#, r#"{"a": 1, "b": 2, "c": 3}"#, r#"{"a": 1, "c": 2}"#]
            .map(|text| read_parts(text, &JsonParts::whole(), &arena));
    assert_eq!(one, other);
    assert_ne!(one, more);
    assert_ne!(more, one);
    assert_ne!(one, third);
}

#[test]
fn mistakes_in_a_path_are_shown_where_they_are() {
    for (path, expected) in [
        ("", "at character 1: a path begins with $"),
        ("$.ä[", "at character 5: 'name', *, a number, a slice or ?filter is expected here, not the end"),
        ("$.a b", "at character 4: unexpected ' ' in the path; expected .name, ..name or […]"),
        ("$.a.", "at character 5: a name or * is expected after the dot, not the end; other names are written ['…']"),
        ("$.1", "at character 3: a name or * is expected after the dot, not '1'; other names are written ['…']"),
        ("$.user-id", "at character 7: unexpected '-' in the path; expected .name, ..name or […]"),
        ("$[a]", "at character 3: 'name', *, a number, a slice or ?filter is expected here, not 'a'"),
        ("$['a'", "at character 6: ] is expected here, or a comma, not the end"),
        ("$['a]", "at character 3: the ' here is not closed"),
        ("$['a\\q']", "at character 5: \\q is not a valid escape; \\\\ is a backslash"),
        ("$['\n']", "at character 4: '\\n' must be escaped in a text"),
        ("$[01]", "at character 3: 01 is not a valid integer; write it as 0, 1, -1 and so on"),
        ("$[9007199254740992]", "at character 3: 9007199254740992 is not between -(2^53 - 1) and 2^53 - 1"),
        ("$[?@.a = 1]", "at character 8: ] is expected here, or a comma, not '='"),
        ("$[?(@.a]", "at character 8: ) is expected here, which closes the parenthesis, not ']'"),
        ("$[?1]", "at character 4: this is a value, not a condition; compare it: == …"),
        ("$[?@.a == 01]", "at character 11: 01 is not a valid JSON number"),
        (
            "$[?@.a == 18446744073709551616]",
            "at character 11: 18446744073709551616 has more than 64 bits, so nothing can be compared with it exactly",
        ),
        ("$[?@.* == 1]", "at character 4: this path may lead to several nodes, which cannot be compared"),
        ("$[?match(@, 'a') == 1]", "at character 4: this is true or false by itself and cannot be compared"),
        ("$[?match(@, '(')]", "at character 13: \"(\" is not a valid regular expression"),
        ("$[?match(@)]", "at character 4: match(…) takes 2 arguments, not 1"),
        ("$[?length(@, 1) == 1]", "at character 4: length(…) takes 1 argument, not 2"),
        ("$[?count(1) == 1]", "at character 10: count(…) takes a path, as count(@.items)"),
        (
            "$[?nope(@.a)]",
            "at character 4: unknown function nope(…); known functions: length(…), count(…), value(…), match(…), search(…)",
        ),
        (
            "$[?a == 1]",
            "at character 4: @, $, a number, a text, true, false, null or a function is expected here, not 'a'",
        ),
    ] {
        assert_eq!(JsonPath::from_pattern(path).err().as_deref(), Some(expected), "{path}");
    }
}

#[test]
fn a_tree_says_what_the_text_says() {
    let text = r#"{"b": [null, true, -1, 2.5, 1e2, 9223372036854775807], "a": {"ä\n": "\u00e4\n", "": ""}, "b2": []}"#;
    assert_eq!(parts_of(text, &JsonParts::whole()), serde_json::from_str::<Json>(text).unwrap());
    assert_eq!(parts_of("18446744073709551615", &JsonParts::whole()), json!(u64::MAX));
}

#[test]
fn numbers_of_any_precision_are_numbers() {
    // So they come where `serde_json/arbitrary_precision` is on.
    let number = |text: &'static str| {
        let fields = [("$serde_json::private::Number", text)];
        let from = serde::de::value::MapDeserializer::<_, serde::de::value::Error>::new(fields.into_iter());
        tree(from, &JsonParts::whole(), &Bump::new()).map(|(tree, _)| as_json(tree)).map_err(|error| error.to_string())
    };
    assert_eq!(number("12"), Ok(json!(12)));
    assert_eq!(number("1.5e3"), Ok(json!(1500.0)));
    assert_eq!(number("18446744073709551615"), Ok(json!(u64::MAX)));
    assert!(number("18446744073709551616").unwrap_err().contains("has more than 64 bits"));
    assert_eq!(number("x").unwrap_err(), "x is not a number");
}

fn document() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        (-2..4).prop_map(Json::from),
        prop::sample::select(vec!["", "a", "\"\\\u{e4}"]).prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec(("[abc]", inner), 0..4).prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

fn json_path() -> impl Strategy<Value = String> {
    let segments = vec![
        ".a",
        ".b",
        ".c",
        "['a']",
        "[\"b\"]",
        "['a','b']",
        "[0]",
        "[1]",
        "[0,2]",
        "[-1]",
        "[1:]",
        "[::-1]",
        "[*]",
        ".*",
        "..a",
        "..*",
        "[?@.a]",
        "[?@.a.b]",
        "[?@.b == 1]",
        "[?@ > 1]",
        "[?@[0]]",
        "[?!@.c && @.a != 'a']",
        "[?@.a == $.a]",
        "[?length(@.a) == 1]",
        "[?count(@.*) > 1].b",
        " .a",
    ];
    prop::collection::vec(prop::sample::select(segments), 0..5).prop_map(|segments| format!("${}", segments.concat()))
}

fn jmes_path() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec!["a", "b", "c", "@", "[0]", "[-1]", "*", "[*]", "[]", "[1:]", "`1`"]);
    leaf.prop_map(str::to_owned).prop_recursive(4, 12, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        let forms = prop::sample::select(vec![
            "L.R",
            "L | R",
            "L[0]",
            "L[-1].R",
            "L[*].R",
            "L[].R",
            "L.*.R",
            "L[::-1]",
            "L || R",
            "L && R",
            "!L",
            "L == R",
            "L < R",
            "L[?R]",
            "[?L].R",
            "[L, R]",
            "{a: L, b: R}",
            "length(L)",
            "type(L)",
            "not_null(L, R)",
            "keys(L)",
            "sort_by(L, &R)",
            "max_by(L, &R).a",
            "(L)",
            "map(&L, R)",
        ]);
        (forms, pair).prop_map(|(form, (left, right))| form.replace('L', &left).replace('R', &right))
    })
}

proptest! {
    #[test]
    fn json_paths_find_the_same(document in document(), paths in prop::collection::vec(json_path(), 1..4)) {
        let oracles: Vec<_> = paths.iter().filter_map(|text| serde_json_path::JsonPath::parse(text).ok()).collect();
        let parsed: Vec<_> = paths.iter().filter_map(|text| JsonPath::from_pattern(text).ok()).collect();
        prop_assert_eq!(oracles.len(), parsed.len(), "{:?}", paths);
        let parts = parsed.iter().map(|path| path.json_parts().clone()).fold(JsonParts::kind(), JsonParts::and);
        let text = document.to_string();
        let arena = Bump::new();
        let pruned = read_parts(&text, &parts, &arena);
        for (path, oracle) in parsed.iter().zip(oracles) {
            let all: Vec<Json> = oracle.query(&document).all().into_iter().cloned().collect();
            for wanted in [3, usize::MAX] {
                let mut found = Vec::new();
                path.through(pruned, &arena, &mut |node| {
                    found.push(as_json(node));
                    found.len() < wanted
                });
                prop_assert_eq!(&found[..], &all[..all.len().min(wanted)], "{:?} in {:?}", paths, pruned);
            }
        }
    }

    #[test]
    fn jmes_paths_find_the_same(document in document(), texts in prop::collection::vec(jmes_path(), 1..4)) {
        let paths: Vec<_> = texts.iter().filter_map(|text| JmesPath::from_pattern(text).ok()).collect();
        let parts = paths.iter().map(JmesPath::json_parts).fold(JsonParts::kind(), JsonParts::and);
        let text = document.to_string();
        let arena = Bump::new();
        let (pruned, whole) = (read_parts(&text, &parts, &arena), read_parts(&text, &JsonParts::whole(), &arena));
        for path in &paths {
            let found = path.search(pruned, &arena);
            prop_assert_eq!(found, path.search(whole, &arena), "{:?} in {:?}", texts, pruned);
        }
    }
}
