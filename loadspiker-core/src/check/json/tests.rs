//! Whatever is left out of a body, the checks find what they would find in all of it.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::body::read;
use super::outline;
use super::parts::JsonParts;
use crate::check::jmes::JmesPath;
use crate::check::pattern::FromPattern;
use serde_json_path::JsonPath;

fn outline(path: &str) -> JsonParts {
    outline::outline(path).0
}

fn parts_of(text: &str, parts: &JsonParts) -> Json {
    read(text.as_bytes(), parts).unwrap_or_else(|error| panic!("{text}: {error}"))
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
    for whole in ["$", "$..c", "$ .a", "$['a', 'g']", "$.g[?@.c == $.a.e]", "$[?@]"] {
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
    let failure = |text: &[u8]| read(text, &outline("$.a")).unwrap_err().to_string();
    assert_eq!(failure(br#"{"a": 1, "b": tru}"#), "body is no JSON: expected ident at line 1 column 18");
    assert_eq!(failure(br#"{"a": 1} {"#), "body is no JSON: trailing characters at line 1 column 10");
    assert_eq!(failure(b"{\"b\": \"\xff\"}"), "body is no JSON: it is not UTF-8");
    assert_eq!(failure(br#"{"a": 1, "b": [1, 2}"#), "body is no JSON: expected `,` or `]` at line 1 column 20");
}

#[test]
fn of_fields_with_the_same_name_the_last_counts() {
    assert_eq!(parts_of(r#"{"a": {"b": 1}, "a": {"b": 2}, "a": {"c": 3}}"#, &outline("$.a.b")), json!({"a": {}}));
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
        let paths: Vec<_> = paths.iter().filter_map(|text| Some((text, JsonPath::parse(text).ok()?))).collect();
        let parts = paths.iter().map(|(text, _)| outline(text)).fold(JsonParts::kind(), JsonParts::and);
        let pruned = parts_of(&document.to_string(), &parts);
        for (text, path) in paths {
            let all = path.query(&document).all();
            prop_assert_eq!(&path.query(&pruned).all(), &all, "{} in {}", text, pruned);
            if let Some(walk) = outline::outline(text).1 {
                let mut found = Vec::new();
                walk.through(&pruned, |json| {
                    found.push(json);
                    found.len() < 3
                });
                prop_assert_eq!(&found[..], &all[..all.len().min(3)], "{} walked in {}", text, pruned);
            }
        }
    }

    #[test]
    fn jmes_paths_find_the_same(document in document(), texts in prop::collection::vec(jmes_path(), 1..4)) {
        let paths: Vec<_> = texts.iter().filter_map(|text| JmesPath::from_pattern(text).ok()).collect();
        let parts = paths.iter().map(JmesPath::json_parts).fold(JsonParts::kind(), JsonParts::and);
        let pruned = parts_of(&document.to_string(), &parts);
        for path in paths {
            prop_assert_eq!(path.find(&pruned), path.find(&document), "{:?} in {}", texts, pruned);
        }
    }
}
