//! Values of the session in every place of a request: none of them breaks out of its place.

use loadspiker_core::Session;
use loadspiker_core::dsl::{Chain, Steps, exec_fn};
use loadspiker_http::http;
use serde_json::json;

use crate::support::*;

/// What an attacker, or an unlucky user, may be called.
const EVIL: &str = "a/../b?c=d&e#f \"g\"\\<h>&amp;'\u{1}\tü";

fn evil() -> Chain {
    exec_fn(|session| {
        session.set("evil", EVIL)?;
        session.set("line", "x\r\nx-injected: 1")?;
        session.set("list", vec![1, 2])?;
        session.set("none", None::<i64>)?;
        Ok(())
    })
}

/// What the server got of the only request.
fn sent(request: loadspiker_http::HttpRequest) -> Seen {
    let server = Server::ok();
    let report = run(server.protocol(), evil().exec(request));
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    server.only()
}

/// The parameters of a query or a form, decoded.
fn decoded(encoded: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect()
}

#[test]
fn in_a_path_it_is_one_segment() {
    let seen = sent(http("n").get("/products/#{evil}/parts"));
    let segments: Vec<&str> = seen.path().split('/').collect();
    let ["", "products", value, "parts"] = segments[..] else { panic!("{segments:?}") };
    assert_eq!(percent_encoding::percent_decode_str(value).decode_utf8().unwrap(), EVIL);
    assert_eq!(sent(http("n").get("/files/#{evil.raw()}")).path(), "/files/a/../b?c=d&e");
}

#[test]
fn in_a_query_it_is_one_parameter_however_it_is_put_there() {
    let written = sent(http("n").get("/x?first=1&q=#{evil}&#{evil}=2"));
    let built = sent(http("n").get("/x?first=1").query("q", "#{evil}").query("#{evil}", 2));
    for seen in [written, built] {
        let (_, query) = seen.path().split_once('?').unwrap();
        let expected = [("first", "1"), ("q", EVIL), (EVIL, "2")].map(|(name, value)| (name.into(), value.into()));
        assert_eq!(decoded(query), expected);
    }
    assert_eq!(sent(http("n").get("/x?#{list.jsonStringify()}")).path(), "/x?[1,2]");
    assert_eq!(sent(http("n").get("/x?ids=#{list}")).path(), "/x?ids=%5B1%2C2%5D");
}

#[test]
fn in_json_it_is_one_text_in_whatever_way_the_body_is_written() {
    let expected = json!({ "name": EVIL, "said": format!("<{EVIL}>"), "list": [1, 2], "none": null });
    let written = r##"{"name": "#{evil}", "said": "<#{evil}>", "list": #{list}, "none": #{none}}"##;
    let folder = Folder::new();
    for request in [
        http("n")
            .post("/")
            .json(json!({ "name": "#{evil}", "said": "<#{evil}>", "list": "#{list}", "none": "#{none}" })),
        http("n").post("/").header("content-type", "application/json").body(written),
        http("n").post("/").header("Content-Type", "application/problem+JSON; charset=utf-8").body(written),
        http("n").post("/").body_template(folder.write("body.json", written)),
    ] {
        let seen = sent(request);
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&seen.body).unwrap(), expected, "{}", seen.text());
    }
    let key = sent(http("n").post("/").json(json!({ "#{evil}": "#{evil}", "\\#{x}": 1 })));
    assert_eq!(serde_json::from_slice::<serde_json::Value>(&key.body).unwrap(), json!({ EVIL: EVIL, "#{x}": 1 }));
    let plain = sent(http("n").post("/").body("\"#{evil}\""));
    assert_eq!(plain.text(), format!("\"{EVIL}\""), "nobody said that it is JSON");
}

#[test]
fn in_xml_it_is_escaped_where_that_is_asked_for() {
    let seen = sent(http("n").post("/").body("<a b='#{evil.htmlEscape()}'>#{list}</a>"));
    let escaped = "a/../b?c=d&amp;e#f &quot;g&quot;\\&lt;h&gt;&amp;amp;&#39;\u{1}\tü";
    assert_eq!(seen.text(), format!("<a b='{escaped}'>[1,2]</a>"));
}

#[test]
fn in_a_form_it_is_one_field() {
    let seen = sent(http("n").post("/").form_param("#{evil}", "#{evil}").form(json!({ "more": "#{evil}" })));
    assert_eq!(decoded(seen.text()), [("more", EVIL), (EVIL, EVIL)].map(|(name, value)| (name.into(), value.into())));
}

#[test]
fn a_line_break_in_a_header_is_a_failure_and_sends_nothing() {
    let server = Server::ok();
    let n = || http("n").get("/");
    let chain = evil()
        .exec(n().header("x-a", "#{line}"))
        .exec(n().header("x-a", |session: &Session| session.get_str("line").map(str::to_owned)))
        .exec(n().bearer("#{line}"))
        .exec(n().api_key("x-key", "#{line}"))
        .exec(http("n").method("GET", "/").header("cookie", "a=#{line}"));
    let report = run(server.protocol(), chain);
    assert_eq!(report.request("n").unwrap().failed_count(), 5);
    assert!(server.seen().is_empty());
    for (error, _) in report.request("n").unwrap().errors() {
        assert!(error.contains("its value has a line break or a control character"), "{error}");
        assert!(!error.contains("injected"), "{error}");
    }
    // In all other places a line break is encoded.
    let seen = sent(
        http("n")
            .post("/#{line}?q=#{line}")
            .query("r", "#{line}")
            .basic_auth("#{line}", "x")
            .form_param("a", "#{line}"),
    );
    assert_eq!(seen.header("x-injected"), None);
    assert!(seen.path().starts_with("/x%0D%0Ax-injected%3A%201?q=x%0D%0A"), "{}", seen.path());
}

#[test]
fn in_a_part_of_several_it_stays_within_its_part() {
    let seen = sent(http("n").post("/").multipart_text("na\"me#{line}", "#{line}"));
    let text = seen.text();
    assert_eq!(text.matches("content-disposition").count(), 1);
    assert!(text.contains("name=\"na%22mex%0D%0Ax-injected: 1\""), "{text}");
}

#[test]
fn a_missing_attribute_is_told_with_those_that_are_there_under_the_request_that_needs_it() {
    let server = Server::ok();
    let requests = [
        http("url").get("/#{evi}"),
        http("query").get("/").query("q", "#{evi}"),
        http("header").get("/").header("x", "#{evi}"),
        http("body").post("/").body("#{evi}"),
        http("json").post("/").json(json!({ "a": "<#{evi}>" })),
        http("form").post("/").form_param("a", "#{evi}"),
        http("part").post("/").multipart_text("a", "#{evi}"),
        http("file").post("/").body_file("#{evi}"),
        http("download").get("/").download_to("#{evi}"),
    ];
    let report = run(server.protocol(), requests.iter().cloned().fold(evil(), Steps::exec));
    let message = "no attribute named \"evi\" is set; did you mean \"evil\"? (there are: evil, line, list, none)";
    for name in ["url", "query", "header", "body", "json", "form", "part", "file", "download"] {
        assert_eq!(report.request(name).unwrap().errors(), [(message, 1)], "{name}");
    }
    assert!(server.seen().is_empty());
}
