//! No parser of patterns or bodies panics, whatever it gets; and what parses can be searched with.

use proptest::prelude::*;

use super::*;

/// Makes a check of a pattern and runs it over a body.
fn survives(check: impl Fn(&str) -> Check, pattern: &str, body: &str) {
    // Sharps would be expressions.
    let pattern = pattern.replace('#', "");
    let (set, mut session, _) = compile_in_test(|cx| CheckSet::compile(&[check(&pattern).find_all()], cx));
    let _ = set.run(&response(body), &mut session);
}

/// Texts made of the pieces that a language is made of, with any text between.
fn language(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece = prop_oneof![4 => proptest::sample::select(pieces).prop_map(str::to_owned), 1 => "\\PC{0,3}"];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

const JMES: &[&str] = &[
    "a",
    "tags",
    "items",
    ".",
    "[",
    "]",
    "[*]",
    "[]",
    "[?",
    "`1`",
    "'x'",
    "\"a\"",
    "(",
    ")",
    "{",
    "}",
    ":",
    ",",
    "&",
    "&&",
    "|",
    "||",
    "!",
    "@",
    "-1",
    "99999999999",
    "::",
    "==",
    "<",
    "sort_by(",
    "length(",
    "to_number(",
    "sum(",
    "reverse(",
    "join(",
    "map(",
    "ceil(",
    "avg(",
    "-2147483648",
];
const JSONPATH: &[&str] = &[
    "$",
    ".a",
    "..",
    "[*]",
    "[",
    "]",
    "?",
    "@",
    "'a'",
    "(",
    ")",
    "&&",
    "||",
    "!",
    "==",
    "1",
    "-1",
    ":",
    ",",
    "match(",
    "length(",
    "99999999999999999999",
    ".tags",
    "\"",
];
#[cfg(feature = "html")]
const CSS: &[&str] = &[
    "li",
    ".a",
    "#",
    "[",
    "]",
    "=",
    "\"x\"",
    ">",
    "+",
    "~",
    "*",
    ":not(",
    ":is(",
    ":has(",
    ":nth-child(",
    "2n+1",
    ")",
    ",",
    " ",
    "::",
    "\\",
    "|",
    "@",
    "{",
    "}",
    "/*",
];
#[cfg(feature = "xpath")]
const XPATH: &[&str] = &[
    "/",
    "//",
    "item",
    "@id",
    "*",
    "[",
    "]",
    "1",
    "last()",
    "(",
    ")",
    "'x'",
    "=",
    "|",
    "-",
    "..",
    ".",
    "::",
    "ancestor",
    "$v",
    "and",
    "or",
    "div",
    "mod",
    "text()",
    "count(",
    "substring(",
    ",",
    "p:",
    "id(",
    "namespace::",
    "1.2.3",
    "translate(",
];
const BODIES: &[&str] = &[
    SHOP,
    "[]",
    "[[1, 2.5, 1e308, 1e308], {\"a\": [null, \"ä\"]}]",
    "",
    "<order xmlns:p='urn:p'><item id='1' p:x='2'>a<!--c--><?pi x?></item></order>",
    "<ul><li class=a>x<form><input name=a></form>",
];

proptest! {
    #[test]
    fn jmes_paths(pattern in prop_oneof![language(JMES), "\\PC{0,40}"], body in proptest::sample::select(BODIES)) {
        survives(|pattern| jmes_path(pattern), &pattern, body);
    }

    #[test]
    fn json_paths(pattern in prop_oneof![language(JSONPATH), "\\PC{0,40}"], body in proptest::sample::select(BODIES)) {
        survives(|pattern| json_path(pattern), &pattern, body);
    }

    #[cfg(feature = "html")]
    #[test]
    fn selectors(pattern in prop_oneof![language(CSS), "\\PC{0,40}"], body in proptest::sample::select(BODIES)) {
        survives(|pattern| css(pattern), &pattern, body);
        survives(|pattern| css_attr("*", pattern), &pattern, body);
    }

    #[cfg(feature = "html")]
    #[test]
    fn pages(body in prop_oneof![language(&["<", ">", "<form>", "<input name=a", "<select name=b>", "<option>", "</", "&amp"]), "\\PC{0,80}"]) {
        survives(|pattern| form(pattern), "form", &body);
    }

    #[cfg(feature = "xpath")]
    #[test]
    fn xpaths(pattern in prop_oneof![language(XPATH), "\\PC{0,40}"], body in proptest::sample::select(BODIES)) {
        survives(|pattern| xpath(pattern), &pattern, body);
    }

    #[cfg(feature = "xpath")]
    #[test]
    fn documents(body in prop_oneof![language(&["<a>", "</a>", "<a b='", "'", "<!DOCTYPE a [", "<!ENTITY e 'x'>", "]>", "&e;", "<![CDATA["]), "\\PC{0,80}"]) {
        survives(|pattern| xpath(pattern), "//a/@*", &body);
    }
}

/// As deep as is allowed, and a little more.
#[test]
fn patterns_that_nest_deep_are_parsed_or_refused() {
    let deep = |open: &str, inner: &str, close: &str| {
        for n in [10, 49, 50, 51, 100_000] {
            let pattern = open.repeat(n) + inner + &close.repeat(n);
            for check in [jmes_path as fn(String) -> Check, json_path] {
                survives(|pattern| check(pattern.to_owned()), &pattern, SHOP);
            }
            #[cfg(feature = "xpath")]
            survives(|pattern| xpath(pattern), &pattern, "<a/>");
            #[cfg(feature = "html")]
            survives(|pattern| css(pattern), &pattern, "<a>");
        }
    };
    deep("(", "a", ")");
    deep("[", "0", "]");
    deep("a[", "0", "]");
    deep("!", "a", "");
    deep("-", "1", "");
    deep("a.", "a", "");
    deep("a|", "a", "");
    deep("a/", "a", "");
    deep(":not(", "a", ")");
    deep("a ", "a", "");
    let filters = |n| "$[?".repeat(n) + "@.a" + &"]".repeat(n);
    assert_eq!(mistakes(json_path(filters(50))), Vec::<String>::new());
    assert!(mistakes(json_path(filters(51)))[0].ends_with("brackets are nested more than 50 deep"));
}
