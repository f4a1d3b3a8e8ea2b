//! `css`, `css_attr` and `form`.

use super::*;

const PAGE: &str = r##"<!DOCTYPE html>
<html><body>
  <h1>
     Welcome, <b>Ann</b>
  </h1>
  <ul class=products><li data-id=1>Apple<li data-id=2>Pear<li>Plum</ul>
  <a href="/next?a=1&amp;b=2">next</a>
  <form id=order action=/order>
    <input type=hidden name=csrf value="x&amp;y">
    <input name=amount value=2><input name=unset><input value=nameless>
    <input type=checkbox name=gift checked><input type=checkbox name=wrap value=yes>
    <input type=checkbox name=extra value=a checked><input type=checkbox name=extra value=b checked>
    <input type=radio name=size value=s><input type=radio name=size value=m checked>
    <input name=off value=1 disabled><input type=submit name=go value=Go><button name=press value=1>x</button>
    <input type=file name=photo><input type=IMAGE name=picture>
    <select name=colour><option value=r>Red<option selected value=b>Blue</select>
    <select name=first><option disabled>no<option> The  first </option><option>second</select>
    <select name=many multiple><option selected>a<option>b<option selected>c</select>
    <select name=none multiple><option>a</select>
    <textarea name=note>
line 1
line 2</textarea>
    <fieldset disabled><legend><input name=in_legend value=1></legend><input name=in_set value=1></fieldset>
    <datalist><input name=in_list value=1></datalist>
    <input name=alien value=1 form=other>
  </form>
  <input name=outside value=1 form=order>
  <form class=empty></form>
</body></html>"##;

fn found(check: Check) -> Option<Value> {
    saved_from(check, &response(PAGE))
}

#[test]
fn the_text_of_elements_is_found() {
    assert_eq!(found(css("h1")), Some("Welcome, Ann".into()));
    assert_eq!(found(css("ul.products > li").find_all()), Some(vec!["Apple", "Pear", "Plum"].into()));
    assert_eq!(found(css("li").find_nth(1)), Some("Pear".into()));
    assert_eq!(found(css("li").count()), Some(3.into()));
    assert_eq!(found(css("li:nth-child(#{five})").with_default("none")), Some("none".into()));
    assert_eq!(run(&[css("h2")], &response(PAGE)).0, Err("css h2: nothing found".into()));
    assert_eq!(run(&[css("h1").is("x")], &response(PAGE)).0, Err("css h1: \"Welcome, Ann\" is not \"x\"".into()));
}

#[test]
fn attributes_are_found_where_they_are() {
    assert_eq!(found(css_attr("a", "href")), Some("/next?a=1&b=2".into()));
    assert_eq!(found(css_attr("li", "data-id").find_all()), Some(vec!["1", "2"].into()));
    assert_eq!(run(&[css_attr("li", "href")], &response(PAGE)).0, Err("css_attr li href: nothing found".into()));
}

#[test]
fn a_form_is_what_a_browser_would_send() {
    let expected = serde_json::json!({
        "csrf": "x&y", "amount": "2", "unset": "", "gift": "on", "extra": ["a", "b"], "size": "m", "colour": "b",
        "first": "The first", "many": ["a", "c"], "note": "line 1\r\nline 2", "in_legend": "1", "outside": "1",
    });
    assert_eq!(found(form("#order")), Some(expected.into()));
    assert_eq!(found(form("form").find_nth(1)), Some(serde_json::json!({}).into()));
    assert_eq!(found(form("form, h1").count()), Some(2.into()), "a heading is no form");
}

#[test]
fn a_page_is_parsed_once() {
    let page = response(PAGE);
    assert_eq!(run(&[css("h1"), css_attr("a", "href"), form("form"), regex("Ann")], &page).0, Ok(()));
    assert_eq!(page.body_reads.get(), 1);
}

#[test]
fn a_body_that_is_none_is_told() {
    assert_eq!(run(&[css("h1")], &bare()).0, Err("body is not valid HTML: it is empty".into()));
    let binary = Fake { body: vec![0xff, 0xfe], ..response("") };
    assert_eq!(run(&[css("h1")], &binary).0, Err("body is not valid text: it is not UTF-8".into()));
    assert_eq!(run(&[css("h1").optional()], &binary).0, Ok(()));
}

#[test]
fn a_deep_page_is_read() {
    let deep = "<div>".repeat(3000) + "<p name=x>deep</p>";
    assert_eq!(run(&[css("p").is("deep"), form("form").count().is(0)], &response(&deep)).0, Ok(()));
}

#[test]
fn mistakes_are_told_before_the_run() {
    for check in [css("li["), css_attr("::", "href"), form(""), css("a:nope(b)")] {
        let found = mistakes(check);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("CSS selector \""), "{found:?}");
    }
    for (selector, why) in [
        (" ", "it is empty; name elements, such as h1 or ul.products > li"),
        ("h1[", "it ends too early; is a bracket not closed?"),
        (
            "h1:nope",
            "it has a part that is unknown or out of place; there are elements, .classes, #ids, [attributes], and",
        ),
    ] {
        let found = mistakes(css(selector));
        assert!(found[0].starts_with(&format!("CSS selector \"{selector}\": {why}")), "{found:?}");
    }
    assert_eq!(mistakes(css_attr("a", "")), ["\"\" is not a valid attribute name; write one such as href"]);
}

#[test]
fn a_page_is_read_in_the_encoding_that_it_declares() {
    let mut page = response("");
    page.body = b"<html><head><meta charset=iso-8859-1></head><h1>caf\xe9</h1><a title='\xfc'>x</a>".to_vec();
    assert_eq!(run(&[css("h1").is("café"), css_attr("a", "title").is("ü")], &page).0, Ok(()));
}
