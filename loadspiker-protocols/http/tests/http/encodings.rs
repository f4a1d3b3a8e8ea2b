//! Texts that are not UTF-8: bodies, headers, cookies, locations.

use loadspiker_core::check::{
    body_bytes, body_length, body_string, header, header_regex, jmes_path, json_path, regex, substring,
};
use loadspiker_core::dsl::{Steps, exec, exec_async};
use loadspiker_http::{UserHttp, cookie, http};

use crate::support::*;

/// A response of bytes, with these lines in its head.
fn bytes(lines: &[&[u8]], body: &[u8]) -> Reply {
    let mut response = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n", body.len()).into_bytes();
    for line in lines {
        response.extend_from_slice(line);
        response.extend_from_slice(b"\r\n");
    }
    response.extend_from_slice(b"\r\n");
    response.extend_from_slice(body);
    Reply::Answer(response)
}

fn utf_16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn every_check_on_text_reads_the_body_in_the_charset_that_is_declared() {
    let server = Server::start(|seen| match seen.path() {
        "/latin" => bytes(&[b"content-type: text/plain; charset=ISO-8859-1"], b"price: 5\xa0\xa3, caf\xe9"),
        "/json" => bytes(&[b"content-type: application/json; charset=\"iso-8859-1\""], b"{\"name\": \"J\xfcrgen\"}"),
        "/utf16" => bytes(&[b"Content-Type: application/json; charset=utf-16"], &utf_16("{\"name\": \"日本\"}")),
        "/xml" => bytes(&[b"content-type: text/xml"], b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>"),
        "/html" => bytes(&[b"content-type: text/html"], b"<meta charset='windows-1252'><h1>\x80 5</h1>"),
        _ => bytes(&[b"content-type: application/json"], b"\xef\xbb\xbf{\"name\": \"x\"}"),
    });
    let chain = exec(
        http("latin")
            .get("/latin")
            .check(body_string().is("price: 5\u{a0}£, café"))
            .check(substring("café"))
            .check(regex("caf(.)").is("é"))
            .check(body_length().is(16)),
    )
    .exec(http("json").get("/json").check(json_path("$.name").is("Jürgen")).check(jmes_path("name").is("Jürgen")))
    .exec(http("utf16").get("/utf16").check(json_path("$.name").is("日本")))
    .exec(http("xml").get("/xml").check(substring("<a>é</a>")))
    .exec(http("html").get("/html").check(regex("<h1>(.*)</h1>").is("€ 5")))
    .exec(
        http("mark")
            .get("/mark")
            .check(json_path("$.name").is("x"))
            .check(body_string().is("{\"name\": \"x\"}"))
            .check(body_bytes().is(&b"\xef\xbb\xbf{\"name\": \"x\"}"[..])),
    );
    let report = run(server.protocol(), chain);
    assert_eq!(report.global().failed_count(), 0, "{:?}", report.global().errors());
    assert_eq!(report.global().ok_count(), 6);
}

#[test]
fn a_body_that_is_not_in_its_charset_is_told() {
    let server = Server::start(|seen| match seen.path() {
        "/none" => bytes(&[b"content-type: text/plain"], b"caf\xe9"),
        _ => bytes(&[b"content-type: application/json; charset=shift_jis"], b"{\"a\": \"\x81\"}"),
    });
    let chain = exec(http("none").get("/none").check(substring("caf")))
        .exec(http("other").get("/").check(json_path("$.a").exists()));
    let report = run(server.protocol(), chain);
    assert_eq!(report.request("none").unwrap().errors(), [("body is not valid text: it is not UTF-8", 1)]);
    let other = report.request("other").unwrap();
    assert_eq!(other.errors(), [("body is not valid JSON: it is not Shift_JIS, as it declares", 1)]);
}

#[test]
fn code_of_the_users_reads_replies_in_their_charset() {
    let server = Server::start(|_| {
        bytes(
            &[b"content-type: application/json; charset=latin1", b"x-city: K\xf6ln", b"x-name: J\xc3\xbcrgen"],
            b"{\"a\": \"\xe9\"}",
        )
    });
    let journey = exec_async("journey", async |user| {
        let reply = user.http("n").get("/").send().await?;
        assert_eq!((reply.header("x-city"), reply.header("X-Name")), (Some("Köln"), Some("Jürgen")));
        assert_eq!(reply.text(), "{\"a\": \"é\"}");
        assert_eq!(reply.json::<serde_json::Value>()?["a"], "é");
        Ok(())
    });
    let report = run(server.protocol(), journey);
    assert_all_ok(&report, "n", 1);
    assert_all_ok(&report, "journey", 1);
}

#[test]
fn headers_beyond_ascii_are_found() {
    let server = Server::start(|_| {
        bytes(
            &[
                b"x-city: K\xf6ln",
                "x-city: Zürich".as_bytes(),
                b"content-disposition: attachment; filename=\"\xe9.txt\"",
            ],
            b"",
        )
    });
    let request = http("n")
        .get("/")
        .check(header("x-city").find_all().is(vec!["Köln", "Zürich"]))
        .check(header_regex("content-disposition", "filename=\"(.*)\"").is("é.txt"));
    assert_all_ok(&run(server.protocol(), request), "n", 1);
}

#[test]
fn cookies_of_the_users_own_beyond_ascii_go_beside_those_of_the_server() {
    let server = Server::start(|_| bytes(&[b"set-cookie: sid=1", "set-cookie: city=Köln".as_bytes()], b""));
    let chain = exec(http("n").get("/").check(cookie("city").is("Köln")))
        .exec(http("n").get("/").header("cookie", "name=Jürgen"));
    assert_all_ok(&run(server.protocol(), chain), "n", 2);
    let sent = server.seen()[1].header("cookie").unwrap().to_owned();
    let mut sent: Vec<&str> = sent.split("; ").collect();
    assert_eq!(sent.remove(0), "name=Jürgen");
    sent.sort_unstable();
    assert_eq!(sent, ["city=Köln", "sid=1"]);
}

#[test]
fn a_location_beyond_ascii_is_followed() {
    let server = Server::start(|seen| {
        let location: &[u8] = match seen.path() {
            "/latin" => b"location: /caf\xe9",
            "/utf8" => "location: /café".as_bytes(),
            _ => return reply(200, ""),
        };
        Reply::Answer([b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n", location, b"\r\n\r\n"].concat())
    });
    run(server.protocol(), exec(http("n").get("/latin")).exec(http("n").get("/utf8")));
    assert_eq!(server.lines(), ["GET /latin", "GET /caf%E9", "GET /utf8", "GET /caf%C3%A9"]);
}
