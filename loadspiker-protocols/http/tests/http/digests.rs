//! Digests of bodies: plain, encoded, and of downloads, none of which is kept for them.

use std::fs;
use std::io::Write;

use loadspiker_core::check::{body_length, body_string, md5, sha256};
use loadspiker_core::dsl::{Steps, exec};
use loadspiker_http::http;

use crate::support::*;

/// The length of a body that comes in many pieces.
const LARGE: usize = 300_000;

fn server() -> Server {
    Server::start(|seen| match seen.path() {
        "/gzip" => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(b"hello").unwrap();
            let body = encoder.finish().unwrap();
            let head = format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", body.len());
            Reply::Answer([head.into_bytes(), body].concat())
        }
        "/broken" => {
            Reply::Answer(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\nno".to_vec())
        }
        "/large" => reply(200, &"a".repeat(LARGE)),
        "/moved" => redirect(302, "/hello"),
        _ => reply(200, "hello"),
    })
}

const HELLO: &str = "5d41402abc4b2a76b9719d911017c592";

#[test]
fn bodies_are_digested_as_they_come() {
    let server = server();
    let chain = exec(http("plain").get("/hello").check(md5().is(HELLO)))
        .exec(http("moved").get("/moved").check(md5().is(HELLO)))
        .exec(http("encoded").get("/gzip").check(md5().is(HELLO)).check(body_length().is(5)))
        .exec(http("kept").get("/hello").check(md5().is(HELLO)).check(body_string().is("hello")))
        .exec(http("large").get("/large").check(md5().is("#{digest}").name("digest")).check(body_length().is(LARGE)))
        .exec(http("broken").get("/broken").check(md5()));
    let digest =
        loadspiker_core::dsl::exec_fn(|session| Ok(session.set("digest", "92712d77c46f3ee77d7ac6caba4fe2ba")?));
    let report = run(server.protocol(), exec(digest).exec(chain));
    assert_eq!(report.request("broken").unwrap().errors(), [("corrupt gzip body", 1)]);
    assert_eq!(report.global().failed_count(), 1, "{:?}", report.global().errors());
}

#[test]
fn a_body_larger_than_any_that_is_kept_is_counted() {
    const BEYOND: usize = 100_000_001;
    let server = Server::start(|_| {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {BEYOND}\r\n\r\n").into_bytes();
        Reply::Last([head, vec![b'a'; BEYOND]].concat())
    });
    let chain = exec(http("counted").get("/").check(body_length().is(BEYOND)))
        .exec(http("kept").get("/").check(body_length().is(BEYOND)).check(body_string().exists()));
    let report = run(server.protocol(), chain);
    assert_eq!(report.request("counted").unwrap().ok_count(), 1, "{:?}", report.global().errors());
    assert_eq!(report.request("kept").unwrap().failed_count(), 1);
}

#[test]
fn a_download_is_digested_while_it_is_written() {
    let server = server();
    let path = std::env::temp_dir().join(format!("loadspiker-http-{}-digest", std::process::id()));
    let to = path.to_str().unwrap().to_owned();
    let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let chain = exec(http("plain").get("/hello").check(sha256().is(hello)).download_to(&to));
    let report = run(server.protocol(), chain);
    let written = fs::read_to_string(&path).unwrap();
    let encoded = exec(http("encoded").get("/gzip").check(sha256().is(hello)).download_to(&to));
    let second = run(server.protocol(), encoded);
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(report.global().failed_count() + second.global().failed_count(), 0);
    assert_eq!(written, "hello");
    assert_eq!(bytes[..2], [0x1f, 0x8b], "a download is written as it came");
}
