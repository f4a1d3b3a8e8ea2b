//! `xpath` and `xpath_ns`.

use super::*;

const ORDER: &str = r#"<?xml version="1.0"?><!DOCTYPE order [<!ENTITY shop "Corner">]>
<order status="open" xmlns:p="urn:price"><!-- a comment --><?note hurry?>
  <item id="1"><name>Apple</name><p:price>1.5</p:price></item>
  <item id="2"><name>Pear <b>green</b></name><p:price>2</p:price></item>
  <shop><![CDATA[<&>]]> &shop;</shop>
</order>"#;

fn found(check: Check) -> Option<Value> {
    saved_from(check, &response(ORDER))
}

#[test]
fn nodes_give_their_text_and_expressions_their_value() {
    assert_eq!(found(xpath("//item/name")), Some("Apple".into()));
    assert_eq!(found(xpath("//item[@id='2']/name")), Some("Pear green".into()));
    assert_eq!(found(xpath("//item/@id").find_all()), Some(vec!["1", "2"].into()));
    assert_eq!(found(xpath("/order/@status")), Some("open".into()));
    assert_eq!(found(xpath("count(//item)")), Some(2.0.into()));
    assert_eq!(found(xpath("sum(//p:price)")), Some(3.5.into()));
    assert_eq!(found(xpath("//item[1]/@id = '1'")), Some(true.into()));
    assert_eq!(found(xpath("string(//item[last()]/@id)")), Some("2".into()));
    assert_eq!(found(xpath("/order/shop/text()")), Some("<&> Corner".into()));
    assert_eq!(found(xpath("/order/comment()")), Some(" a comment ".into()));
    assert_eq!(found(xpath("/order/processing-instruction('note')")), Some("hurry".into()));
    assert_eq!(found(xpath("//b/ancestor::item/preceding-sibling::item/@id")), Some("1".into()));
    assert_eq!(found(xpath("(//item/@id | //name)[3]")), Some("2".into()), "in the order of the document");
    assert_eq!(found(xpath("id('2')/name/b")), Some("green".into()));
    assert_eq!(found(xpath("//item").count()), Some(2.into()));
    assert_eq!(run(&[xpath("//none")], &response(ORDER)).0, Err("xpath //none: nothing found".into()));
    assert_eq!(run(&[xpath("//item[@id='#{five}']").not_exists()], &response(ORDER)).0, Ok(()));
}

#[test]
fn namespaces_are_those_of_the_body_or_of_the_check() {
    assert_eq!(found(xpath("//p:price").find_all()), Some(vec!["1.5", "2"].into()));
    assert_eq!(found(xpath_ns("//x:price", [("x", "urn:price")])), Some("1.5".into()));
    assert_eq!(found(xpath_ns("//p:price", [("p", "urn:other")]).count()), Some(0.into()));
    assert_eq!(found(xpath("//price").count()), Some(0.into()), "it is in a namespace");
    assert_eq!(found(xpath("name(//*[local-name() = 'price'])")), Some("p:price".into()));
    let page = response(r#"<html xmlns="http://www.w3.org/1999/xhtml"><body><h1>Hi</h1></body></html>"#);
    assert_eq!(saved_from(xpath_ns("//h:h1", [("h", "http://www.w3.org/1999/xhtml")]), &page), Some("Hi".into()));
}

#[test]
fn a_body_is_parsed_once_and_one_that_is_no_xml_is_told() {
    let order = response(ORDER);
    assert_eq!(run(&[xpath("//item"), xpath("//name")], &order).0, Ok(()));
    assert_eq!(order.body_reads.get(), 1);
    assert_eq!(run(&[xpath("//a")], &bare()).0, Err("body is not valid XML: it is empty".into()));
    let message = run(&[xpath("//a")], &response("{\"a\": 1}")).0.unwrap_err();
    assert!(message.starts_with("body is not valid XML: "), "{message}");
    assert_eq!(run(&[xpath("//a").optional()], &response("<a>")).0, Ok(()));
    let bomb = (0..9).fold(String::from("<!DOCTYPE a [<!ENTITY e0 'ha'>"), |text, n| {
        text + &format!("<!ENTITY e{} '{}'>", n + 1, format!("&e{n};").repeat(10))
    }) + "]><a>&e9;</a>";
    assert!(run(&[xpath("//a")], &response(&bomb)).0.is_err());
}

#[test]
fn a_document_of_any_depth_is_read_or_refused() {
    let deep = "<a>".repeat(100_000) + &"</a>".repeat(100_000);
    let (outcome, _) = run(&[xpath("//b").count().is(0)], &response(&deep));
    assert!(outcome.is_ok() || outcome.clone().unwrap_err().starts_with("body is not valid XML: "), "{outcome:?}");
}

#[test]
fn mistakes_are_told_before_the_run() {
    for (expression, expected) in [
        ("//item[", "at character 8: "),
        ("nope(//a)", "XPath 1.0 has no function nope(…)"),
        ("//a[x:nope()]", "XPath 1.0 has no function x:nope(…)"),
        ("count()", "the number of arguments of count(…) is 0, it must be 1"),
        ("//a[substring('a')]", "the number of arguments of substring(…) is 1, it must be 2 to 3"),
        ("concat('a')", "the number of arguments of concat(…) is 1, it must be 2 or more"),
        ("//a[@id = $id]", "$id is a variable, which is not supported; write #{…}"),
    ] {
        let found = mistakes(xpath(expression));
        assert_eq!(found.len(), 1, "{expression}: {found:?}");
        assert!(found[0].starts_with(&format!("XPath \"{expression}\": {expected}")), "{found:?}");
    }
    let found = mistakes(xpath_ns("//a", [("", "urn:a")]));
    assert_eq!(found, ["the namespace (\"\", \"urn:a\") of an XPath lacks its prefix or its URI; write both"]);
}

#[test]
fn a_document_is_read_in_the_encoding_that_it_declares() {
    let mut document = response("");
    document.body = b"<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xfc'>caf\xe9</a>".to_vec();
    assert_eq!(run(&[xpath("/a").is("café"), xpath("/a/@b").is("ü")], &document).0, Ok(()));
    let text = "<?xml version='1.0' encoding='UTF-16'?><a>é</a>";
    document.body = [0xfe, 0xff].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    assert_eq!(run(&[xpath("/a").is("é")], &document).0, Ok(()));
}
